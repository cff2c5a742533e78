"""nbgrader's extension points, and what of dlex goes into each.

Called by the `nbgrader_config.py` that `dlex nbgrader init` writes; what follows there wins.
"""

from __future__ import annotations

import warnings

from sqlalchemy.exc import SAWarning

HERE = "dlex.notebooks"
STUB = 'raise NotImplementedError("write me")'


def configure(c) -> None:
    """Make plain `nbgrader autograde`, `generate_feedback` and `export` go through dlex.

    Args:
        c: what `get_config()` gives in nbgrader_config.py.
    """
    warnings.filterwarnings("ignore", category=SAWarning, module=r"nbgrader\.api")  # a screen per learner
    c.Autograde.exporter_class = f"{HERE}.exporter.SubmissionExporter"
    c.Autograde.sanitize_preprocessors = [
        f"{HERE}.restore.RestoreCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{HERE}.autograde.DlexExecute",
        "nbgrader.preprocessors.LimitOutput",
        f"{HERE}.autograde.DlexSaveGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.GenerateFeedback.exporter_class = f"{HERE}.feedback.FeedbackExporter"
    c.GenerateFeedback.preprocessors = [
        f"{HERE}.feedback.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.HTMLExporter.filters = {"markdown2html": f"{HERE}.feedback.markdown_to_html"}
    c.ClearSolutions.code_stub = {"python": STUB}
    c.ExportApp.plugin_class = f"{HERE}.export.CsvExport"
