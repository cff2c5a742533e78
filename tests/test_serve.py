"""Warm servers: the same answers as a cold check, for their owner alone, and never an old grader's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import psutil
import pytest

from dlex.batch import protocol
from dlex.commands.serve import command
from dlex.course import CONTENT, Course, read_course
from dlex.errors import CourseError, MachineError, UsageError
from dlex.grading import session
from dlex.grading import warm as warm_process
from dlex.grading.collected import Collected
from dlex.grading.plugin import Plugin, run_pytest
from dlex.results.feedback import for_learner
from dlex.results.records import SubmissionResult, from_json
from dlex.serve import checking, client, messages, place, server
from dlex.serve.messages import Answer, Ask, Working
from dlex.serve.terms import Terms, terms
from dlex.submission import Source, Submission
from dlex.worker import sandbox
from dlex.worker.launcher import Zygote

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 60  # for what has to happen, however slow the machine
SOFTMAX, ACCURACY, BROKEN = "ch03/softmax", "ch03/accuracy", "ch06/corr2d"
SOURCES = {
    "wrong axis": b"import torch\ndef softmax(X):\n    return torch.exp(X) / torch.exp(X).sum(0, True)\n",
    "no Python": b"def softmax(X)\n    return X\n",
    "crashes": b"import os\ndef softmax(X):\n    print('here')\n    os.kill(os.getpid(), 11)\n",
    "stub": (ROOT / "exercises" / f"{SOFTMAX}.py").read_bytes(),
    "right": (ROOT / "solutions" / f"{SOFTMAX}.py").read_bytes(),
}


class Cold(Exception):
    """This process was to grade."""


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for sockets, of which the path is short enough."""
    runtime = Path(tempfile.mkdtemp(prefix="dlex-test-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        yield place.make()
    shutil.rmtree(runtime)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the warm server of this module listens."""
    with private_folder() as made:
        yield made


@pytest.fixture
def empty() -> Iterator[Path]:
    """A folder in which nobody listens."""
    with private_folder() as made:
        yield made


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course of this repository with one grader that does not load."""
    copy = tmp_path_factory.mktemp("course")
    for name in CONTENT:
        shutil.copytree(ROOT / name, copy / name)
    (copy / "graders" / f"{BROKEN}.py").write_text("import nothing_of_this_name\n")
    return read_course(copy)


def dlex(course: Course, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / "cli.py"), "--course", str(course.root), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=2 * SECONDS)


@pytest.fixture(scope="module")
def warm(folder: Path, course: Course) -> Iterator[Path]:
    """The socket of a server that was started on the command line."""
    done = dlex(course, "serve", "--warm", "softmax")
    assert done.returncode == 0 and "Warm, at isolation level" in done.stdout, done.stdout + done.stderr
    (path,) = place.sockets()
    yield path
    processes = psutil.Process(client.look(path).pid).children(recursive=True)
    assert "One warm server ended" in dlex(course, "serve", "--stop").stdout
    assert not path.exists()
    assert processes and psutil.wait_procs(processes, SECONDS)[1] == []


@pytest.fixture(scope="module")
def cold(course: Course) -> dict[tuple[str, bool], SubmissionResult]:
    """What a cold check finds in each source, without and with -x."""
    exercises = course.find(SOFTMAX)
    level = sandbox.probe().level
    found: dict[tuple[str, bool], SubmissionResult] = {}

    def work(plugin: Plugin) -> None:
        for stop in (False, True):
            asked = session.Session(plugin, zygote, course, exercises, 0, level, stop)
            for name, content in SOURCES.items():
                found[name, stop] = timeless(for_learner(asked.grade(submission(content))))

    zygote = Zygote(level, [course.root / name for name in CONTENT])
    try:
        run_pytest(course, exercises, 0, work)
    finally:
        zygote.close()
    return found


@pytest.fixture
def goes_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that no server answers raises Cold, instead of taking seconds."""

    def grade(*_arguments: object, **_options: object) -> None:
        raise Cold

    monkeypatch.setattr(session, "grade", grade)
    monkeypatch.setattr(client, "SILENCE", 0.2)


def submission(content: bytes, id: str = SOFTMAX) -> Submission:
    return Submission("you", {id: Source(f"{id.split('/')[1]}.py", content)})


def timeless(result: SubmissionResult) -> SubmissionResult:
    return msgspec.structs.replace(result, started="", duration_s=0.0)


def check(course: Course, **options: object) -> SubmissionResult:
    """As `dlex check softmax`."""
    sources = submission(SOURCES["right"]).sources
    return checking.check(course, {course.find(id)[0]: source for id, source in sources.items()}, **options)


class TestAnswers:
    @pytest.mark.parametrize("stop", [False, True], ids=["all", "-x"])
    def test_they_are_those_of_a_cold_check(self, warm: Path, course: Course, cold: dict, stop: bool) -> None:
        """Of all sources, asked for at once."""
        wanted = terms(course, "cpu", None)

        def ask(content: bytes) -> SubmissionResult:
            return timeless(client.ask(wanted, submission(content), stop_at_failure=stop, patient=True))

        with ThreadPoolExecutor(len(SOURCES)) as threads:
            found = dict(zip(SOURCES, threads.map(ask, SOURCES.values()), strict=True))
        assert found == {name: cold[name, stop] for name in SOURCES}

    def test_an_exercise_is_collected_when_it_is_wanted(self, warm: Path, course: Course) -> None:
        wanted = terms(course, "cpu", None)
        right = course.find(ACCURACY)[0].path("solutions").read_bytes()
        both = Submission("you", submission(SOURCES["right"]).sources | submission(right, ACCURACY).sources)
        result = client.ask(wanted, both, patient=True)
        assert [exercise.id for exercise in result.exercises] == [SOFTMAX, ACCURACY] and result.perfect
        assert client.look(warm).warm == [ACCURACY, SOFTMAX]

    def test_a_broken_grader_is_told_and_costs_nothing_else(self, warm: Path, course: Course) -> None:
        wanted = terms(course, "cpu", None)
        with pytest.raises(CourseError, match="nothing_of_this_name"):
            client.ask(wanted, submission(b"x = 1\n", BROKEN), patient=True)
        assert client.ask(wanted, submission(SOURCES["right"]), patient=True).perfect

    def test_a_check_imports_no_torch(self, warm: Path, course: Course, tmp_path: Path, cold: dict) -> None:
        (tmp_path / "softmax.py").write_bytes(SOURCES["wrong axis"])
        code = f"""
import sys
from dlex.serve import client
client.SILENCE = {SECONDS}
from dlex.cli import main
try:
    main(["--course", {str(course.root)!r}, "check", "softmax", "--json"])
except SystemExit as end:
    sys.exit(99 if "torch" in sys.modules else end.code)
"""
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 1 and not done.stderr, done.stderr
        assert timeless(from_json(done.stdout)) == cold["wrong axis", False]

    def test_its_status_says_what_it_is(self, warm: Path, course: Course) -> None:
        shown = dlex(course, "serve", "--status").stdout
        assert str(course.root) in shown and SOFTMAX in shown and "ends in" in shown

    def test_there_is_no_second_one(self, warm: Path, course: Course) -> None:
        before = client.look(warm).pid
        assert "there already" in dlex(course, "serve", "--warm").stdout
        assert client.look(warm).pid == before


# A server in this process, with a pool that does as it is told -----------------------------------------


class Pool:
    """Answers every question with what `work` returns."""

    isolation = 2

    def __init__(self, work: Callable[[], object]):
        self._work = work

    def grade_one(self, asked: Submission, only: list[str], stop_at_failure: bool) -> SubmissionResult:
        return self._work()


class Served:
    """A server that runs in a thread of this process."""

    def __init__(self, wanted: Terms, work: Callable[[], object], idle: float | None = SECONDS, **options):
        settings = messages.Settings(wanted, str(place.folder()), idle, [])
        self.path = place.folder() / f"{wanted.name}{place.SUFFIX}"
        self._server = server.Server(Pool(work), settings, options.pop("limit", SECONDS), **options)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._server.run, args=[self._ready.set], daemon=True)
        self._thread.start()
        assert self._ready.wait(SECONDS)

    def has_ended(self) -> bool:
        self._thread.join(SECONDS)
        return not self._thread.is_alive()


@pytest.fixture
def small(tmp_path: Path) -> Course:
    """A course of one exercise."""
    listed = (
        'title = "Small"\n[[chapter]]\nid = "ch03"\ntitle = "One"\n'
        '[[chapter.exercise]]\nname = "softmax"\ntitle = "Softmax"\nfunctions = ["softmax"]\n'
    )
    for name in CONTENT:
        (tmp_path / name / "ch03").mkdir(parents=True)
        (tmp_path / name / "ch03" / "softmax.py").write_text("")
    (tmp_path / "exercises" / "course.toml").write_text(listed)
    return read_course(tmp_path)


@pytest.fixture
def serve(empty: Path, small: Course, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Served]:
    """Start a server for the small course, which is quick to notice and to lose patience."""
    for name, seconds in {"TICK": 0.02, "BEAT": 0.02, "PATIENCE": 0.02}.items():
        monkeypatch.setattr(server, name, seconds)
    return lambda work=lambda: result(small), **options: Served(terms(small, "cpu", None), work, **options)


def result(course: Course) -> SubmissionResult:
    """A result that no grader made."""
    return SubmissionResult("you", course.name, course.hash, 0, "cpu", 2, "", 0.0, "graded", "", 0.0, 0.0, [])


class TestEnds:
    def test_when_it_is_idle(self, serve: Callable[..., Served]) -> None:
        served = serve(idle=0.1)
        assert served.has_ended() and not served.path.exists()

    def test_when_whoever_started_it_is_gone(self, serve: Callable[..., Served]) -> None:
        reader, writer = os.pipe()
        served = serve(idle=None, lifeline=reader)
        os.close(writer)
        assert served.has_ended() and not served.path.exists()
        os.close(reader)

    @pytest.mark.parametrize("changed", ["graders/ch03/softmax.py", "reference/ch03/softmax.py"])
    def test_when_the_course_changes(self, serve: Callable[..., Served], small: Course, changed: str) -> None:
        served = serve()
        (small.root / changed).write_text("x = 1\n")
        assert served.has_ended()
        assert terms(read_course(small.root), "cpu", None).name != served.path.stem

    def test_when_another_takes_its_place(self, serve: Callable[..., Served], small: Course) -> None:
        first, second = serve(), serve()
        assert first.has_ended() and second.path.exists()
        assert client.ask(terms(small, "cpu", None), submission(b"")) == result(small)

    def test_when_its_pool_hangs(self, serve: Callable[..., Served], small: Course) -> None:
        over = threading.Event()
        served = serve(lambda: over.wait(SECONDS) and result(small), limit=-server.COLLECTING)
        with client.connect(served.path) as connection:
            messages.send(connection, Ask(served.path.stem, submission(b""), [SOFTMAX]), SECONDS)
            assert served.has_ended()
        over.set()


class TestAsked:
    def test_who_is_in_a_hurry_does_not_wait_for_others(
        self, serve: Callable[..., Served], small: Course
    ) -> None:
        begun, over = threading.Event(), threading.Event()

        def work() -> SubmissionResult:
            begun.set()
            assert over.wait(SECONDS)
            return result(small)

        serve(work)
        wanted = terms(small, "cpu", None)
        with ThreadPoolExecutor(2) as threads:
            first = threads.submit(client.ask, wanted, submission(b"1"))
            assert begun.wait(SECONDS)
            patient = threads.submit(client.ask, wanted, submission(b"2"), patient=True)
            assert client.ask(wanted, submission(b"3")) is None
            over.set()
            assert first.result() == patient.result() == result(small)

    def test_a_course_that_changes_while_it_is_collected(
        self, serve: Callable[..., Served], small: Course
    ) -> None:
        def work() -> SubmissionResult:
            small.exercises[0].path("graders").write_text("x = 1\n")
            return result(small)

        served = serve(work)
        assert client.ask(terms(small, "cpu", None), submission(b"")) is None
        assert served.has_ended()

    def test_other_users_get_no_word(
        self, serve: Callable[..., Served], small: Course, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        served = serve()
        monkeypatch.setattr(place, "peer", lambda _connection: (1, os.geteuid() + 1))
        question = Ask(served.path.stem, submission(b""), [SOFTMAX])
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(served.path))
            with pytest.raises(OSError):
                messages.send(stranger, question, SECONDS)
                messages.receive(stranger, messages.Reply, SECONDS)

    def test_nonsense_is_survived(self, serve: Callable[..., Served], small: Course) -> None:
        served = serve()
        for nonsense in (b"", b"\xff" * 4, b"\0\0\0\1\xc1", messages.frame(Working())):
            with socket.socket(socket.AF_UNIX) as mad:
                mad.connect(str(served.path))
                mad.sendall(nonsense)
        assert client.ask(terms(small, "cpu", None), submission(b""), patient=True) == result(small)


# A server that is none, and a check that has to get along with it -----------------------------------------


def says(*replies: bytes) -> Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        for reply in replies:
            connection.sendall(reply)

    return speak


def hangs(connection: socket.socket) -> None:
    while connection.recv(1 << 16):
        pass


@pytest.fixture
def fake(empty: Path, small: Course) -> Iterator[Callable[[Callable[[socket.socket], None]], list]]:
    """Listen where a server for the small course would; gives the connections that were made."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(empty / f"{terms(small, 'cpu', None).name}{place.SUFFIX}"))
    listener.listen()
    connections: list[socket.socket] = []

    def start(behave: Callable[[socket.socket], None]) -> list:
        def run() -> None:
            try:
                while True:
                    connection, _address = listener.accept()
                    connections.append(connection)
                    with connection:
                        behave(connection)
            except OSError:
                pass

        threading.Thread(target=run, daemon=True).start()
        return connections

    yield start
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.mark.usefixtures("goes_cold")
class TestFallsBack:
    def bad(self, small: Course) -> dict[str, Callable[[socket.socket], None]]:
        other = msgspec.structs.replace(result(small), course_hash="another")
        lost = msgspec.structs.replace(result(small), status="not_graded")
        whole = messages.frame(Answer(result(small)))
        return {
            "hangs": hangs,
            "hangs in its answer": lambda connection: (says(whole[:9])(connection), hangs(connection)),
            "dies": says(),
            "dies in mid-check": says(messages.frame(Working())),
            "dies in its answer": says(whole[:-1]),
            "speaks nonsense": says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            "has too much to say": says(b"\xff\xff\xff\xff"),
            "has another course": says(messages.frame(Answer(other))),
            "could not grade": says(messages.frame(Answer(lost))),
        }

    def test_from_a_good_one_it_need_not(self, fake: Callable[..., list], small: Course) -> None:
        fake(says(messages.frame(Working()), messages.frame(Answer(result(small)))))
        assert check(small) == result(small)

    @pytest.mark.parametrize(
        "how",
        [
            "hangs", "hangs in its answer", "dies", "dies in mid-check", "dies in its answer",
            "speaks nonsense", "has too much to say", "has another course", "could not grade",
        ],
    )  # fmt: skip
    def test_from_one_that(self, fake: Callable[..., list], small: Course, how: str) -> None:
        connections = fake(self.bad(small)[how])
        with pytest.raises(Cold):
            check(small)
        assert len(connections) == 1

    @pytest.mark.parametrize("options", [{"seed": 7}, {"isolation": 1}], ids=str)
    def test_from_one_for_other_terms(self, fake: Callable[..., list], small: Course, options: dict) -> None:
        connections = fake(hangs)
        with pytest.raises(Cold):
            check(small, **options)
        assert connections == []

    def test_from_one_for_another_device(self, fake: Callable[..., list], small: Course) -> None:
        connections = fake(hangs)
        with pytest.raises(UsageError, match="no device"):
            check(small, device="tpu")
        assert connections == []

    def test_from_one_that_is_gone(self, empty: Path, small: Course) -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(empty / f"{terms(small, 'cpu', None).name}{place.SUFFIX}"))
        with pytest.raises(Cold):
            check(small)

    def test_from_one_of_another_user(
        self, fake: Callable[..., list], small: Course, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fake(says(messages.frame(Answer(result(small)))))
        monkeypatch.setattr(place, "peer", lambda _connection: (1, os.geteuid() + 1))
        with pytest.raises(Cold):
            check(small)

    def test_from_one_in_a_folder_that_others_may_enter(
        self, fake: Callable[..., list], empty: Path, small: Course
    ) -> None:
        fake(says(messages.frame(Answer(result(small)))))
        empty.chmod(0o755)
        with pytest.raises(Cold):
            check(small)


class TestPlace:
    """A server never listens where others could reach it, or where they wait for it."""

    def refused(self, match: str) -> None:
        with pytest.raises(MachineError, match=match):
            place.make()

    def test_others_may_enter(self, empty: Path) -> None:
        empty.chmod(0o711)
        self.refused("others may enter it")

    def test_it_is_a_link(self, empty: Path, tmp_path: Path) -> None:
        empty.rmdir()
        empty.symlink_to(tmp_path, target_is_directory=True)
        self.refused("not a folder")
        empty.unlink()

    def test_it_belongs_to_another(self, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("XDG_RUNTIME_DIR")
        monkeypatch.setattr(tempfile, "tempdir", str(empty))
        someone = os.geteuid() + 1
        monkeypatch.setattr(os, "geteuid", lambda: someone)
        (empty / f"dlex-{someone}").mkdir(mode=0o700)
        self.refused("another user")

    def test_a_runtime_folder_that_others_may_enter_is_left_alone(
        self, empty: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        empty.parent.chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", str(empty))
        assert place.folder() == empty / f"dlex-{os.geteuid()}"


def test_a_lane_that_holds_too_much_makes_room() -> None:
    """It ends, and its pool asks a fresh one."""
    ours, theirs = (Connection(one.detach()) for one in socket.socketpair())
    course = read_course(ROOT)
    lane = session.Session(Collected(), None, course, [], 0, 2)
    ours.send_bytes(protocol.encode(protocol.Question(submission(b""), [SOFTMAX])))
    with pytest.raises(EOFError):
        warm_process._answer_all(theirs, lane, runs=warm_process.MOST_RUNS)
    ours.close()
    theirs.close()


class TestTerms:
    """Whatever an answer depends on changes the name under which a server is asked."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda course: (course.root / "graders" / "ch03" / "softmax.py").write_text("x = 1\n"),
            lambda course: os.utime(course.root / "reference" / "ch03" / "softmax.py", (1, 1)),
            lambda course: (course.root / "graders" / "help.py").write_text(""),
        ],
        ids=["a grader", "a time", "a new file"],
    )
    def test_the_course(self, small: Course, change: Callable[[Course], object]) -> None:
        before = terms(small, "cpu", None)
        change(small)
        assert terms(read_course(small.root), "cpu", None).name != before.name

    @pytest.mark.parametrize("field", [field.name for field in msgspec.structs.fields(Terms)])
    def test_each_of_them(self, small: Course, field: str) -> None:
        before = terms(small, "cpu", None)
        other = 1 if field == "isolation" else ("other",) if field == "variables" else "other"
        assert msgspec.structs.replace(before, **{field: other}).name != before.name


def test_one_that_hangs_is_ended_by_force(
    empty: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(client, "SILENCE", 0.1)
    monkeypatch.setattr(client, "ENDING", 0.1)
    code = f"""
import signal, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind({str(empty / "0.sock")!r})
listener.listen()
print("listening", flush=True)
signal.pause()
"""
    hung = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert hung.stdout.readline() == "listening\n"
    command(["--status"], standalone_mode=False)
    command(["--stop"], standalone_mode=False)
    command(["--stop"], standalone_mode=False)
    assert hung.wait(SECONDS) < 0
    hung.stdout.close()
    assert capsys.readouterr().out.splitlines() == [
        "A server does not answer. `dlex serve --stop` ends it.",
        "One warm server ended.",
        "No warm server was there.",
    ]
