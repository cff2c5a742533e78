"""nbgrader itself, from an empty folder to feedback and exports, with a class honest and other."""

from __future__ import annotations

import copy
import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dlex.course import read_course
from dlex.worker import sandbox

pytest.importorskip("nbgrader", reason="needs nbgrader: pip install 'dlex[nbgrader]'")

import nbformat
from nbformat import v4
from nbgrader.api import Gradebook
from nbgrader_submissions import (
    ALL,
    ANSWERS,
    CANARY,
    ENTROPY,
    LOST,
    RELEASED_STUB,
    SOFTMAX,
    SOME,
    SUBMISSIONS,
    cell,
    hand_in,
)
from test_store import cluster, postgres  # noqa: F401 (fixtures)

from dlex.notebooks.export import JsonExport
from dlex.notebooks.folder import make_course

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = "softmax", "cross_entropy"


class Class:
    """An nbgrader course in a folder, and how to run commands there."""

    def __init__(self, folder: Path):
        self.folder = folder

    def run(self, *command: str, code: int = 0) -> str:
        """Run a command as an instructor would; what it printed."""
        home = self.folder.parent / "home"
        environment = {
            **os.environ,
            "HOME": str(home),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # has alembic
            "PYTHONWARNINGS": "ignore",
        }
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def nbgrader(self, *arguments: str, code: int = 0) -> str:
        return self.run(sys.executable, "-m", "nbgrader", *arguments, code=code)

    def dlex(self, *arguments: str, code: int = 0) -> str:
        return self.run(sys.executable, str(ROOT / "cli.py"), *arguments, code=code)

    def notebook(self, step: str, learner: str = "", assignment: str = "ch3"):
        return nbformat.read(self.folder / step / learner / assignment / f"{assignment}.ipynb", as_version=4)

    def json(self, assignment: str) -> dict[str, dict]:
        """What the JSON export says about who handed in, by learner."""
        path = self.folder / f"{assignment}.json"
        with Gradebook(f"sqlite:///{self.folder}/gradebook.db") as gradebook:
            JsonExport(to=str(path), assignment=[assignment]).export(gradebook)
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {row["student_id"]: row for row in rows if row["status"] != "missing"}

    def page(self, learner: str) -> str:
        return (self.folder / "feedback" / learner / "ch3" / "ch3.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def short_course(tmp_path_factory) -> Path:
    """A course of chapter 3 with a short deadline."""
    root = tmp_path_factory.mktemp("dlex") / "course"
    for folder in ("exercises", "solutions", "graders", "reference"):
        shutil.copytree(ROOT / folder / "ch03", root / folder / "ch03", ignore=shutil.ignore_patterns("__*"))
    text = (ROOT / "exercises" / "course.toml").read_text(encoding="utf-8")
    text = "[[chapter]]".join(text.split("[[chapter]]")[:2]).replace("check_seconds = 5", "check_seconds = 1")
    (root / "exercises" / "course.toml").write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def built(short_course: Path, tmp_path_factory) -> Class:
    """A new course with a built and released assignment."""
    made = Class(tmp_path_factory.mktemp("class") / "dl101")
    made.folder.mkdir()
    made.dlex("--course", str(short_course), "nbgrader", "init", ".")
    made.dlex("nbgrader", "build", "3", "--exercises", ",".join(EXERCISES))
    made.nbgrader("generate_assignment", "ch3")
    return made


@pytest.fixture(scope="session")
def graded(built: Class) -> Class:
    """The course after everything was handed in, autograded, fed back and exported."""
    hand_in(built.folder, built.notebook("release"))
    built.log = built.nbgrader("autograde", "ch3")
    built.nbgrader("generate_feedback", "ch3")
    built.nbgrader("export")
    return built


@pytest.fixture(scope="session")
def exported(graded: Class) -> dict[str, dict]:
    """What the JSON export says, by learner."""
    return graded.json("ch3")


@pytest.fixture(scope="session")
def points(built: Class) -> dict[str, float]:
    cells = built.notebook("release").cells
    found = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in cells}
    return {name: found[f"dlex-ch03-{name}"].metadata.nbgrader.points for name in EXERCISES}


