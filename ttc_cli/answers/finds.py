"""What extraction returns, and the small judgements its rules share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "choice", "word", "date", "list", "json", "code", "text"]
Rule = Literal[
    "boxed",
    "phrase",
    "hashes",
    "json",
    "code",
    "choice",
    "bold",
    "maths",
    "number",
    "line",
    "restated",
    "whole",
]
_SHORT, _FEW_WORDS = 60, 8
_REASON = re.compile(r",?\s+(?:because|since|which)\b")
PLACEHOLDER = re.compile(
    r"(?i)[\s.…_?]*|\\l?dots|(?:your |final |the )?answer(?: here)?|\\text\{answer\}"
)


@dataclass(frozen=True)
class Extracted:
    """A short answer, the rule that found it, and (start, end) of where in the reply, if known."""

    text: str
    rule: Rule
    span: tuple[int, int] | None = None


def sentence(line: str) -> str:
    """A statement without what follows it: the first sentence, stripped of its markup."""
    line = re.split(r"(?<=[^\s.A-Z])[.!](?:\*\*)?(?=\s+[A-Z(])|[。！]", line.strip())[0]
    line = re.sub(
        r"^(?:as follows|that|therefore|simply|thus|just|clearly|:)[:,]?\s+", "", line.strip(" *_")
    )
    line = _REASON.split(line)[0]
    return re.sub(r"(?:です|입니다)$", "", line.lstrip(" *_").rstrip(" *_.,;:"))


def brief(text: str) -> bool:
    """Whether a statement is short enough to be an answer."""
    # a formula is short when its symbols are few, whatever its commands weigh
    weight = len(re.sub(r"[{}]", "", re.sub(r"\\[a-zA-Z]+", "x", text)))
    return 0 < weight <= _SHORT and len(text.split()) <= (
        2 * _FEW_WORDS if "\\" in text else _FEW_WORDS
    )


def last_line(reply: str) -> tuple[str, int]:
    """The last line of a reply, stripped, and where it starts."""
    line = reply.rstrip().rsplit("\n", 1)[-1]
    return line.strip(), len(reply.rstrip()) - len(line.lstrip())
