"""What a submission may try, at isolation 1 and 2. Each attack is code in a worker; none may
succeed, and the grader must learn of each end as what it is."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dlex.grading import session
from dlex.worker import sandbox, wire
from dlex.worker.client import Budget, Worker, WorkerDied
from dlex.worker.launcher import Zygote

ROOT = Path(__file__).resolve().parent.parent
BEST = sandbox.probe().level
SECRET = f"grader-memory-{os.getpid()}-{os.urandom(8).hex()}"

PRELUDE = """
import ctypes, os, resource, signal, socket, struct, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)

def attempt(action, *arguments):
    try:
        return f"DONE:{action(*arguments)}"[:200]
    except BaseException as error:
        return f"{type(error).__name__}:{error}"[:100]
"""


@dataclass
class Targets:
    """What the attacks aim at, all of it really there."""

    grader: int
    tcp: int
    udp: int
    abstract: str
    hidden: str


@pytest.fixture(scope="module")
def targets() -> Iterator[Targets]:
    os.environ["DLEX_TEST_TOKEN"] = SECRET
    with (
        socket.socket() as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        tcp.bind(("127.0.0.1", 0))
        tcp.listen(5)
        udp.bind(("127.0.0.1", 0))
        name = f"dlex-test-{os.getpid()}"
        abstract.bind(f"\0{name}")
        abstract.listen(5)
        hidden = str(ROOT / "graders" / "ch03" / "softmax.py")
        yield Targets(os.getpid(), tcp.getsockname()[1], udp.getsockname()[1], name, hidden)
    del os.environ["DLEX_TEST_TOKEN"]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(level, marks=pytest.mark.skipif(level > BEST, reason=f"level {BEST} is the best here"))
        for level in (1, 2)
    ],
)
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    folders = [ROOT / name for name in ("exercises", "solutions", "graders", "reference")]
    zygote = Zygote(request.param, folders)
    yield zygote
    zygote.close()


@pytest.fixture
def attack(zygote: Zygote, targets: Targets) -> Callable[[str], object]:
    """Run `def attack(): ...` in a fresh worker; its result, or how the worker ended."""
    workers: list[Worker] = []

    def run(source: str, seconds: float = 5.0, collect: int | None = None) -> object:
        budget = Budget(seconds, 60, 1 << 30, 1 << 16)
        budget.start_check()
        worker = zygote.fork(budget)
        workers.append(worker)
        names = f"GRADER, TCP, UDP = {targets.grader}, {targets.tcp}, {targets.udp}\n"
        names += f"ABSTRACT, HIDDEN = {targets.abstract!r}, {targets.hidden!r}\n"
        loaded = worker.call(wire.encode(wire.Load(f"{PRELUDE}{names}{source}".encode(), "a.py")))
        assert loaded.error is None, loaded.error
        try:
            reply = worker.call(wire.encode(wire.Call("attack", [], {}, collect=collect)))
        except WorkerDied as death:
            return death
        return reply.error if reply.error is not None else reply.value

    yield run
    for worker in workers:
        worker.kill()


REFUSED = {
    "hidden checks": "def attack(): return attempt(lambda: open(HIDDEN).read())",
    "hidden checks by os.open": "def attack(): return attempt(lambda: os.read(os.open(HIDDEN, 0), 9))",
    "password file": "def attack(): return attempt(lambda: open('/etc/passwd').read())",
    "home folders": "def attack(): return attempt(os.listdir, '/home')",
    "root of the file system": "def attack(): return attempt(lambda: os.listdir('/root'))",
    "memory of the grader": "def attack(): return attempt(lambda: open(f'/proc/{GRADER}/mem', 'rb').read(1))",
    "memory of the parent": """
def attack(): return attempt(lambda: open(f'/proc/{os.getppid()}/mem', 'rb').read(1))""",
    "environment of the grader": """
def attack(): return attempt(lambda: open(f'/proc/{GRADER}/environ', 'rb').read())""",
    "environment of the parent": """
