"""Pictures: the record, the running, the terminal, SVG and PNG, the command."""

from __future__ import annotations

import io
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.console import Console

from dlex import cli
from dlex.course import Course, Exercise, read_course
from dlex.errors import CourseError
from dlex.grading.pictures import draw, drawn
from dlex.notebooks.html import report
from dlex.pictures import Contours, Grid, Picture, can_draw, figure, png, print_pictures, svg
from dlex.pictures.record import difference
from dlex.release.cut import without_hidden_checks
from dlex.results.records import ExerciseResult
from dlex.submission import Source
from dlex.translation.messages import of_chapter
from dlex.worker import sandbox
from dlex.worker.launcher import Zygote

NAN, INF = math.nan, math.inf
HOSTILE = "\x1b[31m<script>alert(1)</script> $\\frac{$ \x00\ufffe 中文"
PICTURED = {
    "ch03/softmax", "ch03/cross_entropy", "ch04/dropout", "ch06/corr2d", "ch06/pool2d", "ch08/bptt",
    "ch10/positional_encoding", "ch10/multi_head_attention", "ch11/adam",
}  # fmt: skip
needs_matplotlib = pytest.mark.skipif(not can_draw(), reason='needs matplotlib: pip install "dlex[plot]"')


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """A process that workers are forked from."""
    made = Zygote(sandbox.require(None).level, [])
    yield made
    made.close()


@pytest.fixture(scope="module")
def look(zygote: Zygote) -> Callable[..., list[Picture]]:
    """The pictures of an exercise, given the text of an answer."""

    def pictures(exercise: Exercise, text: str) -> list[Picture]:
        return draw(exercise, Source(f"{exercise.name}.py", text.encode()), zygote)

    return pictures


def heatmap(got: list[list[float]] | None, **more: object) -> Picture:
    """A picture whose expected matrix is [[0, 1], [2, 3]]."""
    expected = Grid.of([[0.0, 1.0], [2.0, 3.0]])
    there = None if got is None else Grid.of(got)
    rows = there and difference("heatmap", expected, there)
    return Picture("ch01/thing", "table", "a table", "heatmap", expected, there, rows, **more)


# A course of one exercise ------------------------------------------------------------------------

GRADER = """
import torch
from dlex.grading import assert_close, check, picture

X = torch.arange(6.0).reshape(2, 3)


@check()
def test_thing(submission, reference):
    assert_close(submission.thing(X), reference.thing(X))


@picture("twice", axes=("across", "down"))
def table(answer):
    return answer.thing(X)


@picture("a walk", kind="path", over=lambda x, y: x**2 + y**2, within=(-1.0, 9.0, -1.0, 9.0))
def walk(answer):
    return answer.thing(X).T.contiguous()
"""


