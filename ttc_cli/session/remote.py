"""From a server's URL, or a name the settings give it, to a model that a session can use."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ttc_cli.settings import Settings
from ttc_cli.settings.remotes import NamedRemote

if TYPE_CHECKING:
    from ttc_cli.engine.openai.api import Address
    from ttc_cli.engine.openai.engine import ServerEngine
    from ttc_cli.models.registry import Remote

OPENAI = "https://api.openai.com"


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


def described(settings: Settings, target: Remote) -> NamedRemote:
    """What the settings say of a URL: where a named remote has the same, its key and prices."""
    same = (r for r in settings.remotes.values() if r.url.rstrip("/") == target.base_url)
    known = next(same, NamedRemote(target.base_url))
    return replace(known, model=target.model or known.model)


def address(remote: NamedRemote) -> Address:
    """Where it is, with the key that the environment holds for it.

    OpenAI's own key goes to OpenAI alone.
    """
    from ttc_cli.engine.openai.api import Address

    names = [remote.key_env] if remote.key_env else ["TTC_API_KEY"]
    if not remote.key_env and remote.url.startswith(f"{OPENAI}/"):
        names.append("OPENAI_API_KEY")
    name = next((name for name in names if os.environ.get(name)), names[0])
    key = os.environ.get(name, "").strip()
    return Address(remote.url, key, name if key else " or ".join(names), remote.timeout)


def reach(settings: Settings, remote: NamedRemote) -> Served:
    """Ask the server which model it is and what it can do.

    Raises:
        TtcError: no answer, or a refusal. ModelMissing: no such model there.
        UsageError: several models and none was named, or --offline and it is elsewhere.
    """
    from ttc_cli.engine.openai.api import check_offline
    from ttc_cli.engine.openai.detect import connect

    where = address(remote)
    check_offline(where, offline=settings.offline)
    engine = connect(where, remote.model, context=settings.ctx_size or 0, width=remote.width or 0)
    return Served(engine.info.name, engine.info.sha256, engine, remote)
