"""What crosses the trust boundary: one typed message per length-prefixed frame.

Whatever a worker sends is decoded by a typed msgspec decoder with length and range limits;
nothing is ever unpickled or evaluated. Requests travel as batches: the worker reads one frame with
many calls and answers each call with one frame, in order, while the grader already compares.
"""

from __future__ import annotations

import struct
from typing import Annotated, Union

import msgspec
from msgspec import Meta, Struct

MAX_FRAME = 64 << 20
_LENGTH = struct.Struct("!I")
CPU, GPU = "cpu", "cuda"
READY = b"ready"  # says a worker with a context on a GPU, once, before all messages

Dim = Annotated[int, Meta(ge=0, le=1 << 31)]
Name = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=20_000)]
Count = Annotated[int, Meta(ge=0, le=1 << 62)]


class Tensor(Struct, tag="t", array_like=True, forbid_unknown_fields=True):
    """dtype, shape and raw bytes; a stride only where the receiver should rebuild a view."""

    dtype: Annotated[str, Meta(max_length=16)]
    shape: Annotated[list[Dim], Meta(max_length=16)]
    data: bytes
    device: Annotated[str, Meta(max_length=32)] = "cpu"
    requires_grad: bool = False
    stride: Annotated[list[Dim], Meta(max_length=16)] | None = None


class List(Struct, tag="l", array_like=True, forbid_unknown_fields=True):
    items: Annotated[list[Value], Meta(max_length=100_000)]


class Tuple(Struct, tag="u", array_like=True, forbid_unknown_fields=True):
    items: Annotated[list[Value], Meta(max_length=100_000)]


class Dict(Struct, tag="d", array_like=True, forbid_unknown_fields=True):
    items: Annotated[dict[Name, Value], Meta(max_length=10_000)]


class Ref(Struct, tag="r", array_like=True, forbid_unknown_fields=True):
    """An object that stays in the worker: a module, a generator, an array of numpy's."""

    id: int
    type_name: Name
    text: Name = ""


class Callback(Struct, tag="f", array_like=True, forbid_unknown_fields=True):
    """A function that stays in the grader; the worker calls it over the wire."""

    id: int


class Generator(Struct, tag="g", array_like=True, forbid_unknown_fields=True):
    """A fresh torch.Generator with this seed; travels from the grader to the worker only."""

    seed: int


Value = Union[
    Tensor,
    List,
    Tuple,
    Dict,
    Ref,
    Callback,
    Generator,
    None,
    bool,
    int,
    float,
    Annotated[str, Meta(max_length=1_000_000)],
]


class Load(Struct, tag="load", array_like=True):
    """Load a submission's source, once kernels, functions and modules are taken away.

    `gpu` is the one that calls on a GPU run on, "cuda:0"; where it is "", they run on a pretend one.
    """

    source: bytes
    filename: str
    kernels: list[str] = []
    functions: list[str] = []
    modules: list[str] = []
    entropy: int = 0
    gpu: str = ""


class Call(Struct, tag="call", array_like=True):
    """Call a function of the submission, or a method of the object behind `on`.

    `gradients`: weights, one per tensor in the result; the worker also runs the backward pass of
    the weighted sum. `observe`: report the arguments after the call, and whether the random state
    moved. `device`: where the arguments are, "cpu" or "cuda", which is a pretend GPU unless the worker
    has a real one. `collect`: the result is to be looped over; answer with a list of its items, of
    which there may be so many. `measure`: report what the call costs.
    """

    name: str
    args: list[Value]
    kwargs: dict[str, Value]
    on: int | None = None
    gradients: list[Tensor] | None = None
    observe: bool = False
    device: str = CPU
    collect: int | None = None
    measure: bool = False


class Attribute(Struct, tag="get", array_like=True):
    """Read an attribute of the object behind `on`."""

    on: int
    name: str


Request = Union[Load, Call, Attribute]


class Batch(Struct, tag="batch", array_like=True):
    """Requests to be answered one by one; `first` is the sequence number of the first."""

    first: int
    requests: list[Request]


class Frame(Struct, array_like=True, forbid_unknown_fields=True):
    """One line of a traceback, in the submission's own file."""

    line: Annotated[int, Meta(ge=0, le=10_000_000)]
    function: Name
    source: Name


