"""From a server's URL, or a name the settings give it, to a model that a session can use."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ttc_cli.core import secrets
from ttc_cli.core.errors import TtcError
from ttc_cli.core.files import keep_json
from ttc_cli.models.disk import read_json
from ttc_cli.settings import Settings, cache_dir, home
from ttc_cli.settings.remotes import NamedRemote

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ttc_cli.engine.openai.address import Address
    from ttc_cli.engine.openai.engine import ServerEngine

OPENAI = "https://api.openai.com"
REMEMBERED = 86_400
"""Seconds that what was found out about a server is believed."""


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


def chosen(settings: Settings) -> NamedRemote | None:
    """The server that the settings' model is, by its name or URL; None for a local model.

    A URL that a named server has too is that one: its key and its prices count.

    Raises:
        ModelMissing, UsageError: as `registry.locate`.
    """
    from ttc_cli.models.registry import Remote, default_ref, locate

    if (named := settings.remotes.get(settings.model or "")) is not None:
        return named
    target = locate(settings.model or default_ref(home()), home())
    if not isinstance(target, Remote):
        return None
    same = (r for r in settings.remotes.values() if r.url.rstrip("/") == target.base_url)
    known = next(same, NamedRemote(target.base_url))
    return replace(known, model=target.model or known.model)


def address(remote: NamedRemote) -> Address:
    """Where it is, with the key that the environment holds for it.

    OpenAI's own key goes to OpenAI alone.

    Raises:
        UsageError: the key is none that can be sent.
    """
    from ttc_cli.engine.openai.address import Address

    names = [remote.key_env] if remote.key_env else ["TTC_API_KEY"]
    if not remote.key_env and remote.url.startswith(f"{OPENAI}/"):
        names.append("OPENAI_API_KEY")
    name = next((name for name in names if os.environ.get(name)), names[0])
    key = os.environ.get(name, "").strip()
    secrets.keep(key)
    return Address(remote.url, key, name if key else " or ".join(names), remote.timeout)


def reach(
    settings: Settings,
    remote: NamedRemote,
    notify: Callable[[str], None],
    *,
    deadline: float | None = None,
) -> Served:
    """Ask the server which model it is and what it can do.

    What takes a request of its own to find out is remembered for a day.

    Args:
        notify: hears one line when it takes more than one attempt.
        deadline: monotonic seconds by which it must have answered.

    Raises:
        TtcError: no answer, or a refusal. ModelMissing: no such model there.
        UsageError: several models and none was named, or --offline and it is elsewhere.
    """
    from ttc_cli.engine.openai.address import check_offline
    from ttc_cli.engine.openai.detect import Memory, connect
    from ttc_cli.engine.openai.retry import RetryPolicy

    where = address(remote)
    check_offline(where, offline=settings.offline)

    def keep(name: str, form: dict[str, object]) -> None:
        if settings.log:
            keep_json(_file(name), form)

    engine = connect(
        where,
        remote.model,
        context=settings.ctx_size or 0,
        width=remote.width or 0,
        continues=remote.continues,
        retry=RetryPolicy(wait=settings.server_wait),
        deadline=deadline,
        notify=notify,
        memory=Memory(_recall, keep),
    )
    return Served(engine.info.name, engine.info.sha256, engine, remote)


def _file(known_as: str) -> Path:
    return cache_dir() / "servers" / f"{known_as}.json"


def _recall(known_as: str) -> dict[str, object] | None:
    path = _file(known_as)
    with contextlib.suppress(OSError, TtcError):
        if time.time() - path.stat().st_mtime < REMEMBERED:
            return read_json(path)
    return None
