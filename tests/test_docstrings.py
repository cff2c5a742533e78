"""Examples in docstrings and statements print what they say."""

import doctest
import importlib
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHOWS = ">>> "
ENGINE = [path for path in sorted((ROOT / "src").rglob("*.py")) if SHOWS in path.read_text(encoding="utf-8")]
STATEMENTS = sorted((ROOT / "solutions").glob("ch*/*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removeprefix("src.").removesuffix(".__init__")


def complaints(module) -> str:
    """What `doctest` says of the examples that print something else; "" if there are none."""
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for example in doctest.DocTestFinder().find(module):
        runner.run(example, out=told.append)
    return "".join(told)


@pytest.mark.parametrize("path", ENGINE, ids=name_of)
def test_docstring(path):
    assert not complaints(importlib.import_module(name_of(path)))


@pytest.mark.parametrize("path", STATEMENTS, ids=name_of)
def test_statement(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert SHOWS in path.read_text(encoding="utf-8"), "the statement has no example"
    assert not complaints(module)