# The notebook ------------------------------------------------------------------------------------


def test_the_released_notebook_has_everything_but_answers_and_checks(built: Class, points) -> None:
    notebook = built.notebook("release")
    text = nbformat.writes(notebook)
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in notebook.cells]
    parts = ["-statement", "-answer", "", None]
    assert [id for id in ids if id] == [
        f"dlex-ch03-{name}{part}" for name in EXERCISES for part in ("-statement", "-answer", "")
    ]
    assert points["softmax"] == 14 and parts
    assert r"\\mathrm{softmax}(X)_{ij}" in text and "(n, q)" in text
    assert text.count("write me") == 2 and "BEGIN SOLUTION" not in text
    assert "# This should give" in text and 'dlex.check(\\"ch03/softmax\\")' in text
    for secret in ("hidden", "reference", "hypothesis", "keepdim=True).values)", "assert"):
        assert secret not in text
    for one in notebook.cells:
        if one.metadata.get("nbgrader", {}).get("grade"):
            assert one.metadata.nbgrader.schema_version == 3 and not one.metadata.editable


def test_building_again_keeps_the_instructors_cells(built: Class) -> None:
    path = built.folder / "source" / "ch3" / "ch3.ipynb"
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    notebook.cells.insert(3, nbformat.v4.new_markdown_cell("My own words"))
    notebook.cells[1].source = "lost"
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    built.dlex("nbgrader", "build", "ch3", "--exercises", "softmax")
    again = nbformat.read(path, as_version=4)
    assert again.cells[3].source == "My own words" and "Softmax" in again.cells[1].source
    assert len(again.cells) == len(notebook.cells)
    path.write_text(before, encoding="utf-8")


@pytest.mark.slow
def test_an_assignment_of_several_chapters_is_built_step_by_step(built: Class) -> None:
    built.dlex("nbgrader", "build", "softmax", "--name", "hw")
    built.dlex("--course", str(ROOT), "nbgrader", "build", "ch06/corr2d", "--name", "hw")
    names = [
        name
        for one in built.notebook("source", assignment="hw").cells
        if (name := one.metadata.get("nbgrader", {}).get("grade_id"))
    ]
    assert [one for one in names if one.count("-") == 2] == ["dlex-ch03-softmax", "dlex-ch06-corr2d"]
    shutil.rmtree(built.folder / "source" / "hw")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nbgrader", "init", "."], "has an nbgrader_config.py already"),
        (["nbgrader", "build", "ch99"], "no chapter or exercise is called"),
        (
            ["nbgrader", "build", "softmax", "--exercises", "cross_entropy"],
            "build ch03/cross_entropy --name NAME",
        ),
        (["nbgrader", "build", "ch3", "--folder", "source"], "is no nbgrader course"),
    ],
)
def test_wrong_use(built: Class, arguments: list[str], message: str) -> None:
    told = built.dlex(*arguments, code=2)
    assert message in told and "Traceback" not in told


# Grades ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("learner", SUBMISSIONS)
def test_everybody_gets_what_the_code_deserves(exported, points, learner: str) -> None:
    deserves = SUBMISSIONS[learner][0]
    (notebook,) = exported[learner]["notebooks"]
    scores = {cell["cell"].removeprefix("dlex-ch03-"): cell["score"] for cell in notebook["cells"]}
    assert {cell["manual_score"] for cell in notebook["cells"]} == {None}
    if deserves == SOME:
        assert 0 < scores["softmax"] < points["softmax"]
        assert scores["cross_entropy"] == points["cross_entropy"]
    else:
        right = {ALL: EXERCISES, SOFTMAX: ["softmax"], ENTROPY: ["cross_entropy"]}.get(deserves, [])
        nothing = None if deserves == LOST else 0
        assert scores == {name: points[name] if name in right else nothing for name in EXERCISES}
    assert {cell["needs_manual_grade"] for cell in notebook["cells"]} == {deserves == LOST}


