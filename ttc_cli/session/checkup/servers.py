"""The servers that the settings name, and the one that would be used: whether they answer."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ttc_cli.core.errors import TtcError
from ttc_cli.session.checkup.finding import Finding, State
from ttc_cli.session.remote import reach
from ttc_cli.settings import NamedRemote, Settings

WORTH = ("continue", "confidence", "score", "grammar", "exact-usage")
"""Abilities whose lack is worth a word: some strategies and verifiers cannot do without."""

SECONDS = 60.0
"""That a server may take to answer."""


def named(settings: Settings) -> Iterator[Finding]:
    """Each server that has a name, but for the one that would be used."""
    for name, remote in settings.remotes.items():
        if name != settings.model:
            yield answers(settings, remote, f"server {name}", "warning")


def answers(settings: Settings, remote: NamedRemote, check: str, otherwise: State) -> Finding:
    """Whether a server answers, with what; a few tokens are drawn to see what it can do.

    Args:
        otherwise: the state when it does not.
    """
    try:
        deadline = time.monotonic() + SECONDS
        served = reach(settings, remote, lambda _: None, deadline=deadline)
    except TtcError as error:
        return Finding(check, otherwise, error.message, error.hint)
    served.engine.close()
    info = served.engine.info
    said = f"{info.name} answers at {remote.url} ({info.meta['server']})"
    lacking = [name for name in WORTH if name not in info.capabilities]
    return Finding(check, "ok", said + (f", without {', '.join(lacking)}" if lacking else ""))