def attack(): return attempt(lambda: open(f'/proc/{os.getppid()}/environ', 'rb').read())""",
    "TCP": "def attack(): return attempt(socket.create_connection, ('127.0.0.1', TCP), 1)",
    "UDP": """
def attack():
    make = lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return attempt(lambda: make().sendto(b'x', ('127.0.0.1', UDP)))""",
    "abstract socket": """
def attack(): return attempt(lambda: socket.socket(socket.AF_UNIX).connect(chr(0) + ABSTRACT))""",
    "socket pair": "def attack(): return attempt(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))",
    "kill the grader": "def attack(): return attempt(os.kill, GRADER, 0)",
    "kill the parent": "def attack(): return attempt(os.kill, os.getppid(), 9)",
    "kill everything": "def attack(): return attempt(os.kill, -1, 9)",
    "kill the group": "def attack(): return attempt(os.killpg, 0, 0)",
    "fork": "def attack(): return attempt(os.fork)",
    "exec": "def attack(): return attempt(os.execv, '/bin/true', ['true'])",
    "subprocess": """
def attack():
    import subprocess
    return attempt(lambda: subprocess.run(['/usr/bin/id'], capture_output=True).stdout)""",
    "posix_spawn": "def attack(): return attempt(os.posix_spawn, '/bin/true', ['true'], {})",
    "write to the temporary folder": "def attack(): return attempt(lambda: open('/tmp/x', 'w').write('x'))",
    "write to shared memory": "def attack(): return attempt(lambda: open('/dev/shm/x', 'w').write('x'))",
    "write to the working folder": "def attack(): return attempt(lambda: open('x', 'w').write('x'))",
    "memory file": "def attack(): return attempt(os.memfd_create, 'x')",
    "raise the memory limit": """
def attack(): return attempt(resource.setrlimit, resource.RLIMIT_AS, (-1, -1))""",
    "raise the time limit": """
def attack(): return attempt(resource.setrlimit, resource.RLIMIT_CPU, (-1, -1))""",
    "import the grading engine": """
def attack(): return attempt(lambda: __import__('dlex.grading.session'))""",
    "read the course of the package": """
def attack():
    import dlex
    folder = os.path.join(os.path.dirname(dlex.__file__), '_course')
    return attempt(lambda: open(os.path.join(folder, 'graders/ch03/softmax.py')).read())""",
}


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED.keys())
def test_refused(attack, source: str) -> None:
    answer = attack(source)
    assert isinstance(answer, str), answer
    assert not answer.startswith("DONE"), answer


SYSTEM_CALLS = {
    "ptrace": "libc.ptrace(16, GRADER, 0, 0)",
    "pidfd_open": "libc.syscall(434, GRADER, 0)",
    "pidfd_getfd": "libc.syscall(438, 3, 0, 0)",
    "process_vm_readv": "libc.process_vm_readv(GRADER, 0, 0, 0, 0, 0)",
    "unshare": "libc.unshare(0x10000000)",
    "io_uring_setup": "libc.syscall(425, 4, ctypes.create_string_buffer(120))",
    "mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, 0)",
    "bpf": "libc.syscall(321, 0, 0, 0)",
    "userfaultfd": "libc.syscall(323, 0)",
    "become dumpable": "libc.prctl(4, 1, 0, 0, 0)",
    "outlive the parent": "libc.prctl(1, 0, 0, 0, 0)",
    "shared memory segment": "libc.shmget(0, 4096, 0o600)",
    "new process by clone": "libc.syscall(56, 17, 0, 0, 0, 0)",
    "new process by vfork": "libc.syscall(58)",
    "signal a thread of the grader": "libc.syscall(200, GRADER, 0)",
    "signal a thread group": "libc.syscall(234, GRADER, GRADER, 0)",
    "queue a signal": "libc.syscall(129, GRADER, 0, ctypes.create_string_buffer(128))",
    "chroot": "libc.chroot(b'/')",
    "keyring": "libc.syscall(250, 0, 0, 0, 0, 0)",
}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86-64")
@pytest.mark.parametrize("call", SYSTEM_CALLS.values(), ids=SYSTEM_CALLS.keys())
def test_system_call_refused(attack, call: str) -> None:
    assert attack(f"def attack(): return {call}") == -1


@pytest.mark.skipif(platform.machine() != "x86_64", reason="int 0x80 is an instruction of x86")
def test_32_bit_system_call_ends_the_process(attack) -> None:
    source = """
