"""The audit finds every way in which an author can go wrong, and says where.

One course holds an exercise for each way, made by `new_exercise` and then broken; it is audited
once for all tests.
"""

import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from dlex.audit import Audit, audit
from dlex.audit.mutants import chosen, mutants
from dlex.audit.table import show
from dlex.authoring import make_stub, new_exercise
from dlex.commands.audit import command as audit_command
from dlex.commands.new import command as new_command
from dlex.course import CONTENT, read_course
from dlex.errors import CourseError, UsageError

ROOT = Path(__file__).resolve().parents[1]
SUM = "    return torch.sum(X, dim=1)\n"


@dataclass
class Broken:
    """One way to go wrong: a text replaced in a file, and what the audit has to say.

    The problem is expected in `file` (the changed one if left out) at the line that contains `at`.
    """

    folder: str
    old: str
    new: str
    kind: str
    message: str
    at: str
    file: str = ""


HINT = 'hint="How many rows does X have, and how many numbers come back?"'
MISTAKE = '@mistake("adds up the columns: one sum for each row is asked for")\n'
BROKEN = {
    "no_markers": Broken(
        "solutions", "    # BEGIN SOLUTION\n", "", "markers", "marks no answer", "# END SOLUTION"
    ),
    "stale_stub": Broken(
        "exercises", "Add up each row", "Add up every row", "stale", "`dlex sync`", "Add up every row"
    ),
    "no_python": Broken(
        "reference", SUM, "    return (\n", "syntax", "is no Python", "return ("
    ),
    "grader_does_not_import": Broken(
        "graders", "import torch\n", "import torch\nimport nothing_of_that_name\n", "broken",
        "No module named 'nothing_of_that_name'", "import nothing_of_that_name",
    ),
    "reference_does_not_import": Broken(
        "reference", "import torch\n", "import torch\n\nundefined_name\n", "broken",
        "does not load: NameError", "undefined_name",
    ),
    "reference_lacks_function": Broken(
        "reference", "def reference_lacks_function(X)", "def other(X)", "broken",
        "defines no reference_lacks_function", '"""Reference',
    ),
    "mistake_of_what": Broken(
        "reference", MISTAKE, '@mistake("adds up", of="nothing")\n', "broken",
        "must say which function", '@mistake("adds up"',
    ),
    "not_a_check": Broken(
        "graders", f"@check(points=2, {HINT})\n", "",
        "broken", "has no @check", "@given(arguments=matrices())",
    ),
    "no_points": Broken(
        "graders", "@check(points=2, ", "@check(points=0, ", "points",
        "is worth no points", "@check(points=0",
    ),
    "bad_points": Broken(
        "graders", "@check(points=2, ", "@check(points=-1, ", "broken",
        "must be 0 or more", "@check(points=-1",
    ),
    "reference_raises": Broken(
        "reference", SUM, "    raise ValueError('no oracle today')\n", "broken",
        "the reference raised ValueError: no oracle today", "raise ValueError",
    ),
    "draws_nothing": Broken(
        "graders", "@given(arguments=matrices())", "@given(arguments=matrices().filter(lambda drawn: False))",
        "broken", "its strategy draws nothing valid", "@check(points=2",
    ),
    "contract_draws_nothing": Broken(
        "graders", 'matrices, single', 'lambda **sizes: st.nothing(), single', "broken",
        "its strategy draws nothing valid", "contract = Contract(",
    ),
    "loses_nothing": Broken(
        "reference", "dim=0", "dim=1", "mistake", "wrong_axis loses nothing", "@mistake("
    ),
    "loses_others": Broken(
        "reference", 'asked for")', 'asked for", loses=("any_matrix",))', "mistake",
        "declares to lose any_matrix, but loses contract[dtype], contract[views]", "@mistake(",
    ),
    "loses_no_check": Broken(
        "reference", 'asked for")', 'asked for", loses=("all_of_it",))', "mistake",
        "declares to lose all_of_it, but the checks are contract[dtype]", "@mistake(",
    ),
    "never_named": Broken(
        "reference", "torch.sum(X, dim=0)", "torch.sum(X, dim=1) + torch.rand(len(X))", "mistake",
        "wrong_axis is never named", "@mistake(",
    ),
    "named_otherwise": Broken(
        "reference", MISTAKE,
        '@mistake("columns")\ndef columns(X):\n    return X.sum(0)\n\n\n' + MISTAKE, "mistake",
        "wrong_axis is diagnosed as columns", MISTAKE.strip(),
    ),
    "no_mistake": Broken(
        "reference", MISTAKE, "", "mistake", "there is no mistake", '"""No mistake'
    ),
    "nobody_says_how_much": Broken(
        "graders", "@check(points=2, ", "@check(points=2, hidden=True, ", "feedback",
        "any_matrix is hidden, and neither it nor course.toml says", "@check(points=2",
    ),
    "solution_wrong": Broken(
        "solutions", "X.sum(dim=1)", "X.sum(dim=1) + 1", "lost",
        "the solution loses any_matrix", "def solution_wrong",
    ),
    "solution_raises": Broken(
        "solutions", "X.sum(dim=1)", "X.sum(dim=1) / (1 // 0)", "lost",
        "the solution loses any_matrix", "1 // 0",
    ),
    "solution_does_not_load": Broken(
        "solutions", "import torch\n", "import torch\n\nimport nothing_here\n", "lost",
        "the solution does not load", "import nothing_here",
    ),
    "stub_earns": Broken(
        "graders", "    assert_close(", "    if X.dim() == 3:\n        assert_close(", "stub",
        "the stub earns points: any_matrix", "def stub_earns", "exercises",
    ),
    "picture_differs": Broken(
        "graders", "from dlex.grading import Contract",
        'from dlex.grading import picture\n\n\n@picture("luck")\ndef luck(answer):\n'
        "    return torch.rand(2, 2)\n\n\nfrom dlex.grading import Contract", "picture",
        "the picture luck of the solution shows a difference", '@picture("luck")',
    ),
    "weak_check": Broken(
        "graders", "assert_close(submission.weak_check(X), reference.weak_check(X))",
        "assert submission.weak_check(X).shape is not reference.weak_check(X).shape", "survivors",
        "of the mutants that are wrong; 98% are wanted", '"""Checks of',
    ),
}  # fmt: skip