@pytest.mark.parametrize("learner", SUBMISSIONS)
def test_everybody_is_told_something(exported, graded: Class, learner: str) -> None:
    (notebook,) = exported[learner]["notebooks"]
    comments = notebook["comments"]
    assert set(comments) == {f"dlex-ch03-{name}-answer" for name in EXERCISES}
    page = graded.page(learner)
    assert ("<strong>Not graded.</strong>" in page) == (SUBMISSIONS[learner][0] == LOST)
    assert ("ch3 (Not graded yet, 30.0 points)" in page) == (SUBMISSIONS[learner][0] == LOST)
    for name in EXERCISES:
        assert f"dlex-ch03-{name}" in page


def test_the_list_of_grades(graded: Class, points) -> None:
    with open(graded.folder / "grades.csv", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert rows.keys() == SUBMISSIONS.keys()
    for learner, (deserves, _change) in SUBMISSIONS.items():
        row = rows[learner]
        assert row["status"] == ("not graded" if deserves == LOST else "graded")
        assert (row["score"] == "") == (deserves == LOST)
    assert float(rows["right"]["score"]) == sum(points.values()) == float(rows["right"]["max_score"])


@pytest.mark.parametrize(
    ("learner", "words"),
    [
        ("overflows", ["exp() overflows for large scores", "softmax("]),
        ("wrong_axis", ["normalises the columns"]),
        (
            "calls_the_library",
            ["it uses softmax", "cell 1, line 4", "which this exercise asks you to write yourself"],
        ),
        ("does_not_compile", ["does not compile", "line 1"]),
        ("loops", ["no answer within 1 s"]),
        ("ends_the_process", ["ended the process"]),
        ("untouched", ["No response."]),
        ("damaged", ["a damaged one: save it in Jupyter again"]),
        ("two_files", ["ch3 (1).ipynb and ch3-Copy1.ipynb may both be ch3.ipynb"]),
        ("no_notebook", ["there is no ch3.ipynb; handed in: softmax.txt"]),
        ("renamed", ["my answers (2).ipynb was taken for ch3.ipynb"]),
        ("deletes_tests", ["missing cells, of which the originals were used: dlex-ch03-softmax"]),
        ("edits_tests", ["edited cells, of which the originals were used: dlex-ch03-softmax"]),
        (
            "double_ids",
            ["cells that were there more than once, of which the last one counts: dlex-ch03-softmax"],
        ),
        ("answers_elsewhere", ["cells that had lost their marks: dlex-ch03-softmax-answer"]),
    ],
)
def test_comments_say_why(exported, learner: str, words: list[str]) -> None:
    comments = "\n".join(exported[learner]["notebooks"][0]["comments"].values()).replace("\\", "")
    for word in words:
        assert word in comments


def test_honest_learners_are_accused_of_nothing(exported) -> None:
    for learner in ("right", "overflows", "magics", "trials", "from_colab", "from_vs_code", "asks_and_plots"):
        assert "cells" not in "".join(exported[learner]["notebooks"][0]["comments"].values())


def test_the_autograded_notebook_has_every_cell_and_the_report(graded: Class) -> None:
    released = [
        cell.metadata.get("nbgrader", {}).get("grade_id") for cell in graded.notebook("release").cells
    ]
    for learner in ("empty", "deletes_tests", "unmarks_tests", "damaged", "says_not_to_grade"):
        nbformat.validate(graded.notebook("autograded", learner))
        cells = graded.notebook("autograded", learner).cells
        found = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in cells}
        assert set(filter(None, released)) == set(filter(None, found))
        assert found["dlex-ch03-softmax"].source == 'import dlex\n\ndlex.check("ch03/softmax")'
        (output,) = found["dlex-ch03-softmax"].outputs
        assert output.output_type == "display_data" and "<div>" in output.data["text/html"]


