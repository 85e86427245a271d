"""Answers in several parts: the lines of a list, x = 4 and y = 3, Tom is 12 and Ann is 8.

The last part alone would be half of the answer, and the same half of different ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ttc_cli.answers import asked, scan
from ttc_cli.answers.names import pattern, words
from ttc_cli.answers.parse import parse
from ttc_cli.answers.reply import Reply, brief
from ttc_cli.answers.value import Value

ITEM_MARK = re.compile(r"^[ \t]*(?:\d{1,2}[.)]\s+|[-*•]\s+|#+\s)", re.MULTILINE)
_LABEL = re.compile(r"[*_]*([^\W\d_][^\n:=|]{0,30}?)[*_]*:[*_]*\s+(?=\S)")
_PARTS = re.compile(r",?\s+(?:and|but|while|und|et|y|e)\s+|[,;]\s+(?!\d|for a total)")
_ARE = re.compile(
    r"(?i)\b(?:solutions|roots|zeros|factors|values|answers|numbers)\b[^.!?:\n]{0,80}\bare:?\W*$"
)
TOLD = re.compile(rf"(?i)\S+.*?(?:\b(?:{words('tells')})\b|[:=])\s*$")
_WORDS_OF_AN_ITEM = 4
_COMMON = frozenset(
    map(asked.stem, [*asked.COPULAS, *asked.PREPOSITIONS, *words("common").split()])
)
"""Stems that tell no part of a sentence from another."""


@dataclass(frozen=True)
class _Item:
    """A line that may be one of several: what it names (empty: nothing), and what it says."""

    name: str
    text: str
    value: Value
    marked: bool

    def alike(self, other: _Item) -> bool:
        return (bool(self.name), self.marked) == (bool(other.name), other.marked)


def items(reply: Reply) -> str | None:
    """The lines at the end that are one answer: a list, or the values of all that was asked for."""
    wanted = asked.wanted(reply.question)
    if reply.kind not in (None, "list") or (wanted is not None and wanted.kind == "quantity"):
        return None
    lines = [line for line in reply.text.strip().split("\n") if line.strip()]
    found: list[_Item] = []
    while lines and (one := _item(lines[-1])) and (not found or one.alike(found[0])):
        found.insert(0, one)
        lines.pop()
    if len(found) < 2 or (lines and not lines[-1].rstrip(" *_").endswith(":")):
        return None
    if found[0].name:
        return _together([one.text for one in found], reply.question)
    asks = reply.kind == "list" or pattern("asks for several").search(reply.question)
    short = found[0].marked or (not lines and len(found) > 2 and _all_words(found))
    return ", ".join(one.text for one in found) if asks and short else None


def _item(line: str) -> _Item | None:
    mark = ITEM_MARK.match(line)
    text = line[mark.end() if mark else 0 :].strip().rstrip(".,;")
    if not brief(text) or text.endswith(("?", ":")) or pattern("unknowing").match(text):
        return None
    value, label = parse(text), _LABEL.match(text)
    if value.kind == "assignment":
        return _Item(value.name, text, value, bool(mark))
    if label:
        told = parse(text[label.end() :])
        return _Item(label[1], text, told, bool(mark)) if told.kind != "text" else None
    few = len(text.split()) <= _WORDS_OF_AN_ITEM and not re.search(r"[.!?=]", text)
    typed = value.kind not in ("text", "relation", "code") and "=" not in text
    return _Item("", text, value, bool(mark)) if typed or few else None


def _all_words(found: Sequence[_Item]) -> bool:
    return all(one.value.kind == "text" and not re.search(r"\d", one.text) for one in found)


def _together(parts: Sequence[str], question: str) -> str | None:
    """Named values as one answer, if the question names each of them and none is named twice."""
    names = [_name(part) for part in parts]
    said = {asked.stem(word.text) for word in asked.words(question)}
    known = all(name and {asked.stem(w.text) for w in asked.words(name)} <= said for name in names)
    return ", ".join(parts) if known and len(set(names)) == len(names) else None


def _name(part: str) -> str:
    value, label = parse(part), _LABEL.match(part)
    return value.name if value.kind == "assignment" else label[1] if label else ""


def unnamed(line: str, question: str) -> str:
    """A line without a label at its start that the question names: "Invoice number: INV-7"."""
    label = _LABEL.match(line)
    return line[label.end() :] if label and _together([line], question) else line


def side_by_side(said: Sequence[tuple[str, int, int]], text: str) -> str | None:
    """Named values that stand side by side at the end of a text, with nothing but "and" between.

    Args:
        said: what each says, and where it begins and ends in the text.
    """
    last = [said[-1]] if said else []
    for one in reversed(said[:-1]):
        between = text[one[2] : last[0][1]]
        if not pattern("between boxes").fullmatch(between):
            break
        last.insert(0, one)
    parts = [part.strip() for part, _, _ in last]
    named = all(parse(part).kind == "assignment" for part in parts)
    different = len({parse(part).name for part in parts}) == len(parts)
    listed = _ARE.search(text[: last[0][1]]) if last else None  # the roots are $2$ and $3$
    return ", ".join(parts) if len(parts) > 1 and (listed or (named and different)) else None


def clause(said: str, question: str) -> str | None:
    """The part of a sentence that tells what was asked for, where it tells several values alike.

    "Tom is 12 and Ann is 8" tells 8 to who asks for Ann, and all of it to who asks for both. None
    where the words ahead of the values do not say which it is.
    """
    parts = [part for part in _clauses(said) if scan.seen(part)]
    told = [(part[: one.start], one) for part in parts if (one := scan.told(part))]
    if len(told) < 2 or len(told) != len(parts):
        return None
    first = told[0][1].value
    if any(
        (one.value.kind, one.value.dimension) != (first.kind, first.dimension) for _, one in told
    ):
        return None
    wanted = {asked.stem(w.text) for w in asked.words(asked.last(question))} - _COMMON
    mine = [wanted & {asked.stem(w.text) for w in asked.words(ahead)} for ahead, _ in told]
    own = [one.difference(*mine[:at], *mine[at + 1 :]) for at, one in enumerate(mine)]
    if all(own):
        both = re.search(r"(?i)\b(?:and|both|each|und|et|y|e)\b", asked.last(question))
        return said if both and all(TOLD.fullmatch(ahead) for ahead, _ in told) else None
    chosen = [at for at, one in enumerate(own) if one]
    sure = len(chosen) == 1 and TOLD.fullmatch(told[chosen[0]][0])
    return parts[chosen[0]] if sure else None


def _clauses(said: str) -> list[str]:
    """A sentence cut where its values are not: "3 hours and 25 minutes" is one."""
    values = [range(one.start, one.end) for one in scan.seen(said)]
    cuts = [m.span() for m in _PARTS.finditer(said) if all(m.start() not in v for v in values)]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(said)]
    return [said[start:end] for start, end in zip(starts, ends, strict=True)]
