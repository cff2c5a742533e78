"""English or Simplified Chinese: which one is spoken, what is said in it, and catalogues that say it all."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from babel.messages.pofile import read_po, write_po
from click.testing import CliRunner, Result
from rich.cells import cell_len

from dlex import language
from dlex.cli import main
from dlex.course import Course, docstrings
from dlex.errors import UsageError
from dlex.grading.compare import assert_close
from dlex.grading.failures import CheckFailed
from dlex.notebooks.build import exercise_cells
from dlex.submission import in_cells
from dlex.translation import catalogues

ROOT = Path(__file__).resolve().parent.parent
ENGLISH, CHINESE = "ch03  Linear neural networks", "ch03  线性神经网络"
WRONG = "import torch\n\n\ndef softmax(X):\n    E = torch.exp(X)\n    return E / E.sum(0, keepdim=True)\n"


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process begins; afterwards, everything is as it was."""
    monkeypatch.setattr(language, "_current", None)
    monkeypatch.setattr(language, "_consulted", [])
    for name in (language.VARIABLE, "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture
def chinese() -> None:
    language.use("zh")


def run(*arguments: str) -> Result:
    language._current = main._help_option = None  # each a process of its own
    return CliRunner().invoke(main, ["--course", str(ROOT), *arguments])


# Which language ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [["--lang", "zh", "list"], ["--lang=zh_CN", "list"], ["list", "--lang", "zh-Hans"]]
)
def test_an_option_before_or_after_the_command(arguments: list[str]) -> None:
    assert CHINESE in run(*arguments).output


def test_the_option_goes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(language.VARIABLE, "zh")
    assert CHINESE in run("list").output
    assert ENGLISH in run("list", "--lang", "en").output


def test_the_variable_goes_before_the_workspace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chinese: None
) -> None:
    language.remember(tmp_path)
    (tmp_path / "ch03").mkdir()
    monkeypatch.chdir(tmp_path / "ch03")
    monkeypatch.setenv(language.VARIABLE, "")
    assert CHINESE in run("list").output
    monkeypatch.setenv(language.VARIABLE, "en")
    assert ENGLISH in run("list").output


@pytest.mark.parametrize("content", [b"", b"klingon\n", b"\xff\xfe"])
def test_a_workspace_that_remembers_nonsense(
    content: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".dlex").mkdir()
    (tmp_path / ".dlex" / "language").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    assert ENGLISH in run("list").output