@pytest.fixture
def course(tmp_path):
    """A copy of the course's content folders."""
    for folder in CONTENT:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return read_course(tmp_path)


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> tuple[Path, Audit]:
    """A course with an exercise for each way to go wrong, and its audit."""
    root = tmp_path_factory.mktemp("broken")
    for folder in CONTENT:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    toml = root / "exercises" / "course.toml"
    toml.write_text(toml.read_text().replace('feedback = "counterexample"\n', ""))
    for name, way in BROKEN.items():
        new_exercise(read_course(root), f"ch99/{name}")
        _break(root, name, way)
    _variant(root, "ch99/stale_stub", "    return X.sum(dim=0)\n")
    (root / "graders" / "ch99" / "stray.py").write_text("x = 1\n")
    (root / "tests/variants/ch99/gone").mkdir(parents=True)
    (root / "tests/variants/ch99/gone/loops.py").write_text("x = 1\n")
    found = read_course(root)
    return root, audit(found, found.find("ch99"), seeds=[0], jobs=1)


def _break(root: Path, name: str, way: Broken) -> None:
    path = root / way.folder / "ch99" / f"{name}.py"
    text = path.read_text()
    assert way.old in text
    path.write_text(text.replace(way.old, way.new, 1))
    if name == "weak_check":
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("contract")))
    if way.folder == "solutions" and way.kind != "markers":
        stub = make_stub(path.read_text(), path)
        (root / "exercises" / "ch99" / f"{name}.py").write_text(stub)


def _variant(root: Path, id: str, body: str) -> None:
    folder = root / "tests" / "variants" / id
    folder.mkdir(parents=True)
    name = id.split("/")[1]
    (folder / "loops.py").write_text(f"import torch\n\n\ndef {name}(X):\n{body}")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_exercise_is_told_with_file_and_line(name, broken):
    root, found = broken
    way = BROKEN[name]
    (exercise,) = [exercise for exercise in found.exercises if exercise.id == f"ch99/{name}"]
    problems = [problem for problem in exercise.problems if problem.kind == way.kind]
    path = root / (way.file or way.folder) / "ch99" / f"{name}.py"
    expected = [number for number, line in enumerate(path.read_text().splitlines(), 1) if way.at in line]
    assert problems, exercise.problems
    assert any(way.message in problem.message for problem in problems), problems
    assert all((problem.file, problem.line) == (str(path), expected[0]) for problem in problems)


def test_nothing_else_is_said_of_a_broken_exercise(broken):
    _root, found = broken
    also = {"stale_stub": {"lost"}, "weak_check": {"mistake"}}
    for exercise in found.exercises:
        name = exercise.id.split("/")[1]
        kinds = {problem.kind for problem in exercise.problems}
        assert kinds <= {BROKEN[name].kind} | also.get(name, set()), exercise.problems


def test_files_that_belong_to_nothing_are_strays(broken):
    root, found = broken
    strays = {(problem.kind, problem.file) for problem in found.problems}
    assert strays == {
        ("stray", str(root / "graders/ch99/stray.py")),
        ("stray", str(root / "tests/variants/ch99/gone/loops.py")),
    }


