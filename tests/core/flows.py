"""Helpers of the tests of runs: a talkative script, and flows run to their end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import uniform
from ttc_cli.engine.scripted import Line, ScriptedEngine

PROMPT = Prompt((("Say something, please.", False),))
WORDS = ("one", " two", " three", "\n\n", " four.", " stop", " five")


def babble(request: BranchRequest) -> Line:
    """Up to 30 words, decided by the seed and by where in the reply each stands."""
    at = sum(len(step.tokens) for step in request.prefix)
    n = int(uniform(request.seed, 1_000_000) * 30)
    return Line(tuple(WORDS[int(uniform(request.seed, at + i) * 7)] for i in range(n)))


def engine(**options: Any) -> ScriptedEngine:
    return ScriptedEngine(babble, **options)


def branches(n: int) -> list[Branch]:
    return [Branch((i,), PROMPT) for i in range(n)]


def by_id(done: Iterable[Branch]) -> dict[tuple[int, ...], Branch]:
    return {branch.id: branch for branch in done}


class Policy:
    """Draws `more` branches when one is done; culls what `losing` says."""

    def __init__(
        self, more: int = 0, losing: Sequence[tuple[int, ...]] = (), after: int = 1
    ) -> None:
        self._more, self._losing, self._after = more, losing, after
        self._started = 0

    def more(self, live: Sequence[Branch], done: Sequence[Branch]) -> list[Branch]:
        wanted = min(self._more, 1 + len(done)) - self._started
        self._started += max(0, wanted)
        return [Branch((100 + self._started - i,), PROMPT) for i in range(wanted)]

    def cull(self, live: Sequence[Branch], done: Sequence[Branch]) -> Sequence[tuple[int, ...]]:
        return self._losing if len(done) >= self._after else ()