def test_the_report_shows_where_tensors_differ(graded: Class) -> None:
    def shown(learner: str) -> str:
        return cell(graded.notebook("autograded", learner), "softmax", "").outputs[0].data["text/html"]

    assert "<b>expected</b>" in shown("wrong_axis") and "<b>where</b>" in shown("wrong_axis")
    assert "<b>expected</b>" in graded.page("wrong_axis")
    _visible, hidden = shown("overflows").split("scores of ±10,000 and beyond (hidden)</b>")
    assert "<b>expected</b>" not in hidden  # only as far as its feedback level goes


# What nobody gets to see -------------------------------------------------------------------------


def test_feedback_holds_no_script_of_a_learner(graded: Class) -> None:
    page = graded.page("scripts")
    assert CANARY in page
    for dangerous in (
        "<script>document",
        '<img src="x"',
        "<img src=x",
        'href="javascript',
        f'"><script>{CANARY}',
    ):
        assert dangerous not in page
    assert 'href="javascript' not in page.lower() and 'src="javascript' not in page.lower()
    autograded = nbformat.writes(graded.notebook("autograded", "scripts"))
    for one in graded.notebook("autograded", "scripts").cells:
        if one.cell_type == "markdown" and "nbgrader" not in one.metadata:
            assert not re.search("<[a-z/!?]", one.source, re.IGNORECASE)
    assert "raw_mimetype" not in autograded and '"tags"' not in autograded


def test_hidden_checks_show_no_expected_values(exported) -> None:
    """Full marks are told all; who fails a hidden check gets the call, not the expected values."""
    told = exported["overflows"]["notebooks"][0]["comments"]["dlex-ch03-softmax-answer"]
    hidden = told.split("scores of ±10,000")[1] if "scores of ±10,000" in told else told
    assert "expected" not in hidden.split("```")[1]


def test_no_cheat_left_a_trace(graded: Class) -> None:
    assert not (graded.folder / "mark").exists()
    assert not Path("/tmp/loaded").exists()


def test_one_warm_process_served_the_run(graded: Class) -> None:
    assert "kernel" not in graded.log.lower().replace("no-such-kernel", "")


# Again -------------------------------------------------------------------------------------------


def test_formgraders_button_grades_the_same_way(graded: Class, points) -> None:
    """formgrader calls this API with the same configuration."""
    script = """
import json, os
from nbgrader.apps import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
app = NbGrader()
app.initialize([], root=os.getcwd())
api = NbGraderAPI(app.coursedir, parent=app)
done = [api.autograde("ch3", learner) for learner in ("right", "zeros")]
scores = [api.get_submission("ch3", learner)["score"] for learner in ("right", "zeros")]
print(json.dumps([[one["success"] for one in done], scores]))
"""
    told = graded.run(sys.executable, "-c", script)
    (line,) = [line for line in told.splitlines() if line.startswith("[[")]
    assert json.loads(line) == [[True, True], [sum(points.values()), 0]]


# Cells of the instructor's own ---------------------------------------------------------------------

DOUBLE = "def double(x):\n    return 2 * x"
SPY = """\
import glob, socket
found = glob.glob({root!r} + '/*') + glob.glob('/home/*')
try:
    socket.create_connection(('127.0.0.1', {port}), timeout=1)
    found += ['the network']
except OSError:
    pass
def double(x):
    get_ipython().displayhook(2.0)
    return 2 * x if found else 0
"""
# What double is; the points of test-double and partial, None if a person has to look.
LEARNERS = {
    "right": (f"import warnings\nprint('hello')\nwarnings.warn('careful')\n{DOUBLE}", 2, 4),
    "dies": (f"import os\n{DOUBLE}\nos._exit(1)", None, None),
    "spies": (SPY, 0, 1),
}


