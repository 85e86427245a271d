"""Whether an answer is right: against the reference, by the set's own scorer, or by its tests.

Code is tested as HumanEval's harness does (Chen et al. 2021, arXiv 2107.03374): the tests call
`check` on the entry point, and the code passes if they come to their end within the time limit.
It is locked in where that can be, and never shares a process with the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ttc_cli import jail
from ttc_cli.answers import equivalent
from ttc_cli.bench.questions import Item
from ttc_cli.core.errors import TtcError
from ttc_cli.jail.examine import examine
from ttc_cli.verifiers.unit_tests import python_blocks

SECONDS = 3.0
"""Of processor time for one program; HumanEval's own default, of the clock."""
MEMORY = 1 << 30


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
        from ttc_cli.bench.sources import gym_score

        return gym_score(item.more["gym"], answer)
    if item.task == "choice":
        return answer.strip("().: ").upper() == item.reference.strip("().: ").upper()
    known = [item.reference, *item.more.get("also", ())]  # any of them, or all
    return any(equivalent(answer, one) for one in dict.fromkeys([*known, ", ".join(known)]))


def program(prompt: str, reply: str, entry_point: str) -> str:
    """The code to test: the function that a reply completes or writes anew.

    Args:
        prompt: the head of the function, as HumanEval gives it.
        reply: a chat model's; its fenced block that defines the entry point counts, else its last
            one, else the reply itself.
    """
    blocks = python_blocks(reply)
    defines = re.compile(rf"^(?:async[ \t]+)?def[ \t]+{re.escape(entry_point)}\b", re.MULTILINE)
    code = next((b for b in reversed(blocks) if defines.search(b)), blocks[-1] if blocks else reply)
    if not defines.search(code):
        return prompt + code
    # The prompt's imports and helpers stand above the function that is asked for.
    head = defines.search(prompt)
    return (prompt[: head.start()] if head else "") + "\n" + code


def check_code(code: str, tests: Mapping[str, str], *, seconds: float = SECONDS) -> bool:
    """Whether a program passes its tests.

    Args:
        code: defines the entry point.
        tests: "test" defines `check(candidate)`; "entry_point" names what it is called with.
        seconds: of processor time.

    Raises:
        TtcError: the tests cannot be run, whatever the program.
    """
    entry = tests["entry_point"]
    graded = examine(
        code,
        f"{tests['test']}\ncheck({entry})",
        layer=jail.require(unsafe=True),
        limits=jail.Limits(seconds, MEMORY),
        names=(entry,),
    )
    if graded.score is None:
        raise TtcError(f"the tests of {entry} cannot be run: {graded.note}")
    return graded.score == 1
