"""Where a step of reasoning ends: one rule for generation, scoring and search.

A step ends at a blank line, at the end of a line that opens with a number ("2. ...", "Step 3:
..."; of the next line where that one only announces something), at a mark of the model's own, or
at the end of any line once it is very long. It never ends inside a code fence or a displayed
formula, nor before it is long enough to say something. The rule looks at what is written and never
ahead, so that an engine can apply it token by token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

NUMBERED = re.compile(r"\s*(?:#+\s*|\*\*\s*)?(?:step\s+)?\d+\s*[.):]", re.IGNORECASE)
_BLANK_LINES = re.compile(r"(?:[ \t\r]*\n)*")
_OPENED = re.compile(r"(?<!\\)\\\[|\\begin\{")
_CLOSED = re.compile(r"(?<!\\)\\\]|\\end\{")


@dataclass(frozen=True, slots=True)
class StepRule:
    """What ends a step.

    Args:
        marks: texts that end a step besides a blank line, and belong to it.
        numbered: whether the line that a numbered step opens with ends it too.
        min_chars: a shorter step goes on.
        max_chars: a longer step ends with its line.
    """

    marks: tuple[str, ...] = ()
    numbered: bool = True
    min_chars: int = 20
    max_chars: int = 1000

    def ends(self, step: str, before: str, seen: int = 0) -> bool:
        """Whether the step ends in what was added to it.

        Args:
            step: its text so far. before: the reply up to it.
            seen: how much of the step was there when last asked.
        """
        return self._end(step, before, seen) >= 0

    def cut(self, text: str) -> list[str]:
        """A reply as its steps; together they are the reply."""
        steps: list[str] = []
        start = 0
        while (at := self._end(text[start:], text[:start], 0)) >= 0:
            steps.append(text[start : start + at])
            start += at
        rest = text[start:]
        if steps and not rest.strip():
            return [*steps[:-1], steps[-1] + rest]
        return [*steps, rest] if rest else steps

    def _end(self, step: str, before: str, seen: int) -> int:
        """How long the step is when it has ended, else -1."""
        numbered = self.numbered and NUMBERED.match(step) is not None
        longest = max(map(len, self.marks), default=1)
        start = min(max(0, seen - longest), max(0, step.rfind("\n", 0, seen)) or seen)
        for mark in _marks(self.marks).finditer(step, start):
            said = step[: mark.start()]
            told = numbered and not said.rstrip().endswith(":")
            ends = mark["always"] or told or len(said) >= self.max_chars
            if ends and self._counts(said, before):
                blank = _BLANK_LINES.match(step, mark.end())
                return blank.end() if blank else mark.end()
        return -1

    def _counts(self, said: str, before: str) -> bool:
        """Whether a step may end here: it says something, and nothing is open."""
        if len(said.strip()) < max(1, self.min_chars):
            return False
        whole = before + said
        even = all(whole.count(fence) % 2 == 0 for fence in ("```", "~~~", "$$"))
        return even and len(_OPENED.findall(whole)) <= len(_CLOSED.findall(whole))


@lru_cache
def _marks(own: tuple[str, ...]) -> re.Pattern[str]:
    """What may end a step: always, or as the end of a line."""
    always = "|".join([r"\n[ \t\r]*\n", *map(re.escape, own)])
    return re.compile(rf"(?P<always>{always})|(?P<line>\n)")


STEPS = StepRule()  # the rule for replies of chat models
