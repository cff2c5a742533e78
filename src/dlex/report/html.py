"""HTML files that need nothing else: one style sheet and one script, both inside, and no network.

Every text is harmless and escaped because the templates' environment sees to it, not because each
template remembers to.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import dlex
from dlex.errors import UsageError
from dlex.files import atomic
from dlex.language import _
from dlex.report.measures import tenth
from dlex.results.formats.harmless import harmless
from dlex.results.formats.words import cut, line, spoken

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(dlex.__file__).parent / "templates" / "report"
GENERATOR = "dlex report"
MARK = f'<meta name="generator" content="{GENERATOR}">'  # in the first bytes of a report
BEGINNING = 1_000
MARKED_ENTRY = re.compile(r"&gt;([^&<>\s]+)&lt;")  # as in ">2<", a wrong entry of a tensor, escaped


def render(template: str, *, script: str = "", drawn: bool = False, **context: object) -> Iterator[str]:
    """The text of a page, in pieces.

    Args:
        script: the file of the page's script, if it has one.
        drawn: whether there are pictures in the page.
    """
    style = _text("style.css")
    code = _text(script) if script else ""
    page = _environment().get_template(template)
    yield from page.generate(
        context,
        generator=GENERATOR,
        version=dlex.__version__,
        policy=_policy(style, code, drawn),
        style=style,
        script=code,
    )


def write(path: Path, pieces: Iterator[str], *, force: bool = False, private: bool = False) -> Path:
    """Write a page to `path`; returns where it lies.

    Args:
        force: replace whatever file lies there; without it, only a report is replaced.
        private: only the user may read the file.

    Raises:
        UsageError: something else lies there, or nothing can be written there.
    """
    path = path.expanduser().resolve()
    refuse_to_replace(path, force=force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path, mode=0o600 if private else 0o644) as file:
            file.writelines(pieces)
    except OSError as error:
        raise UsageError(
            _("{path} cannot be written: {reason}").format(path=path, reason=error.strerror),
            _("Give another file with --out."),
        ) from None
    return path


def refuse_to_replace(path: Path, *, force: bool) -> None:
    """UsageError if `path` is neither free nor a report, unless any file is to be replaced."""
    if not os.path.lexists(path) or (path.is_file() and (force or _is_report(path))):
        return
    if path.is_dir():
        raise UsageError(
            _("{path} is a folder").format(path=path),
            _("Name a file in it: --out {file}").format(file=path / "report.html"),
        )
    raise UsageError(
        _("{path} exists and is no report").format(path=path), _("Give another file with --out, or --force.")
    )


def _is_report(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return MARK.encode() in file.read(BEGINNING)
    except OSError:
        return False


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "bar_words": bar_words,
        "cut": cut,
        "line": line,
        "marked": marked,
        "number": number,
        "signed": signed,
        "spoken": spoken,
        "tenth": tenth,
    }
    return environment


def _shown(value: object) -> object:
    """What becomes of every value before it is escaped: text is made harmless, None is nothing."""
    if value is None:
        return ""
    return value if hasattr(value, "__html__") else harmless(value)


def _text(name: str) -> Markup:
    from markupsafe import Markup

    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def _policy(style: str, script: str, drawn: bool) -> str:
    """Nothing is loaded from anywhere; the page's own style and script run, and no other. Pictures that
    were drawn bring style attributes and bitmaps inside, which can neither load nor run anything."""
    rules = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "style-src-attr": "'unsafe-inline'" if drawn else "",
        "img-src": "data:" if drawn else "",
        "script-src": _hash(script) if script else "",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items() if value)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# Filters -----------------------------------------------------------------------------------------


def marked(text: str) -> Markup:
    """A text in which the entries of tensors that it marks as wrong stand out.

    >>> marked("[1, >2<] <b>")
    Markup('[1, <mark>&gt;2&lt;</mark>] &lt;b&gt;')
    """
    from markupsafe import Markup, escape

    return Markup(MARKED_ENTRY.sub(r"<mark>\g<0></mark>", str(escape(harmless(cut(text))))))


def number(value: float) -> str:
    """Points without a needless fraction.

    >>> number(3.0), number(2.5)
    ('3', '2.5')
    """
    return f"{value:g}"


def signed(value: float | None) -> str:
    """A correlation, with a sign that lines up.

    >>> signed(-0.254), signed(0.5), signed(None)
    ('−0.25', '0.50', '–')
    """
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def bar_words(spread) -> str:
    """The bars of a distribution in words, for who cannot see them."""
    steps = [f"{10 * place} to {10 * place + 10}%" for place in range(10)] + ["all points"]
    told = [f"{count} with {step}" for count, step in zip(spread.bars, steps, strict=True) if count]
    return "; ".join(told) or "nobody"
