"""Intake: whatever was handed in becomes a submission, or is listed with a reason. Nothing hangs."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dlex.batch.intake import Handed, hand_ins, read
from dlex.batch.names import label, learner_id
from dlex.batch.notebooks import python_of, read_notebook
from dlex.batch.roster import read_roster
from dlex.course import Course
from dlex.errors import UsageError
from dlex.submission import Source

CODE = b"def softmax(X):\n    return X\n"
OTHER = b"def softmax(X):\n    return -X\n"
SOFTMAX = "ch03/softmax"


@pytest.fixture
def handed(course: Course, tmp_path: Path) -> Callable[..., Handed]:
    """Read one submission of softmax and cross-entropy."""

    def run(name: str | Path, exercise: str | None = None) -> Handed:
        (found,) = hand_ins([tmp_path / name]).found
        forced = course.find(exercise)[0] if exercise else None
        return read(found, course, course.find("ch3"), forced)

    return run


@pytest.fixture
def softmax(handed) -> Callable[[str], Source]:
    """The source for softmax in a submission that can be read."""

    def run(name: str) -> Source:
        result = handed(name)
        assert not result.problem, result.problem
        return result.submission.sources[SOFTMAX]

    return run


def write(folder: Path, **files: bytes) -> None:
    """Write files, `ch03__softmax_py` standing for ch03/softmax.py."""
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_py", ".py").replace("_ipynb", ".ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def notebook(*cells: str, kind: str = "code") -> bytes:
    made = [{"cell_type": kind, "source": cell.splitlines(keepends=True), "metadata": {}} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}).encode()


def zipped(path: Path, members: list[tuple[str | zipfile.ZipInfo, bytes]], **options) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members:
            archive.writestr(name, content)


def tarred(path: Path, members: list[tuple[str, bytes] | tarfile.TarInfo], mode: str = "w:gz") -> None:
    with tarfile.open(path, mode) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            archive.addfile(info, io.BytesIO(member[1]))


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


# Which file answers


PLACES = [
    "softmax.py", "ch03/softmax.py", "a/b/ch03/softmax.py", "x/softmax.py", "softmax (1).py",
    "alice_softmax.py", "Softmax.PY", "softmax-1.py",
]  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
def test_a_file_is_found_anywhere_below_the_folder(softmax, tmp_path: Path, path: str) -> None:
    target = tmp_path / "alice" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(CODE)
    assert softmax("alice") == Source(path, CODE)


def test_the_path_beats_the_name_and_the_name_beats_a_similar_one(softmax, tmp_path: Path) -> None:
    write(tmp_path / "a", ch03__softmax_py=CODE, old__softmax_py=OTHER)
    write(tmp_path / "b", softmax_py=CODE, my_softmax_py=OTHER)
    assert softmax("a").file == "ch03/softmax.py"
    assert softmax("b").file == "softmax.py"


@pytest.mark.parametrize(
    "copies", [["x/softmax.py", "y/softmax.py"], ["a/ch03/softmax.py", "b/ch03/softmax.py"]]
)
def test_two_equal_matches_are_never_decided_silently(softmax, tmp_path: Path, copies: list[str]) -> None:
    for copy in copies:
        (tmp_path / "a" / copy).parent.mkdir(parents=True)
        (tmp_path / "a" / copy).write_bytes(CODE)
    source = softmax("a")
    assert source.content is None and not source.missing
    assert all(copy in source.problem for copy in copies)
    assert "hand in one of them" in source.problem


def test_what_is_missing_says_what_was_there(handed, tmp_path: Path) -> None:
    write(tmp_path / "a", softmax_py=CODE, notes_py=b"")
    (tmp_path / "empty").mkdir()
    sources = handed("a").submission.sources
    assert sources[SOFTMAX].content == CODE
    assert sources["ch03/cross_entropy"].missing
    assert sources["ch03/cross_entropy"].problem.endswith("handed in: notes.py, softmax.py")
    empty = handed("empty").submission.sources[SOFTMAX]
    assert empty.missing and "nothing was handed in" in empty.problem


def test_one_name_in_two_chapters_has_to_say_its_chapter(course: Course, tmp_path: Path) -> None:
    import msgspec

    first, second, *rest = course.file.chapter
    (softmax,) = [entry for entry in first.exercise if entry.name == "softmax"]
    twin = msgspec.structs.replace(second, exercise=[*second.exercise, softmax])
    doubled = Course(course.root, msgspec.structs.replace(course.file, chapter=[first, twin, *rest]))
    write(tmp_path / "a", softmax_py=CODE)
    write(tmp_path / "b", ch03__softmax_py=CODE, ch04__softmax_py=OTHER)
    exercises = [e for e in doubled.exercises if e.name == "softmax"]
    for name in "a", "b":
        (found,) = hand_ins([tmp_path / name]).found
        sources = read(found, doubled, exercises).submission.sources
        if name == "a":
            assert {s.content for s in sources.values()} == {None}
            assert "ch03/softmax or ch04/softmax" in sources[SOFTMAX].problem
        else:
            assert [s.content for s in sources.values()] == [CODE, OTHER]


def test_a_whole_course_handed_in_counts_only_its_exercises(softmax, tmp_path: Path) -> None:
    write(tmp_path / "a" / "dl", exercises__ch03__softmax_py=CODE, graders__ch03__softmax_py=OTHER,
          solutions__ch03__softmax_py=OTHER, reference__ch03__softmax_py=OTHER)  # fmt: skip
    (tmp_path / "a" / "dl" / "exercises" / "course.toml").write_text("title = 'mine'")
    assert softmax("a") == Source("dl/exercises/ch03/softmax.py", CODE)


def test_leftovers_of_tools_are_ignored(softmax, tmp_path: Path) -> None:
    write(tmp_path / "a", softmax_py=CODE, **{f"{name}__softmax_py": OTHER for name in (".git", "__MACOSX")})
    for name in (".ipynb_checkpoints", ".git", "__pycache__", "__MACOSX"):
        (tmp_path / "a" / name).mkdir(exist_ok=True)
        (tmp_path / "a" / name / "softmax.py").write_bytes(OTHER)
    (tmp_path / "a" / "._softmax.py").write_bytes(b"\0\5\x16\7")
    assert softmax("a") == Source("softmax.py", CODE)


# A single file


@pytest.mark.parametrize(
    "name", ["softmax.py", "alice_softmax.py", "softmax (1).py", "doejane_late_123_456_softmax.py"]
)
def test_a_single_file_answers_by_its_name(softmax, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(CODE)
    assert softmax(name).content == CODE


@pytest.mark.parametrize("name", ["hw1.py", "softmax_dropout.py"])
def test_a_single_file_that_says_nothing_needs_the_exercise(handed, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(CODE)
    assert "does not say which exercise" in handed(name).problem
    told = handed(name, "softmax").submission.sources
    assert told[SOFTMAX] == Source(name, CODE) and told["ch03/cross_entropy"].missing


@pytest.mark.parametrize("name", ["essay.docx", "softmax.txt", "softmax"])
def test_other_kinds_of_files_are_listed_not_graded(handed, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\3\4")
    result = handed(name)
    assert result.submission is None and "notebook" in result.problem and name in result.problem


def test_what_is_no_ordinary_file_never_blocks(softmax, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    path = folder / "softmax.py"
    os.mkfifo(path)
    assert "is a pipe" in softmax("a").problem
    path.unlink()
    path.mkdir()
    assert "is a folder" in softmax("a").problem
    path.rmdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert softmax("a").content is None
    os.mkfifo(tmp_path / "softmax.py")
    assert "is a pipe" in softmax("softmax.py").problem


@pytest.mark.parametrize("name", ["a.zip", "a.ipynb", "a.tar.gz"])
def test_a_pipe_named_like_a_container_is_listed(handed, tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert "is a pipe" in handed(name).problem


def test_links(softmax, tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_bytes(OTHER)
    for name in "out", "loop", "folders", "inside":
        (tmp_path / name).mkdir()
    (tmp_path / "out" / "softmax.py").symlink_to(secret)
    (tmp_path / "loop" / "softmax.py").symlink_to("softmax.py")
    (tmp_path / "folders" / "again").symlink_to(".")
    (tmp_path / "folders" / "softmax.py").write_bytes(CODE)
    (tmp_path / "inside" / "real.py").write_bytes(CODE)
    (tmp_path / "inside" / "softmax.py").symlink_to("real.py")
    assert "leads out" in softmax("out").problem
    assert "circle" in softmax("loop").problem
    assert softmax("folders").content == CODE
    assert softmax("inside").content == CODE


def test_limits_of_a_folder(handed, softmax, tmp_path: Path, monkeypatch) -> None:
    write(tmp_path / "large", softmax_py=b"#" * (2 << 20))
    assert "the limit is 1,048,576" in softmax("large").problem
    deep = tmp_path.joinpath("deep", *["d"] * 40)
    deep.mkdir(parents=True)
    assert "nested deeper than 32" in handed("deep").problem
    monkeypatch.setattr("dlex.batch.folders.MAX_ENTRIES", 20)
    write(tmp_path / "many", **{f"f{n}_py": b"" for n in range(21)})
    assert "more than 20 files" in handed("many").problem


@pytest.fixture
def nobody():
    """A folder of an ordinary user, as whom the test goes on if it runs as root."""
    folder = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    for path in folder.rglob("*"):
        path.chmod(0o700)
    shutil.rmtree(folder)


def test_what_may_not_be_read(nobody: Path, course: Course) -> None:
    write(nobody / "file", softmax_py=CODE)
    (nobody / "file" / "softmax.py").chmod(0)
    write(nobody / "folder", sub__softmax_py=CODE)
    (nobody / "folder" / "sub").chmod(0)
    file, folder = (read(h, course, course.find("softmax")) for h in hand_ins([], nobody).found)
    assert "Permission denied" in file.submission.sources[SOFTMAX].problem
    assert "folder/sub cannot be read: Permission denied" in folder.problem


# Notebooks


def test_a_notebook_answers_every_exercise_that_it_defines(handed, tmp_path: Path) -> None:
    cells = [
        "import torch\n%matplotlib inline\n",
        "def softmax(X):\n    return torch.abs(X)",
        "",
        "cross_entropy = softmax",
    ]
    (tmp_path / "hw1.ipynb").write_bytes(notebook(*cells))
    sources = handed("hw1.ipynb").submission.sources
    softmax, entropy = (sources[id].content for id in (SOFTMAX, "ch03/cross_entropy"))
    assert softmax == b"# cell 1\nimport torch\n\n# cell 2\ndef softmax(X):\n    return torch.abs(X)\n"
    assert entropy == softmax + b"\n# cell 4\ncross_entropy = softmax\n"


def test_format_3(softmax, tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "input": ["def softmax(X):\n", "    return X"], "language": "python"}]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    (tmp_path / "a.ipynb").write_text(json.dumps(old))
    assert softmax("a.ipynb").content == b"# cell 1\ndef softmax(X):\n    return X\n"


def test_a_cell_that_does_not_compile_is_left_out_and_reported(handed, tmp_path: Path) -> None:
    cells = [CODE.decode(), "x = (1 +\n", "def cross_entropy(P, y):\n    return retrun 1", "y = 1\0"]
    (tmp_path / "hw.ipynb").write_bytes(notebook(*cells))
    sources = handed("hw.ipynb").submission.sources
    softmax, entropy = sources[SOFTMAX], sources["ch03/cross_entropy"]
    assert b"# cell 2 was left out" in softmax.content and b"x = (1" not in softmax.content
    assert (
        "hw.ipynb: left out" in softmax.note and "code cell 2 (line 1: '(' was never closed)" in softmax.note
    )
    assert entropy.content is None and not entropy.missing
    assert entropy.problem.startswith("hw.ipynb: code cell 3 does not compile: line 2")


def test_a_file_beats_a_notebook_and_a_name_beats_others(softmax, tmp_path: Path) -> None:
    write(tmp_path / "a", softmax_py=OTHER, hw_ipynb=notebook(CODE.decode()))
    write(tmp_path / "b", softmax_ipynb=notebook(CODE.decode()), hw_ipynb=notebook(OTHER.decode()))
    write(tmp_path / "c", x_ipynb=notebook(CODE.decode()), y_ipynb=notebook(OTHER.decode()))
    write(tmp_path / "d", softmax_ipynb=notebook("x = 1"), y_ipynb=notebook(OTHER.decode()))
    assert softmax("a").content == OTHER
    assert softmax("b").file == "softmax.ipynb"
    assert "x.ipynb and y.ipynb" in softmax("c").problem
    assert softmax("d").file == "y.ipynb"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "no notebook"),
        (b"\xff\xfe", "no notebook"),
        (b"[1, 2]", "no notebook"),
        (b'{"cells": []}', "no notebook"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": {"a": 1}}]}', "no notebook"),
        (b'{"nbformat": 4, "metadata": ' + b"[" * 100_000, "no notebook"),
        (notebook("# Title", kind="markdown"), "no code cell"),
        (notebook(*["x = 1\n" * 100] * 3000), "hand in the code alone"),
        (notebook("x = 1", "global x"), "do not compile together"),
        (b" " * (17 << 20), "clear its outputs"),
    ],
    ids="cut binary list unversioned types nested markdown much global outputs".split(),
)  # fmt: skip
def test_broken_notebooks_are_listed(handed, tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "hw.ipynb").write_bytes(content)
    result = handed("hw.ipynb")
    assert result.submission is None and not result.digest
    assert says in result.problem and "hw.ipynb" in result.problem


def test_a_broken_notebook_in_a_folder_is_not_a_missing_answer(softmax, tmp_path: Path) -> None:
    write(tmp_path / "a", hw_ipynb=b"{")
    source = softmax("a")
    assert not source.missing and "hw.ipynb is no notebook" in source.problem


def test_many_cells_and_many_notebooks(handed, softmax, tmp_path: Path) -> None:
    (tmp_path / "hw.ipynb").write_bytes(notebook("def softmax(X):\n    return X + x", *["x = 1"] * 9_999))
    assert b"# cell 10000\nx = 1" in softmax("hw.ipynb").content
    write(tmp_path / "a", **{f"n{n}_ipynb": notebook("x = 1") for n in range(21)})
    assert "more than 20 notebooks" in handed("a").problem


@pytest.mark.parametrize("code", ["-" * 60_000 + "1", "a" + ".a" * 60_000, "(" * 60_000, "x = '\ud800'"])
def test_cells_that_overwhelm_the_compiler_are_left_out(code: str) -> None:
    cells = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": code}]}).encode()
    made = read_notebook("hw.ipynb", cells)
    assert made.problem or made.broken.keys() == {1}


def test_a_notebook_answers_the_named_exercise_whatever_it_defines(handed, tmp_path: Path) -> None:
    (tmp_path / "hw.ipynb").write_bytes(notebook("def soft_max(X): return X"))
    assert handed("hw.ipynb").submission.sources[SOFTMAX].missing
    assert b"soft_max" in handed("hw.ipynb", "softmax").submission.sources[SOFTMAX].content


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install it's", "pass"),
        ("?print\nprint?\ntorch.exp??", "pass\npass\npass"),
        ("files = !ls\nx = %pwd", "pass\npass"),
        ("if x:\n    %time f()", "if x:\n    pass"),
        ("x = (7\n  % 2)\ny = 7 \\\n% 2", "x = (7\n  % 2)\ny = 7 \\\n% 2"),
        ('s = """\n%d # "\n! "" \n"""\n!ls', 's = """\n%d # "\n! "" \n"""\npass'),
        ("s = '# (' # don't (\n%pwd", "s = '# (' # don't (\npass"),
        ("s = 'a\\'(' \n%pwd\nprint('why?')", "s = 'a\\'(' \npass\nprint('why?')"),
        ("%%bash\nrm -rf /", ""),
        ("\n%%html\n<b>", ""),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("%cd a\r\nx = 1", "pass\nx = 1"),
        ("!echo '''\nx = 1", "pass\nx = 1"),
    ],
)
def test_what_only_ipython_understands_is_dropped(cell: str, python: str) -> None:
    assert python_of(cell) == python
    compile(python, "cell", "exec")


