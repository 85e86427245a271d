"""One connection of a warm server: bytes on their way, and what is under way for it."""

from __future__ import annotations

import contextlib
import socket
import time

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import Key
from ttc_cli.core.ledger import Ledger
from ttc_cli.engine.hub import Hub
from ttc_cli.engine.warm import wire
from ttc_cli.engine.warm.accounts import Accounts

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

        Raises:
            EOFError: the caller is gone, or says what none would.
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
