"""What `ttc serve` does once its flags are parsed: serve, keep a model loaded, say which are."""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ttc_cli.cli.delivery import look
from ttc_cli.cli.logged import recorders
from ttc_cli.cli.options import Given
from ttc_cli.cli.output import print_json
from ttc_cli.cli.process import Signals
from ttc_cli.cli.pulling import choose_for
from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.core.text import counted
from ttc_cli.models.registry import ModelFile
from ttc_cli.session import warm
from ttc_cli.session.loaded import Session
from ttc_cli.settings import Settings, load
from ttc_cli.store.processes import start_apart
from ttc_cli.views.plain import PlainView
from ttc_cli.views.text import span

if TYPE_CHECKING:
    from socket import socket

    from ttc_cli.engine.warm.server import WarmServer
    from ttc_cli.engine.warm.wire import Condition, Hello
    from ttc_cli.serve.jobs import Company
    from ttc_cli.session.batch import Batch

NEEDED = ("starlette", "uvicorn", "prometheus_client")
AWAY_SECONDS = 10.0
"""That a server behind this one may be away, unless the settings say more: callers try again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, who may call, and how much is held: what its own flags say."""

    host: str
    port: int
    key_env: str
    key_file: Path | None
    origins: tuple[str, ...]
    queue: int
    grace: float


def serve(given: Given, place: Place, signals: Signals) -> int:
    """Serve until told to end; returns the exit code."""
    if lacking := [name for name in NEEDED if find_spec(name) is None]:
        raise UsageError(f"ttc serve needs {lacking[0]}", "pip install 'ttc-cli[serve]'")
    from ttc_cli.serve.listener import bound, is_loopback, key_from

    settings = load(given.settings)
    if settings.origin("server_wait") == "default":
        settings = replace(settings, server_wait=AWAY_SECONDS)
    flags = replace(given.flags, as_json=True)
    view = PlainView(look(settings, flags), sys.stdout, sys.stderr)
    key = key_from(place.key_env, place.key_file)
    with closing(bound(place.host, place.port)) as where:
        if not key and not is_loopback(where):
            raise UsageError(
                f"{place.host} can be reached from other machines, and no key was named",
                "name a variable that holds one with --key-env",
            )
        try:
            return _serve(given, settings, place, key, where, view, signals)
        finally:
            view.end()


def _serve(
    given: Given, settings: Settings, place: Place, key: str, where: socket, view: PlainView,
    signals: Signals,
) -> int:  # fmt: skip
    from ttc_cli.serve.app import application
    from ttc_cli.serve.jobs import Alone
    from ttc_cli.serve.listener import Listener, hosts
    from ttc_cli.serve.reading import Reader
    from ttc_cli.serve.service import Service
    from ttc_cli.session.request import Request, check

    check(Request.of(settings), unsafe=False)
    view.status("loading the model")
    model = choose_for(settings, view, signals)
    logs = recorders(settings, given.settings, view.say, command="serve")
    with logs as record, closing(Session(settings, model)) as session, ExitStack() as held:
        session.engine  # noqa: B018 - waits until it is loaded
        session.load_seconds = 0.0  # no call waits for that
        door: WarmServer | None = None

        def leave() -> None:
            service.close(place.grace)

        def company(batch: Batch) -> Company:
            """Open the socket by which other calls of ttc use this engine, where that can be."""
            nonlocal door
            if isinstance(session.model, ModelFile):
                with suppress(TtcError):  # this system has none: HTTP is what was asked for
                    door = held.enter_context(warm.opened(session, batch.hub, leave))
            return door or Alone()

        service = Service(session, queue=place.queue, record=record, company=company, say=view.say)
        reader = Reader(settings, session.model.name)
        app = application(
            service, reader, hosts=hosts(place.host, where), key=key, origins=place.origins,
            hears=lambda error: view.say(str(error)),
        )  # fmt: skip
        listener = Listener(app, where)
        for warning in settings.warnings:
            view.say(warning)
        signals.stops(leave)
        listener.start()
        if door is not None:
            door.url = listener.url  # for those who ask where HTTP is
        view.say(f"{reader.model} at {listener.url}")
        try:
            service.work()
        finally:
            listener.stop()
            view.clear()
    return signals.code


LOOKS = 0.1  # seconds between two looks at a server that starts


def keep(given: Given, signals: Signals) -> int:
    """Keep the model loaded for other calls until told to end; returns the exit code."""
    settings = load(given.settings)
    view = PlainView(look(settings, given.flags), sys.stdout, sys.stderr)
    try:
        view.status("loading the model")
        model = choose_for(settings, view, signals)
        if not isinstance(model, ModelFile):
            why = f"{model.name} is a server's: it is loaded there"
            raise UsageError(why, "name a local model")
        with closing(Session(settings, model)) as session:
            warm.keep(session, signals.stops, lambda: view.say(f"{model.name} is kept loaded"))
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
        while child.poll() is None and all(s.hello.pid != child.pid for s, _ in warm.running()):
            time.sleep(LOOKS)
        said.seek(0)
        sys.stderr.write(said.read().decode("utf-8", "replace"))
    return child.returncode or 0


def show(*, as_json: bool) -> None:
    """Print a line for each server."""
    found = [(link.hello, now) for link, now in warm.running()]
    if as_json:
        print_json([_row(*server) for server in found])
        return
    for hello, now in found:
        parts = [f"loaded for {span(now.seconds)}", counted(now.calls, "request"),
                 f"{now.callers} calling", f"process {hello.pid}"]  # fmt: skip
        parts += [now.url] if now.url else []
        if now.idle_limit:
            parts.append(f"ends in {span(max(0.0, now.idle_limit - now.idle))} unless used")
        sys.stdout.write(f"{_name(hello)}: {' · '.join(parts)}\n")
    if not found:
        sys.stderr.write("no model is kept loaded\n")


def _name(hello: Hello) -> str:
    """The model as `-m` names it; by its file's own name where the server says no other."""
    return hello.name or hello.info.name


def _row(hello: Hello, now: Condition) -> dict[str, object]:
    return {
        "model": {"name": _name(hello), "sha256": hello.info.sha256}, "pid": hello.pid,
        "url": now.url or None, "seconds": round(now.seconds, 1),
        "idle_seconds": round(now.idle, 1), "idle_limit": now.idle_limit or None,
        "callers": now.callers, "requests": now.calls,
    }  # fmt: skip
