"""What `ttc serve` does once its flags are parsed."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ttc_cli.cli.delivery import look
from ttc_cli.cli.logged import recorders
from ttc_cli.cli.options import Given
from ttc_cli.cli.process import Signals
from ttc_cli.cli.pulling import choose_for
from ttc_cli.core.errors import UsageError
from ttc_cli.settings import Settings, load
from ttc_cli.views.plain import PlainView

if TYPE_CHECKING:
    from socket import socket

    from ttc_cli.session.mapping import Recorders

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
    """Serve until told to end; returns the exit code.

    Raises:
        TtcError: it cannot be served, or the engine died.
    """
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
            with recorders(settings, given.settings, view.say, command="serve") as record:
                return _serve(settings, place, key, where, view, record, signals)
        finally:
            view.end()


def _serve(
    settings: Settings,
    place: Place,
    key: str,
    where: socket,
    view: PlainView,
    record: Recorders,
    signals: Signals,
) -> int:
    from ttc_cli.cli.warmth import Door
    from ttc_cli.serve.app import application
    from ttc_cli.serve.listener import Listener, hosts
    from ttc_cli.serve.reading import Reader
    from ttc_cli.serve.service import Service
    from ttc_cli.session.loaded import Session
    from ttc_cli.session.request import Request, check

    check(Request.of(settings), unsafe=False)
    view.status("loading the model")
    with signals.raising():  # a download cleans up after itself
        model = choose_for(settings, view)
    session = Session(settings, model)
    try:
        session.engine  # noqa: B018 - waits until it is loaded
        session.load_seconds = 0.0  # no call waits for that
        door = Door(session)
        service = Service(
            session, queue=place.queue, record=record, company=door.open, say=view.say
        )
        door.left = lambda: service.close(place.grace)
        reader = Reader(settings, session.model.name)
        app = application(
            service,
            reader,
            hosts=hosts(place.host, where),
            key=key,
            origins=place.origins,
            hears=lambda error: view.say(str(error)),
        )
        listener = Listener(app, where)
        for warning in settings.warnings:
            view.say(warning)
        signals.stops(lambda: service.close(place.grace))
        listener.start()
        door.url(listener.url)
        view.say(f"{reader.model} at {listener.url}")
        try:
            service.work()
        finally:
            listener.stop()
            door.close()
        return signals.code
    finally:
        view.clear()
        session.close()
