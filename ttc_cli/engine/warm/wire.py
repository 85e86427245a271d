"""What goes over the socket: a call, its reply, and so on in turn; and ledgers kept in step by it.

A frame is four bytes of length and one MessagePack value under a strict schema. Nothing that is
read can be run. Hidden states and KV states are raw bytes.
"""

from __future__ import annotations

import functools
import struct
from array import array
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from ttc_cli.core import errors
from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, EngineInfo
from ttc_cli.core.ledger import Ledger
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


METHODS: dict[str, tuple[Any, Any]] = {
    # as `Engine` has them; keys are numbers, and a request comes with its ledger's and new ledgers
    "submit": (tuple[BranchRequest, int, tuple[Account, ...]], None),
    "poll": (tuple[float], tuple[Delta, ...]),
    "cancel": (tuple[int], None),
    "count": (tuple[Prompt, tuple[Step, ...]], int),
    # as `Host` has them; `reserve` gives what is known of the engine afterwards
    "special_in": (tuple[tuple[str, ...]], frozenset[str]),
    "reserve": (tuple[int], EngineInfo),
    "counters": (tuple[()], Counters),
    # as `States` has them
    "tokens": (tuple[Prompt], list[int]),
    "resident": (tuple[list[int]], int),
    "save": (tuple[list[int]], tuple[int, bytes] | None),
    "restore": (tuple[list[int], bytes, int], bool),
    # what will be asked next, in a form that the server's owner reads: it may begin already. Gives
    # the counters of before; the caller goes on meanwhile, and hears it with its next call
    "expect": (tuple[bytes], Counters),
    "status": (tuple[()], Condition),
    "leave": (tuple[()], None),  # no new callers; the server ends once those it has are done
}  # of a server: types of the arguments, and of what comes back


class Hello(msgspec.Struct, frozen=True):
    """What a server says first.

    Args:
        build: what both sides must have in common: of the program, the model, the context.
        states: see `States.key`.
        cell_bytes: of the model's keys and values, for one token as f16.
        name: of the model, as a person says it; empty from a server that was begun by an older ttc.
    """

    build: str
    pid: int
    width: int
    cell_bytes: int
    states: str
    info: EngineInfo
    name: str = ""


class Call(msgspec.Struct, frozen=True):
    """One of METHODS with its arguments, and what the caller charged since its last call."""

    method: str
    arguments: msgspec.Raw
    charges: tuple[Charge, ...] = ()

    def values(self) -> tuple[Any, ...]:
        """The arguments.

        Raises:
            msgspec.MsgspecError: they are not those of the method, or there is none of that name.
        """
        if self.method not in METHODS:
            raise msgspec.ValidationError(f"no method is called {self.method!r}")
        values: tuple[Any, ...] = decoder(METHODS[self.method][0]).decode(self.arguments)
        return values


class Failure(msgspec.Struct, frozen=True):
    """An error of `core.errors` by its name."""

    kind: str
    message: str
    hint: str

    def error(self) -> errors.TtcError:
        """The error, to be raised."""
        kind: Any = getattr(errors, self.kind, None)
        known = isinstance(kind, type) and issubclass(kind, errors.TtcError)
        error: errors.TtcError = (kind if known else errors.EngineFailed)(self.message, self.hint)
        return error


class Reply(msgspec.Struct, frozen=True):
    """What came of a call, with what the engine charged since the last reply."""

    value: msgspec.Raw = msgspec.Raw(msgspec.msgpack.encode(None))
    failure: Failure | None = None
    charges: tuple[Charge, ...] = ()


_encoder = msgspec.msgpack.Encoder(enc_hook=lambda value: value.item())  # numpy's scalars
decoder = functools.cache(msgspec.msgpack.Decoder)


def raw(value: Any) -> msgspec.Raw:
    """A value as MessagePack, to be put in a frame."""
    return msgspec.Raw(_encoder.encode(value))


def framed(value: Any) -> bytes:
    """A value as a frame. Raises EngineFailed: it is too long for one."""
    body = _encoder.encode(value)
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

    hidden = tuple(np.frombuffer(state, dtype="<f4") for state in delta.hidden)
    return replace(delta, key=key, hidden=hidden)


def _bytes(state: Any) -> bytes:
    if hasattr(state, "astype"):
        return bytes(state.astype("<f4").tobytes())
    return array("f", state).tobytes()


class Accounts:
    """Ledgers with a twin in another process: each side tells the other what it charged itself.

    Every call and every reply carries that, so the twins are equal whenever a token is drawn.
    """

    def __init__(self) -> None:
        self._ledgers: dict[int, Ledger] = {}
        self._told: dict[int, tuple[int, int]] = {}

    def open(self, number: int, ledger: Ledger) -> None:
        """Begin to keep a ledger; both sides hold the same of it."""
        self._ledgers[number], self._told[number] = ledger, spent(ledger)

    def find(self, ledger: Ledger | None) -> int:
        """The number of a ledger; 0 when it is not kept."""
        return next((n for n, kept in self._ledgers.items() if kept is ledger), 0)

    def get(self, number: int) -> Ledger | None:
        """The ledger of a number."""
        return self._ledgers.get(number)

    def changes(self) -> tuple[Charge, ...]:
        """What was charged here since it was told last."""
        charges = []
        for number, ledger in self._ledgers.items():
            now, told = spent(ledger), self._told[number]
            if now != told:
                self._told[number] = now
                charges.append(Charge(number, now[0] - told[0], now[1] - told[1]))
        return tuple(charges)

    def hear(self, charges: Iterable[Charge]) -> None:
        """Add what was charged on the other side."""
        for charge in charges:
            if (ledger := self._ledgers.get(charge.number)) is not None:
                ledger.adjust(charge.sampled, charge.verifier)
                told = self._told[charge.number]
                self._told[charge.number] = told[0] + charge.sampled, told[1] + charge.verifier

    def keep(self, used: Iterable[Ledger | None]) -> None:
        """Forget ledgers that no live request is charged to."""
        kept = {id(one) for ledger in used if ledger is not None for one in ledger.lineage}
        for number in [n for n, ledger in self._ledgers.items() if id(ledger) not in kept]:
            del self._ledgers[number], self._told[number]


def spent(ledger: Ledger) -> tuple[int, int]:
    """What counts in a ledger: sampled tokens and a verifier's."""
    return ledger.usage.sampled, ledger.usage.verifier