def course_of(root: Path, grader: str = GRADER, seconds: float = 0.5) -> Exercise:
    texts = {
        "exercises/course.toml": f'title = "Small"\n[limits]\ncheck_seconds = {seconds}\n[[chapter]]\n'
        'id = "ch01"\ntitle = "One"\n[[chapter.exercise]]\nname = "thing"\ntitle = "Thing"\n'
        'functions = ["thing"]\nby_hand = ["library"]\n'
        '[by_hand.library]\nkernels = ["_softmax"]\ninstead = "Do it yourself."\n',
        "exercises/ch01/thing.py": "",
        "solutions/ch01/thing.py": "",
        "reference/ch01/thing.py": "def thing(X):\n    return 2 * X\n",
        "graders/ch01/thing.py": grader,
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return read_course(root).exercises[0]


@pytest.fixture(scope="module")
def thing(tmp_path_factory: pytest.TempPathFactory) -> Exercise:
    """An exercise with two pictures."""
    return course_of(tmp_path_factory.mktemp("course"))


# What is drawn -----------------------------------------------------------------------------------


def test_right_answers_show_no_difference(course: Course, look, solution) -> None:
    for id in sorted(PICTURED):
        (exercise,) = course.find(id)
        pictures = look(exercise, solution(id).decode())
        assert pictures
        for picture in pictures:
            assert picture.got is not None and not picture.reason, picture
            assert picture.at_random or picture.same, picture.name
            assert picture.exercise == id and max(picture.expected.finite()) > min(picture.expected.finite())


WRONG = {
    "ch03/softmax": "import torch\ndef softmax(X):\n    E = torch.exp(X)\n    return E / E.sum(1)[:, None]",
    "ch06/corr2d": "def corr2d(X, K):\n    return X[:, :-1] * K[0, 1] + X[:, 1:] * K[0, 0]",
    "ch11/adam": "def adam_step(param, grad, m, v, t, lr=1, *rest):\n    return param - lr * grad, m, v",
}


@pytest.mark.parametrize("id", WRONG)
def test_wrong_answers_differ(course: Course, look, id: str) -> None:
    (exercise,) = course.find(id)
    (picture,) = look(exercise, WRONG[id])
    assert picture.difference is not None and not picture.same


def test_overflow_is_seen_where_it_is(course: Course, look) -> None:
    (picture,) = look(course.find("softmax")[0], WRONG["ch03/softmax"])
    assert {one.row for one in picture.got.special} == {3, 4}
    assert {one.what for one in picture.got.special} == {"nan"}
    again = msgspec.json.decode(msgspec.json.encode(picture), type=Picture)
    assert again == picture
    assert b"NaN" not in msgspec.json.encode(picture)


FAILURES = {  # what an answer does: the reason that is given
    "def thing(X): raise ValueError('<b>\\x1b[31m no')": "it raised ValueError: <b> no",
    "def thing(X):\n    raise NotImplementedError": "not written yet",
    "def thing(X): return 'text'": "The result is a str: a picture needs a tensor of numbers.",
    "def thing(X): pass": "The result is None",
    "def thing(X): return X + 1j": "The result is torch.complex64",
    "def thing(X): return X.sum()": "A result of shape () cannot be drawn.",
    "def thing(X): return X[:0]": "A result of shape (0, 3) cannot be drawn.",
    "def thing(X): return X.new_zeros(500, 500)": "A result of shape (500, 500) has too many entries",
    "def thing(X):\n    while True: pass": "it was stopped",
    "import os\ndef thing(X): os._exit(0)": "the process that ran it is gone",
    "import torch\ndef thing(X): return torch.softmax(X, 1)": "asks you to write yourself. Do it yourself.",
    "def another(X): return X": "thing.py defines no function thing",
    "def thing(X) return X": "thing.py does not load: SyntaxError",
    "1 / 0": "thing.py does not load: it raised ZeroDivisionError",
    "": "thing.py is empty",
}


@pytest.mark.parametrize("text", FAILURES, ids=lambda text: FAILURES[text][:30])
def test_what_cannot_be_drawn_has_a_reason(thing: Exercise, look, text: str) -> None:
    table, _walk = look(thing, text)
    assert FAILURES[text] in table.reason and "\x1b" not in table.reason
    assert table.got is None and table.difference is None and table.expected.shape == (2, 3)


def test_a_death_costs_one_picture(thing: Exercise, look) -> None:
    once = "import os\ndef thing(X):\n    if not X.requires_grad: os._exit(1)"
    assert all("is gone" in picture.reason for picture in look(thing, once))


def test_the_authors_code_stumbles_over_a_result(thing: Exercise, look) -> None:
    table, walk = look(thing, "def thing(X): return [2 * X]")
    assert "a list" in table.reason
    assert "cannot be used like the right one (AttributeError" in walk.reason


def test_another_shape_is_drawn_without_difference(thing: Exercise, look) -> None:
    table, walk = look(thing, "def thing(X): return X[:, :2]")
    assert table.reason == "The shapes differ: got (2, 2), expected (2, 3)."
    assert table.got.shape == (2, 2) and table.difference is None
    assert walk.got.shape == (2, 2)


def test_a_missing_file_leaves_what_is_expected(thing: Exercise) -> None:
    table, _walk = drawn({thing: Source("thing.py", None, "there is no ch01/thing.py", missing=True)})
    assert (table.got, table.reason) == (None, "there is no ch01/thing.py")


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (
            "answer.thing(X).nothing",
            r"thing.py:13: the picture table fails with the reference: AttributeError",
        ),
        ("'text'", "the picture table fails with the reference: CannotDraw: The result is a str"),
    ],
)
def test_a_broken_picture_is_the_authors(tmp_path: Path, zygote: Zygote, broken: str, told: str) -> None:
    exercise = course_of(tmp_path, GRADER.replace("return answer.thing(X)\n", f"return {broken}\n"))
    with pytest.raises(CourseError, match=told):
        draw(exercise, Source("thing.py", b"x = 1"), zygote)


