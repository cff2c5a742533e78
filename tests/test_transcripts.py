"""What the documents say that learners see is what they see."""

from __future__ import annotations

import re
import sys
import types
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from rich.cells import cell_len

from dlex.course import Course
from dlex.grading.mistakes import load_reference

ROOT = Path(__file__).resolve().parent.parent
MISTAKE = {"en": r"^  mistake +\w+: .*^\$ dlex hint \w+\n\S", "zh": r"^  错误 +\w+：.*^\$ dlex hint \w+\n\S"}


@pytest.fixture(scope="module")
def script() -> types.ModuleType:
    """`scripts/transcripts`, as a module."""
    path = list(sys.path)
    loader = SourceFileLoader("transcripts", str(ROOT / "scripts" / "transcripts"))
    module = types.ModuleType(loader.name)
    module.__file__ = loader.path
    sys.modules[loader.name] = module  # where dataclasses look
    loader.exec_module(module)
    yield module
    del sys.modules[loader.name]
    sys.path[:] = path


@pytest.fixture(scope="module")
def blocks(script: types.ModuleType) -> dict[str, str]:
    """The transcripts as they stand in the documents, by name."""
    pages = script.README, script.README_ZH, script.MESSAGES
    texts = [page.read_text(encoding="utf-8") for page in pages]
    return dict(script.BLOCKS.findall("".join(texts)))


def test_every_exercise_has_one(script: types.ModuleType, blocks: dict[str, str], course: Course) -> None:
    assert list(blocks) == [
        "session",
        "zh:session",
        *(each.id for each in course.exercises),
        *map("zh:{}".format, script.IN_CHINESE),
    ]
    answers = {
        path.relative_to(script.WRONG).with_suffix("").as_posix() for path in script.WRONG.rglob("*.py")
    }
    assert answers == {each.id for each in course.exercises}


def test_each_names_a_mistake_gives_a_hint_and_fits_80_columns(blocks: dict[str, str]) -> None:
    for name, text in blocks.items():
        spoken = "zh" if name.startswith("zh:") else "en"
        assert re.search(MISTAKE[spoken], text, re.MULTILINE | re.DOTALL), name
        told = "\n".join(text.split("```")[3::2])
        assert max(map(cell_len, told.split("\n"))) <= 80, name


def test_each_says_what_the_course_says(
    script: types.ModuleType, blocks: dict[str, str], course: Course
) -> None:
    """The answer, the explanation of its mistake, its hint: what can be compared without grading."""
    for exercise in course.exercises:
        answer = (script.WRONG / f"{exercise.id}.py").read_text(encoding="utf-8")
        _, code, _, told, _ = blocks[exercise.id].split("```")
        assert code == f"python\n{answer}", exercise.id
        named = re.search(r"^  mistake +(\w+): ", told, re.MULTILINE)[1]
        known = next(each for each in load_reference(exercise).mistakes if each.name == named)
        words = "".join(told.split())  # lines are folded
        assert "".join(f"{named}: {known.explanation}".split()) in words, exercise.id
        assert "".join(known.hint.split()) in words, exercise.id


def test_the_session_in_the_readme_is_fresh(
    script: types.ModuleType, course: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With it the answer to the same exercise, in both languages; of what is stale nothing is left."""
    pages = "README", "README_ZH", "MESSAGES"
    right = {each: getattr(script, each).read_text(encoding="utf-8") for each in pages}
    for each, text in right.items():
        page = tmp_path / f"{each}.md"
        page.write_text(text.replace("$ dlex hint softmax\n", ""), encoding="utf-8")
        monkeypatch.setattr(script, each, page)
    written = script.written(course, course.find(script.SHOWN_IN_README))
    for each, text in right.items():
        (tmp_path / f"{each}.md").write_text(text, encoding="utf-8")
    assert script.changes(written) == ""


@pytest.mark.slow
def test_all_are_fresh(script: types.ModuleType, course: Course) -> None:
    rest = [each for each in course.exercises if each.id != script.SHOWN_IN_README]
    assert script.changes(script.written(course, rest)) == ""


def test_what_is_stale_is_shown(script: types.ModuleType) -> None:
    text = script.README.read_text(encoding="utf-8").replace("$ dlex hint", "$ dlex help")
    told = script.changes({script.README: text})
    assert told.startswith("--- README.md\n") and "-$ dlex hint softmax\n+$ dlex help softmax\n" in told
