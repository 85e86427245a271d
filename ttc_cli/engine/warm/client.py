"""The Engine protocol on a connection to a server that has the model loaded."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, EngineInfo, Key
from ttc_cli.core.errors import EngineFailed
from ttc_cli.core.ledger import Ledger
from ttc_cli.engine.host import Counters, InProcess
from ttc_cli.engine.warm import peer, wire
from ttc_cli.engine.warm.accounts import Accounts
from ttc_cli.engine.warm.states import RemoteStates

GREETING = 1.0
"""Seconds that a server may take to say hello: it does nothing else first."""
SILENCE = 30.0
"""Seconds without a reply after which a server counts as gone; it owes one after a second."""


class Gone(EngineFailed):
    """The server went away."""

    def __init__(self) -> None:
        super().__init__("the warm server went away", "ask again: the model is loaded in process")


class Link:
    """A connection: calls and replies in turn, with ledgers kept in step."""

    def __init__(self, channel: socket.socket, hello: wire.Hello) -> None:
        self._channel = channel
        self._owed: wire.AnyMessage | None = None
        self.hello = hello
        self.accounts = Accounts()
        self.before: Counters | None = None
        """Of the engine, before it began what was expected; read once."""

    @classmethod
    def open(cls, path: Path) -> Link | None:
        """Connect; None where no server of the same user answers as one would."""
        channel = peer.connect(path, GREETING)
        if channel is None:
            return None
        try:
            hello = msgspec.msgpack.decode(_frame(channel), type=wire.Hello)
        except (OSError, EOFError, msgspec.MsgspecError):
            channel.close()
            return None
        channel.settimeout(SILENCE)
        return cls(channel, hello)

    def call(self, message: wire.AnyMessage) -> Any:
        """Say something and hear what came of it.

        Raises:
            Gone: the server went away.
            TtcError: what the engine raised.
        """
        try:
            if self._owed is not None:
                owed, self._owed = self._owed, None
                self.before = self._hear(owed)
            self._say(message)
            return self._hear(message)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            self.close()
            raise Gone from error

    def expect(self, request: bytes) -> None:
        """Say what will be asked, and do not wait for the reply."""
        self._owed = wire.Expect(request)
        try:
            self._say(self._owed)
        except OSError:
            self.close()  # the next call hears of it

    def _say(self, message: wire.AnyMessage) -> None:
        self._channel.sendall(wire.framed(wire.Call(message, self.accounts.changes())))

    def _hear(self, message: wire.AnyMessage) -> Any:
        reply = msgspec.msgpack.decode(_frame(self._channel), type=wire.Reply)
        self.accounts.hear(reply.charges)
        if reply.failure is not None:
            raise reply.failure.error()
        return msgspec.msgpack.decode(reply.value, type=message.returns)

    def close(self) -> None:
        """Hang up: the server forgets what is under way; idempotent."""
        self._channel.close()


def _frame(channel: socket.socket) -> bytearray:
    """The body of the next frame."""
    (length,) = wire.LENGTH.unpack(_exactly(channel, wire.LENGTH.size))
    if length > wire.LONGEST:
        raise EOFError
    return _exactly(channel, length)


def _exactly(channel: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view, at = memoryview(data), 0
    while at < size:
        got = channel.recv_into(view[at:])
        if not got:
            raise EOFError
        at += got
    return data


class RemoteEngine(InProcess):
    """The engine behind a link; every call may raise Gone.

    Counting, too, is asked of the server: this process has no vocabulary.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self.width = link.hello.width
        self.cell_bytes = link.hello.cell_bytes
        self._info = link.hello.info
        self._requests: dict[int, BranchRequest] = {}
        self._numbers: dict[Key, int] = {}
        self._last = 0
        self._ledgers = 0
        self._closed = False
        self.states = RemoteStates(link.call, link.hello.states)

    @property
    def info(self) -> EngineInfo:
        """What is known of the model."""
        return self._info

    @property
    def counters(self) -> Counters:
        """What the engine did so far, for others too."""
        counters: Counters = self._link.call(wire.Tally())
        before, self._link.before = self._link.before, None
        return before or counters

    def expect(self, request: bytes) -> None:
        """Let the server begin with what will be asked; see `wire.Expect`."""
        self._link.expect(request)

    def special_in(self, texts: Sequence[str]) -> frozenset[str]:
        """Texts of control tokens; see `Host`."""
        found: frozenset[str] = self._link.call(wire.SpecialIn(tuple(texts)))
        return found

    def reserve(self, cells: int) -> None:
        """Make room; see `Host`.

        Raises:
            EngineFailed: others are at work in a context that is too small.
        """
        self._info = self._link.call(wire.Reserve(cells))

    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """Tokens of context that prompt and prefix take."""
        steps = tuple(Step(step.text, step.tokens) for step in prefix)
        tokens: int = self._link.call(wire.Count(wire.bare(prompt), steps))
        return tokens

    def submit(self, request: BranchRequest) -> None:
        """Queue a request; see the protocol."""
        if self._closed:
            raise EngineFailed("the engine is closed")
        if request.key in self._numbers:
            raise EngineFailed(f"request {request.key!r} is already running")
        self._last += 1
        accounts = self._accounts(request.ledger)
        number = self._link.accounts.find(request.ledger)
        self._link.call(wire.Submit(wire.slim(request, self._last), number, accounts))
        self._requests[self._last] = request
        self._numbers[request.key] = self._last

    def poll(self, timeout: float) -> Sequence[Delta]:
        """What came; see the protocol."""
        if not self._requests:
            return []
        told = []
        for delta in self._link.call(wire.Poll(timeout)):
            if (request := self._requests.get(delta.key)) is not None:
                told.append(wire.unpacked(delta, request.key))
                if delta.stop is not None:
                    self._forget(request.key)
        self._settle()
        return told

    def cancel(self, key: Key) -> None:
        """Forget a request; see the protocol."""
        if key in self._numbers:
            self._link.call(wire.Cancel(self._forget(key)))
            self._settle()

    def close(self) -> None:
        """Hang up; idempotent."""
        self._closed = True
        self._requests.clear()
        self._numbers.clear()
        self._link.close()

    def _accounts(self, ledger: Ledger | None) -> tuple[wire.Account, ...]:
        """The ledgers of a request that the server does not know yet, the topmost first."""
        accounts, new, parent = self._link.accounts, [], 0
        for one in ledger.lineage if ledger is not None else ():
            number = accounts.find(one)
            if not number:
                self._ledgers += 1
                number = self._ledgers
                accounts.open(number, one)
                spent = one.usage.sampled, one.usage.verifier
                new.append(wire.Account(number, parent, one.limit, one.verifies, spent))
            parent = number
        return tuple(new)

    def _forget(self, key: Key) -> int:
        number = self._numbers.pop(key)
        del self._requests[number]
        return number

    def _settle(self) -> None:
        """Keep in step only ledgers of what is live, as the server does."""
        self._link.accounts.keep(request.ledger for request in self._requests.values())
