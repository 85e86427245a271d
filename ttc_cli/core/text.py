"""Nearest names, thoughts' tags, abbreviations, and control characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """The known name most like `name`, or an empty text.

    Args:
        likeness: the least that counts, from 0 to 1. Case, `-` and `_` make no difference.
    """
    import difflib  # here, since it is only needed to complain

    folded = {_fold(item): item for item in known}
    found = difflib.get_close_matches(_fold(name), folded, n=1, cutoff=likeness)
    return folded[found[0]] if found else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The hint `did you mean 'x'?`, or an empty text when nothing is near."""
    found = nearest(name, known)
    return f"did you mean {found!r}?" if found else ""


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 row`, `2,000 rows`; `many` where it does not end in one more s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _fold(name: str) -> str:
    return name.replace("-", "_").casefold()


Tags = Sequence[tuple[str, str]]

THOUGHT_TAGS: Tags = (
    ("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"), ("<thought>", "</thought>"), ("<reasoning>", "</reasoning>"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
)  # fmt: skip # opening and closing tag of each kind


TITLES = (
    "Mr", "Mrs", "Ms", "Dr", "Drs", "Prof", "St", "Ste", "Mt", "Rev", "Fr", "Hon", "Pres", "Gov",
    "Sen", "Rep", "Gen", "Col", "Maj", "Capt", "Cpt", "Lt", "Sgt", "Hr", "Mme", "Mlle", "Sra",
    "Srta", "Sr", "Dra", "Ing", "Nr", "vs", "Ft",
)  # fmt: skip # abbreviations that stand before a name or a number
UNABBREVIATED = "".join(rf"(?<!\b{title})" for title in (*TITLES, "[A-Z]"))
"""Pattern before a full stop: it belongs to no title and to no initial, so it ends a sentence."""

_UNSAFE = re.compile(
    "\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)"  # OSC: titles, the clipboard
    "|\x1b\\[[0-?]*[ -/]*[@-~]"  # CSI: colours, the cursor
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)


def plain(text: str) -> str:
    """Text without control characters: what a model writes must not drive the terminal.

    C0 (but tab and line feed), C1, and what turns around the direction of the text after it.
    """
    return _UNSAFE.sub("", text)