def _graded(name: str, source: str, points: float, *, solution: bool = False, kind=v4.new_code_cell):
    about = {"grade": True, "solution": solution, "locked": not solution, "task": False, "points": points}
    return kind(source, metadata={"nbgrader": {"schema_version": 3, "grade_id": name, **about}})


@pytest.fixture(scope="session")
def own(built: Class) -> Class:
    source = built.notebook("source")
    source.cells = [one for one in source.cells if "cross_entropy" not in json.dumps(one)]
    hidden = "### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS"
    answer = {"schema_version": 3, "grade_id": "double", "grade": False, "solution": True, "locked": False}
    source.cells += [
        v4.new_code_cell(f"### BEGIN SOLUTION\n{DOUBLE}\n### END SOLUTION", metadata={"nbgrader": answer}),
        _graded("test-double", f"assert double(2) == 4\n{hidden}", 2),
        _graded("partial", "4.0 if double(1) == 2 else 1.0", 4),
        _graded("softmax-again", "import dlex\ndlex.check('softmax')", 5),
        _graded("plot", "# YOUR PLOT", 2, solution=True),
        _graded("essay", "Your words", 3, solution=True, kind=v4.new_markdown_cell),
    ]
    folder = built.folder / "source" / "own"
    folder.mkdir()
    (folder / "own.ipynb").write_text(nbformat.writes(source), encoding="utf-8")
    built.nbgrader("generate_assignment", "own")
    released = built.notebook("release", assignment="own")
    with socket.create_server(("127.0.0.1", 0)) as server:
        for learner, (code, _test, _partial) in LEARNERS.items():
            code = code.replace("{root!r}", repr(str(built.folder)))
            _hand_in(built, released, learner, code.replace("{port}", str(server.getsockname()[1])))
        built.log = built.nbgrader("autograde", "own")
    built.nbgrader("generate_feedback", "own")
    return built


def _hand_in(course: Class, released, learner: str, code: str) -> None:
    notebook = copy.deepcopy(released)
    cell(notebook, "softmax").source = ANSWERS["softmax"]
    for one in notebook.cells:
        name = one.metadata.get("nbgrader", {}).get("grade_id")
        if name in ("double", "plot"):
            one.source = {"double": code, "plot": "print('a plot')"}[name]
    folder = course.folder / "submitted" / learner / "own"
    folder.mkdir(parents=True)
    (folder / "own.ipynb").write_text(json.dumps(notebook))


@pytest.mark.parametrize("learner", LEARNERS)
def test_own_cells_are_graded_by_nbgraders_rules(own: Class, learner: str) -> None:
    if learner == "spies" and sandbox.probe().level < 2:
        pytest.skip("needs bubblewrap")
    _code, test, partial = LEARNERS[learner]
    scores = {one["cell"]: one["score"] for one in own.json("own")[learner]["notebooks"][0]["cells"]}
    assert scores.pop("dlex-ch03-softmax") == 14
    assert scores.pop("softmax-again") is None
    assert scores == {"test-double": test, "partial": partial, "plot": None, "essay": 0}


def test_a_test_cell_that_only_looks_like_one_of_dlex_waits_for_a_person(own: Class) -> None:
    page = (own.folder / "feedback" / "right" / "own" / "own.html").read_text(encoding="utf-8")
    assert "cell softmax-again calls dlex.check, but does not have the name" in page
    assert "softmax-again calls dlex.check" in own.log


def test_what_waits_for_a_person_shows_no_zero(own: Class) -> None:
    page = (own.folder / "feedback" / "right" / "own" / "own.html").read_text(encoding="utf-8")
    assert "Not graded yet, 2.0 points" in page and "Score: 14.0 / 14.0" in page
    page = (own.folder / "feedback" / "dies" / "own" / "own.html").read_text(encoding="utf-8")
    assert "the kernel that ran this notebook ended" in page


