"""`dlex.check` and `%dlex check` in a Jupyter kernel: what is defined now, with the report in the cell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlex.notebooks.picture import read_grid, tables
from dlex.pictures import can_draw
from dlex.results.records import Counterexample

ROOT = Path(__file__).resolve().parent.parent
SETUP = """\
%load_ext dlex
import os, torch
X = torch.ones(300, 300, requires_grad=True)
(X @ X).sum().backward()"""
WRONG = """\
def softmax(X):
    return torch.exp(X) / torch.exp(X).sum(0)

import dlex
dlex.check("softmax")"""
RIGHT = """\
def softmax(X):
    E = shifted(X)
    print("<b>seen</b>")
    return E / E.sum(1, keepdim=True)
"""
OVERFLOWS = """\
os.environ["NBGRADER_EXECUTION"] = "autograde"
def softmax(X):
    return torch.exp(X) / torch.exp(X).sum(1, keepdim=True)

dlex.check("softmax")"""
CELLS = {
    "setup": SETUP,
    "nothing": "%dlex check softmax",
    "wrong": WRONG,
    "helper": "def shifted(X):\n    return torch.exp(X - X.max(1, keepdim=True).values)",
    "right": RIGHT,
    "checked": "%dlex check ch03/softmax",
    "library": "def softmax(X):\n    return torch.softmax(X, 1)\n\ndlex.check('softmax')",
    "raises": "def softmax(X):\n    raise ValueError('<script>')\n\ndlex.check('softmax')",
    "validated": "os.environ['NBGRADER_EXECUTION'] = 'validate'\ndlex.check('softmax')",
    "autograded": OVERFLOWS,
    "autograded_by_magic": "%dlex check softmax",
    "autograded_with_more_below": "dlex.check('softmax');\nprint('done')",
    "autograded_with_semicolon": "x = 1; dlex.check('softmax');",
    "learning_again": "del os.environ['NBGRADER_EXECUTION']",
    "two_arguments": "def cross_entropy(y_hat, y):\n    return y_hat.sum(1)\n\ndlex.check('cross_entropy')",
    "namesake": "def cross_entropy(p, q, base=2.7):\n    return -(p * q.log()).sum()",
    "hidden": "dlex.check('ch03/cross_entropy')",
    "unknown": "dlex.check('sofmax')",
    "misused": "%dlex chek softmax",
}
RUN = """
import json, sys
from nbclient import NotebookClient
from nbformat import v4
cells = json.load(sys.stdin)
notebook = v4.new_notebook(cells=[v4.new_code_cell(code) for code in cells.values()])
NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=100).execute()
print(json.dumps(dict(zip(cells, [cell.outputs for cell in notebook.cells]))))
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory) -> dict[str, list]:
    """What every cell showed, all of them run by one kernel."""
    pytest.importorskip("nbclient", reason="needs nbgrader: pip install 'dlex[nbgrader]'")
    pytest.importorskip("ipykernel", reason="needs nbgrader: pip install 'dlex[nbgrader]'")
    folder = tmp_path_factory.mktemp("notebook")
    environment = {**os.environ, "DLEX_COURSE": str(ROOT), "HOME": str(folder / "home")}
    environment |= {"IPYTHONDIR": str(folder / "ipython"), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", RUN], input=json.dumps(CELLS), env=environment, cwd=folder,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def html(outputs: list) -> str:
    (shown,) = [output for output in outputs if output["output_type"] == "display_data"]
    return shown["data"]["text/html"]


def error(outputs: list) -> str:
    (raised,) = [output for output in outputs if output["output_type"] == "error"]
    return f"{raised['ename']}: {raised['evalue']}"


def test_nothing_is_defined_yet(outputs) -> None:
    assert outputs["setup"] == []
    assert "defines no function softmax" in html(outputs["nothing"])


def test_a_mistake_is_named_and_shown(outputs) -> None:
    page = html(outputs["wrong"])
    assert "normalises the columns" in page and "<b>expected</b>" in page and "<b>where</b>" in page


def test_a_wrong_answer_is_drawn_where_that_is_possible(outputs) -> None:
    assert html(outputs["wrong"]).count("<svg") == can_draw()
    assert "<svg" not in html(outputs["checked"]) + html(outputs["nothing"])


def test_a_right_answer_that_uses_another_cell(outputs) -> None:
    page = html(outputs["checked"])
    assert "14/14 points" in page and "✗" not in page
    assert "&lt;b&gt;seen" in page and "<b>seen" not in page
    assert [output["output_type"] for output in outputs["checked"]] == ["display_data"]


def test_what_is_to_be_written_by_hand(outputs) -> None:
    assert "asks you to write yourself" in html(outputs["library"])


def test_an_exception_is_told_as_text(outputs) -> None:
    page = html(outputs["raises"])
    assert "ValueError" in page and "<script>" not in page


def test_under_nbgrader_nothing_passes_by_accident(outputs) -> None:
    told = error(outputs["validated"])
    assert told.startswith("NotRight: ch03/softmax: 0/14 points") and "ValueError" in told
    for name in (one for one in outputs if one.startswith("autograded")):
        (score,) = [output for output in outputs[name] if output["output_type"] == "execute_result"]
        assert 0 < float(score["data"]["text/plain"]) < 14


def test_a_function_that_hides_the_answer_is_named(outputs) -> None:
    told = "ch03/entropy asks for a function cross_entropy too"
    assert told in html(outputs["hidden"]) and "cross_entropy(p, q, base)" in html(outputs["hidden"])
    assert told not in html(outputs["two_arguments"])


def test_errors_show_no_traceback(outputs) -> None:
    for name in ("validated", "unknown", "misused"):
        (raised,) = [output for output in outputs[name] if output["output_type"] == "error"]
        assert "Traceback" not in "".join(raised["traceback"]) and raised["evalue"] in "\n".join(
            raised["traceback"]
        )


def test_wrong_use(outputs) -> None:
    assert error(outputs["unknown"]).startswith("UsageError: no chapter or exercise is called 'sofmax'")
    assert "Did you mean softmax" in error(outputs["unknown"])
    assert "%dlex check softmax" in error(outputs["misused"])


# Pictures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("[[ 1  , >2.5<]\n [ 3  ,  4  ]]  float32 (2, 2)", [["1", "2.5"], ["3", "4"]]),
        ("[>nan<, -1e-07]  float32 (2,)", [["nan", "-1e-07"]]),
        ("at [0, 1]:\n[[1, 2]]  float32 (1, 2, 1, 2)", None),
        ("3.5  float32 ()", None),
        ("[]  float32 (0,)", None),
        ("raised ValueError", None),
    ],
)
def test_tensors_are_read_from_reports(text: str, rows: list[list[str]] | None) -> None:
    grid = read_grid(text)
    assert (grid and grid.rows) == rows


def test_a_picture_shows_where() -> None:
    page = tables(Counterexample("f(X)", {}, "[>nan<, 2]  float32 (2,)", "[1, 2]  float32 (2,)"))
    assert page.count("✗") == 1 and page.count("✓") == 1 and page.index("expected") < page.index("got")
    assert "<i>" not in tables(Counterexample("f(X)", {}, "[<i>, >1<]"))
    assert tables(Counterexample("f(X)", {}, "no tensor")) == ""
