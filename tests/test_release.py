"""`dlex release`: what learners get, and above all what they do not get."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
from pathlib import Path

import pytest
from test_release_cut import GRADER

from dlex.authoring import BEGIN, END
from dlex.course import CONTENT, Course, read_course
from dlex.errors import CourseError, UsageError
from dlex.grading.plugin import Plugin, run_pytest
from dlex.release.edition import release
from dlex.release.gradescope import bundle

ROOT = Path(__file__).resolve().parent.parent
LOCALE = "exercises/locale/zh_CN/LC_MESSAGES"
LONG = 20  # characters from which on a line is not the same by accident


@pytest.fixture(scope="module")
def edition(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The learners' edition of the course of this repository."""
    return read_course(release(course, tmp_path_factory.mktemp("out") / "public").folder)


@pytest.fixture
def small(tmp_path: Path) -> Course:
    """A course of one exercise, to be changed and released."""
    root = tmp_path / "course"
    texts = {
        "exercises/course.toml": 'title = "Small"\n[[chapter]]\nid = "ch01"\ntitle = "One"\n'
        '[[chapter.exercise]]\nname = "thing"\ntitle = "Thing"\nfunctions = ["thing"]\n',
        "exercises/ch01/thing.py": STUB,
        "solutions/ch01/thing.py": STUB.replace(
            'raise NotImplementedError("write me")', f"{BEGIN}\n    return X + 1\n    {END}"
        ),
        "reference/ch01/thing.py": REFERENCE,
        "graders/ch01/thing.py": GRADER,
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return read_course(root)


STUB = '"""Thing"""\n\n\ndef thing(X):\n    raise NotImplementedError("write me")\n'

REFERENCE = """from dlex.grading import mistake


def thing(X):
    return X + 1


@mistake("adds nothing", loses=("one", "large"))
def same(X):
    return X
"""


def files_of(course: Course) -> dict[str, str]:
    paths = [path for path in course.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(course.root).as_posix(): text_of(path) for path in paths}


def text_of(path: Path) -> str:
    """A text; of a catalogue its translations."""
    if path.suffix != ".mo":
        return path.read_text()
    with path.open("rb") as file:
        return "\n".join(gettext.GNUTranslations(file)._catalog.values())


# The edition of the course ---------------------------------------------------------------------


def test_only_what_is_listed(course: Course, edition: Course) -> None:
    wanted = {f"{folder}/{e.id}.py" for folder in CONTENT if folder != "solutions" for e in course.exercises}
    own = {"exercises/course.toml", "README.md", "README.zh.md", "constraints.txt", ".dlex-edition"}
    catalogues = {f"{LOCALE}/{domain}.mo" for domain in ("course", *(c.id for c in course.chapters))}
    assert set(files_of(edition)) == wanted | own | catalogues


def hidden_functions(course: Course) -> dict[str, tuple[str, ast.FunctionDef]]:
    """Source and syntax tree of every hidden check, found without the code under test."""
    found = {}
    for exercise in course.exercises:
        text = exercise.path("graders").read_text()
        for node in ast.walk(ast.parse(text)):
            written = [ast.unparse(each) for each in getattr(node, "decorator_list", [])]
            if any("hidden=True" in each for each in written):
                found[f"{exercise.id}:{node.name}"] = text, node
    return found


def test_nothing_hidden_is_in_it(course: Course, edition: Course) -> None:
    texts = files_of(edition)
    functions = hidden_functions(course)
    assert len(functions) > 40
    for where, (grader, node) in functions.items():
        id = where.split(":")[0]
        everywhere = "\n".join(texts.values())
        public = texts[f"graders/{id}.py"]
        name = node.name
        assert f"def {name}(" not in public
        assert name not in texts[f"reference/{id}.py"] and name not in texts["README.md"]
        named = rf"""["']{name.removeprefix("test_")}["']"""
        assert not re.search(named, texts[f"reference/{id}.py"] + public), where
        assert ast.get_docstring(node) not in public, where
        hints = [keyword.value.value for each in node.decorator_list if isinstance(each, ast.Call)
                 for keyword in each.keywords if keyword.arg == "hint"]  # fmt: skip
        assert not any(hint in everywhere for hint in hints), where
        lines = grader.split("\n")[node.lineno - 1 : node.end_lineno]
        others = "\n".join(grader.split("\n")[: node.lineno - 1] + grader.split("\n")[node.end_lineno :])
        alone = [line.strip() for line in lines if len(line.strip()) >= LONG and line.strip() not in others]
        assert not [line for line in alone if line in everywhere], where


def test_no_catalogue_tells_of_hidden_checks(course: Course, edition: Course) -> None:
    """Neither their titles, hints and remarks nor the translations of these, but for what is said of
    visible checks as well."""
    texts = files_of(edition)
    public = "\n".join(text for name, text in texts.items() if not name.endswith(".mo"))
    secret = set()
    for where, (_grader, node) in hidden_functions(course).items():
        said = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
        said.add((ast.get_docstring(node) or "").split("\n")[0].rstrip("."))
        chapter = where.split("/")[0]
        told = translations(course, chapter)
        secret |= {(chapter, text, told[text]) for text in said if text in told and text not in public}
    assert len(secret) > 60
    for chapter, text, translation in secret:
        catalogue = translations(edition, chapter)
        assert text not in catalogue and translation not in catalogue.values(), text


def translations(course: Course, domain: str) -> dict[str, str]:
    with (course.root / LOCALE / f"{domain}.mo").open("rb") as file:
        return {text: said for text, said in gettext.GNUTranslations(file)._catalog.items() if text}


def test_no_line_of_a_solution_is_in_it(course: Course, edition: Course) -> None:
    texts = files_of(edition)
    for exercise in course.exercises:
        solution = exercise.path("solutions").read_text()
        regions = re.findall(rf"{BEGIN}\n(.*?){END}", solution, re.DOTALL)
        lines = {line.strip() for region in regions for line in region.split("\n")}
        assert lines
        elsewhere = solution
        for region in regions:
            elsewhere = elsewhere.replace(region, "")
        own = exercise.path("reference").read_text() + exercise.path("graders").read_text()  # written apart
        secret = [line for line in lines if len(line) >= LONG and line not in elsewhere and line not in own]
        stub = texts[f"exercises/{exercise.id}.py"]
        assert not [line for line in secret if any(line in text for text in texts.values())]
        assert not [line for line in lines if line and line in stub and line not in elsewhere]


def test_what_only_hidden_checks_used_is_gone(edition: Course) -> None:
    texts = files_of(edition)
    softmax, corr2d = texts["graders/ch03/softmax.py"], texts["graders/ch06/corr2d.py"]
    assert "one_above_all" not in softmax and "INF" not in softmax
    assert "NAMES" not in corr2d and "misfits" not in corr2d and "assert_raises" not in corr2d
    assert "def sixteenths" in corr2d and "import Contract, assert_close, check, picture, sizes" in corr2d
    assert "import math" not in texts["graders/ch10/multi_head_attention.py"]


def test_right_and_wrong_answers(dlex, tmp_path: Path, edition: Course, solution) -> None:
    folder = str(edition.root)
    (tmp_path / "softmax.py").write_bytes(solution("softmax"))
    right = dlex("--course", folder, "check", "softmax")
    assert right.returncode == 0, right.stdout + right.stderr
    assert "10 of 10 points" in right.stdout
    (tmp_path / "softmax.py").write_text(
        "import torch\n\ndef softmax(X):\n    E = torch.exp(X)\n    return E / E.sum(0, keepdim=True)\n"
    )
    wrong = dlex("--course", folder, "check", "softmax")
    assert wrong.returncode == 1
    assert "wrong_axis" in wrong.stdout


def commands_in(readme: Path) -> list[str]:
    lines = readme.read_text(encoding="utf-8").split("\n")
    return [re.split(r" {2,}", line.strip())[0] for line in lines if line.startswith("    ")]


def test_its_readme_in_chinese(edition: Course) -> None:
    chinese = edition.root / "README.zh.md"
    told = [command.replace("--lang zh ", "") for command in commands_in(chinese)]
    assert told == commands_in(edition.root / "README.md") and len(told) == 3
    assert "](README.zh.md)" in (edition.root / "README.md").read_text(encoding="utf-8")
    assert "@" not in chinese.read_text(encoding="utf-8")


def test_the_three_commands_of_its_readme(dlex, edition: Course) -> None:
    readme = (edition.root / "README.md").read_text()
    commands = [line.strip() for line in readme.split("\n") if line.startswith("    dlex ")]
    assert [command.split()[1] for command in commands] == ["init", "show"]
    assert f"cd my-answers && dlex check {edition.exercises[0].name}" in readme
    outside = {"DLEX_COURSE": ""}
    answers = edition.root / "my-answers"
    try:
        assert dlex("init", "my-answers", cwd=edition.root, **outside).returncode == 0
        assert "softmax" in dlex("show", "softmax", cwd=edition.root, **outside).stdout
        untouched = dlex("check", "softmax", cwd=answers, **outside)
        assert untouched.returncode == 1 and "of 10 points" in untouched.stdout  # the edition's, not ours
        assert "1/3" in dlex("hint", "softmax", cwd=answers, **outside).stdout
        assert "ch11/adam" in dlex("list", cwd=answers, **outside).stdout
    finally:
        shutil.rmtree(answers, ignore_errors=True)


@pytest.mark.slow
def test_every_exercise_collects(edition: Course, few_examples: None) -> None:
    """Examples are drawn, references pass, and no hidden check is there."""
    seen: dict[str, list[bool]] = {}

    def work(plugin: Plugin) -> None:
        for id, grader in plugin.graders.items():
            seen[id] = [check.info.hidden for check in grader.checks]

    run_pytest(edition, edition.exercises, 0, work)
    assert list(seen) == [exercise.id for exercise in edition.exercises]
    assert not [id for id, hidden in seen.items() if not hidden or any(hidden)]


# What stops a release --------------------------------------------------------------------------


def change(course: Course, folder: str, old: str, new: str) -> None:
    path = course.exercises[0].path(folder)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def refused(course: Course, tmp_path: Path, kind: type = CourseError, **options: bool) -> str:
    """The message; nothing may be left behind."""
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(kind) as error:
        release(course, tmp_path / "public", **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    return str(error.value)


def test_a_small_course(small: Course, tmp_path: Path) -> None:
    (small.root / "graders" / "ch01" / "stray.py").write_text("secret = 1\n")
    released = release(small, tmp_path / "new" / "public")
    assert released.hidden == {"ch01/thing": 1}
    texts = files_of(read_course(released.folder))
    assert 'loses=("one",)' in texts["reference/ch01/thing.py"]
    assert "stray" not in "".join(texts) and not list(released.folder.rglob("__pycache__"))
    assert (released.folder / "README.md").stat().st_mode & 0o777 == 0o644


def test_stale_stub(small: Course, tmp_path: Path) -> None:
    change(small, "exercises", "write me", "write you")
    message = refused(small, tmp_path)
    assert "exercises/ch01/thing.py" in message and "dlex sync" in message


def test_all_checks_hidden(small: Course, tmp_path: Path) -> None:
    change(small, "graders", "@check()", "@check(hidden=True)")
    assert "learners could check nothing" in refused(small, tmp_path)


def test_visible_checks_without_points(small: Course, tmp_path: Path) -> None:
    change(small, "graders", "@check()", "@check(0)")
    assert "worth no points" in refused(small, tmp_path)


def test_a_hidden_check_in_disguise(small: Course, tmp_path: Path) -> None:
    """Whatever its text says, a file that hides a check when it runs is found out."""
    disguise = "object.__setattr__(test_two.dlex_check, 'hidden', True)\n"
    change(small, "graders", "torch.ones(2))\n", f"torch.ones(2))\n\n\n{disguise}")
    assert "two cannot be kept, or cut out" in refused(small, tmp_path)


def test_a_name_that_the_text_does_not_show(small: Course, tmp_path: Path) -> None:
    change(small, "graders", "SMALL = 2", 'SMALL = globals()["LIMIT"]')
    message = refused(small, tmp_path)
    assert "without its hidden checks, does not load: KeyError" in message


def test_names_made_up_in_loses(small: Course, tmp_path: Path) -> None:
    change(small, "reference", '("one", "large")', '"one large".split()')
    assert "the mistake same names a hidden check" in refused(small, tmp_path)


def test_a_comment_that_names_a_hidden_check(small: Course, tmp_path: Path) -> None:
    change(small, "graders", "# the easy ones", "# see test_large for the rest")
    assert "thing.py:17 mentions the hidden check test_large" in refused(small, tmp_path)


def test_missing_and_broken_files(small: Course, tmp_path: Path) -> None:
    change(small, "reference", "return X + 1", "return X +")
    assert "thing.py:5 is no Python" in refused(small, tmp_path)
    small.exercises[0].path("reference").unlink()
    assert "thing.py is missing" in refused(small, tmp_path)


def test_a_folder_that_is_no_edition(small: Course, tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "thesis.txt").write_text("mine")
    assert "is no learners' edition" in refused(small, tmp_path, UsageError, force=True)
    assert (tmp_path / "public" / "thesis.txt").read_text() == "mine"


def test_an_earlier_edition(small: Course, tmp_path: Path) -> None:
    folder = release(small, tmp_path / "public").folder
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref")
    assert "--force" in refused(small, tmp_path, UsageError)
    change(small, "graders", "# the easy ones", "# the very easy ones")
    release(small, folder, force=True)
    assert "very easy" in (folder / "graders" / "ch01" / "thing.py").read_text()
    assert (folder / ".git" / "HEAD").read_text() == "ref"
    (folder / "my-answers").mkdir()
    (folder / "my-answers" / "thing.py").write_text("mine")
    assert "my-answers/thing.py" in refused(small, tmp_path, UsageError, force=True)


def test_a_failure_leaves_the_earlier_edition(small: Course, tmp_path: Path) -> None:
    folder = release(small, tmp_path / "public").folder
    before = files_of(read_course(folder))
    change(small, "graders", "import math", "import maths")
    assert "does not load" in refused(small, tmp_path, force=True)
    assert files_of(read_course(folder)) == before


def test_an_edition_is_not_released_again(small: Course, tmp_path: Path) -> None:
    edition = read_course(release(small, tmp_path / "public").folder)
    with pytest.raises(UsageError, match="is a learners' edition"):
        release(edition, tmp_path / "again")
    with pytest.raises(UsageError, match="is a learners' edition"):
        bundle(edition, tmp_path / "autograder.zip")


def test_the_command(dlex, small: Course, tmp_path: Path) -> None:
    done = dlex("--course", str(small.root), "release", "public", "--gradescope", "auto.zip")
    assert done.returncode == 0, done.stderr
    assert "ch01/thing  without 1 hidden check\n" in done.stdout and "auto.zip" in done.stdout
    again = dlex("--course", str(small.root), "release", "public")
    assert again.returncode == 2 and "--force" in again.stderr
    assert dlex("release").returncode == 2
    assert dlex("release", "public2", "--exercise", "softmax").returncode == 2