def test_outputs_of_the_learners_cells_are_shown(own: Class) -> None:
    cells = own.notebook("autograded", "right", "own").cells
    texts = json.dumps([one.get("outputs") for one in cells])
    assert "a plot" in texts and "hello" in texts
    assert not Path(own.folder / "autograded" / "right" / "own" / "kernel.json").exists()


# Without our configuration, and with another database -----------------------------------------------

CELLS = {
    "value": 'import dlex\ndlex.check("softmax")',
    "semicolon": 'dlex.check("softmax");',
    "middle": "%load_ext dlex\n%dlex check softmax\nx = 1",
    "captured": '%%capture\ndlex.check("softmax")',
}
HALF_RIGHT = "import torch\n\ndef softmax(X):\n    return X.exp() / X.exp().sum(1, keepdim=True)"


@pytest.mark.slow
def test_stock_nbgrader_gives_no_full_marks_by_accident(
    built: Class, short_course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = Class(tmp_path / "stock")
    answer = cell(built.notebook("source"), "softmax")
    tests = [_graded(name, source, 14) for name, source in CELLS.items()]
    (stock.folder / "source" / "hw").mkdir(parents=True)
    notebook = v4.new_notebook(cells=[answer, *tests], metadata=built.notebook("source").metadata)
    nbformat.write(notebook, stock.folder / "source" / "hw" / "hw.ipynb")
    stock.nbgrader("generate_assignment", "hw")
    released = stock.notebook("release", assignment="hw")
    for learner, code in {"right": ANSWERS["softmax"], "half": HALF_RIGHT, "untouched": ""}.items():
        cell(released, "softmax").source = code or RELEASED_STUB
        folder = stock.folder / "submitted" / learner / "hw"
        folder.mkdir(parents=True)
        nbformat.write(released, folder / "hw.ipynb")
    monkeypatch.setenv("DLEX_COURSE", str(short_course))
    stock.nbgrader("autograde", "hw", "--Execute.timeout=300")
    with Gradebook(f"sqlite:///{stock.folder}/gradebook.db") as gradebook:
        found = {
            one.student_id: {grade.name: grade.auto_score for grade in one.notebooks[0].grades}
            for one in gradebook.find_assignment("hw").submissions
        }
    assert found.keys() == {"right", "half", "untouched"}
    assert found["right"] == dict.fromkeys(CELLS, 14) and found["untouched"] == dict.fromkeys(CELLS, 0)
    (half,) = set(found["half"].values())
    assert 0 < half < 14 and found["half"].keys() == CELLS.keys()


@pytest.mark.slow
def test_autograde_with_a_postgresql_gradebook(built: Class, points, postgres: str, tmp_path: Path) -> None:  # noqa: F811
    url = postgres.replace("postgresql:", "postgresql+psycopg:")
    course = Class(tmp_path / "postgresql")
    ignored = shutil.ignore_patterns("gradebook.db", "submitted", "autograded", "feedback", "release")
    shutil.copytree(built.folder, course.folder, ignore=ignored)
    with open(course.folder / "nbgrader_config.py", "a") as config:
        config.write(f"c.CourseDirectory.db_url = {url!r}\n")
    course.nbgrader("generate_assignment", "ch3")
    for learner in ("right", "zeros", "damaged", "deletes_tests"):
        notebook = course.notebook("release")
        SUBMISSIONS[learner][1](notebook)
        folder = course.folder / "submitted" / learner / "ch3"
        folder.mkdir(parents=True)
        text = "{" if learner == "damaged" else nbformat.writes(notebook)
        (folder / "ch3.ipynb").write_text(text, encoding="utf-8")
    course.nbgrader("autograde", "ch3")
    course.nbgrader("generate_feedback", "ch3")
    course.nbgrader("export")
    assert not (course.folder / "gradebook.db").exists()
    with open(course.folder / "grades.csv", newline="") as file:
        scores = {row["student_id"]: row["score"] for row in csv.DictReader(file)}
    total = str(sum(points.values()))
    assert scores == {"right": total, "zeros": "0.0", "damaged": "", "deletes_tests": "0.0"}
    assert "Not graded" in course.page("damaged")


@pytest.mark.slow
def test_after_a_grader_was_changed_released_notebooks_stay_as_they_are(
    built: Class, short_course: Path, points, tmp_path: Path
) -> None:
    """A check that even zeros pass, of as many points as all others: half of the points, same notebook."""
    changed = Path(shutil.copytree(short_course, tmp_path / "changed"))
    grader = changed / "graders" / "ch03" / "softmax.py"
    easy = "@check(points=14)\ndef test_easy(submission, reference):\n    X = torch.ones(1, 3)\n"
    easy += "    assert submission.softmax(X).shape == X.shape\n"
    grader.write_text(f"{grader.read_text(encoding='utf-8')}\n\n{easy}", encoding="utf-8")
    course = Class(tmp_path / "class")
    shutil.copytree(built.folder, course.folder, ignore=shutil.ignore_patterns("submitted", "autograded"))
    with open(course.folder / "nbgrader_config.py", "a") as config:
        config.write(f"c.Dlex.course = {str(changed)!r}\n")
    notebook = course.notebook("release")
    SUBMISSIONS["zeros"][1](notebook)
    folder = course.folder / "submitted" / "newcomer" / "ch3"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "ch3.ipynb")
    course.nbgrader("autograde", "ch3", "--student", "newcomer")
    (graded,) = course.json("ch3")["newcomer"]["notebooks"]
    scores = {one["cell"]: one["score"] for one in graded["cells"]}
    assert scores == {"dlex-ch03-softmax": points["softmax"] / 2, "dlex-ch03-cross_entropy": 0}