# Archives


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz"])
def test_archives(softmax, tmp_path: Path, name: str) -> None:
    members = [
        ("hw/", b""),
        ("hw/ch03/softmax.py", CODE),
        ("__MACOSX/hw/ch03/softmax.py", OTHER),
        ("x.bin", b"1"),
    ]
    if name.endswith(".zip"):
        zipped(tmp_path / name, members)
    else:
        tarred(tmp_path / name, members[1:], "w" if name.endswith(".tar") else "w:gz")
    assert softmax(name) == Source("hw/ch03/softmax.py", CODE)


def test_names_of_windows_and_of_other_encodings(softmax, tmp_path: Path) -> None:
    old = zipfile.ZipInfo("Jos\N{LATIN SMALL LETTER E WITH ACUTE}/softmax.py")
    zipped(tmp_path / "a.zip", [("hw\\ch03\\softmax.py", CODE)])
    zipped(tmp_path / "b.zip", [(old, CODE)])
    raw = (tmp_path / "b.zip").read_bytes()
    (tmp_path / "c.zip").write_bytes(raw.replace(b"\x00\x08\x08\x00", b"\x00\x00\x08\x00"))
    info = tarfile.TarInfo("Jos\udce9/softmax.py")
    info.size = len(CODE)
    with tarfile.open(tmp_path / "d.tar", "w") as archive:
        archive.addfile(info, io.BytesIO(CODE))
    os.makedirs(os.fsencode(tmp_path) + b"/e/Jos\xe9")
    with open(os.fsencode(tmp_path) + b"/e/Jos\xe9/softmax.py", "wb") as file:
        file.write(CODE)
    assert softmax("a.zip") == Source("hw/ch03/softmax.py", CODE)
    assert softmax("b.zip").file == softmax("c.zip").file == "José/softmax.py"
    assert softmax("d.tar").file == softmax("e").file == "Jos\ufffd/softmax.py"
    assert {softmax(name).content for name in ("b.zip", "c.zip", "d.tar", "e")} == {CODE}


