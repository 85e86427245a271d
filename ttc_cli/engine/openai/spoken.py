"""What a message or a delta says: its text and its thoughts, in whatever form they come.

Content is a text or a list of parts; thoughts stand in fields of their own, in parts, in tags, or
ahead of a closing tag that nothing opened, because the server's template opened it.
"""

from __future__ import annotations

import re
from typing import Any

from ttc_cli.core.tags import THOUGHT_TAGS
from ttc_cli.engine.openai.told import text

OPEN, CLOSE = "<think>\n", "\n</think>\n\n"
FIELDS = ("reasoning_content", "reasoning", "thinking")
"""Of a delta, where thoughts stand; the first one that is there counts."""
THOUGHTS = frozenset((
    "thinking", "reasoning", "reasoning_text", "summary_text", "thought", "redacted_thinking",
))  # fmt: skip
"""Types of parts that hold thoughts."""
TEXTS = frozenset(("text", "output_text", "refusal"))
HOLDERS = ("text", "thinking", "reasoning", "content", "summary", "refusal")
"""Names under which a part keeps what it says."""
CLOSERS = {closer: opener for opener, closer in THOUGHT_TAGS}
BEGINS = 12
"""Characters that show whether a reply begins as thoughts do."""
THOUGHTFUL = re.compile(
    r"(okay|ok|alright|all right|hmm|wait|now|let me|let's|let us|so|first|well|i need|i have to"
    r"|i should|i'll|i will|we need|we have|we are|the user|the question|the problem|to solve"
    r"|to find|to figure|got it|thinking|also|oh|right)\b|[好嗯首让我用]",
    re.IGNORECASE,
)
"""How models that think begin; a reply that does may be a thought whose opening was not sent."""


def spoken(delta: dict[str, Any]) -> tuple[str, str]:
    """(thought, text) of a delta or a message.

    >>> spoken({"reasoning": "Six.", "content": [{"type": "text", "text": "It is 6."}]})
    ('Six.', 'It is 6.')
    """
    thought, said = _said(delta.get("content"))
    apart = next((delta[name] for name in FIELDS if delta.get(name)), None)
    return "".join(_said(apart)) + thought, said + text(delta.get("refusal"), "refusal")


def _said(content: Any) -> tuple[str, str]:
    """(thought, text) of a content; a part of a type that is not known says nothing."""
    if isinstance(content, dict) and isinstance(content.get("type", "text"), str):
        content = [{"type": "text", **content}] if content.keys() & set(HOLDERS) else content
    if not isinstance(content, list):
        return "", text(content, "content")
    thoughts: list[str] = []
    texts: list[str] = []
    for part in content:
        if not isinstance(part, dict):
            texts.append(text(part, "a part of content"))
            continue
        kind = part.get("type", "text")
        inner = next((part[name] for name in HOLDERS if part.get(name)), None)
        if kind in THOUGHTS:
            thoughts += _said(inner)
        elif kind in TEXTS:
            texts.append(text(inner, "the text of a part"))
    return "".join(thoughts), "".join(texts)


class Tagger:
    """Puts thoughts in tags as they come.

    Args:
        opens: whether the server's template opens a thought: None where that is not known, and
            then a reply that begins like a thought is held back until it is.

    `opens` is what the reply has shown of that.
    """

    def __init__(self, opens: bool | None) -> None:
        self.opens = opens
        self._apart = False  # a thought in a field of its own is open
        self._held = OPEN if opens else ""
        self._holds = opens is None

    def feed(self, thought: str, said: str) -> str:
        """What a delta adds to the reply."""
        if thought or self._apart:
            self._holds, self.opens = False, False if self.opens is None else self.opens
            self._held = ""
        if thought and not self._apart:
            thought, self._apart = OPEN + thought, True
        if said and self._apart:
            said, self._apart = CLOSE + said, False
        return thought + self._through(said)

    def end(self) -> str:
        """What was held back, when nothing follows."""
        held, self._held, self._holds = self._held, "", False
        return "" if held == OPEN else held

    def _through(self, said: str) -> str:
        if not said:
            return ""
        self._held += said
        if self._holds:
            closers = [(at, c) for c in CLOSERS if (at := self._held.find(c)) >= 0]
            head = self._held.lstrip()
            if closers and not any(opener in self._held for opener in CLOSERS.values()):
                self._held = f"{CLOSERS[min(closers)[1]]}\n{self._held}"
                self.opens, self._holds = True, False
            elif closers or (len(head) >= BEGINS and not THOUGHTFUL.match(head)):
                self.opens, self._holds = False, False
        if self._holds:
            return ""
        held, self._held = self._held, ""
        return held