def test_the_workspace_goes_before_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    language.use("en")
    language.remember(tmp_path)
    monkeypatch.setenv(language.VARIABLE, "")
    assert CHINESE in run("list").output
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(language.VARIABLE, "")
    assert ENGLISH in run("list").output


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("LANG", "zh_CN.UTF-8", CHINESE),
        ("LANG", "zh_TW", CHINESE),
        ("LC_ALL", "zh_CN.UTF-8", CHINESE),
        ("LC_MESSAGES", "zh_CN", CHINESE),
        ("LC_ALL", "C", ENGLISH),
        ("LANG", "fr_FR.UTF-8", ENGLISH),
        ("LANG", "", ENGLISH),
    ],
)
def test_the_locale_of_the_system(
    variable: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert told in run("list").output


def test_an_unknown_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in (["--lang", "fr", "list"], ["list", "--lang", "fr"]):
        done = run(*arguments)
        assert done.exit_code == 2 and "dlex does not speak 'fr'. It speaks: en, zh_CN." in done.output
    monkeypatch.setenv(language.VARIABLE, "fr")
    assert run("list").exit_code == 2
    with pytest.raises(UsageError, match="does not speak"):
        language.use("fr")


def test_processes_that_are_started_speak_it_too(chinese: None) -> None:
    assert os.environ[language.VARIABLE] == os.environ["LANGUAGE"] == "zh_CN"


# What is said -----------------------------------------------------------------------------------


def test_what_has_no_translation_is_said_in_english(small: Course, chinese: None) -> None:
    assert language._("nobody says this") == "nobody says this"
    assert small.find("softmax")[0].title == "Softmax"  # a course without catalogues
    assert small.chapters[0].title == "Linear neural networks"


def test_a_number_chooses_the_form() -> None:
    forms = "one check", "{n} checks"
    assert [language.ngettext(*forms, n).format(n=n) for n in (1, 2)] == ["one check", "2 checks"]


def test_help(chinese: None) -> None:
    told = run("--help", "--lang", "zh").output
    assert (
        "检查你写的代码。" in told
        and "用法：" in told
        and "\n命令：\n" in told
        and "显示这段说明并退出。" in told
    )
    told = run("check", "--help", "--lang", "zh").output
    assert "检查 TARGET 的答案" in told and "dlex check ch03/softmax.py --json" in told
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+ [a-z]+", told.replace("dlex check", ""))
    assert max(map(cell_len, told.split("\n"))) <= 80
    assert not any(line.strip()[:1] in "，。；：）" for line in told.split("\n") if line.strip())
    assert "\u200b" not in told and "中 文" not in told


def test_what_was_typed_wrongly(chinese: None) -> None:
    assert "错误：没有选项 '--sed'。" in run("check", "--sed", "--lang", "zh").output
    done = run("show", "sofmax", "--lang", "zh")
    assert done.exit_code == 2
    assert "错误：没有名为 'sofmax' 的章或练习" in done.output and "你是想说 softmax 吗" in done.output


def test_an_exercise_by_its_title(chinese: None) -> None:
    assert "你是想说 perceptron 或" in run("show", "感知机", "--lang", "zh").output


def test_no_line_of_a_statement_ends_early(chinese: None) -> None:
    told = run("show", "ch3", "--lang", "zh").output
    assert "分数恰好为 0 时属于类别 1。分数可能极大" in told
    lines = [line.strip() for line in told.split("\n") if line.strip()]
    assert not any(line[0] in "，。；：）》" or line[-1] in "（《" for line in lines)
    assert max(map(cell_len, lines)) <= 80


def test_names_in_messages_stand_apart(chinese: None) -> None:
    with pytest.raises(CheckFailed) as number:
        assert_close((1.0, 2), (1.0, 3))
    assert number.value.difference.summary == "result[1] 是 2，应为 3"
    with pytest.raises(CheckFailed) as kind:
        assert_close([torch.ones(2)], [torch.ones(3)])
    assert kind.value.difference.summary == "result[0] 的形状是 (2,)，应为 (3,)"
    with pytest.raises(CheckFailed) as tensor:
        assert_close(torch.ones(2), 1.0)
    assert tensor.value.difference.summary == "结果是张量，应为 float"


def test_full_width_punctuation_in_code(dlex, tmp_path: Path) -> None:
    (tmp_path / "softmax.py").write_text("def softmax(X)：\n    return X\n", encoding="utf-8")
    told = dlex("check", "softmax", "--lang", "zh", DLEX_LANG="").stdout
    assert "在第 1 行：def softmax(X)：" in told and "请切换到英文输入法" in told


def test_lines_are_joined_without_a_space(chinese: None, course: Course) -> None:
    for exercise in course.exercises:
        assert not re.search(rf"[{language.WIDE}]\n *[{language.WIDE}]", exercise.statement()), exercise.id


def test_chinese_stubs_are_the_same_code(course: Course) -> None:
    for exercise in course.exercises:
        language.use("en")
        english = exercise.stub()
        assert english == exercise.path("exercises").read_text(encoding="utf-8")
        language.use("zh")
        chinese = exercise.stub()
        compile(chinese, exercise.id, "exec")
        assert re.search(rf"[{language.WIDE}]", chinese), exercise.id
        assert undocumented(chinese) == undocumented(english)
        assert formulas(chinese) == formulas(english), exercise.id


def undocumented(code: str) -> str:
    for text in docstrings(code):
        code = code.replace(text, "", 1)
    return ast.dump(ast.parse(code))


def formulas(code: str) -> list[str]:
    return sorted(re.findall(r"\$\$[^$]*\$\$|>>> [^\n]*|`[^`]+`", code))


def test_a_workspace_in_chinese(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init", "answers", "--chapter", "ch3", "--lang", "zh").exit_code == 0
    assert "逐行把分数变成概率" in (tmp_path / "answers" / "ch03" / "softmax.py").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path / "answers")
    monkeypatch.setenv(language.VARIABLE, "")
    assert CHINESE in run("list").output
    readme = (tmp_path / "answers" / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("# 动手学深度学习：我的答案")
    assert max(map(cell_len, readme.split("\n"))) <= 80


def test_a_notebook_in_chinese(chinese: None, course: Course) -> None:
    cells = {cell.id.split("-")[-1]: cell.source for cell in exercise_cells(course.find("softmax")[0], 14)}
    assert "逐行把分数变成概率" in cells["statement"]
    assert "参数：" in cells["answer"] and "示例：" in cells["answer"] and "# 应当得到" in cells["example"]
    assert cells["test"] == 'import dlex\n\ndlex.check("ch03/softmax")'


def test_lines_in_cells(chinese: None) -> None:
    content = b"# cell 1\nx = 1\n\n# cell 3\nx\ny\n"
    assert in_cells("抛出了 ValueError\n在第 5 行：x", content) == "抛出了 ValueError\n在单元 3 第 1 行：x"
    assert in_cells("第 6 行（y）：结果在 CPU 上", content) == "单元 3 第 2 行（y）：结果在 CPU 上"


def test_a_report_in_chinese(dlex, tmp_path: Path) -> None:
    (tmp_path / "softmax.py").write_text(WRONG)
    done = dlex("check", "softmax", "--lang", "zh", DLEX_LANG="")
    assert done.returncode == 1, done.stderr
    lines = [line.rstrip() for line in done.stdout.split("\n")]
    assert lines[:-2] == REPORT.split("\n")
    assert re.fullmatch(r"得分 0 / 14  （种子 0，隔离级别 \d，[\d.]+ 秒）", lines[-2])
    assert max(map(cell_len, lines)) <= 80


REPORT = """\
ch03              线性神经网络  0/14
  ✗ ch03/softmax  Softmax       0/14

 ch03/softmax  ─────────────────────────────────────────────────────────────────

✗ 任意的分数  0/2
  问题   2 个元素中有 2 个不对；最严重的在 [0, 0] 处：得到 1，应为 0.5，相差
         0.5，允许 1e-05
  调用   softmax(X)
    X =  [[0, 0]]  float32 (1, 2)
  得到   [[>1<, >1<]]  float32 (1, 2)
  应为   [[>0.5<, >0.5<]]  float32 (1, 2)
  错误   wrong_axis：对列做了规范化：每一行是一个样本，所以每一行的和应当为 1
  同样的原因还失去 12 分：题目中的例子；float32 与 float64 都正确；对不连续的视
  图也正确；不改动参数与随机状态；n 或 q 为 1 时也正确；梯度到达每个浮点参数；在
  GPU 上也正确；±10000 乃至更大的分数（隐藏）；相差悬殊的各行（隐藏）；分数为
  -inf 时概率恰好为 0（隐藏）
"""


# Catalogues that say it all ---------------------------------------------------------------------


def test_everything_is_translated(course: Course) -> None:
    """The commands `dlex translate --check` and `dlex translate --engine --check` are clean."""
    files = [*catalogues.files_of_engine(), *catalogues.files_of_course(course)]
    assert len(files) == 3 + len(course.chapters)
    assert [problem for file in files for problem in catalogues.problems(file)] == []


def calls_of(name: str, inside: type[ast.AST] = ast.Module) -> Iterator[tuple[Path, ast.Call]]:
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "graders").rglob("*.py")]:
        outer = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        nodes = (node for each in outer if isinstance(each, inside) for node in ast.walk(each))
        for node in nodes:
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield path, node


