"""The model that settings name: a file on this machine, fetched if need be, or a server's."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ttc_cli.core.errors import TtcError, keep_secret
from ttc_cli.core.files import keep_json
from ttc_cli.models.disk import read_json
from ttc_cli.settings import Settings
from ttc_cli.settings.tables import NamedRemote

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ttc_cli.engine.openai.address import Address
    from ttc_cli.engine.openai.engine import ServerEngine
    from ttc_cli.models.catalogue import Entry, Progress
    from ttc_cli.models.registry import ModelFile

    Notify = Callable[[str], None]
    Confirm = Callable[[str], bool]

OPENAI = "https://api.openai.com"
REMEMBERED = 86_400  # seconds that what was found out about a server is believed


@dataclass(frozen=True, slots=True)
class Served:
    """A model behind a server that has answered, as a session takes one.

    Args:
        sha256: what its samples are kept under: the address, and all that the server tells of it.
        remote: what the settings say of the server: its prices.
    """

    name: str
    sha256: str
    engine: ServerEngine
    remote: NamedRemote

    @property
    def kv_bytes_per_token(self) -> int:
        """Of this machine's memory it takes none."""
        return 0


def any_model(
    settings: Settings, *, notify: Notify, confirm: Confirm | None, progress: Progress,
    deadline: float | None = None,
) -> ModelFile | Served:  # fmt: skip
    """The model that the settings name: here, fetched, or behind a server that answers.

    Args:
        notify, progress: hear of a fetch, and of a server that takes more than one attempt.
        confirm: asks a person whether to fetch; None when there is nobody to ask.
        deadline: monotonic seconds by which a server must have answered.
    """
    from ttc_cli.models.catalogue import Entry
    from ttc_cli.models.registry import at, default_ref, installed

    target, home = _target(settings), settings.places.home
    if isinstance(target, NamedRemote):
        return reach(settings, target, notify, deadline=deadline)
    if isinstance(target, Entry) and installed(target, home) is None:
        from ttc_cli.models.pull import ensure  # most runs find the model here

        return ensure(
            target, home=home, yes=settings.yes or settings.auto_pull, offline=settings.offline,
            ask=confirm, notify=notify, progress=progress,
        )  # fmt: skip
    return at(target, settings.model or default_ref(home), home)


def present(settings: Settings) -> ModelFile | None:
    """The file of the model that the settings name; None where there is none here, or it is wrong.

    A server has none.
    """
    from ttc_cli.models.registry import at, default_ref

    try:
        target, home = _target(settings), settings.places.home
        if not isinstance(target, NamedRemote):
            return at(target, settings.model or default_ref(home), home)
    except TtcError:
        pass  # `any_model` says what is wrong
    return None


def chosen(settings: Settings) -> NamedRemote | None:
    """The server that the settings' model is, by its name or URL; None for a local model."""
    target = _target(settings)
    return target if isinstance(target, NamedRemote) else None


def _target(settings: Settings) -> NamedRemote | Entry | Path:
    """What the settings' model is: a server, what can be fetched, or a file.

    A URL that a named server has too is that one: its key and its prices count.
    """
    from ttc_cli.models.registry import default_ref, locate

    if (named := settings.remotes.get(settings.model or "")) is not None:
        return named
    home = settings.places.home
    target = locate(settings.model or default_ref(home), home)
    if not isinstance(target, NamedRemote):
        return target
    same = (r for r in settings.remotes.values() if r.url.rstrip("/") == target.url)
    named_here = "model" in settings.from_project
    known = next(same, NamedRemote(target.url, keyless=named_here))
    return replace(known, model=target.model or known.model)


def address(remote: NamedRemote) -> Address:
    """Where it is, with the key that the environment holds for it.

    OpenAI's own key goes to OpenAI alone, and none to a server that a project's file names.
    """
    from ttc_cli.engine.openai.address import Address

    if remote.keyless:
        return Address(remote.url, "", "a [remote.NAME] in config.toml", remote.timeout)
    names = [remote.key_env] if remote.key_env else ["TTC_API_KEY"]
    if not remote.key_env and remote.url.startswith(f"{OPENAI}/"):
        names.append("OPENAI_API_KEY")
    name = next((name for name in names if os.environ.get(name)), names[0])
    key = os.environ.get(name, "").strip()
    keep_secret(key)
    return Address(remote.url, key, name if key else " or ".join(names), remote.timeout)


def reach(
    settings: Settings, remote: NamedRemote, notify: Notify, *, deadline: float | None = None
) -> Served:
    """Ask the server which model it is and what it can do; TtcError where it does not answer.

    What takes a request of its own to find out is remembered for a day.

    Args:
        notify: hears one line when it takes more than one attempt.
        deadline: monotonic seconds by which it must have answered.
    """
    from ttc_cli.engine.openai.address import check_offline
    from ttc_cli.engine.openai.detect import Memory, connect
    from ttc_cli.engine.openai.pacing import RetryPolicy

    where = replace(address(remote), affinity=settings.affinity_header)
    check_offline(where, offline=settings.offline)

    folder = settings.places.cache / "servers"

    def keep(name: str, form: dict[str, object]) -> None:
        if settings.log:
            keep_json(folder / f"{name}.json", form)

    engine = connect(
        where, remote.model, context=settings.ctx_size or 0, width=remote.width or 0,
        continues=remote.continues, retry=RetryPolicy(wait=settings.server_wait),
        deadline=deadline, notify=notify, memory=Memory(partial(_recall, folder), keep),
    )  # fmt: skip
    return Served(engine.info.name, engine.info.sha256, engine, remote)


def _recall(folder: Path, known_as: str) -> dict[str, object] | None:
    path = folder / f"{known_as}.json"
    with contextlib.suppress(OSError, TtcError):
        if time.time() - path.stat().st_mtime < REMEMBERED:
            return read_json(path)
    return None