@pytest.mark.parametrize(
    "path",
    ["../../softmax.py", "/etc/softmax.py", "C:\\hw\\softmax.py", "a/../../softmax.py", "..\\softmax.py"],
)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_paths_that_lead_out_are_refused(softmax, tmp_path: Path, path: str, kind: str) -> None:
    (zipped if kind == "zip" else tarred)(tmp_path / f"a.{kind}", [(path, CODE)])
    source = softmax(f"a.{kind}")
    assert source.content is None and not source.missing
    assert "leads out of the archive" in source.problem
    assert sorted(tmp_path.iterdir()) == [tmp_path / f"a.{kind}"]


@pytest.mark.parametrize(
    ("member", "says"),
    [
        (special("softmax.py", tarfile.SYMTYPE, "/etc/passwd"), "is a link"),
        (special("softmax.py", tarfile.LNKTYPE, "other.py"), "is a link"),
        (special("softmax.py", tarfile.FIFOTYPE), "is a pipe"),
        (special("softmax.py", tarfile.CHRTYPE), "is a device"),
        (special("softmax.py", tarfile.BLKTYPE), "is a device"),
    ],
    ids="symlink hardlink pipe character block".split(),
)
def test_special_members_of_tar(softmax, tmp_path: Path, member: tarfile.TarInfo, says: str) -> None:
    tarred(tmp_path / "a.tar.gz", [("other.py", CODE), member])
    assert says in softmax("a.tar.gz").problem


