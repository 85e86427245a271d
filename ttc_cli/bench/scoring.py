"""Whether an answer is right: against the reference, by the set's own scorer, or by its tests."""

from __future__ import annotations

from collections.abc import Sequence

from ttc_cli import jail
from ttc_cli.answers import equivalent
from ttc_cli.bench.code import check_code, program
from ttc_cli.bench.questions import Item


def require(items: Sequence[Item], *, unsafe_exec: bool) -> None:
    """Refuse questions that cannot be scored under these flags.

    Raises:
        UsageError: code would have to be run, it cannot be locked in, and nobody allowed it.
    """
    if any(item.task == "code" for item in items):
        jail.require(unsafe=unsafe_exec)


def right(item: Item, answer: str | None, reply: str) -> bool:
    """Whether a reply is right.

    Args:
        answer: its short answer, where it has one.
        reply: the whole reply without thoughts; what is run for code.
    """
    if item.task == "code":
        return check_code(program(item.more["prompt"], reply, item.more["entry_point"]), item.more)
    if answer is None:
        return False
    if "gym" in item.more:
        from ttc_cli.bench.gym import score

        return score(item.more["gym"], answer)
    if item.task == "choice":
        return answer.strip("().: ").upper() == item.reference.strip("().: ").upper()
    return equivalent(answer, item.reference)