@pytest.mark.parametrize("wrong", ['kind="pie"', 'kind="path"'])
def test_a_picture_of_no_kind_does_not_load(tmp_path: Path, zygote: Zygote, wrong: str) -> None:
    exercise = course_of(tmp_path, GRADER.replace('axes=("across", "down")', wrong))
    with pytest.raises(CourseError, match="does not load: ValueError"):
        draw(exercise, Source("thing.py", b"x = 1"), zygote)


def test_differences_of_what_is_no_number() -> None:
    expected, got = Grid.of([[INF, NAN, INF, 1.0]]), Grid.of([[INF, NAN, -INF, 3.0]])
    assert difference("heatmap", expected, got).floats() == [[0.0, 0.0, -INF, 2.0]]
    assert difference("path", Grid.of([[0.0, 0.0]]), Grid.of([[3.0, 4.0]])).floats() == [[5.0]]


# In a terminal -----------------------------------------------------------------------------------


def printed(*pictures: Picture, width: int = 80, **options: object) -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=options.pop("encoding", "utf-8"))
    console = Console(file=file, width=width, highlight=False, legacy_windows=False, **options)
    print_pictures(pictures, console)
    file.flush()
    return file.buffer.getvalue().decode()


COLOUR = {"force_terminal": True, "color_system": "truecolor", "_environ": {}}