def test_nothing_is_looked_up_where_it_is_not_collected() -> None:
    """Texts inside of f-strings are found by nobody who collects them."""
    for name in ("_", "N_", "ngettext"):
        for path, call in calls_of(name, inside=ast.JoinedStr):
            assert not isinstance(call.args[0], ast.Constant), (path, ast.unparse(call))


def test_nothing_is_made_up_before_it_is_looked_up() -> None:
    """`_` and the like are given texts as they stand in the source, or out of a table of such."""
    texts = [(path, call.args[0]) for path, call in calls_of("_")]
    assert len(texts) > 250
    made = (ast.JoinedStr, ast.BinOp)
    for path, text in texts:
        parts = list(ast.walk(text))
        formats = [each for each in parts if isinstance(each, ast.Attribute) and each.attr == "format"]
        assert not formats and not any(isinstance(each, made) for each in parts), (path, ast.unparse(text))
    marked = [(path, each) for path, call in calls_of("N_") for each in call.args]
    marked += [(path, each) for path, call in calls_of("ngettext") for each in call.args[:2]]
    for path, text in marked:
        assert isinstance(text, ast.Constant), (path, ast.unparse(text))


@pytest.fixture
def chapter(small: Course) -> catalogues.File:
    """The catalogue of a small course's only chapter, up to date, everything translated."""
    grader = small.find("softmax")[0].path("graders")
    more = 'from dlex.language import _\n\nPROBLEM = _("{count} of `X` are off")\n'
    grader.write_text(f"{grader.read_text()}\n{more}")
    file = catalogue(small)
    catalogues.update(file)
    change(file, lambda message: f"说：{message.id}")
    catalogues.update(file)
    assert list(catalogues.problems(file)) == []
    return file


