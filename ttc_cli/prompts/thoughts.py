"""Tell a model's thoughts from its answer while the text is still coming in.

Rules, which hold however the text is cut into deltas:

- A thought opens with a tag that stands first on its line (so `"<think>"` in a line of code
  is code), or is open from the start because the prompt ended in the tag.
- It ends at the first closing tag. A closing tag with nothing to close is dropped, and so is
  an opening tag in a thought, when first on its line.
- White space after a tag is dropped, and so is what stands before a thought that opens the
  reply; all else comes out as it came in.
"""

from __future__ import annotations

import re
from typing import Literal

from ttc_cli.core.branch import Branch
from ttc_cli.core.programs import ran, source
from ttc_cli.core.text import THOUGHT_TAGS

Kind = Literal["thought", "answer"]
_OPENERS, _CLOSERS = (frozenset(some) for some in zip(*THOUGHT_TAGS, strict=True))
_TAGS = sorted(_OPENERS | _CLOSERS, key=len, reverse=True)
_TAG, _OPENER, _CLOSER = ("|".join(map(re.escape, some)) for some in (_TAGS, _OPENERS, _CLOSERS))


class ThoughtSplitter:
    """Splits the deltas of one reply. Holds back only what may turn out to be a tag.

    Args:
        opened: whether the prompt has already opened a thought (see `opened_by`).
    """

    def __init__(self, opened: bool) -> None:
        self._kind: Kind = "thought" if opened else "answer"
        self._held = self._space = ""  # `_space` waits for the first word of its part
        self._waiting = self._blank_line = True
        self._after_tag = opened

    @property
    def thinking(self) -> bool:
        """Whether a thought is open after what has been fed."""
        return self._kind == "thought"

    def feed(self, text: str) -> list[tuple[Kind, str]]:
        """Take a delta; what can be told apart by now, in order."""
        self._held += text
        parts: list[tuple[Kind, str]] = []
        start = 0
        for found in re.finditer(_TAG, self._held):
            parts += self._pass(self._held[start : found.start()])
            parts += self._meet(found[0])
            start = found.end()
        rest = self._held[start:]
        cut = len(rest) - self._suspicious(rest)
        parts += self._pass(rest[:cut])
        self._held = rest[cut:]
        return parts

    def finish(self) -> list[tuple[Kind, str]]:
        """The reply has ended: what was held back."""
        parts = self._pass(self._held)
        if self._waiting and self._space and not self._after_tag:
            parts.append((self._kind, self._space))
        self._held = self._space = ""
        return parts

    def _meet(self, tag: str) -> list[tuple[Kind, str]]:
        if tag in _OPENERS and not self._blank_line:
            return self._pass(tag)
        if tag in _OPENERS:
            self._enter("thought")
        elif self.thinking or self._waiting:
            self._enter("answer")
        return []

    def _enter(self, kind: Kind) -> None:
        self._kind, self._space = kind, ""
        self._waiting = self._after_tag = self._blank_line = True

    def _pass(self, text: str) -> list[tuple[Kind, str]]:
        if not text:
            return []
        _, newline, line = text.rpartition("\n")
        self._blank_line = not line.strip() and (bool(newline) or self._blank_line)
        if self._waiting:
            text = self._space + text
            if not text.strip():
                self._space = text
                return []
            text = text.lstrip() if self._after_tag else text
            self._space, self._waiting = "", False
        return [(self._kind, text)]

    def _suspicious(self, text: str) -> int:
        """Length of the longest end of `text` that may be the start of a tag."""
        sizes = range(min(len(text), len(_TAGS[0]) - 1), 0, -1)
        starts = (size for size in sizes if any(tag.startswith(text[-size:]) for tag in _TAGS))
        return next(starts, 0)


def split(text: str, opened: bool = False) -> tuple[str, str]:
    """(thought, answer) of a whole reply, thoughts joined and stripped of outer white space.

    Line feeds ahead of a thought that ends the reply are none of the answer's.

    All ahead of a closing tag that ends a line or begins one, and that nothing opened, is thought
    where an answer follows: whoever rendered the prompt opened it there.
    """
    splitter = ThoughtSplitter(opened or _opened_unseen(text))
    parts = splitter.feed(text) + splitter.finish()
    thought = "".join(part for kind, part in parts if kind == "thought").strip()
    answer = "".join(part for kind, part in parts if kind == "answer")
    return thought, answer.rstrip("\n") if text.rstrip().endswith(tuple(_CLOSERS)) else answer


def _opened_unseen(text: str) -> bool:
    head = re.search(rf"(?:(?:^|\n)[ \t]*(?:{_CLOSER})|(?:{_CLOSER})\s*\n)\s*\S", text)
    return head is not None and not re.search(_OPENER, text[: head.start()])


def parts(branch: Branch) -> tuple[str, str]:
    """(thought, answer) of a branch; of one that wrote a program, the program and its value."""
    if (found := ran(branch)) is not None:
        return source(branch.text), found.answer
    return split(branch.text, branch.prompt.thinking)


def opened_by(prompt: str, prefix: str = "") -> bool:
    """Whether a reply to this prompt starts inside a thought.

    Args:
        prompt: the rendered prompt, with `prefix` at its end.
        prefix: the part of the reply that is already there.
    """
    # only the tail counts: a question may well quote an opening tag
    head = prompt.removesuffix(prefix).rstrip()
    splitter = ThoughtSplitter(head.endswith(tuple(_OPENERS)))
    splitter.feed(prefix)
    return splitter.thinking
