"""Labels without rollouts: a right reply whose numbers are spoilt from some step on is wrong.

As cheap as one evaluation of the text, and as narrow: it only knows of slips in numbers.
"""

from __future__ import annotations

import random
import re

from ttc_cli.core.steps import STEPS

NUMBER = re.compile(r"(?<![\w.])\d{1,6}(?![\w.]*\d)")


def corrupted(text: str, rng: random.Random) -> tuple[list[str], int] | None:
    """The steps with a number after an equals sign, or the last number, changed in one of them.

    The spoilt number is changed wherever it comes again, so that what follows is a consequence.

    Returns:
        (steps, index of the first spoilt one); None where there is nothing to spoil.
    """
    pieces = STEPS.cut(text)
    places = [i for i, piece in enumerate(pieces) if NUMBER.search(piece)]
    if not places:
        return None
    at = rng.choice(places)
    results = [m for m in NUMBER.finditer(pieces[at]) if "=" in pieces[at][: m.start()][-4:]]
    match = (results or list(NUMBER.finditer(pieces[at])))[-1]
    old = match.group()
    new = str(max(0, int(old) + rng.choice((-10, -3, -2, -1, 1, 2, 3, 10))))
    if new == old:
        new = str(int(old) + 1)
    first = pieces[at][: match.start()] + new + pieces[at][match.end() :]
    again = re.compile(rf"(?<![\w.]){old}(?![\w.]*\d)")
    rest = [again.sub(new, piece) for piece in pieces[at + 1 :]]
    return [*pieces[:at], first, *rest], at