def without_styles(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def test_colours_are_half_blocks_in_80_columns() -> None:
    text = printed(heatmap([[0.0, 1.0], [2.0, 4.5]]), **COLOUR)
    assert "▀" in text and "38;2;254;232;56" in text  # cividis ends in yellow
    assert max(cell_len(line) for line in without_styles(text).splitlines()) <= 80
    assert re.search(r"expected +got +difference", without_styles(text))
    assert "0 ███" in without_styles(text) and " 4.5" in text and "-1.5" in text


@pytest.mark.parametrize(
    "options",
    [
        {},
        {**COLOUR, "no_color": True},
        {**COLOUR, "color_system": "standard"},
        {**COLOUR, "_environ": {"NO_COLOR": "1"}},
    ],
    ids=["file", "no colour", "16 colours", "NO_COLOR"],
)
def test_without_colours_sizes_are_characters(options: dict) -> None:
    lines = without_styles(printed(heatmap([[0.0, 1.0], [2.0, 0.0]]), **options)).splitlines()
    assert lines[2].split() == ["." * 12 + "=" * 12, "." * 12 + "=" * 12, "." * 24]
    assert lines[-2].split() == ["0", ".:-=+*#%@", "3"] * 3
    assert "\n".join(lines).isascii()


def test_a_terminal_without_unicode() -> None:
    seen = heatmap([[0.0, 1.0]], reason="1 × 2 中文")
    text = printed(seen, encoding="ascii", force_terminal=True, color_system="truecolor", _environ={})
    assert "1 ? 2 ??" in text and "got" in text and "===" in text


def test_what_is_no_number_is_marked() -> None:
    seen = heatmap([[NAN, INF], [-INF, 3.0]])
    for options in (COLOUR, {}):
        text = without_styles(printed(seen, **options))
        assert "????" in text and "^^^^" in text and "vvvv" in text
        assert "? nan   ^ inf   v -inf" in text


def test_rounding_is_no_difference() -> None:
    text = printed(heatmap([[0.0, 1.0], [2.0, 3.0 + 1e-7]]))
    assert re.search(r"difference *\n.* none *\n", text)


def test_numbers_beyond_the_scale_are_told() -> None:
    text = printed(heatmap([[0.0, 1.0], [2.0, 3e9]]))
    assert "You got numbers from 0 to 3e+09" in text and ".:-=+*#%@ 6" in text


def test_large_matrices_are_scaled_down() -> None:
    rows = [[math.sin(i * j / 400) for j in range(90)] for i in range(300)]
    seen = Picture("ch01/thing", "big", "big", "heatmap", Grid.of(rows), Grid.of(rows), Grid.of(rows))
    for options in (COLOUR, {}):
        text = without_styles(printed(seen, **options))
        assert "Scaled down from 300 × 90 entries" in text
        assert len(text.splitlines()) < 40 and max(map(cell_len, text.splitlines())) <= 80


def test_one_wrong_entry_of_many_is_not_averaged_away() -> None:
    rows = [[0.0] * 200 for _ in range(200)]
    wrong = [list(row) for row in rows]
    wrong[77][123] = 1.0
    seen = Picture(
        "a/b", "big", "big", "heatmap", Grid.of([[1.0] * 200] * 200), Grid.of(rows), Grid.of(wrong)
    )
    assert printed(seen).splitlines()[2:-5].count("@") == 0
    assert "".join(line[54:] for line in printed(seen).splitlines()[2:-4]).count("@") == 1


def test_narrow_terminals_have_panels_below_each_other() -> None:
    text = printed(heatmap([[0.0, 1.0], [2.0, 4.5]]), width=40)
    assert max(map(cell_len, text.splitlines())) <= 40
    assert [line for line in text.splitlines() if line in ("expected", "got", "difference")] == [
        "expected", "got", "difference",
    ]  # fmt: skip


def lines_of(*series: list[float], **more: object) -> Picture:
    expected = Grid.of([list(each) for each in series])
    return Picture("a/b", "f", "a function", "lines", expected, axes=("time", "size"), **more)


def test_lines_climb() -> None:
    rows = printed(lines_of([0.0, 1.0, 2.0], [2.0, 2.0, INF], series=["one", "two"])).splitlines()[2:12]
    places = [min(x for x, sign in enumerate(row) if sign == "o") for row in rows if "o" in row]
    assert places == sorted(places, reverse=True) and places[-1] == 0
    assert "+" in rows[0] and "^" in rows[0] and "+" not in rows[5]


def test_lines_are_named() -> None:
    text = printed(lines_of([0.0, 1.0], [1.0, NAN], series=["one", "two"], at=[5.0, 7.0]))
    assert "o one   + two" in text and "up: size; across: time, from 5 to 7" in text and "? nan" in text


def path_of(got: list[list[float]]) -> Picture:
    expected = Grid.of([[0.0, 0.0], [1.0, 1.0]])
    contours = Contours([[0.0, 1.0], [1.0, 4.0]], (-2.0, 2.0, -2.0, 2.0))
    return Picture("a/b", "f", "a walk", "path", expected, Grid.of(got), contours=contours)


@pytest.mark.parametrize("options", [COLOUR, {}], ids=["colour", "plain"])
def test_paths_start_and_end(options: dict) -> None:
    text = without_styles(printed(path_of([[-2.0, -2.0], [2.0, 2.0]]), **options))
    lines = text.splitlines()
    assert lines[13][27] == "S"
    assert lines[2].rstrip()[-1] == "E"


def test_points_far_away_are_counted() -> None:
    text = printed(path_of([[NAN, 0.0], [1e300, INF], [0.0, 0.0]]))
    assert "2 points of your path lie outside of the picture." in text


def test_hostile_texts_stay_texts() -> None:
    seen = msgspec.structs.replace(heatmap(None, reason=f"it raised {HOSTILE} [bold]"), title=HOSTILE)
    text = printed(seen, **COLOUR)
    assert "\x1b[31m" not in text and "\x00" not in text
    assert "[bold]" in text and "<script>alert(1)</script>" in text


# As SVG and PNG ----------------------------------------------------------------------------------


def every_kind() -> list[Picture]:
    return [
        heatmap([[NAN, INF], [-INF, 1e308]]),
        heatmap(None, reason=f"{HOSTILE}\n" * 40),
        lines_of([0.0, INF, NAN], [1.0, 1.0, -INF], series=[HOSTILE, "two"]),
        path_of([[NAN, 0.0], [1e308, -INF]]),
    ]


@pytest.fixture(scope="module")
def pages() -> list[str]:
    """Each of these as SVG."""
    pytest.importorskip("matplotlib", reason='needs matplotlib: pip install "dlex[plot]"')
    return [svg(picture) for picture in every_kind()]


def test_svg_is_xml_that_tells_the_same(pages: list[str]) -> None:
    for page in pages:
        root = ET.fromstring(page)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert not tags & {"script", "style", "metadata", "foreignObject"}
    told = "".join(ET.fromstring(pages[1]).itertext())
    assert "<script>alert(1)" in told and "$" in told


def test_svg_is_the_same_each_time_and_meets_no_other(pages: list[str]) -> None:
    assert svg(every_kind()[0]) == pages[0]
    ids = [set(re.findall(r' id="([^"]+)"', page)) for page in pages]
    assert ids[0] and sum(map(len, ids)) == len(set().union(*ids))
    for page, defined in zip(pages, ids, strict=True):
        assert {a or b for a, b in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page)} <= defined


