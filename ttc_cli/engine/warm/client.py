"""A connection to a server that has the model loaded, and the prompts that are evaluated there."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from ttc_cli.core.branch import Prompt
from ttc_cli.core.errors import EngineFailed
from ttc_cli.engine.host import Counters
from ttc_cli.engine.warm import peer, wire

T = TypeVar("T")
GREETING = 1.0  # seconds that a server may take to say hello: it does nothing else first
SILENCE = 30.0
"""Seconds without a reply after which a server counts as gone; it owes one after a second."""


class Gone(EngineFailed):
    """The server went away."""

    def __init__(self) -> None:
        super().__init__("the warm server went away", "ask again: the model is loaded in process")


class Link:
    """A connection: calls and replies in turn, with ledgers kept in step."""

    def __init__(self, channel: socket.socket, hello: wire.Hello) -> None:
        self._channel, self.hello = channel, hello
        self._owed = False  # a reply to what was expected is on its way
        self.accounts = wire.Accounts()
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

    def call(self, method: str, *arguments: Any) -> Any:
        """Call one of `wire.METHODS` and hear what came of it.

        Raises:
            Gone: the server went away.
            TtcError: what the engine raised.
        """
        try:
            if self._owed:
                self._owed = False
                self.before = self._hear("expect")
            self._say(method, *arguments)
            return self._hear(method)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            self.close()
            raise Gone from error

    def expect(self, request: bytes) -> None:
        """Say what will be asked, and do not wait for the reply."""
        self._owed = True
        try:
            self._say("expect", request)
        except OSError:
            self.close()  # the next call hears of it

    def _say(self, method: str, *arguments: Any) -> None:
        call = wire.Call(method, wire.raw(arguments), self.accounts.changes())
        self._channel.sendall(wire.framed(call))

    def _hear(self, method: str) -> Any:
        reply = wire.decoder(wire.Reply).decode(_frame(self._channel))
        self.accounts.hear(reply.charges)
        if reply.failure is not None:
            raise reply.failure.error()
        return wire.decoder(wire.METHODS[method][1]).decode(reply.value)

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


class RemoteStates:
    """Evaluated prompts of the engine behind a link; none, once that is gone."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def key(self) -> str:
        """What bytes of a state mean nothing without."""
        return self._link.hello.states

    def tokens(self, prompt: Prompt) -> list[int]:
        """A prompt as the model takes it."""
        return self._ask([], "tokens", wire.bare(prompt))

    def resident(self, tokens: Sequence[int]) -> int:
        """How many leading tokens are in the cache already."""
        return self._ask(0, "resident", tokens)

    def save(self, tokens: Sequence[int]) -> tuple[int, memoryview] | None:
        """The cells of the longest resident prefix of `tokens`: its length and its bytes."""
        saved: tuple[int, bytes] | None = self._ask(None, "save", tokens)
        return None if saved is None else (saved[0], memoryview(saved[1]))

    def restore(self, tokens: Sequence[int], state: bytes, keep: int) -> bool:
        """Make the first `keep` of `tokens` resident, from the bytes that `save` gave for all."""
        return self._ask(False, "restore", tokens, state, keep)

    def _ask(self, otherwise: T, method: str, *arguments: Any) -> T:
        try:
            return cast("T", self._link.call(method, *arguments))
        except EngineFailed:
            return otherwise
