"""Where a step of reasoning ends: one rule for generation, scoring and search.

A step ends at a blank line, at the end of a line that opens with a number or a bullet's own mark
("2. ...", "Step 3: ..."), or where a mark of the model's own stands; never inside a code fence
or a displayed formula, and not before it is long enough to say something. The rule looks at what
is written and never ahead, so that an engine can apply it token by token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBERED = re.compile(r"\s*(?:#+\s*|\*\*\s*)?(?:step\s+)?\d+\s*[.):]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StepRule:
    """What ends a step.

    Args:
        marks: texts that end a step, and belong to it.
        numbered: whether the line that a numbered step opens with ends it too.
        min_chars: a shorter step goes on.
    """

    marks: tuple[str, ...] = ("\n\n",)
    numbered: bool = True
    min_chars: int = 20

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
        if not rest.strip() and steps:
            steps[-1] += rest
        elif rest:
            steps.append(rest)
        return steps

    def _end(self, step: str, before: str, seen: int) -> int:
        """How long the step is when it has ended, else -1."""
        marks = (*self.marks, "\n") if self.numbered and NUMBERED.match(step) else self.marks
        ends = []
        for mark in marks:
            at = step.find(mark, max(0, seen - len(mark) + 1))
            while at >= 0 and not self._counts(step[:at], before):
                at = step.find(mark, at + 1)
            if at >= 0:
                ends.append(at + len(mark))
        if not ends:
            return -1
        end = min(ends)
        return end + len(step[end:]) - len(step[end:].lstrip("\n"))

    def _counts(self, said: str, before: str) -> bool:
        said_all = before + said
        return (
            len(said.strip()) >= max(1, self.min_chars)
            and said_all.count("```") % 2 == 0
            and said_all.count("$$") % 2 == 0
            and said_all.count("\\[") <= said_all.count("\\]")
        )


STEPS = StepRule()
"""The rule for replies of chat models."""