import mmap
def attack():
    m = mmap.mmap(-1, 4096, prot=7)
    m.write(bytes([0x53, 0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0x5b, 0xc3]))
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()"""
    answer = attack(source)
    assert isinstance(answer, WorkerDied) and answer.reason == "crashed"
    assert "SIGSYS" in answer.detail


def test_sees_four_descriptors_and_a_bare_environment(attack) -> None:
    source = """
def attack():
    def is_open(fd):
        try:
            os.fstat(fd)
        except OSError:
            return False
        return True
    return [[fd for fd in range(100) if is_open(fd)], sorted(os.environ)]"""
    descriptors, names = attack(source).items
    assert descriptors.items == [0, 1, 2, 3]
    assert not any("TOKEN" in name or "DLEX" in name for name in names.items)


def test_finds_nothing_of_the_grader_in_its_own_memory(attack) -> None:
    source = """
def attack():
    import gc
    texts = [o for o in gc.get_objects() if isinstance(o, str)]
    for o in gc.get_objects():
        if isinstance(o, dict):
            texts += [v for v in o.values() if isinstance(v, str)]
    frame, names = sys._getframe(), []
    while frame:
        names += [str(v)[:500] for v in frame.f_locals.values()]
        frame = frame.f_back
    return [sum('grader-memory' in t for t in texts), sum('worked_example' in t for t in texts + names)]"""
    assert attack(source).items == [0, 0]


def test_stays_one_process_and_few_threads(attack) -> None:
    source = """
def attack():
    started = 0
    try:
        for _ in range(500):
            threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    return started"""
    assert attack(source) < 500


def test_memory_is_limited(attack) -> None:
    answer = attack("import torch\ndef attack(): return [torch.ones(25_000_000) for _ in range(80)]")
    assert isinstance(answer, wire.Error) and "memory" in answer.message


ENDS = {  # source of attack(), reason, a word of the detail
    "exit": ("os._exit(0)", "crashed", "exit code 0"),
    "segfault": ("ctypes.string_at(0)", "crashed", "SIGSEGV"),
    "abort": ("os.abort()", "crashed", "SIGABRT"),
    "close the channel": ("os.closerange(3, 100)", "crashed", ""),
    "kill itself": ("os.kill(os.getpid(), 9)", "crashed", ""),
    "garbage": ("os.write(3, struct.pack('!I', 8) + b'\\xc1' * 100), time.sleep(9)", "protocol", ""),
    "huge frame": ("os.write(3, struct.pack('!I', 4_000_000_000)), time.sleep(9)", "protocol", "claims"),
    "half a frame": ("os.write(3, struct.pack('!I', 1000) + b'abc'), time.sleep(9)", "timeout", ""),
    "endless loop": ("[None for _ in iter(int, 1)]", "timeout", ""),
    "endless sleep": ("time.sleep(1e6)", "timeout", ""),
}


@pytest.mark.parametrize(("body", "reason", "word"), ENDS.values(), ids=ENDS.keys())
def test_end_is_told(attack, body: str, reason: str, word: str) -> None:
    answer = attack(f"def attack(): {body}", seconds=1.0)
    assert isinstance(answer, WorkerDied), answer
    assert answer.reason == reason
    assert word in answer.detail


LOOPED_OVER = {  # body of attack(), a generator, and the exception or the end that it comes to
    "endless": ("while True: yield 1", "dlex.TooManyItems"),
    "endless and large": ("while True: yield (torch.zeros(1 << 20), 1)", "dlex.TooManyItems"),
    "expanded": ("while True: yield [torch.zeros(1).expand(1 << 40)]", "dlex.TooManyItems"),
    "endless and asleep": ("while True: yield time.sleep(0.2)", "timeout"),
    "never begins": ("time.sleep(1e6); yield 1", "timeout"),
    "hangs when it is closed": ("\n  try:\n    while True: yield 1\n  finally: time.sleep(1e6)", "timeout"),
    "raises midway": ("yield 1; raise KeyError('x')", "KeyError"),
    "exits midway": ("yield 1; sys.exit(0)", "SystemExit"),
    "ends the process midway": ("yield 1; os._exit(0)", "crashed"),
    "writes a reply of its own": ("yield 1; os.write(3, b'\\0\\0\\0\\1\\xc0'); yield 2", "protocol"),
    "a list that holds itself": ("a = []; a.append(a); yield a", "RecursionError"),
    "a list that never ends": ("yield Endless()", "timeout"),
    "an item that cannot be looked at": ("yield Sour()", "RuntimeError"),
    "an item of another length than it has": ("yield Short([1, 2])", None),
    "a tensor that lies": ("yield torch.ones(2).as_subclass(Liar)", None),
    "exotic objects": ("yield (object(), sys, torch.ones(2).to_sparse(), lambda: 0, 1 << 99, b'x')", None),
}

EXOTIC = """
import torch
class Endless(list):
    def __iter__(self):
        return iter(int, 1)
