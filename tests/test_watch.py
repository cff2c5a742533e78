"""`dlex watch`, as editors, terminals and accidents treat it."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import psutil
import pytest

from dlex.results.records import CheckResult, ExerciseResult
from dlex.serve import client, place
from dlex.serve.saves import Saves
from dlex.serve.screen import Screen, Standing

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [str(ROOT / "cli.py"), "--course", str(ROOT)]
SECONDS = 120  # for what has to happen, however slow the machine
STUB = (ROOT / "exercises" / "ch03" / "softmax.py").read_bytes()
RIGHT = (ROOT / "solutions" / "ch03" / "softmax.py").read_bytes()
WRONG = b"import torch\ndef softmax(X):\n    return torch.exp(X) / torch.exp(X).sum(0, True)\n"


@pytest.fixture(scope="module")
def runtime() -> Iterator[Path]:
    """Where warm servers listen."""
    folder = Path(tempfile.mkdtemp(prefix="dlex-test-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def warm(runtime: Path) -> Iterator[None]:
    """A server that is there already, so that a watch need not start one."""
    subprocess.run([sys.executable, *COMMAND, "serve", "--warm", "softmax"], check=True, timeout=SECONDS)
    yield
    subprocess.run([sys.executable, *COMMAND, "serve", "--stop"], check=True, timeout=SECONDS)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with two chapters' first exercises, untouched."""
    (tmp_path / ".dlex").mkdir()
    (tmp_path / "ch03").mkdir()
    (tmp_path / "ch03" / "softmax.py").write_bytes(STUB)
    return tmp_path


