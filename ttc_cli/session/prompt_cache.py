"""Long prompts stay evaluated between processes: the next question over a file starts at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from ttc_cli.core.branch import Prompt
from ttc_cli.session.loaded import Session
from ttc_cli.settings import MEGABYTE

if TYPE_CHECKING:
    from ttc_cli.engine.host import Stateful, States
    from ttc_cli.store.prompts import Prompts

LONG = 512
"""Tokens from which a prompt is worth keeping."""
WORTH = 256
"""Tokens that a state must spare, to be read or to be written."""


def restore(session: Session, prompt: Prompt) -> None:
    """Make resident what an earlier process evaluated of a prompt, if that spares enough."""
    states = _states(session)
    if states is None or len(tokens := states.tokens(prompt)) < LONG:
        return
    store = _store(session, states)
    found = store.find(tokens)
    if found is None or found.shared - states.resident(tokens) < WORTH:
        return
    state = store.read(found)
    if state and states.restore(found.tokens.tolist(), state, found.shared):
        store.files.used(store.files.path(found.key))


def keep(session: Session, prompt: Prompt, refused: Callable[[str], None]) -> None:
    """Write down what is evaluated of a long prompt, unless most of it is kept already.

    Args:
        refused: gets one line about why it could not be written.
    """
    states = _states(session)
    if states is None or len(tokens := states.tokens(prompt)) < LONG:
        return
    store = _store(session, states)
    found = store.find(tokens)
    known = found.shared if found else 0
    if len(tokens) < known + WORTH:
        return
    saved = states.save(tokens)
    if saved is None or saved[0] < max(LONG, known + WORTH):
        return
    length, state = saved
    try:
        store.put(tokens[:length], state)
    except OSError as error:
        from ttc_cli.session.recall import unwritten

        refused(unwritten(session.settings.places.cache, error))


def _states(session: Session) -> States | None:
    """The engine's evaluated prompts, where it has any and they may be kept."""
    settings = session.settings
    if not (settings.cache and settings.log) or not settings.prompt_cache_mb:
        return None
    if "state" not in session.engine.info.capabilities:
        return None
    return cast("Stateful", session.engine).states


def _store(session: Session, states: States) -> Prompts:
    from ttc_cli.store.prompts import Prompts  # numpy: not for a short prompt

    return Prompts(
        session.settings.places.cache, session.settings.prompt_cache_mb * MEGABYTE, states.key()
    )