def catalogue(course: Course) -> catalogues.File:
    return list(catalogues.files_of_course(course))[1]


def change(file: catalogues.File, told, only: str = "") -> None:
    """Write translations, of all texts or of those that begin in a certain way."""
    with file.po.open("rb") as stream:
        found = read_po(stream, locale=file.language)
    for message in found:
        if message.id and message.id.startswith(only):
            message.string = told(message)
    with file.po.open("wb") as stream:
        write_po(stream, found, width=catalogues.WIDTH, include_lineno=False)


def test_translations_are_said(chapter: catalogues.File, small: Course, chinese: None) -> None:
    language._catalogue.cache_clear()
    assert small.find("softmax")[0].title == "说：Softmax"
    language.consult(small.catalogues, ["ch03"])
    assert language._("{count} of `X` are off") == "说：{count} of `X` are off"


@pytest.mark.parametrize(
    ("only", "told", "problem"),
    [
        ("Softmax", "", "not translated: Softmax"),
        ("{count}", "{number} 个 `X` 不对", "the places in {braces} differ"),
        ("{count}", "`X` 不对", "the places in {braces} differ"),
        ("- X keeps", "参数不变", "code in `…` or a formula in $…$ differs"),
    ],
)
def test_wrong_translations(only: str, told: str, problem: str, chapter: catalogues.File) -> None:
    document = next(message.id for message in chapter.messages if "`" in message.id and "{" not in message.id)
    change(chapter, lambda message: told, only if not only.startswith("-") else document[:20])
    catalogues.update(chapter)
    assert [problem in found for found in catalogues.problems(chapter)] == [True]


def test_a_catalogue_that_was_not_compiled(chapter: catalogues.File) -> None:
    change(chapter, lambda message: "软最大", "Softmax")
    assert [found for found in catalogues.problems(chapter) if "run dlex translate" in found]
    assert catalogues.update(chapter) and not catalogues.update(chapter)
    assert list(catalogues.problems(chapter)) == []


def test_a_text_that_changed(chapter: catalogues.File, small: Course) -> None:
    """The new text wants a translation, the old translation is to be used for it, or deleted."""
    grader = small.find("softmax")[0].path("graders")
    grader.write_text(grader.read_text().replace("are off", "are wrong"))
    file = catalogue(small)
    assert any("run dlex translate" in found for found in catalogues.problems(file))
    catalogues.update(file)
    found = "\n".join(catalogues.problems(file))
    assert "not translated: {count} of `X` are wrong" in found
    assert "nothing says this any more, delete its translation: {count} of `X` are off" in found


def test_the_command(chapter: catalogues.File, small: Course) -> None:
    root = str(small.root)
    first = CliRunner().invoke(main, ["--course", root, "translate"])
    assert first.exit_code == 0 and "1 to do" not in first.output.split("ch03.po")[-1]
    change(chapter, lambda message: "", "Softmax")
    failed = CliRunner().invoke(main, ["--course", root, "translate", "--check"])
    assert failed.exit_code == 3 and "ch03.po: not translated: Softmax" in failed.output