def save_in_place(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def save_by_rename(path: Path, content: bytes) -> None:
    other = path.with_name(f".{path.name}.swp")
    other.write_bytes(content)
    os.replace(other, path)


def save_with_backup(path: Path, content: bytes) -> None:
    path.rename(path.with_name(f"{path.name}~"))
    path.write_bytes(content)


def save_twice(path: Path, content: bytes) -> None:
    path.write_bytes(b"def half")
    path.write_bytes(content)


SAVES = [save_in_place, save_by_rename, save_with_backup, save_twice]


class Watch:
    """A `dlex watch` whose output is a pipe."""

    def __init__(self, folder: Path, *arguments: str):
        self.process = subprocess.Popen(
            [sys.executable, *COMMAND, "watch", *arguments],
            cwd=folder,
            env={**os.environ, "COLUMNS": "80"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(SECONDS)
        self.process.stdin.close()
        self.process.stdout.close()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def until(self, words: str) -> str:
        """Everything up to the line with these words."""
        text = ""
        while words not in text:
            line = self._lines.get(timeout=SECONDS)
            assert line, f"it ended without saying {words!r}:\n{text}"
            text += line
        return text

    def rest(self) -> str:
        """Everything up to the end."""
        return "".join(iter(lambda: self._lines.get(timeout=SECONDS), ""))


@pytest.fixture
def watch(runtime: Path) -> Iterator[Callable[..., Watch]]:
    """Start watches; they and all that they started are gone afterwards."""
    started: list[Watch] = []

    def start(*arguments: object) -> Watch:
        started.append(Watch(*arguments))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_from_stub_to_right_however_it_is_saved(warm: None, watch: Callable[..., Watch], workspace: Path):
    answer = workspace / "ch03" / "softmax.py"
    one = watch(workspace, "softmax", "cross_entropy")
    assert "still the stub" in one.until("Write your answer in ch03/softmax.py")
    for number, save in enumerate(SAVES):
        save(answer, WRONG + b"#" * number)
        assert "wrong_axis" in one.until("✗ ch03/softmax: 0 of 14 points.")
    save_in_place(answer.with_name("softmx.py"), RIGHT)
    assert "softmx.py is not checked" in one.until("softmax?")
    save_in_place(answer, b"def softmax(X)\n")
    assert "SyntaxError" in one.until("✗ ch03/softmax: 0 of 14 points.")
    answer.unlink()
    one.until("there is no ch03/softmax.py")
    shutil.rmtree(answer.parent)
    answer.parent.mkdir()
    save_in_place(answer, RIGHT)
    said = one.until("Next: ch03/cross_entropy")
    assert "✓ ch03/softmax: right, 14 of 14 points." in said
    one.process.stdin.close()  # the end of its input is its end
    assert one.rest() == "" and one.process.wait(SECONDS) == 0
    status = subprocess.run(
        [sys.executable, *COMMAND, "status"], cwd=workspace, capture_output=True, text=True
    )
    assert "✓ ch03/softmax" in status.stdout


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_a_signal_ends_it(warm: None, watch: Callable[..., Watch], workspace: Path, name: signal.Signals):
    one = watch(workspace, "softmax")
    one.until("Write your answer")
    one.process.send_signal(name)
    assert one.rest() == "" and one.process.wait(SECONDS) == 0


def test_outside_of_a_workspace(runtime: Path, watch: Callable[..., Watch], tmp_path: Path) -> None:
    one = watch(tmp_path)
    assert "dlex init" in one.rest() and one.process.wait(SECONDS) == 2


class Terminal:
    """A `dlex watch` in a terminal of 80 × 24."""

    def __init__(self, folder: Path, *arguments: str):
        environment = {**os.environ, "TERM": "xterm-256color", "NO_COLOR": "1"}
        environment.pop("COLUMNS", None)
        command = [*COMMAND, "watch", *arguments]
        self._child = pexpect.spawn(
            sys.executable, command, cwd=folder, env=environment, dimensions=(24, 80), encoding="utf-8"
        )

    def press(self, key: str, answer: str) -> str:
        """What comes between a key and the answer to it."""
        self._child.send(key)
        return self.until(answer)

    def until(self, words: str) -> str:
        self._child.expect_exact(words, timeout=SECONDS)
        text = self._child.before + words
        self._child.expect_exact(" quit", timeout=SECONDS)  # the last thing on every screen
        return text + self._child.before

    def end(self) -> int:
        self._child.expect(pexpect.EOF, timeout=SECONDS)
        self._child.wait()
        return self._child.exitstatus


def test_keys(warm: None, workspace: Path) -> None:
    (workspace / "softmax.py").write_bytes(b"")  # of no account: ch03/softmax.py goes first
    terminal = Terminal(workspace, "softmax", "cross_entropy")
    terminal.until("Write your answer in ch03/softmax.py")
    assert "2/3" not in terminal.press("h", "1/3")
    assert "1/3" in terminal.press("h", "2/3")
    assert "Softmax" in terminal.press("s", "dlex check softmax")
    terminal.press("n", "there is no ch03/cross_entropy.py")
    (workspace / "ch03" / "softmax.py").write_bytes(RIGHT)
    screen = terminal.until("✓ ch03/softmax: right, 14 of 14 points.")
    assert "1 of 2 right" in screen and "Next: ch03/cross_entropy" in screen
    screen = terminal.press("a", "✓ ch03/softmax")
    assert "ch03/cross_entropy" in screen
    terminal._child.send("\x1b[A")  # an arrow key, which means nothing
    terminal._child.send("q")
    assert terminal.end() == 0


@pytest.mark.parametrize("rows", [24, 30, 80])
def test_the_first_cause_stays_on_the_screen(course, capsys, monkeypatch, rows: int) -> None:
    """However many other checks fail; they are named as far as there is room."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", str(rows))
    checks = [
        CheckResult(f"test_{n}", f"check {n}", "failed", 0, 1, False, "full", f"problem {n}\nand more\n" * 2)
        for n in range(20)
    ]
    (softmax,) = course.find("softmax")
    result = ExerciseResult(softmax.id, softmax.title, "graded", 0, 20, "", "it prints\n" * 30, checks)
    Screen(course).report(softmax, result, Standing(0, 1, softmax))
    shown = capsys.readouterr().out
    assert "problem 0" in shown and "0 of 20 points" in shown and "quit" in shown
    assert shown.count("\n") < rows
    assert ("more checks that fail" in shown) == (rows < 80)


class TestSaves:
    """What a Saves tells, without anything that grades."""

    @pytest.fixture
    def told(self, tmp_path: Path) -> Iterator[queue.Queue]:
        (tmp_path / "ch03").mkdir()
        found: queue.Queue[Path] = queue.Queue()
        saves = Saves([tmp_path / "ch03" / "softmax.py", tmp_path / "softmax.py"], found.put)
        saves.start()
        yield found
        saves.close()

    @pytest.mark.parametrize("save", SAVES)
    def test_a_save(self, told: queue.Queue, tmp_path: Path, save: Callable[[Path, bytes], None]) -> None:
        path = tmp_path / "ch03" / "softmax.py"
        path.write_text("first")
        assert told.get(timeout=SECONDS) == path
        save(path, b"second")
        while path.read_bytes() != b"second" or told.get(timeout=SECONDS) != path:
            pass

    def test_a_file_with_a_wrong_name(self, tmp_path: Path) -> None:
        found: queue.Queue[Path] = queue.Queue()
        saves = Saves([tmp_path / "softmax.py"], found.put, found.put)
        saves.start()
        seen = set()
        for number in range(SECONDS):  # the system tells of nothing before it was asked to
            save_by_rename(tmp_path / "softmx.py", b"%d" % number)
            with contextlib.suppress(queue.Empty):
                seen.add(found.get(timeout=1))
                break
        for name in ("notes.txt", ".softmx.py", "softmax.py"):
            save_by_rename(tmp_path / name, b"")
        while tmp_path / "softmax.py" not in seen:
            seen.add(found.get(timeout=SECONDS))
        saves.close()
        assert seen == {tmp_path / "softmx.py", tmp_path / "softmax.py"}

    def test_other_files_do_not_matter(self, told: queue.Queue, tmp_path: Path) -> None:
        (tmp_path / "ch03" / "notes.py").write_text("")
        (tmp_path / "ch03" / "softmax.pyc").write_text("")
        (tmp_path / "ch03" / "softmax.py").write_text("")
        assert told.get(timeout=SECONDS) == tmp_path / "ch03" / "softmax.py"

    def test_a_folder_that_is_made_again(self, told: queue.Queue, tmp_path: Path) -> None:
        shutil.rmtree(tmp_path / "ch03")
        (tmp_path / "ch03").mkdir()
        (tmp_path / "ch03" / "softmax.py").write_text("")
        assert told.get(timeout=SECONDS) == tmp_path / "ch03" / "softmax.py"


def test_accidents(warm: None, watch: Callable[..., Watch], workspace: Path) -> None:
    """The server that it asks is killed, so it starts one of its own; that ends with it, however it ends."""
    one = watch(workspace, "softmax")
    one.until("Write your answer")
    (path,) = place.sockets()
    server = psutil.Process(client.look(path).pid)
    everything = [server, *server.children(recursive=True)]
    server.kill()
    save_in_place(workspace / "ch03" / "softmax.py", WRONG)
    assert "wrong_axis" in one.until("✗ ch03/softmax: 0 of 14 points.")
    everything += psutil.Process(one.process.pid).children(recursive=True)
    assert client.look(path).idle is None
    one.process.kill()  # it has no time to tidy up
    assert psutil.wait_procs(everything, SECONDS)[1] == []
    assert place.sockets() == []
