"""Models kept loaded: in the background, asked how they are, told to end."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from ttc_cli.cli.delivery import look
from ttc_cli.cli.options import Given
from ttc_cli.cli.output import print_json
from ttc_cli.cli.process import Signals
from ttc_cli.cli.pulling import choose_for
from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.models.registry import ModelFile
from ttc_cli.session import warm
from ttc_cli.session.loaded import Session
from ttc_cli.settings import load
from ttc_cli.store.processes import start_apart
from ttc_cli.views.plain import PlainView
from ttc_cli.views.text import span

if TYPE_CHECKING:
    from ttc_cli.engine.warm.server import WarmServer
    from ttc_cli.serve.jobs import Company
    from ttc_cli.session.batch import Batch

LOOKS = 0.1
"""Seconds between two looks at a server that starts."""


def keep(given: Given, signals: Signals) -> int:
    """Keep the model loaded for other calls until told to end; returns the exit code.

    Raises:
        TtcError: it cannot be loaded, or somebody keeps it loaded already.
    """
    settings = load(given.settings)
    view = PlainView(look(settings, given.flags), sys.stdout, sys.stderr)
    try:
        view.status("loading the model")
        with signals.raising():
            model = choose_for(settings, view)
        if not isinstance(model, ModelFile):
            raise UsageError(
                f"{model.name} is a server's: it is loaded there", "name a local model"
            )
        session = Session(settings, model)
        try:
            warm.keep(session, signals.stops, lambda: view.say(f"{model.name} is kept loaded"))
        finally:
            session.close()
    finally:
        view.end()
    return signals.code


def detached() -> int:
    """Start this very command in the background and wait until it is ready; returns the exit code.

    What it says until then goes to stderr.
    """
    words = [word for word in sys.argv[1:] if word != "--detach"]
    with tempfile.TemporaryFile() as said:
        child = start_apart(words, errors=said)
        while child.poll() is None and child.pid not in _answering():
            time.sleep(LOOKS)
        said.seek(0)
        sys.stderr.write(said.read().decode("utf-8", "replace"))
    return child.returncode or 0


def _answering() -> list[int]:
    return [server.hello.pid for _, server in warm.running()]


def show(*, as_json: bool) -> None:
    """Print a line for each server."""
    found = [server for _, server in warm.running()]
    if as_json:
        print_json([_row(server) for server in found])
        return
    for server in found:
        now, model = server.condition, server.hello.info.name
        parts = [
            f"loaded for {span(now.seconds)}",
            f"{now.calls} requests",
            f"{now.callers} calling",
        ]
        parts += [f"process {server.hello.pid}", *filter(None, [now.url])]
        if now.idle_limit:
            parts.append(f"ends in {span(max(0.0, now.idle_limit - now.idle))} unless used")
        sys.stdout.write(f"{model}: {' · '.join(parts)}\n")
    if not found:
        sys.stderr.write("no model is kept loaded\n")


def _row(server: warm.Running) -> dict[str, object]:
    now, hello = server.condition, server.hello
    return {
        "model": {"name": hello.info.name, "sha256": hello.info.sha256},
        "pid": hello.pid,
        "url": now.url or None,
        "seconds": round(now.seconds, 1),
        "idle_seconds": round(now.idle, 1),
        "idle_limit": now.idle_limit or None,
        "callers": now.callers,
        "requests": now.calls,
    }


def stop() -> None:
    """Tell every server to end, and wait for it.

    Raises:
        TtcError: one is still at work.
    """
    count = warm.stop()
    said = f"{count} ended" if count else "no model was kept loaded"
    sys.stderr.write(f"{said}\n")


class Door:
    """The socket by which other calls of ttc use the same engine; none where it cannot be."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._held = ExitStack()
        self._server: WarmServer | None = None
        self.left: Callable[[], None] = lambda: None

    def open(self, batch: Batch) -> Company:
        """Open it, as `Service` asks."""
        from ttc_cli.serve.jobs import Alone

        if isinstance(self._session.model, ModelFile):
            with suppress(TtcError):  # this system has none: HTTP is what was asked for
                self._server = self._held.enter_context(
                    warm.opened(self._session, batch.hub, lambda: self.left())
                )
        return self._server or Alone()

    def url(self, url: str) -> None:
        """Tell those who ask where HTTP is."""
        if self._server is not None:
            self._server.url = url

    def close(self) -> None:
        """Close it; idempotent."""
        self._held.close()
