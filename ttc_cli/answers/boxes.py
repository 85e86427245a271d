r"""Boxes: what stands in `\boxed{}`, and which of several is meant."""

from __future__ import annotations

import re

from ttc_cli.answers.names import pattern

BOX = re.compile(r"(?:\\(?:framebox|fbox|boxed)|\x08oxed|(?<![\w\\])boxed)\s*\{")
"""A box, also one whose backslash was lost: JSON and Python read \\b as a backspace."""
EMPTY = re.compile(r"(?:[\s.…_?$]|\\(?:[,;:! ]|$)|(?:\\(?:text|mathrm)\s*)?\{\s*\})*")
PLACEHOLDER = re.compile(
    r"(?i)[\s.…_?]*|\\l?dots|\[?(?:your |final |the )?answer(?: here)?\]?|\\text\{answer\}"
)


def boxes(text: str) -> tuple[list[tuple[int, int, str]], int | None]:
    """(start, end, content) of the last closed boxes, and where a last one starts that is open."""
    found, at, opened = list[tuple[int, int, str]](), 0, None
    for box in list(BOX.finditer(text))[-64:]:
        if box.start() < at:
            continue
        depth, opened = 1, box.start()
        for brace in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, box.end()):
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            if depth == 0:
                at, opened = brace.end(), None
                inner = text[box.end() : at - 1].strip()
                inside = boxes(inner)[0] if BOX.match(inner) else []
                inner = _ungrouped(inside[-1][2] if inside else inner)
                found.append((box.start(), at, inner))
                break
    return found, opened


def _ungrouped(inner: str) -> str:
    """What a box holds without the braces that only group it: {{42}}."""
    while inner.startswith("{") and inner.endswith("}") and not inner.endswith("\\}"):
        depth, middle = 0, False
        for brace in re.finditer(r"\\.|[{}]", inner[:-1]):
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            middle |= depth == 0
        if middle:
            break
        inner = inner[1:-1].strip()
    return inner


def content(text: str) -> str | None:
    r"""The content of the last closed `\\boxed{}`; of all that stand side by side at the end."""
    said = [one for one in boxes(text)[0] if not EMPTY.fullmatch(one[2])]
    said = [one for one in said if not PLACEHOLDER.fullmatch(one[2])]
    if not said:
        match = re.search(r"\\boxed\s+(\w+)", text)
        return match[1] if match else None
    group = [said[-1]]
    for one in reversed(said[:-1]):
        if not pattern("between boxes").fullmatch(text[one[1] : group[0][0]]):
            break
        group.insert(0, one)
    if len({one[2] for one in group}) == 1:
        return group[0][2]
    names = [re.search(r"([a-zA-Z]\w?)\s*=[\s$]*$", text[: one[0]]) for one in group]
    named = all(names)
    pairs = zip(names, group, strict=True)
    return ", ".join(f"{n[1]} = {one[2]}" if n and named else one[2] for n, one in pairs)
