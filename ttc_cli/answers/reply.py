"""What the rules look at: a reply, the kind of answer that is wanted, and the question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ttc_cli.answers.names import pattern
from ttc_cli.core.text import UNABBREVIATED

Kind = Literal["number", "choice", "word", "date", "list", "json", "code", "text"]

_DECORATION = re.compile(
    r"^(?:[✅✔☑✓➡👉🎯💡⭐]\ufe0f?\s*)+(?=.*\w)|(?<=\w)[.!]?(?:\s*[✅✔☑✓🎉🎯💯]\ufe0f?)+$"
)
_NEXT = re.compile(rf"(?<=[^\s.A-Z]){UNABBREVIATED}[.!](?:\*\*)?(?=\s+[A-Z(])|[。！]")


@dataclass(frozen=True)
class Reply:
    """A text without thoughts, the kind of answer that is wanted, and the question."""

    text: str
    kind: Kind | None
    question: str

    @property
    def last(self) -> str:
        """The last line, stripped."""
        return self.text.rstrip().rsplit("\n", 1)[-1].strip()

    @property
    def alone(self) -> bool:
        """Whether the last line is the only one."""
        return "\n" not in self.text.strip()


def brief(text: str) -> bool:
    """Whether a statement is short enough to be an answer."""
    # a formula is short when its symbols are few, whatever its commands weigh
    weight = len(re.sub(r"[{}]", "", re.sub(r"\\[a-zA-Z]+", "x", text)))
    return 0 < weight <= 60 and len(text.split()) <= (16 if "\\" in text else 8)


def sentence(line: str) -> str:
    """A statement without what follows it: the first sentence, stripped of its markup."""
    line = _NEXT.split(_DECORATION.sub("", line.strip(" *_\t")))[0]
    line = pattern("reason").split(pattern("lead").sub("", line.strip(" *_")))[0]
    return re.sub(r"(?:です|입니다)$|(?<=\d)!+$", "", line.lstrip(" *_").rstrip(" *_.,;:"))


def unlabelled(line: str) -> str:
    """A line without the "Answer:" at its start."""
    return pattern("label").sub("", line)


def first_turn(said: str) -> str:
    """A reply up to the next turn; a list of questions and answers up to its second question.

    Models that were trained on such lists answer in their form, and go on with questions of
    their own.
    """
    following = pattern("next turn").search(said)
    said = said[: following.start()] if following else said
    answered = pattern("replies").search(said) if pattern("asks").search(said) else None
    more = answered and pattern("asks").search(said, answered.end())
    return said[: more.start()].rstrip() if more else said
