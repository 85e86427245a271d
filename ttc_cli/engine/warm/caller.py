"""One connection of a warm server: bytes on their way, and what is under way for it."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import replace

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest, Delta, Key
from ttc_cli.core.errors import TtcError
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import StopRule
from ttc_cli.engine.host import Host
from ttc_cli.engine.hub import Hub, Port
from ttc_cli.engine.warm import wire
from ttc_cli.engine.warm.wire import Accounts, bare

CHUNK = 1 << 16


class Caller:
    """One connection: bytes on their way, a port of the hub, ledgers kept in step."""

    def __init__(self, channel: socket.socket, hub: Hub) -> None:
        self.channel = channel
        self.port = hub.port()
        self.accounts = Accounts()
        self.ledgers: dict[Key, Ledger | None] = {}
        self.prompts: dict[Key, Prompt] = {}
        """Of requests that nothing was told of yet."""
        self.until: float | None = None
        """When it is to be answered at the latest, while it polls."""
        self.told = time.monotonic()
        self.unsent = bytearray()
        self._unread = bytearray()

    def forget(self) -> None:
        """Keep of what was under way only what still is."""
        live = self.port.live
        self.ledgers = {key: kept for key, kept in self.ledgers.items() if key in live}
        self.prompts = {key: kept for key, kept in self.prompts.items() if key in live}
        self.accounts.keep(self.ledgers.values())

    def read(self) -> bytes | None:
        """Take what came; returns a frame's body once it is whole.

        Raises EOFError: the caller is gone, or says what none would.
        """
        data = self.channel.recv(CHUNK)
        if not data:
            raise EOFError
        self._unread += data
        size = wire.LENGTH.size
        if len(self._unread) < size:
            return None
        (length,) = wire.LENGTH.unpack_from(self._unread)
        whole = size + length
        if length > wire.LONGEST or len(self._unread) > whole or self.until is not None:
            raise EOFError  # calls and replies take turns
        if len(self._unread) < whole:
            return None
        body = bytes(self._unread[size:])
        self._unread.clear()
        return body

    def write(self) -> None:
        """Send what the socket takes."""
        with contextlib.suppress(BlockingIOError):
            sent = self.channel.send(self.unsent)
            del self.unsent[:sent]


Foresee = Callable[[bytes], tuple[Prompt, int] | None]
"""From what a caller says that it will ask to its first prompt and the cells it will reserve."""


class Ahead:
    """Evaluates one prompt for a caller that does not ask for it yet.

    It is evaluated whole and in the way that the request would have it evaluated, so that the
    request finds what it would have made itself, and its first delta says that it did.
    """

    def __init__(self, host: Host, hub: Hub, foresee: Foresee) -> None:
        self._host, self._hub, self._foresee = host, hub, foresee
        self._port: Port | None = None
        self._prompt: Prompt | None = None
        self._evaluated = 0

    @property
    def live(self) -> bool:
        """Whether a prompt is being evaluated."""
        return self._port is not None

    def begin(self, request: bytes) -> None:
        """Begin with what a caller will ask, unless the engine is at work for somebody."""
        if any(port.live for port in self._hub.ports.values()):
            return
        try:
            if (foreseen := self._foresee(request)) is None:
                return
            prompt, cells = foreseen
            self._host.reserve(cells)
            self._port, self._prompt, self._evaluated = self._hub.port(), bare(prompt), 0
            self._port.submit(BranchRequest(0, self._prompt, StopRule(0)))
        except TtcError:  # the caller will hear of it, when it asks
            self.end()

    def go_on(self, timeout: float) -> None:
        """One step, when it is its turn."""
        if self._port is None:
            return
        for delta in self._port.poll(timeout):
            self._evaluated += delta.prefilled
            if delta.stop is not None:
                self._port.close()
                self._port = None
                return

    def asked(self, prompt: Prompt) -> None:
        """A request came: what is evaluated for another one is given up."""
        if prompt != self._prompt:
            self.end()

    def claimed(self, prompt: Prompt, delta: Delta) -> Delta:
        """A request's delta, with what was evaluated ahead for it as its own."""
        if not delta.shared or prompt != self._prompt:
            return delta
        ours = min(self._evaluated, delta.shared)
        self._prompt, self._evaluated = None, 0
        return replace(delta, prefilled=delta.prefilled + ours, shared=delta.shared - ours)

    def end(self) -> None:
        """Give it up."""
        if self._port is not None:
            self._port.close()
        self._port = self._prompt = None
