"""Running a model's code against a reference test, as HumanEval's harness does.

After Chen et al. 2021 (arXiv 2107.03374) and openai/human-eval's `execution.py`: the tests call
`check` on the entry point, and the code passes if they come to their end within the time limit.
The code is locked in where that can be, and never shares a process with the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ttc_cli.core.errors import TtcError
from ttc_cli.jail import Limits, require
from ttc_cli.jail.examine import examine
from ttc_cli.verifiers.unit_tests import python_blocks

SECONDS = 3.0
"""Of processor time for one program; HumanEval's own default, of the clock."""
MEMORY = 1 << 30


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
        layer=require(unsafe=True),
        limits=Limits(seconds, MEMORY),
        names=(entry,),
    )
    if graded.score is None:
        raise TtcError(f"the tests of {entry} cannot be run: {graded.note}")
    return graded.score == 1
