"""`nbgrader generate_feedback`: nothing that a learner wrote is HTML, and what has no score shows none."""

from __future__ import annotations

import math
import re

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbgrader.preprocessors import GetGrades as NbGraderGetGrades

from dlex.language import _

NO_SCORE = float("nan")  # the template formats it; it is replaced afterwards
_SHOWN = re.compile(r"Score: nan / ([\d.]+)")


class FeedbackExporter(HTMLExporter):
    """nbgrader's feedback page; a cell without a score says so instead of 0."""

    def from_notebook_node(self, nb, resources=None, **kw):
        html, resources = super().from_notebook_node(nb, resources, **kw)
        return _SHOWN.sub(
            lambda found: _("Not graded yet, {points} points").format(points=found[1]), html
        ), resources


class GetGrades(NbGraderGetGrades):
    """Scores and comments from the gradebook."""

    def preprocess(self, nb, resources):
        nb, resources = super().preprocess(nb, resources)
        scores = [
            cell.metadata.nbgrader.score for cell in nb.cells if "score" in cell.metadata.get("nbgrader", {})
        ]
        if scores and all(map(math.isnan, scores)):
            resources["nbgrader"]["score"] = NO_SCORE
        return nb, resources

    def _get_score(self, cell, resources) -> None:
        super()._get_score(cell, resources)
        about = self.notebook_id, self.assignment_id, self.student_id
        grade = self.gradebook.find_grade(cell.metadata.nbgrader["grade_id"], *about)
        if grade.auto_score is None and grade.manual_score is None:
            cell.metadata.nbgrader["score"] = NO_SCORE


@pass_context
def markdown_to_html(context, source: str) -> str:
    """Markdown as HTML; HTML in it is shown as it was written, and a link to a script leads nowhere."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = IPythonRenderer(escape=True, allow_harmful_protocols=False, attachments=attachments)
    return MarkdownWithMath(renderer=renderer).render(source)