class Sour:
    @property
    def __class__(self):
        raise RuntimeError
class Short(list):
    def __len__(self):
        return -1
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True
def attack():
  """


@pytest.mark.parametrize(("body", "end"), LOOPED_OVER.values(), ids=LOOPED_OVER.keys())
def test_hostile_generators_come_to_an_end(attack, body: str, end: str | None) -> None:
    answer = attack(EXOTIC + body, seconds=1.0, collect=100)
    if isinstance(answer, WorkerDied):
        assert answer.reason == end
    elif end is None:
        assert isinstance(answer, wire.List) and len(answer.items) == 1
    else:
        assert isinstance(answer, wire.Error) and answer.kind == end


def test_ignored_signals_do_not_help(attack) -> None:
    source = """
def attack():
    import torch
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            torch.linalg.svd(torch.randn(3000, 3000))
        except BaseException:
            pass"""
    answer = attack(source, seconds=1.0)
    assert isinstance(answer, WorkerDied) and answer.reason == "timeout"


def crafted(message: str) -> str:
    """A worker that writes a frame of its own making."""
    return f"""
import msgspec
def attack():
    payload = {message}
    os.write(3, struct.pack('!I', len(payload)) + payload)
    time.sleep(9)"""


TENSOR = "msgspec.msgpack.encode(['reply', 1, ['t', {}]])"
CRAFTED = {
    "negative size": TENSOR.format("'float32', [-1, -4], b'abcd' * 4"),
    "too many dimensions": TENSOR.format("'float32', [1] * 17, b'abcd'"),
    "size beyond the range": TENSOR.format("'float32', [1 << 40], b'abcd'"),
    "text for bytes": TENSOR.format("'float32', [1], 'abcd'"),
    "a pickle": "__import__('pickle').dumps(print)",
    "nested lists": "b'\\x93\\xa5reply\\x01' + b'\\x92\\xa1l\\x91' * 100_000 + b'\\xc0'",
    "array that claims 2**32 items": "b'\\x93\\xa5reply\\x01\\x92\\xa1l\\xdd\\xff\\xff\\xff\\xff'",
    "extension type": "b'\\x93\\xa5reply\\x01\\xd6\\x05abcd'",
    "answer to another question": "msgspec.msgpack.encode(['reply', 7, None])",
    "a call of an unknown function": "msgspec.msgpack.encode(['callback', 99, []])",
}


@pytest.mark.parametrize("message", CRAFTED.values(), ids=CRAFTED.keys())
def test_crafted_frame_is_a_protocol_error(attack, message: str) -> None:
    answer = attack(crafted(message), seconds=2.0)
    assert isinstance(answer, WorkerDied) and answer.reason == "protocol", answer


def test_flood_of_output_is_capped(zygote: Zygote) -> None:
    budget = Budget(20, 60, 1 << 30, 1000)
    budget.start_check()
    worker = zygote.fork(budget)
    source = b"import os\ndef attack():\n    while True:\n        os.write(1, b'x' * 65536)\n"
    worker.call(wire.encode(wire.Load(source, "a.py")))
    with pytest.raises(WorkerDied) as death:
        worker.call(wire.encode(wire.Call("attack", [], {})))
    assert death.value.reason == "output"
    assert len(worker.printed) == 1000


def test_harmless_code_works(attack) -> None:
    source = """