@pytest.mark.parametrize(
    ("mode", "says"), [(0o120777, "is a link"), (0o010644, "is a pipe"), (0o020644, "is a device")]
)
def test_special_members_of_zip(softmax, tmp_path: Path, mode: int, says: str) -> None:
    info = zipfile.ZipInfo("softmax.py")
    info.external_attr, info.create_system = mode << 16, 3
    zipped(tmp_path / "a.zip", [(info, b"/etc/passwd")])
    assert says in softmax("a.zip").problem


def test_bombs(handed, softmax, tmp_path: Path) -> None:
    zeros = b"\0" * (20 << 20)
    zipped(tmp_path / "ratio.zip", [("data.bin", zeros), ("softmax.py", CODE)])
    tarred(tmp_path / "ratio.tar.gz", [("data.bin", zeros), ("softmax.py", CODE)])
    zipped(tmp_path / "large.zip", [("softmax.py", b"\0" * (2 << 20))])
    tarred(tmp_path / "large.tgz", [("softmax.py", b"\0" * (2 << 20))])
    assert "unpacks to 20,971,549 bytes" in handed("ratio.zip").problem
    assert "unpacks to far more" in handed("ratio.tar.gz").problem
    assert "the limit is 1,048,576" in softmax("large.zip").problem
    assert "the limit is 1,048,576" in softmax("large.tgz").problem


