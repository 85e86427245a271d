"""Words that say what is wanted, in some twenty-five languages, from `lexicon.txt`.

There, `## name` begins a group. Its lines hold stems, each matched at the start of a word, parted
by bars; those of lines that begin with `~` match anywhere, for scripts without spaces. A stem is
a piece of a regular expression. A group's name is the name of the feature. Nothing here decides
anything by itself: the classifier weighs the groups.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

LEXICON = Path(__file__).with_name("lexicon.txt")
_SHORT = 4
_BAR = re.compile(r"\s*\|(?![^(]*\))\s*")


def _pattern(stems: list[str], anywhere: list[str]) -> re.Pattern[str]:
    """Stems of up to four letters are whole words: "hi" is not in "history"."""
    parts = [stem + r"(?!\w)" if len(stem) <= _SHORT and stem.isalnum() else stem for stem in stems]
    return re.compile("|".join([rf"(?<!\w)(?:{'|'.join(parts)})", *anywhere]), re.IGNORECASE)


@functools.cache
def groups() -> dict[str, re.Pattern[str]]:
    """The patterns by name; compiled when first needed."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for line in LEXICON.read_text("utf-8").splitlines():
        if line.startswith("## "):
            stems = found[line[3:]] = ([], [])
        else:
            stems[line.startswith("~ ")].extend(_BAR.split(line.removeprefix("~ ")))
    return {name: _pattern(*stems) for name, stems in found.items()}