def test_a_variant_that_loses_is_told_with_its_own_file(broken):
    root, found = broken
    (exercise,) = [exercise for exercise in found.exercises if exercise.id == "ch99/stale_stub"]
    lost = [problem for problem in exercise.problems if problem.kind == "lost"]
    assert {problem.file for problem in lost} == {str(root / "tests/variants/ch99/stale_stub/loops.py")}
    assert {problem.line for problem in lost} == {4}
    assert "this variant loses any_matrix" in {problem.message for problem in lost}


def test_survivors_come_with_their_diffs(broken):
    _root, found = broken
    (exercise,) = [exercise for exercise in found.exercises if exercise.id == "ch99/weak_check"]
    survivors = exercise.of_fate("survived")
    assert any("+    return X.sum(dim=0)  # (n,)" in mutant.diff for mutant in survivors)
    assert exercise.kill_rate < 0.98
    assert all(mutant.survived == [0] and mutant.differs for mutant in survivors)


def test_a_missing_file_is_told_with_the_line_that_lists_it(course):
    path = course.root / "graders/ch03/softmax.py"
    path.unlink()
    found = audit(course, course.find("softmax"), seeds=[0], jobs=1)
    (problem,) = found.all_problems
    assert (problem.kind, problem.file) == ("missing", str(path))
    line = int(problem.message.split("course.toml:")[1].split(" ")[0])
    assert (course.root / "exercises/course.toml").read_text().splitlines()[line - 1] == 'name = "softmax"'


def test_the_course_is_clean():
    course = read_course(ROOT)
    found = audit(course, course.find("ch03/softmax") + course.find("ch03/cross_entropy"), seeds=[0], jobs=2)
    assert [problem for exercise in found.exercises for problem in exercise.problems] == []
    for exercise in found.exercises:
        assert exercise.kill_rate == 1.0
        assert len(exercise.mutants) >= 10


def test_a_new_exercise_is_clean_at_once(course):
    before = (course.root / "exercises/course.toml").read_text()
    paths = new_exercise(course, "ch13/my_exercise", 'Sums of "rows"')
    after = (course.root / "exercises/course.toml").read_text()
    assert after.startswith(before.rstrip())
    changed = read_course(course.root)
    assert [path.is_file() for path in paths] == [True] * 4
    found = audit(changed, changed.find("my_exercise"), seeds=[0, 1], jobs=1)
    assert found.all_problems == []
    (exercise,) = found.exercises
    assert exercise.kill_rate == 1.0
    assert exercise.mistakes == 1


def test_a_new_exercise_goes_to_the_end_of_its_chapter(course):
    new_exercise(course, "ch06/first")
    toml = course.root / "exercises/course.toml"
    heading = '[[chapter]]\nid = "ch06"'
    toml.write_text(toml.read_text().replace(heading, f"# on six\n{heading}"))
    new_exercise(read_course(course.root), "ch03/second")
    new_exercise(read_course(course.root), "ch04/third")
    last = {exercise.chapter: exercise.name for exercise in read_course(course.root).exercises}
    assert (last["ch03"], last["ch04"], last["ch06"]) == ("second", "third", "first")
    assert f"# on six\n{heading}" in toml.read_text()


def test_a_new_exercise_never_overwrites(course):
    with pytest.raises(UsageError, match="there is an exercise ch03/softmax already"):
        new_exercise(course, "ch03/softmax")
    with pytest.raises(UsageError, match="is no id"):
        new_exercise(course, "softmax")
    stray = course.root / "reference/ch03/half_done.py"
    stray.write_text("")
    with pytest.raises(UsageError, match="already"):
        new_exercise(course, "ch03/half_done")


def test_a_course_file_that_cannot_take_an_exercise_is_left_alone(course):
    toml = course.root / "exercises/course.toml"
    before = toml.read_text() + '\n[[chapter]]\nid = "ch07"\ntitle = "Empty"\nexercise = []\n'
    toml.write_text(before)
    with pytest.raises(CourseError, match="cannot be added"):
        new_exercise(read_course(course.root), "ch07/mine")
    assert toml.read_text() == before
    assert not (course.root / "solutions/ch07").exists()


def test_commands(course):
    runner = CliRunner()
    made = runner.invoke(new_command, ["ch06/mine"], obj=str(course.root))
    assert made.exit_code == 0, made.output
    assert "dlex audit ch06/mine" in made.output
    options = ["mine", "--seeds", "1", "--jobs", "1", "--json"]
    clean = runner.invoke(audit_command, options, obj=str(course.root))
    assert clean.exit_code == 0, clean.output
    assert json.loads(clean.stdout)["exercises"][0]["id"] == "ch06/mine"
    (course.root / "exercises/ch06/mine.py").unlink()
    failing = runner.invoke(audit_command, ["mine", "--jobs", "1"], obj=str(course.root))
    assert failing.exit_code == 3
    assert "is missing" in failing.stdout