@needs_matplotlib
def test_several_are_one_figure() -> None:
    several = heatmap(None, reason="first"), heatmap(None, reason="second")
    page = svg(*several)
    assert page.count("<svg") == 1 and "first" in page and "second" in page
    assert png(*several).startswith(b"\x89PNG") and png(*several) == png(*several)


@needs_matplotlib
def test_the_users_settings_are_left_alone() -> None:
    import matplotlib

    matplotlib.rcParams["axes.titlesize"] = 33.0
    try:
        plain = svg(heatmap(None))
        assert matplotlib.rcParams["axes.titlesize"] == 33.0 and "33px" not in plain
    finally:
        matplotlib.rcParams["axes.titlesize"] = matplotlib.rcParamsDefault["axes.titlesize"]


# The command -------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.main, arguments)
    return done.exit_code, done.output


def test_the_command_draws(thing: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("thing.py").write_text("def thing(X): return 3 * X")
    code, text = run("--course", str(thing.course.root), "show", "thing", "--plot")
    assert code == 0 and "ch01/thing: twice" in text and "ch01/thing: a walk" in text and "@" in text


@needs_matplotlib
def test_the_command_writes_files(thing: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = "--svg", "a.svg", "--png", "b.PNG"
    code, text = run("--course", str(thing.course.root), "show", "ch1", "--plot", *files)
    assert code == 0 and text == "Written: a.svg\nWritten: b.PNG\n"
    assert Path("a.svg").read_text().count("there is no") == 2  # nothing to compare with yet
    assert Path("b.PNG").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_the_next_step_is_told(
    thing: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(figure, "can_draw", lambda: False)
    code, text = run("--course", str(thing.course.root), "show", "thing", "--plot", "--svg", "a.svg")
    assert code == 4 and 'pip install "dlex[plot]"' in text
    assert not Path("a.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["softmax", "--svg", "a.svg"], "files are written of pictures only"),
        (["softmax", "--plot", "--svg", "softmax.py"], "softmax.py does not end in .svg"),
        (["softmax", "--plot", "--png", "a.svg"], "a.svg does not end in .png"),
        (["softmax", "--plot", "--svg", "nowhere/a.svg"], "there is no folder"),
        (["entropy", "--plot"], "These have: "),
        (["sofmax", "--plot"], "Did you mean softmax"),
    ],
)
def test_wrong_use(course: Course, tmp_path: Path, monkeypatch, arguments: list[str], told: str) -> None:
    monkeypatch.chdir(tmp_path)
    code, text = run("--course", str(course.root), "show", *arguments)
    assert code == 2 and told in text


def test_a_statement_says_that_there_are_pictures(course: Course) -> None:
    assert "dlex show softmax --plot" in run("--course", str(course.root), "show", "softmax")[1]
    assert "--plot" not in run("--course", str(course.root), "show", "entropy")[1]


# Elsewhere ---------------------------------------------------------------------------------------


def test_pictures_stay_in_the_learners_edition() -> None:
    hidden = "\n@check(hidden=True)\ndef test_hidden(submission, reference):\n    table, helper()\n"
    helper = "\ndef helper():\n    return X\n"
    cut = without_hidden_checks(GRADER + hidden + helper, Path("thing.py"))
    assert "def table(answer)" in cut.text and "def walk(answer)" in cut.text and "helper" not in cut.text


def test_what_pictures_say_is_translated(course: Course) -> None:
    said = {message.id for message in of_chapter(course, "ch03")}
    assert {"the loss against the probability of class 0", "loss", "the true class is 1"} <= said


def test_a_notebooks_report_shows_pictures() -> None:
    result = ExerciseResult("ch01/thing", "Thing", "graded", 0.0, 1.0, "", "", [])
    assert "<svg id='one'/>" in report(result, pictures=["<svg id='one'/>"])


def test_records_and_terminals_need_no_heavy_library() -> None:
    code = "import sys, dlex.pictures; sys.exit(bool({'torch', 'matplotlib', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