# Grades from elsewhere ---------------------------------------------------------------------------


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The URL of a PostgreSQL gradebook, where there is PostgreSQL; else the default."""
    if not shutil.which("initdb"):
        return ""
    return request.getfixturevalue("postgres").replace("postgresql:", "postgresql+psycopg:")


def test_results_of_dlex_grade_in_a_gradebook(database: str, short_course: Path, tmp_path: Path) -> None:
    course = Class(tmp_path / "pushed")
    make_course(course.folder, read_course(short_course))
    with open(course.folder / "nbgrader_config.py", "a") as config:
        config.write(f"c.CourseDirectory.db_url = {database!r}\n" if database else "")
    for learner, code in (("ada", ANSWERS["softmax"]), ("bob", "def softmax(X):\n    return X")):
        (tmp_path / "in" / learner).mkdir(parents=True)
        (tmp_path / "in" / learner / "softmax.py").write_text(code)
    (tmp_path / "in" / "eve.zip").write_bytes(b"no archive")
    command = [
        "--course",
        str(short_course),
        "grade",
        "--from",
        str(tmp_path / "in"),
        "--exercise",
        "softmax",
    ]
    told = course.dlex(*command, "--isolation", "1", "--jobs", "1", "--nbgrader", ".", code=1)
    assert "wrote 3 learners to the gradebook" in told
    with Gradebook(database or f"sqlite:///{course.folder}/gradebook.db") as gradebook:
        found = {one["student"]: one for one in gradebook.submission_dicts("ch3")}
        assert {name: (one["score"], one["needs_manual_grade"]) for name, one in found.items()} == {
            "ada": (14, False), "bob": (0, False), "eve": (0, True),
        }  # fmt: skip
        comment = gradebook.find_comment("dlex-ch03-softmax-answer", "ch3", "ch3", "eve").auto_comment
        assert "Not graded." in comment and "no zip or tar archive" in comment