def test_the_table_tells_everything(broken):
    from rich.console import Console

    root, found = broken
    console = Console(width=160, record=True, file=io.StringIO())
    show(found, console, verbose=True)
    text = console.export_text()
    assert f"{root / 'graders/ch99/no_points.py'}:" in text
    assert "survived" in text
    assert "problems in" in text


MUTATED = {
    "X.sum(dim=1, keepdim=True)": {
        "X", "X.mean(dim=1, keepdim=True)", "X.sum(dim=0, keepdim=True)", "X.sum(dim=2, keepdim=True)",
        "X.sum(keepdim=True)", "X.sum(dim=1)", "X.sum()", "X.sum(dim=1, keepdim=False)",
    },
    "range(n)": {"n", "range(n - 1)", "range(n + 1)"},
    "a - b": {"a + b", "b - a", "a", "b", "a.sub_(b)"},
    "not a": {"a"},
    "a <= b": {"a < b", "a > b"},
    "torch.zeros(h, w)": {"h", "torch.zeros(w, h)", "torch.zeros(h)", "torch.ones(h, w)"},
    "X.T": {"X"},
    "x[1:n]": {"x[:n]", "x[1:]", "x[1 + 1:n]", "x[1 - 1:n]", "x[1:n + 1]", "x[1:n - 1]", "x[2:n]", "x[0:n]"},
    "X[i, j]": {"X[j, i]"},
    "a if c else b": {"a", "b"},
    "math.inf": set(),
}  # fmt: skip


@pytest.mark.parametrize("expression", MUTATED)
def test_operators(expression):
    source = f"# BEGIN SOLUTION\ny = {expression}\n# END SOLUTION\n"
    found = {mutation.source.splitlines()[1].removeprefix("y = ") for mutation in mutants(source)}
    assert found == MUTATED[expression]


STATEMENTS = {
    "Y[i] += a\n": {"Y[i] -= a\n", "Y[i] = a\n", "pass\n"},
    "raise ValueError('n')\n": {"pass\n"},
    "x = x.exp()\n": {"x = x\n", "x = x.expm1()\n", "pass\n"},
    "if a:\n    y = b\n": {"if True:\n    y = b\n", "if False:\n    y = b\n"},
    "h, w = s\n": {"w, h = s\n"},
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_operators_on_statements(statement):
    source = f"# BEGIN SOLUTION\n{statement}# END SOLUTION\n"
    found = {"".join(mutation.source.splitlines(keepends=True)[1:-1]) for mutation in mutants(source)}
    assert found == STATEMENTS[statement]


def test_only_the_answer_is_mutated_and_none_twice():
    source = (ROOT / "solutions/ch03/softmax.py").read_text()
    found = mutants(source)
    first = source.splitlines().index("    # BEGIN SOLUTION") + 1
    assert all(mutation.line > first for mutation in found)
    assert len({mutation.source for mutation in found}) == len(found)
    assert len(chosen(found, 7)) == 7


CHANCE = '''"""Checks of chance."""

import torch

from dlex.grading import assert_close, check


@check(points=1)
def test_shares(submission, reference):
    """one in four entries is dropped, the others grow"""
    X = torch.ones(4000)
    result = submission.chance(X)
    assert_close(result.unique(), torch.tensor([0.0, 4 / 3]))
    if not 0.7 < float((result > 0).double().mean()) < 0.8:
        assert_close(result.mean(), torch.tensor(1.0))
'''
DROPPED = "torch.where(torch.rand(X.shape) < 0.25, torch.zeros_like(X), X / 0.75)"
LOOP = """total, k = X[:, 0], 1
    while k < X.shape[1]:
        total = total + X[:, k]
        k += 1
    return total
"""


def test_mutants_may_hang_and_answers_may_be_random(course):
    for name, answer in (("chance", f"return {DROPPED}\n"), ("loop", LOOP)):
        new_exercise(course := read_course(course.root), f"ch13/{name}")
        solution = course.root / f"solutions/ch13/{name}.py"
        solution.write_text(solution.read_text().replace("return X.sum(dim=1)  # (n,)\n", answer))
        (course.root / f"exercises/ch13/{name}.py").write_text(make_stub(solution.read_text(), solution))
    (course.root / "graders/ch13/chance.py").write_text(CHANCE)
    reference = course.root / "reference/ch13/chance.py"
    text = reference.read_text().replace("torch.sum(X, dim=1)", DROPPED)
    reference.write_text(text.replace("torch.sum(X, dim=0)", "X"))
    course = read_course(course.root)
    found = audit(course, course.find("ch13"), seeds=[0], jobs=1)
    assert found.all_problems == []
    chance, loop = found.exercises
    hanging = [mutant for mutant in loop.mutants if "k -= 1" in mutant.diff]
    assert [mutant.fate for mutant in hanging] == ["rejected"]
    assert loop.kill_rate == chance.kill_rate == 1.0