import collections, json, random, statistics
import torch
def attack():
    net = torch.nn.Linear(3, 2)
    optimiser = torch.optim.Adam(net.parameters())
    loss = torch.nn.functional.cross_entropy(net(torch.randn(8, 3)), torch.zeros(8, dtype=torch.long))
    loss.backward()
    optimiser.step()
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    import colorsys
    return bool(torch.isfinite(loss))"""
    assert attack(source) is True


CHEATS = {
    "patches torch": b"import torch\ntorch.allclose = torch.equal = lambda *a, **k: True\n",
    "patches builtins": b"import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.len = lambda x: 0\n",
    "writes a passing reply first": b"""
import os, struct
from dlex.worker import wire
def forge():
    for k in range(50):
        os.write(3, wire.frame(wire.encode(wire.Reply(k))))
forge()
""",
    "patches the wire": b"""
from dlex.worker import values, wire
values.encode = lambda value, keep, **k: None
""",
    "returns a lying tensor": b"""
import torch
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True
def softmax(X): return torch.zeros_like(X).as_subclass(Liar)
""",
    "raises AssertionError from pytest's names": b"def softmax(X): raise AssertionError('passed')\n",
    "exits with 0": b"import sys\ndef softmax(X): sys.exit(0)\n",
}


def test_cheats_earn_nothing(grade_sources) -> None:
    wrong = b"\nimport torch\ndef softmax(X): return torch.zeros_like(X)\n"
    sources = {
        name: source if b"def softmax" in source else source + wrong for name, source in CHEATS.items()
    }
    results = grade_sources("softmax", sources)
    assert {name: result.score for name, result in results.items()} == dict.fromkeys(CHEATS, 0.0)
    assert all(result.status in ("graded", "load_error") for result in results.values())


HOSTILE_LOOPS = {
    "endless": "while True: yield features[:batch_size], labels[:batch_size]",
    "exotic pairs": "yield (features.numpy, labels.to_sparse()), object(); yield sys, {1: 2}",
    "says itself that it does not end": "raise items.TooManyItems('\\x1b[31mpassed'); yield",
    "more items than may be": "items.collected = lambda value, most: [(features, labels)] * 500; yield",
    "more items than any message": "items.collected = lambda value, most: [0] * 200_000; yield",
    "no list but a tuple": "items.collected = lambda value, most: (features, labels); yield",
}
HOSTILE_LOOP = """
import sys
from dlex.worker import items
def data_iter(batch_size, features, labels, generator=None):
    BODY
"""


def test_hostile_loops_earn_nothing(grade_sources, monkeypatch) -> None:
    monkeypatch.setattr(session, "SHRINK_TRIES", 5)
    sources = {name: HOSTILE_LOOP.replace("BODY", body).encode() for name, body in HOSTILE_LOOPS.items()}
    for name, result in grade_sources("data_iter", sources).items():
        assert (result.status, result.score) == ("graded", 0), name
        assert {check.outcome for check in result.checks} <= {"failed", "crashed"}, name
        assert not any("\x1b" in check.message for check in result.checks), name
