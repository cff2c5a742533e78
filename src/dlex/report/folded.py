"""Rich's texts and Markdown, wrapped as `fold` does: rich takes Chinese without spaces for one long word."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.console import Console
from rich.containers import Lines
from rich.markdown import Markdown, MarkdownContext, Paragraph
from rich.text import Text

from dlex.report.fold import beginnings


class Folded(Text):
    """A text that may be broken between any two Chinese characters, and never before ， or 。."""

    def wrap(self, console: Console, width: int, *args: Any, **options: Any) -> Lines:
        """The lines, at most `width` cells each; longer words are broken as rich breaks them."""
        lines = Lines()
        for line in self.divide(beginnings(self.plain, width)):
            line.rstrip()
            lines.extend(Text.wrap(line, console, width, *args, **options))
        return lines


class _Paragraph(Paragraph):
    def on_enter(self, context: MarkdownContext) -> None:
        super().on_enter(context)
        self.text = Folded(justify="left")


class FoldedMarkdown(Markdown):
    """Markdown whose paragraphs, those of lists too, are folded."""

    elements: ClassVar = {**Markdown.elements, "paragraph_open": _Paragraph}
