"""What `--help` says, in the language in use, and set so that wide characters fit the lines."""

from __future__ import annotations

import copy
import gettext
import inspect
import re

import click

from dlex import language
from dlex.language import WIDE, _

gettext.bindtextdomain("messages", language.ENGINE)  # click's own words

_NO_LINE_BEGINS = "，。：；？！、）》”’…"
_NO_LINE_ENDS = "（《“‘"
_CELLS = re.compile(rf"([{WIDE}])(?=(.?))", re.DOTALL)


def spoken(command: click.Command, *options: click.Option) -> click.Command:
    """A command, with more options, whose help is in the language in use."""
    made = copy.copy(command)
    made.context_class = SpokenContext
    made.help, made.epilog = _said(command.help), _said(command.epilog)
    made.params = [copy.copy(each) for each in (*command.params, *options)]
    for each in made.params:
        if getattr(each, "help", None):
            each.help = _said(each.help)
    return made


def _said(document: str | None) -> str | None:
    """A help text, paragraph by paragraph. Examples, which follow a \\b, stay as they are."""
    return document and language.unwrapped(language.translate(inspect.cleandoc(document), _))


class Formatter(click.HelpFormatter):
    """Counts cells: click counts characters, and breaks lines at spaces only.

    On the way through click, a character of two cells is followed by another: a space where the line
    may be broken, else an invisible one.
    """

    def write_heading(self, heading: str) -> None:
        self.write(" " * self.current_indent + _("{label}:").format(label=heading) + "\n")

    def write_text(self, text: str) -> None:
        super().write_text(_stretched(text))

    def write_dl(self, rows, *args, **kwargs) -> None:
        super().write_dl([(first, _stretched(second)) for first, second in rows], *args, **kwargs)

    def getvalue(self) -> str:
        return re.sub(rf"([{WIDE}])[ \u200b]", r"\1", super().getvalue())


def _stretched(text: str) -> str:
    def two(found: re.Match) -> str:
        stuck = found[2] in _NO_LINE_BEGINS or found[1] in _NO_LINE_ENDS
        return found[1] + ("\u200b" if stuck else " ")

    return _CELLS.sub(two, text)


class SpokenContext(click.Context):
    """What a command runs in."""

    formatter_class = Formatter
