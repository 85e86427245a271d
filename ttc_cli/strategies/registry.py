"""Strategies by name: our own, and those that other packages offer as entry points."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.core.options import NoOptions
from ttc_cli.core.plugins import Registry

if TYPE_CHECKING:  # a shell that completes a name waits for this module
    from collections.abc import Callable

    from ttc_cli.core.events import Flow
    from ttc_cli.core.outcome import Outcome, Plan, Question
    from ttc_cli.core.run import Run

BUILTIN = {
    path.stem.replace("_", "-"): f"ttc_cli.strategies.{path.stem}"
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if "\ndef solve(" in path.read_text("utf-8")
}  # our own: each module of this folder that defines `solve`, by its file's name


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy and what its module tells of it, which a plug-in's may tell too.

    Args:
        solve: yields events, returns the outcome; draws only through the run.
        options: `Options`, a dataclass; each field's metadata["help"] is shown.
        scorer: `SCORER`, the verifier it falls back on when none was asked for; empty: none.
        needs: `NEEDS`, the engine's capabilities that it cannot do without.
        votes: `VOTES`, whether several samples may agree; it does unless it says no.
        streams: `STREAMS`, whether it draws one line, which is the reply from its first word on.
        schema: `SCHEMA`, whether it gives an answer the form that a question asks for.
    """

    name: str
    solve: Callable[[Run, Question, Plan, Any], Flow[Outcome]]
    options: type[Any]
    scorer: str = ""
    needs: tuple[str, ...] = ()
    votes: bool = True
    streams: bool = False
    schema: bool = False


REGISTRY = Registry("strategy", "ttc.strategies", BUILTIN, ("solve",))
names = REGISTRY.names


def find(name: str) -> Strategy:
    """A strategy by name.

    Raises:
        UsageError: there is none (the hint holds the nearest name), or it is another package's
            and cannot be used.
    """
    module = REGISTRY.module(name)
    told = ("SCORER", "NEEDS", "VOTES", "STREAMS", "SCHEMA")
    facts = {fact.lower(): getattr(module, fact) for fact in told if hasattr(module, fact)}
    return Strategy(name, module.solve, getattr(module, "Options", NoOptions), **facts)


def under_schema() -> list[str]:
    """Our own strategies that give an answer the form that a question asks for."""
    return [name for name in REGISTRY.builtin if find(name).schema]
