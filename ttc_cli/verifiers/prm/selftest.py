"""What a PRM must do before it is trusted: tell plain arithmetic from its corrupted twin.

Each twin is right up to a certain step, wrong there, and goes on from the wrong number. A PRM
passes when it ranks the right solution above the twin and its score falls at that very step, on
all pairs but one. One that says the same of everything, the opposite, or the right thing a step
late (a tag in the wrong place) does not.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ttc_cli.core.errors import ModelError, TtcError
from ttc_cli.models.disk import read_json, update_json
from ttc_cli.settings import cache_dir

VERSION = 1
MARGIN = 0.05  # differences below this are ignored


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, its solution in steps, and the same with a mistake."""

    question: str
    right: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def error(self) -> int:
        """The first wrong step, counted from 0."""
        pairs = zip(self.right, self.wrong, strict=True)
        return next(i for i, (right, wrong) in enumerate(pairs) if right != wrong)


_EITHER = re.compile(r"\{(\d+)\|(\d+)\}")


def _pair(question: str, *steps: str) -> Pair:
    """A pair from steps in which `{56|63}` stands for the right number and the wrong one."""
    right, wrong = ([_EITHER.sub(rf"\{n}", step) for step in steps] for n in (1, 2))
    return Pair(question, tuple(right), tuple(wrong))


PAIRS = (
    _pair(
        "Pens cost 7 coins each. Mia buys 8 pens and pays with 100 coins."
        " How many coins does she get back?",
        "Step 1: 8 pens at 7 coins each cost 8 * 7 = {56|63} coins.",
        "Step 2: Mia gets back 100 - {56|63} = {44|37} coins.",
        "Step 3: The answer is {44|37}.",
    ),
    _pair(
        "A train goes 60 km an hour for 3 hours, then 45 km more. The whole way is 300 km."
        " How many km are left?",
        "Step 1: In 3 hours the train goes 3 * 60 = 180 km.",
        "Step 2: With 45 km more it has gone 180 + 45 = {225|239} km.",
        "Step 3: There are 300 - {225|239} = {75|61} km left.",
    ),
    _pair(
        "Tom has 5 boxes of 12 eggs. He uses 20 eggs and sells half of the rest."
        " How many eggs does he sell?",
        "Step 1: Tom has 5 * 12 = {60|68} eggs.",
        "Step 2: After using 20 eggs he has {60|68} - 20 = {40|48} eggs.",
        "Step 3: Half of them is {40|48} / 2 = {20|24} eggs.",
    ),
    _pair(
        "Ann is 14 years old. Her father is 3 times as old, and her mother is 2 years younger"
        " than her father. How old are the three together?",
        "Step 1: Her father is 3 * 14 = 42 years old.",
        "Step 2: Her mother is 42 - 2 = {40|38} years old.",
        "Step 3: Together they are 14 + 42 + {40|38} = {96|94} years old.",
    ),
    _pair(
        "A field is 30 m long and 20 m wide. A fence costs 4 coins a metre."
        " What does a fence all around it cost?",
        "Step 1: Length and width together are 30 + 20 = 50 m.",
        "Step 2: All around the field it is 2 * 50 = {100|150} m.",
        "Step 3: The fence costs {100|150} * 4 = {400|600} coins.",
    ),
    _pair(
        "A baker makes 24 rolls an hour for 5 hours and packs them in bags of 6."
        " How many coins does he earn at 2 coins a bag?",
        "Step 1: In 5 hours he makes 24 * 5 = {120|126} rolls.",
        "Step 2: That fills {120|126} / 6 = {20|21} bags.",
        "Step 3: He earns {20|21} * 2 = {40|42} coins.",
    ),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a PRM did.

    Args:
        ranked: pairs whose right solution has the higher score. pairs: of how many.
        placed: pairs whose score falls at the wrong step; late, early: a step beside it.
        sound: pairs that were both ranked and placed.
        right, wrong: mean score of the right solutions, and of their twins.
        tokens: evaluated for it.
    """

    ranked: int
    placed: int
    late: int
    early: int
    sound: int
    pairs: int
    right: float
    wrong: float
    tokens: int = 0

    @property
    def passed(self) -> bool:
        """Whether the PRM may be used."""
        return self.sound >= self.pairs - 1

    def refuse(self, name: str) -> None:
        """Raise unless it passed. Raises ModelError: with the numbers."""
        if self.passed:
            return
        beside = [f"{n} a step {how}" for n, how in ((self.late, "late"), (self.early, "early"))]
        raise ModelError(
            f"{name} fails its self-test: the right solution ranks above its corrupted twin in"
            f" {self.ranked} of {self.pairs}, the score falls at the wrong step in {self.placed}"
            f" of {self.pairs} ({', '.join(beside)}); mean score {self.right:.3f} right,"
            f" {self.wrong:.3f} wrong",
            "another form (-O form=), or another PRM: it would choose no better than chance",
        )


def verdict(
    right: Sequence[Sequence[float]],
    wrong: Sequence[Sequence[float]],
    aggregate: Callable[[Sequence[float]], float],
    tokens: int = 0,
) -> Verdict:
    """The verdict from the scores of the steps of PAIRS, in order."""
    of_right = [aggregate(steps) for steps in right]
    of_wrong = [aggregate(steps) for steps in wrong]
    ranked = [good - bad >= MARGIN for good, bad in zip(of_right, of_wrong, strict=True)]
    falls = [
        _fall(good, bad, pair.error) for good, bad, pair in zip(right, wrong, PAIRS, strict=True)
    ]
    sound = [above and fall == 0 for above, fall in zip(ranked, falls, strict=True)]
    return Verdict(
        ranked=sum(ranked), placed=falls.count(0), late=falls.count(1), early=falls.count(-1),
        sound=sum(sound), pairs=len(PAIRS), right=sum(of_right) / len(PAIRS),
        wrong=sum(of_wrong) / len(PAIRS), tokens=tokens,
    )  # fmt: skip


def _fall(right: Sequence[float], wrong: Sequence[float], error: int) -> int | None:
    """Steps from the error to where the twin falls behind most; None where it does not."""
    behind = [good - bad for good, bad in zip(right, wrong, strict=True)]
    falls = [now - before for now, before in zip(behind, [0.0, *behind], strict=False)]
    most = max(falls)
    return falls.index(most) - error if most >= MARGIN else None


def verdicts_file() -> Path:
    """Where verdicts are kept."""
    return cache_dir() / "prm.json"


def stored(key: str) -> Verdict | None:
    """An earlier verdict on the same file in the same form."""
    try:
        row = read_json(verdicts_file()).get(f"{VERSION}:{key}")
        return Verdict(**row["verdict"]) if row else None
    except (TtcError, TypeError, KeyError):
        return None  # a cache: what cannot be read is not known


def store(key: str, found: Verdict, name: str, form: str) -> None:
    """Remember a verdict; a folder that cannot be written is no reason to stop."""
    row = {"name": name, "form": form, "passed": found.passed, "verdict": asdict(found)}
    with contextlib.suppress(TtcError):
        update_json(verdicts_file(), lambda rows: rows.update({f"{VERSION}:{key}": row}))


def tested() -> list[tuple[str, str, bool]]:
    """(name, form, passed) of every PRM that took the test of this version."""
    with contextlib.suppress(TtcError, TypeError, KeyError):
        rows = read_json(verdicts_file())
        mine = [row for key, row in rows.items() if key.startswith(f"{VERSION}:")]
        return [(str(row["name"]), str(row["form"]), bool(row["passed"])) for row in mine]
    return []
