"""Evaluated prompts over the socket, at both of its ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from ttc_cli.core.branch import Prompt
from ttc_cli.core.errors import EngineFailed
from ttc_cli.engine.host import Host, Stateful
from ttc_cli.engine.warm import wire

T = TypeVar("T")


def key(host: Host) -> str:
    """What bytes of a host's states mean nothing without; empty where it keeps none."""
    return cast("Stateful", host).states.key() if "state" in host.info.capabilities else ""


def answer(host: Host, message: wire.AnyMessage) -> Any:
    """What a host's states say to a message.

    Raises:
        EngineFailed: it keeps none.
    """
    if "state" not in host.info.capabilities:
        raise EngineFailed("this engine keeps no states")
    states = cast("Stateful", host).states
    match message:
        case wire.Tokens(prompt):
            return states.tokens(prompt)
        case wire.Resident(tokens):
            return states.resident(tokens)
        case wire.Save(tokens):
            return states.save(tokens)
        case wire.Restore(tokens, state, keep):
            return states.restore(tokens, state, keep)
    return None


class RemoteStates:
    """Evaluated prompts of the engine behind a link; none, once that is gone.

    Args:
        call: of the link.
        key: what bytes of a state mean nothing without.
    """

    def __init__(self, call: Callable[[wire.AnyMessage], Any], key: str) -> None:
        self._call = call
        self._key = key

    def key(self) -> str:
        """What bytes of a state mean nothing without."""
        return self._key

    def tokens(self, prompt: Prompt) -> list[int]:
        """A prompt as the model takes it."""
        return self._ask(wire.Tokens(wire.bare(prompt)), [])

    def resident(self, tokens: Sequence[int]) -> int:
        """How many leading tokens are in the cache already."""
        return self._ask(wire.Resident(list(tokens)), 0)

    def save(self, tokens: Sequence[int]) -> tuple[int, memoryview] | None:
        """The cells of the longest resident prefix of `tokens`: its length and its bytes."""
        saved: tuple[int, bytes] | None = self._ask(wire.Save(list(tokens)), None)
        return None if saved is None else (saved[0], memoryview(saved[1]))

    def restore(self, tokens: Sequence[int], state: bytes, keep: int) -> bool:
        """Make the first `keep` of `tokens` resident, from the bytes that `save` gave for all."""
        return self._ask(wire.Restore(list(tokens), state, keep), False)

    def _ask(self, message: wire.AnyMessage, otherwise: T) -> T:
        try:
            return cast("T", self._call(message))
        except EngineFailed:
            return otherwise
