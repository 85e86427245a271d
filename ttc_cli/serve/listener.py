"""HTTP on a thread of its own: uvicorn, with what it leaves unbounded bounded."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import stat
import threading
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from ttc_cli.core.errors import TtcError, UnreadableFile, UsageError, keep_secret

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
HEADER_SECONDS, IDLE_SECONDS = 20.0, 75
"""In which a call's headers have to arrive, and between two calls on one connection."""
HEADER_BYTES, CONNECTIONS = 32_768, 1024
FLUSH_SECONDS = 10.0  # in which the last answers have to be sent, once the engine's thread is done
KEY_LEAST = 16


class Bounded(H11Protocol):
    """Closes a connection on which no call arrives: uvicorn waits for its headers for ever."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for a call."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Go on waiting, until a call's headers are whole."""
        self._wait()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        idle = self.cycle is None or self.cycle.response_complete
        if self._late is None and idle:
            self._late = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Listener:
    """Serves an application at an address."""

    def __init__(self, app: Starlette, where: socket.socket) -> None:
        self._socket = where
        config = Config(
            app, http=Bounded, ws="none", lifespan="off", log_config=None, access_log=False,
            log_level="critical", server_header=False, proxy_headers=False,
            h11_max_incomplete_event_size=HEADER_BYTES, limit_concurrency=CONNECTIONS,
            timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=int(FLUSH_SECONDS),
        )  # fmt: skip
        self._server = Server(config)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def url(self) -> str:
        """Where clients find the API."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Accept nothing more, send what is answered, and leave."""
        self._server.should_exit = True
        self._thread.join(FLUSH_SECONDS + 5)

    def _run(self) -> None:
        with contextlib.suppress(SystemExit):
            self._server.run(sockets=[self._socket])


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens at an address; TtcError where it cannot, with what to do."""
    try:
        found: Any = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(found[4][:2], family=found[0], backlog=CONNECTIONS)
    except OSError as error:
        reason = error.strerror or str(error)
        raise TtcError(f"cannot listen at {host}:{port}: {reason}", "try another --port") from None


def is_loopback(where: socket.socket) -> bool:
    """Whether only this machine can connect."""
    return ipaddress.ip_address(where.getsockname()[0].partition("%")[0]).is_loopback


def hosts(host: str, where: socket.socket) -> list[str]:
    """What the header Host may say: another name that leads here is not meant.

    At an address that stands for all of the machine's, any: such a server has a key.
    """
    if ipaddress.ip_address(where.getsockname()[0].partition("%")[0]).is_unspecified:
        return ["*"]
    return [*LOOPBACK, f"[{host}]" if ":" in host else host]


def key_from(variable: str, file: Path | None) -> str:
    """The key that calls have to bring; empty where none was named.

    UsageError for one that is too short, or that a header cannot hold; UnreadableFile for a file
    that cannot be read, or that others can read too.
    """
    if not variable and file is None:
        return ""
    name = variable if file is None else str(file)
    key = (os.environ.get(variable, "") if file is None else _key_of(file)).strip()
    if len(key) < KEY_LEAST or not key.isascii() or not key.isprintable() or " " in key:
        hint = f"at least {KEY_LEAST} letters and digits, for instance from `openssl rand -hex 16`"
        raise UsageError(f"{name} holds no key that can be used", hint)
    keep_secret(key)
    return key


def _key_of(file: Path) -> str:
    try:
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise UnreadableFile(f"others can read the key in {file}", f"chmod 600 {file}")
        return file.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFile(f"cannot read {file}: {reason.lower()}") from None
