"""What goes over the socket: a call, its reply, and so on in turn.

A frame is four bytes of length and one MessagePack value under a strict schema. Nothing that is
read can be run. Hidden states and KV states are raw bytes.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import replace
from typing import Any, ClassVar

import msgspec

from ttc_cli.core import errors
from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, EngineInfo
from ttc_cli.engine.host import Counters

LENGTH = struct.Struct(">I")
LONGEST = 1 << 30
"""Bytes of a frame: most are a kilobyte, and KV states of long prompts are the rest."""


class Account(msgspec.Struct, frozen=True):
    """A ledger as the server shall keep a twin of it; `parent` is 0 for none."""

    number: int
    parent: int
    limit: int | None
    verifier: bool
    spent: tuple[int, int]


class Charge(msgspec.Struct, frozen=True, array_like=True):
    """Tokens that one side charged to a ledger, and the other did not hear of yet."""

    number: int
    sampled: int
    verifier: int


class Condition(msgspec.Struct, frozen=True):
    """A server's condition: seconds since it began and since it was last used, and its callers."""

    seconds: float
    idle: float
    idle_limit: float
    callers: int
    calls: int
    url: str


class Message(msgspec.Struct, frozen=True, tag=str.lower):
    """What a caller wants; `returns` is the type of what comes back."""

    returns: ClassVar[Any] = None


class Submit(Message, frozen=True):
    """As `Engine.submit`; `request.key` is a number, and its ledger is the last of `ledgers`."""

    request: BranchRequest
    ledger: int
    accounts: tuple[Account, ...]


class Expect(Message, frozen=True):
    """What will be asked next, in a form that the server's owner reads: it may begin already.

    Gives the counters of before; the caller goes on meanwhile, and hears it with its next call.
    """

    returns = Counters
    request: bytes


class Poll(Message, frozen=True):
    """As `Engine.poll`; keys are numbers."""

    returns = tuple[Delta, ...]
    timeout: float


class Cancel(Message, frozen=True):
    """As `Engine.cancel`."""

    key: int


class Count(Message, frozen=True):
    """As `Engine.count`."""

    returns = int
    prompt: Prompt
    prefix: tuple[Step, ...]


class SpecialIn(Message, frozen=True):
    """As `Host.special_in`."""

    returns = frozenset[str]
    texts: tuple[str, ...]


class Reserve(Message, frozen=True):
    """As `Host.reserve`; gives what is known of the engine afterwards."""

    returns = EngineInfo
    cells: int


class Tally(Message, frozen=True):
    """As `Host.counters`."""

    returns = Counters


class Tokens(Message, frozen=True):
    """As `States.tokens`."""

    returns = list[int]
    prompt: Prompt


class Resident(Message, frozen=True):
    """As `States.resident`."""

    returns = int
    tokens: list[int]


class Save(Message, frozen=True):
    """As `States.save`."""

    returns = tuple[int, bytes] | None
    tokens: list[int]


class Restore(Message, frozen=True):
    """As `States.restore`."""

    returns = bool
    tokens: list[int]
    state: bytes
    keep: int


class Status(Message, frozen=True):
    """How the server is."""

    returns = Condition


class Leave(Message, frozen=True):
    """No new callers; the server ends once those it has are done."""


AnyMessage = (
    Submit | Expect | Poll | Cancel | Count | SpecialIn | Reserve | Tally | Tokens | Resident | Save
    | Restore | Status | Leave
)  # fmt: skip


class Hello(msgspec.Struct, frozen=True):
    """What a server says first.

    Args:
        build: what both sides must have in common: of the program, the model, the context.
        states: see `States.key`.
        cell_bytes: of the model's keys and values, for one token as f16.
    """

    build: str
    pid: int
    width: int
    cell_bytes: int
    states: str
    info: EngineInfo


class Call(msgspec.Struct, frozen=True):
    """One message, with what the caller charged since its last."""

    message: AnyMessage
    charges: tuple[Charge, ...] = ()


class Failure(msgspec.Struct, frozen=True):
    """An error of `core.errors` by its name."""

    kind: str
    message: str
    hint: str

    @classmethod
    def of(cls, error: errors.TtcError) -> Failure:
        """Put an error on the wire."""
        return cls(type(error).__name__, error.message, error.hint)

    def error(self) -> errors.TtcError:
        """The error, to be raised."""
        kind: Any = getattr(errors, self.kind, None)
        if not (isinstance(kind, type) and issubclass(kind, errors.TtcError)):
            kind = errors.EngineFailed
        error: errors.TtcError = kind(self.message, self.hint)
        return error


class Reply(msgspec.Struct, frozen=True):
    """What came of a call, with what the engine charged since the last reply."""

    value: msgspec.Raw = msgspec.Raw(msgspec.msgpack.encode(None))
    failure: Failure | None = None
    charges: tuple[Charge, ...] = ()


_encoder = msgspec.msgpack.Encoder(enc_hook=lambda value: value.item())  # numpy's scalars


def encode(value: Any) -> bytes:
    """A value as MessagePack."""
    return _encoder.encode(value)


def framed(value: Any) -> bytes:
    """A value as a frame.

    Raises:
        EngineFailed: it is too long for one.
    """
    body = encode(value)
    if len(body) > LONGEST:
        raise errors.EngineFailed(f"a message of {len(body):,} bytes is too long for the socket")
    return LENGTH.pack(len(body)) + body


def slim(request: BranchRequest, key: int) -> BranchRequest:
    """A request with what an engine in process looks at: no messages, no figures of old tokens."""
    prefix = tuple(Step(step.text, step.tokens) for step in request.prefix)
    return replace(request, key=key, prompt=bare(request.prompt), prefix=prefix, ledger=None)


def bare(prompt: Prompt) -> Prompt:
    """A prompt without its messages: an engine in process renders nothing."""
    return Prompt(prompt.pieces, thinking=prompt.thinking)


def packed(delta: Delta) -> Delta:
    """A delta whose hidden states are bytes of 32-bit floats."""
    return replace(delta, hidden=tuple(_bytes(state) for state in delta.hidden))


def unpacked(delta: Delta, key: Any) -> Delta:
    """A delta as an engine in process gives it: hidden states are arrays of shape (width,)."""
    if not delta.hidden:
        return replace(delta, key=key)
    import numpy as np  # most runs want no hidden states

    return replace(
        delta, key=key, hidden=tuple(np.frombuffer(state, dtype="<f4") for state in delta.hidden)
    )


def _bytes(state: Any) -> bytes:
    if hasattr(state, "astype"):
        return bytes(state.astype("<f4").tobytes())
    return array("f", state).tobytes()