class Error(Struct, array_like=True, forbid_unknown_fields=True):
    kind: Name
    bases: Annotated[list[Name], Meta(max_length=50)]
    message: Annotated[str, Meta(max_length=2_000)]
    frames: Annotated[list[Frame], Meta(max_length=20)]


class Forbidden(Struct, array_like=True, forbid_unknown_fields=True):
    """A call (or an import) of what was to be written by hand."""

    name: Name
    line: Annotated[int, Meta(ge=0, le=10_000_000)]
    source: Name


class Fault(Struct, array_like=True, forbid_unknown_fields=True):
    """What went wrong with devices in a call, and what made the tensor that was on the wrong one.

    kind: mixed (an operation on tensors of both devices), index (a CPU tensor indexed by GPU
    tensors), numpy, generator, result (a result on the CPU) or limits (the pretend GPU could not do
    it: nobody's fault). `made_by` is "torch.zeros", "Tensor.cpu", "nn.Parameter" or unknown, "".
    """

    kind: Name
    operation: Name = ""
    line: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    source: Name = ""
    made_by: Name = ""
    made_line: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    made_source: Name = ""


class Observed(Struct, array_like=True, forbid_unknown_fields=True):
    """`drew`: whether torch's global generator gave random numbers, then whether each generator among the
    arguments did."""

    arguments: list[Value]
    random_state_moved: bool
    drew: Annotated[list[bool], Meta(max_length=100)]


class Cost(Struct, array_like=True, forbid_unknown_fields=True):
    """Operations dispatched, the floating point operations of matrix work, the most bytes held; on a GPU
    also how often the CPU waited for it, and, on a real one, the most bytes that were taken there and the
    time of a call, 0 if it was not taken. A submission can make up all of them."""

    operations: Count
    flops: Count
    peak_bytes: Count
    round_trips: Count = 0
    gpu_bytes: Count = 0
    nanoseconds: Count = 0


class Reply(Struct, tag="reply", array_like=True, forbid_unknown_fields=True):
    sequence: int
    value: Value = None
    error: Error | None = None
    gradients: Annotated[list[Tensor | None], Meta(max_length=1_000)] | None = None
    observed: Observed | None = None
    forbidden: Annotated[list[Forbidden], Meta(max_length=20)] = []
    fault: Fault | None = None
    cost: Cost | None = None


class CallbackRequest(Struct, tag="callback", array_like=True, forbid_unknown_fields=True):
    id: int
    args: Annotated[list[Value], Meta(max_length=100)]


class CallbackReply(Struct, tag="callback_reply", array_like=True):
    value: Value = None
    error: str | None = None


_encoder = msgspec.msgpack.Encoder()
encode = _encoder.encode
decode_from_grader = msgspec.msgpack.Decoder(Union[Batch, CallbackReply]).decode
decode_from_worker = msgspec.msgpack.Decoder(Union[Reply, CallbackRequest]).decode


def encode_batch(first: int, requests: list[bytes]) -> bytes:
    """A `Batch` of requests that are encoded already (they are the same for every submission)."""
    header = encode(Batch(first, []))
    assert header[-1:] == b"\x90"  # the empty list at the end
    return header[:-1] + b"\xdd" + _LENGTH.pack(len(requests)) + b"".join(requests)


def frame(payload: bytes) -> bytes:
    if len(payload) > MAX_FRAME:
        raise ValueError(f"a message of {len(payload):,} bytes is over the cap of {MAX_FRAME:,}")
    return _LENGTH.pack(len(payload)) + payload


class FrameReader:
    """Cuts a stream of bytes into frames. Feed it what arrived; ask it for the next frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._start = 0

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> bytes | None:
        """The next whole frame, or None. Raises ValueError on a length over the cap."""
        available = len(self._buffer) - self._start
        if available < 4:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer, self._start)
        if length > MAX_FRAME:
            raise ValueError(f"a frame claims {length:,} bytes")
        if available < 4 + length:
            return None
        begin = self._start + 4
        payload = bytes(memoryview(self._buffer)[begin : begin + length])
        self._start = begin + length
        if self._start > 1 << 16 or self._start == len(self._buffer):
            del self._buffer[: self._start]
            self._start = 0
        return payload

    @property
    def empty(self) -> bool:
        return self._start == len(self._buffer)