def test_a_member_that_lies_about_its_size(handed, tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", [("softmax.py", b"\0" * (3 << 20))])
    size = (3 << 20).to_bytes(4, "little")
    lying = (tmp_path / "a.zip").read_bytes().replace(size, (100).to_bytes(4, "little"))
    (tmp_path / "a.zip").write_bytes(lying)
    result = handed("a.zip")
    assert "damaged" in result.problem


def test_an_archive_with_very_many_members(handed, tmp_path: Path, monkeypatch) -> None:
    name, end = b"f" * 10, b"PK\5\6" + b"\0" * 4
    entry = b"PK\1\2" + b"\0" * 24 + len(name).to_bytes(2, "little") + b"\0" * 16 + name
    listed = entry * 100_000
    (tmp_path / "a.zip").write_bytes(
        b"PK\3\4" + listed + end + b"\xff\xff\xff\xff" + len(listed).to_bytes(4, "little") + b"\4\0\0\0\0\0"
    )
    assert "more than 10,000 files" in handed("a.zip").problem
    monkeypatch.setattr("dlex.batch.archives.MAX_MEMBERS", 50)
    zipped(tmp_path / "b.zip", [(f"{n}.txt", b"") for n in range(51)])
    tarred(tmp_path / "b.tgz", [(f"{n}.txt", b"") for n in range(51)])
    assert "more than 50 files" in handed("b.zip").problem
    assert "more than 50 files" in handed("b.tgz").problem


def test_the_answers_together_have_a_limit(handed, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("dlex.batch.archives.MAX_READ", 5000)
    zipped(tmp_path / "a.zip", [(f"{n}/softmax.py", b"#" * 1000) for n in range(6)])
    assert "unpack to more than 5,000 bytes" in handed("a.zip").problem


def test_archives_in_archives_are_not_opened(softmax, tmp_path: Path) -> None:
    zipped(tmp_path / "inner.zip", [("softmax.py", CODE)])
    zipped(tmp_path / "a.zip", [("inner.zip", (tmp_path / "inner.zip").read_bytes())])
    source = softmax("a.zip")
    assert source.missing and source.problem.endswith("handed in: inner.zip")


def test_encrypted_and_unusual_members(softmax, tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", [("softmax.py", CODE)])
    raw = bytearray((tmp_path / "a.zip").read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(raw)
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("softmax.py", b"\0" * 1000)
    assert "softmax.py is encrypted" in softmax("a.zip").problem
    assert "unusual method" in softmax("b.zip").problem


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar"])
@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped"])
def test_damaged_archives_are_listed(handed, tmp_path: Path, name: str, damage: str) -> None:
    members = [("softmax.py", os.urandom(5000)), ("b.py", os.urandom(50_000))]
    if name.endswith(".zip"):
        zipped(tmp_path / name, members)
    else:
        tarred(tmp_path / name, members, "w" if name == "a.tar" else "w:gz")
    raw = bytearray((tmp_path / name).read_bytes())
    raw[600] ^= 0xFF
    changed = {"empty": b"", "text": b"no archive at all " * 60, "cut": raw[:30_000], "flipped": raw}[damage]
    (tmp_path / name).write_bytes(changed)
    result = handed(name)
    if name == "a.tar" and damage == "flipped":  # the format has no checksum of contents
        assert result.submission
        return
    assert result.submission is None and name in result.problem
    assert "open it yourself" in result.problem


def test_a_tar_that_leads_back_ends(handed, tmp_path: Path) -> None:
    """A negative size, which has made readers go round in circles."""
    info = tarfile.TarInfo("softmax.py")
    raw = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    raw[124:136] = b"\xff" * 10 + (-1024 & 0xFFFF).to_bytes(2, "big")
    raw[148:156] = b"%06o\0 " % tarfile.calc_chksums(raw)[0]
    (tmp_path / "a.tar").write_bytes(bytes(raw) * 3 + b"\0" * 1024)
    assert "damaged" in handed("a.tar").problem


def test_long_chains_of_tar_headers(handed, tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 0
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) * 5000)
    assert "damaged" in handed("a.tar").problem


def test_one_name_twice_and_names_that_differ_in_case(softmax, tmp_path: Path) -> None:
    tarred(tmp_path / "a.tar", [("softmax.py", CODE), ("softmax.py", OTHER)], "w")
    with pytest.warns(UserWarning, match="Duplicate name"):
        zipped(tmp_path / "b.zip", [("softmax.py", CODE), ("softmax.py", OTHER)])
    zipped(tmp_path / "c.zip", [("Softmax.py", CODE), ("SOFTMAX.py", OTHER)])
    assert "softmax.py was handed in 2 times" in softmax("a.tar").problem
    assert "softmax.py was handed in 2 times" in softmax("b.zip").problem
    assert "SOFTMAX.py and Softmax.py" in softmax("c.zip").problem


# The digest


def test_the_digest_depends_on_what_is_graded_and_on_nothing_else(handed, tmp_path: Path) -> None:
    write(tmp_path / "a", softmax_py=CODE, notes_txt=b"")
    write(tmp_path / "b", ch03__softmax_py=CODE)
    zipped(tmp_path / "c.zip", [("x/softmax.py", CODE)])
    write(tmp_path / "other", softmax_py=OTHER)
    write(tmp_path / "elsewhere", cross_entropy_py=CODE)
    (tmp_path / "empty").mkdir()
    same = {handed(name).digest for name in ("a", "b", "c.zip")}
    different = {handed(name).digest for name in ("other", "elsewhere", "empty")}
    assert len(same) == 1 and len(different) == 3 and not same & different


# Whose it is


def names_of(found) -> list[str]:
    return [hand_in.name for hand_in in found.found]


def test_every_entry_of_a_folder_is_one_submission(tmp_path: Path) -> None:
    for name in ("alice", "carol.v2", ".git", "__MACOSX"):
        (tmp_path / name).mkdir()
    for name in ("bob.tar.gz", "dave.py", "erin.ipynb", "essay.docx", ".DS_Store"):
        (tmp_path / name).write_bytes(b"")
    found = hand_ins([], tmp_path)
    assert names_of(found) == ["alice", "bob", "carol.v2", "dave", "erin", "essay.docx"]
    assert found.missing == found.unknown == []


@pytest.mark.parametrize(
    ("name", "learner", "file"),
    [
        ("Jane Doe_12345_assignsubmission_file_", "Jane Doe_12345", None),
        ("Jane Doe_12345_assignsubmission_file_softmax.py", "Jane Doe_12345", "softmax.py"),
        ("doejane_123_456_hw.py", "doejane_123", "hw.py"),
        ("doejane_LATE_123_456_softmax-1.py", "doejane_123", "softmax-1.py"),
        ("hw_1_2_softmax.py", "hw_1_2_softmax", "hw_1_2_softmax.py"),
        ("alice.TAR.GZ", "alice", None),
    ],
)
def test_names_that_platforms_give(name: str, learner: str, file: str | None) -> None:
    assert label(name).learner == learner
    assert label(name).file == (file or name)


def test_files_that_a_platform_names_after_one_learner_are_one_submission(course, tmp_path: Path) -> None:
    (tmp_path / "doejane_123_456_softmax.py").write_bytes(CODE)
    (tmp_path / "doejane_123_457_cross_entropy-1.py").write_bytes(OTHER)
    (found,) = hand_ins([], tmp_path).found
    sources = read(found, course, course.find("ch3")).submission.sources
    assert sources[SOFTMAX] == Source("softmax.py", CODE)
    assert sources["ch03/cross_entropy"] == Source("cross_entropy-1.py", OTHER)


def test_two_submissions_of_one_learner_are_refused(tmp_path: Path) -> None:
    for folder in "x", "y":
        write(tmp_path / folder, softmax_py=CODE)
    with pytest.raises(UsageError, match="are both of the learner softmax") as error:
        hand_ins([tmp_path / "x" / "softmax.py", tmp_path / "y" / "softmax.py"])
    assert "x/softmax.py" in str(error.value) and "y/softmax.py" in str(error.value)
    (tmp_path / "X").mkdir()
    with pytest.raises(UsageError, match="both of the learner"):
        hand_ins([], tmp_path)
    assert len(hand_ins([tmp_path / "x", tmp_path / "x"]).found) == 1


def test_a_link_below_the_root_is_nobodys_answer(course: Course, tmp_path: Path) -> None:
    write(tmp_path / "bob", softmax_py=CODE)
    for name in "alice", "zoe":
        (tmp_path / name).symlink_to("bob")
    alice, bob, zoe = (read(h, course, course.find("softmax")) for h in hand_ins([], tmp_path).found)
    assert "is a link" in alice.problem and "is a link" in zoe.problem
    assert bob.submission.sources[SOFTMAX].content == CODE
    (linked,) = hand_ins([tmp_path / "alice"]).found  # what an instructor names is meant
    assert linked.name == "alice"
    assert read(linked, course, course.find("softmax")).submission.sources[SOFTMAX].content == CODE


def test_nothing_to_grade_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"")
    for paths, root, says in [
        ([], None, "there is no submission"),
        ([], tmp_path / "empty", "there is no submission in"),
        ([], tmp_path / "file", "cannot be read: Not a directory"),
        ([tmp_path / "nowhere"], None, "does not exist"),
    ]:
        with pytest.raises(UsageError, match=says) as error:
            hand_ins(paths, root)
        assert error.value.next_step


def test_hostile_learner_ids() -> None:
    hostile = [
        "\x1b[31mred\x07", "red", "a\nb", "a b", "..", ".", "", "../x", "x" * 300, "x" * 301,
        "a\u202eb", "ab", "a~b", "\udcff", "con|<>",
    ]  # fmt: skip
    made = [learner_id(text) for text in hostile]
    assert len(set(made)) == len(hostile)
    for text in made:
        assert text.strip(". ") == text and 0 < len(text) <= 107
        assert text.isprintable() and not set(text) & set('/\\:*?"<>|')
    assert learner_id("Jose\u0301") == learner_id("Jos\u00e9") == "José"
    assert learner_id(made[0]) != made[0]  # no one can take the name that another one was given


def test_a_hostile_name_of_a_file_stays_on_one_line(handed, tmp_path: Path) -> None:
    name = "a\n\x1b[31m::error::.zip"
    (tmp_path / name).write_bytes(b"")
    problem = handed(name).problem
    assert problem.isprintable() and "a ::error::.zip" in problem


# The list of learners


ROSTERS = {
    "plain": "id,file\nalice,a1\nbob,b1.zip\n",
    "semicolons": "\ufeffStudent ID;Folder\r\nalice;a1\r\nbob;x/b1\r\n",
    "tabs": "# made by hand\n\nfile name\tStudent-ID\na1\talice\nb1\tbob\n",
    "quoted": 'sep=,\n"username","Full name","submission"\n"alice","Doe, A.","a1"\n"bob","Li, B.","b1.zip"\n',
    "sis": "Student,SIS Login ID,Folder\n  Points Possible,,\nDoe,alice,a1\nLi,bob,b1\n",
}


@pytest.mark.parametrize("coding", ["utf-8", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("text", ROSTERS.values(), ids=ROSTERS)
def test_lists_of_learners(tmp_path: Path, text: str, coding: str) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes(text.encode(coding))
    (tmp_path / "a1").mkdir()
    (tmp_path / "b1.zip").write_bytes(b"")
    roster = read_roster(path)
    assert roster.learners == ["alice", "bob"]
    assert names_of(hand_ins([], tmp_path, roster)) == ["alice", "bob"]


def test_who_is_missing_and_who_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_bytes("id,email,name\n7,zoe@x.org,Zoë\n8,b@x.org,Bob\n".encode("latin-1"))
    (tmp_path / "class").mkdir()
    for name in ("Zoë", "mallory"):
        (tmp_path / "class" / name).mkdir()
    found = hand_ins([], tmp_path / "class", read_roster(tmp_path / "ids.csv"))
    assert sorted(names_of(found)) == ["7", "mallory"]
    assert found.missing == ["8"] and found.unknown == ["mallory"]


def test_downloads_of_canvas_and_moodle(tmp_path: Path) -> None:
    canvas, moodle = tmp_path / "canvas.csv", tmp_path / "moodle.csv"
    canvas.write_text(
        "Student,ID,SIS User ID,SIS Login ID\nPoints Possible,,,\n"
        '"Doe, Jane",123,s9,jdoe\n"Li, Bo",77,123,bli\n'
    )
    moodle.write_text("Identifier,Full name,Email address\nParticipant 55,Jane Doe,j@x.org\n")
    assert read_roster(canvas).find(label("doejane_123_456_a.py").keys) == "123"
    assert read_roster(canvas).find(("s9",)) == "123"
    assert read_roster(moodle).find(label("J. Doe_55_assignsubmission_file_").keys) == "j@x.org"
    assert read_roster(moodle).find(label("Jane Doe_56_assignsubmission_file_").keys) == "j@x.org"


def test_a_name_that_two_learners_share_means_neither(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("id,name\n1,Jane Doe\n2,Jane Doe\n")
    roster = read_roster(tmp_path / "ids.csv")
    assert roster.find(("Jane Doe",)) is None and roster.find(("2",)) == "2"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column of learner ids"),
        ("grade,comment\n1,2\n", "no column of learner ids, only grade, comment"),
        ("id\n", "lists no learner"),
        ("id,file\nann,a\nbob,b\nAnn,c\n", "lists Ann twice, in lines 2 and 4"),
        ("id,file\n,a\n", "line 2, has no learner id"),
        ('id,file\n"' + "x" * 200_000, "is no CSV"),
    ],
    ids="empty columns nobody twice blank field".split(),
)
def test_lists_that_cannot_be_used(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "ids.csv").write_text(text)
    with pytest.raises(UsageError, match=says) as error:
        read_roster(tmp_path / "ids.csv")
    assert error.value.next_step
    with pytest.raises(UsageError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")


def test_intake_imports_neither_torch_nor_nbformat() -> None:
    code = "import sys, dlex.batch.intake; sys.exit(bool({'torch', 'nbformat', 'pytest'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
