"""Finds in a reply the part that has the form asked for; makes grammars that hold a model to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from ttc_cli.prompts.forms.constraint import STATEMENT, Constraint, brief

_BLOCK = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
_FENCE_LINE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*(?:\n|\Z)", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)([^\n]+?)(?<=\S)\1")
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_ITEM_LINE = re.compile(r"^[ \t]*(?:[-*•–]|\d{1,2}[.)])[ \t]+\S.*$", re.MULTILINE)
_NUMBERED = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]+", re.MULTILINE)
_MARK = re.compile(r"^[ \t]*(?:[-*•–]|\d{1,2}[.)])[ \t]+")
_TABLE_LINE = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
_INLINE_CODE = re.compile(r"`([^`\n]+)`")
_LETTER = re.compile(r"\(?\b([A-Za-z])\b(?:[).:]|$)")
_CLAUSE = re.compile(
    r"(?<=\w)(?:[,;:]? (?:and|und|et|y|but|aber|mais|pero|while|so|by)\b|[:;,]| \(| [–—-] )"
)
"""Where a line may end before its end."""
_BY = re.compile(
    r"[^.!?\n]{1,80}?\b(?:(?:was|were|is|are) \w+ by|(?:wurden?|werden|wird) (?:von|durch)|"
    r"(?:a|ont) été \w+ par|fue(?:ron)? \w+ por) (?P<what>[^.!?,\n]{1,40}?)"
    r"(?: (?:ge|er|ver|be|ent)\w+(?:t|en))?[.!]?"
)
"""A sentence that says who did something."""
_SIGNED = 6  # words after a close, such as who signs


def mended(reply: str, wanted: Sequence[Constraint]) -> str | None:
    """The reply, or the part of it that has every form wanted; None where no part has.

    What is left away is what was not asked for: a fence, a sentence ahead of a list, emphasis.
    Nothing is put in.
    """
    for part in dict.fromkeys(part.strip() for part in _parts(reply, wanted)):
        for shown in dict.fromkeys(_polished(part, wanted)):
            if shown and all(one.holds(shown) for one in wanted):
                return shown
    return None


def shortened(reply: str, wanted: Sequence[Constraint]) -> str | None:
    """A line that is too long, up to the last place where it may end; None where none fits."""
    most = next((one.most for one in wanted if one.kind == "characters"), 0)
    ends = [end.start() for end in _CLAUSE.finditer(reply) if most // 2 <= end.start() <= most]
    return mended(reply[: ends[-1]], wanted) if ends and "\n" not in reply.strip() else None


def failing(reply: str, wanted: Sequence[Constraint]) -> list[Constraint]:
    """What a reply lacks."""
    return [one for one in wanted if not one.holds(reply)]


def _parts(reply: str, wanted: Sequence[Constraint]) -> Iterator[str]:
    kinds = {one.kind for one in wanted}
    yield reply
    blocks = [found[2] for found in _BLOCK.finditer(reply)]
    if len(blocks) == 1 and kinds - {"unfenced", "plain", "language"}:
        yield blocks[0]
    if kinds & {"unfenced", "plain", "code", "upper", "lower"} and (blocks or "```" in reply):
        yield _FENCE_LINE.sub("", reply)
    if "json" in kinds:
        yield from _values(reply)
    if kinds & {"items"}:
        items = "\n".join(_ITEM_LINE.findall(reply))
        yield items
        yield _NUMBERED.sub("- ", items)
        bare = [_MARK.sub("", line) for line in items.split("\n")]
        yield "\n".join(f"{at}. {line}" for at, line in enumerate(bare, 1))
    if kinds & {"rows", "table", "bare"} and len(rows := _TABLE_LINE.findall(reply)) > 2:
        yield "\n".join(rows)
    if kinds & {"code"} and len(spans := _INLINE_CODE.findall(reply)) == 1:
        yield spans[0]
    if "letter" in kinds and (letter := _LETTER.match(reply.strip())):
        yield letter[1]
    lines = reply.strip().split("\n")
    if len(lines) > 1 and lines[0].rstrip().endswith(":"):
        yield "\n".join(lines[1:])
    if brief(wanted) and (
        states := _BY.fullmatch(reply.strip()) or STATEMENT.fullmatch(reply.strip())
    ):
        yield states["what"]
    yield from _cut(reply, wanted)
    if ":" in reply and len(lines) == 1 and brief(wanted):
        yield reply.rpartition(": ")[2]


def _cut(reply: str, wanted: Sequence[Constraint]) -> Iterator[str]:
    """A reply without what stands ahead of its start or after its close, or in fewer paragraphs."""
    for one in wanted:
        if one.kind == "starts" and (at := _line(reply, one.of)) is not None:
            yield one.of + reply[at + len(one.of) :]
        at = reply.casefold().rfind(one.of.casefold()) if one.kind == "ends" else -1
        if at >= 0 and len(reply[at + len(one.of) :].split()) <= _SIGNED:
            yield reply[:at] + one.of
        if one.kind == "paragraphs" and "```" not in reply:
            yield _joined(reply, one.most)


def _line(reply: str, start: str) -> int | None:
    """Where a line begins with some words, large or small; None where none does."""
    found = re.search(rf"^[ \t]*(?={re.escape(start)})", reply, re.MULTILINE | re.IGNORECASE)
    return found.end() if found else None


def _joined(reply: str, most: int) -> str:
    """A text whose last paragraphs are one, so that there are no more than so many."""
    parts = re.split(r"\n\s*\n", reply.strip())
    if most < 1 or len(parts) <= most or any(map(_MARK.match, parts)):
        return reply
    return "\n\n".join([*parts[: most - 1], " ".join(parts[most - 1 :])])


def _polished(part: str, wanted: Sequence[Constraint]) -> Iterator[str]:
    """A part as it is, and as small changes of its dress make it."""
    kinds = {one.kind for one in wanted}
    if brief(wanted):
        bare = part.strip().strip('*_`"“”„«» ').rstrip(".").strip('*_`"“”„«» ')
        part = bare if "\n" not in bare else part
    if "plain" in kinds:
        part = _HEADING.sub("", _EMPHASIS.sub(r"\2", part))
    if "verdict" in kinds and (first := re.match(r"\W*(\w+)\b(?=[,.!;:]|\s*$)", part)):
        yield first[1]
    if "upper" in kinds:
        part = part.upper()
    elif "lower" in kinds:
        part = part.lower()
    yield part
    if "quotes" in kinds:
        yield '"' + part.strip('"“”') + '"'
    if any(one.kind == "lines" and one.most == 1 for one in wanted):
        yield " ".join(part.split())


def _values(reply: str) -> Iterator[str]:
    """The last JSON object or list that is not much shorter than the longest; no JSON Lines."""
    found, after = list[str](), 0
    for start in (match.start() for match in re.finditer(r"[{\[]", reply[:20_000])):
        if start < after:
            continue
        try:
            _, end = json.JSONDecoder().raw_decode(reply, start)
        except (ValueError, RecursionError):
            continue
        value = reply[start:end]
        follows = found and found[-1][0] == value[0] == "{" and found[-1] != value
        if follows and not reply[after:start].strip(" ,\n"):
            return
        found.append(value)
        after = end
    longest = max(map(len, found), default=0)
    yield from [one for one in found if 2 * len(one) >= longest][-1:]


_MOST = 40  # items beyond which counting them is left to the model


_CELLS = r"""row ::= "|" (" " [^|\n]{1,60} " |"){2,6}
rule ::= "|" ("---|"){2,6}"""
_MARKS = {"-": '"- " ', "": '"- " ', "1": '[1-9] [0-9]? ". " '}


def grammar(wanted: Sequence[Constraint]) -> str:
    """GBNF with the rule `root`; empty where no form wanted is of these."""
    rows = next((one for one in wanted if one.kind == "rows"), None)
    if any(one.kind == "table" for one in wanted) and (rows is None or 0 < rows.least <= _MOST):
        many = f"{rows.least},{min(rows.most, _MOST)}" if rows else f"1,{_MOST}"
        return f'root ::= row "\\n" rule ("\\n" row){{{many}}}\n{_CELLS}'
    for one in wanted:
        if one.kind not in ("items", "lines") or one.least > _MOST or one.within(0):
            continue
        mark = _MARKS[one.of] if one.kind == "items" else ""
        more = f"{one.least - 1},{min(one.most, _MOST) - 1}"
        return f'root ::= line ("\\n" line){{{more}}}\nline ::= {mark}[^\\n]{{1,160}}'
    return ""
