"""What dlex needs of other packages, in the versions that are installed here."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

import dlex
from dlex.errors import MachineError

CHECKOUT = Path(dlex.__file__).resolve().parents[2] / "pyproject.toml"


def requirements() -> list[str]:
    """The packages that dlex depends on, as its own pyproject.toml lists them."""
    if CHECKOUT.is_file():
        project = tomllib.loads(CHECKOUT.read_text(encoding="utf-8")).get("project", {})
        if project.get("name") == "dlex":
            return project["dependencies"]
    try:
        listed = metadata.requires("dlex") or []
    except metadata.PackageNotFoundError:
        message = "dlex is not installed, so that nothing says which packages it needs"
        raise MachineError(message, "Install it: python -m pip install --editable .") from None
    return [line for line in listed if "extra ==" not in line]


def constraints() -> str:
    """A constraints file for pip: each of these packages that is installed here, in its version.

    The build of a version (as in torch 2.13.0+cu126) is left open.
    """
    from packaging.requirements import Requirement

    lines = ["# What the course was released with: pip install --constraint constraints.txt …"]
    for name in sorted(Requirement(line).name for line in requirements()):
        try:
            lines.append(f"{name}=={metadata.version(name).split('+')[0]}")
        except metadata.PackageNotFoundError:
            continue  # another system's, as py-landlock on macOS
    return "\n".join(lines) + "\n"
