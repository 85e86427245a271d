"""Strategies by name: our own, and those that other packages offer as entry points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ttc_cli.core.plugins import Registry

if TYPE_CHECKING:  # a shell that completes a name waits for this module
    from ttc_cli.core.events import Flow
    from ttc_cli.core.outcome import Outcome, Plan, Question
    from ttc_cli.core.run import Run

BUILTIN = {
    "direct": "ttc_cli.strategies.direct",
    "program": "ttc_cli.strategies.program",
    "self-consistency": "ttc_cli.strategies.self_consistency",
    "best-of-n": "ttc_cli.strategies.best_of_n",
    "refine": "ttc_cli.strategies.refine",
    "think": "ttc_cli.strategies.think",
    "beam": "ttc_cli.strategies.beam",
    "dvts": "ttc_cli.strategies.dvts",
    "best-first": "ttc_cli.strategies.best_first",
    "mcts": "ttc_cli.strategies.mcts",
    "particle": "ttc_cli.strategies.particle",
}

UNDER_SCHEMA = ("direct", "self-consistency", "best-of-n", "refine", "think")
"""Those that know to give an answer the form that a question asks for."""


class Solve(Protocol):
    """A strategy: yields events, returns the outcome; draws only through the run."""

    def __call__(  # noqa: D102 - the class says it
        self, run: Run, question: Question, plan: Plan, options: Any
    ) -> Flow[Outcome]: ...


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy and the dataclass of its options (each field's metadata["help"] is shown).

    `scorer` names the verifier it falls back on when none was asked for; empty: it needs none.
    `needs` are the engine's capabilities that it cannot do without.
    """

    name: str
    solve: Solve
    options: type[Any]
    scorer: str = ""
    needs: tuple[str, ...] = ()


REGISTRY = Registry("strategy", "ttc.strategies", BUILTIN, ("solve", "Options"))


def names() -> list[str]:
    """All strategies that can be named."""
    return REGISTRY.names()


def find(name: str) -> Strategy:
    """A strategy by name.

    Raises:
        UsageError: there is none (the hint holds the nearest name), or it is another package's
            and cannot be used.
    """
    module = REGISTRY.module(name)
    scorer, needs = getattr(module, "SCORER", ""), getattr(module, "NEEDS", ())
    return Strategy(name, module.solve, module.Options, scorer, needs)
