"""What follows "the answer is", in several languages."""

from __future__ import annotations

import re
from dataclasses import replace

from ttc_cli.answers import asked, scan
from ttc_cli.answers.letters import LETTERS, offered
from ttc_cli.answers.names import pattern, words
from ttc_cli.answers.objects import objects_in
from ttc_cli.answers.parse import parse
from ttc_cli.answers.reply import Reply, brief, sentence
from ttc_cli.answers.several import TOLD, items

_MARKS = r"[*_\"' \t]*"
PHRASE = re.compile(
    "|".join(
        rf"{edge}(?:{nouns}){_MARKS}(?:{verbs})(?!n['’]t\b){_MARKS}:?"
        for verbs, nouns in words("announced").items()
        # CJK has no word boundaries
        for edge in [r"(?<![\w\"])" if nouns.isascii() or verbs.isascii() else ""]
    )
    + f"|{words('heading')}",
    re.IGNORECASE | re.MULTILINE,
)
BOLD = re.compile(r"\*\*([^*\n]+)\*\*|__([^_\n]+)__")
FORMULA = re.compile(
    r"(?s)\\\[(.{1,400}?)\\\]|\\\((.{1,400}?)\\\)|\$\$([^$]{1,400})\$\$|\$([^$\n]{1,200})\$"
)
_OPTION = re.compile(
    r"(?:(?:[Oo]ption|[Cc]hoice)\s+\(?([A-Z])\b|\(([A-Z])\)|([A-Z])(?=[).:,;]|\W*$))"
    r"(?!\W*(?:(?:and|or|und|oder|et|ou|y|o)\s+)?\(?[A-Z]\b(?![a-z']))"
)


def phrase(reply: Reply) -> str | None:
    """What follows the last "the answer is" or "Final answer:", in several languages."""
    for match in reversed([*PHRASE.finditer(reply.text)][-6:]):
        if re.search(r"[\"']\s*:\s*$", match[0]) and objects_in(reply.text):
            continue  # a field of an object
        if several := items(replace(reply, text=reply.text[match.end() :].lstrip(" *_:"))):
            return several
        line = after(reply.text, match)
        said = sentence(line)
        option = _OPTION.match(said)
        letter = option and option[option.lastindex or 0]
        if letter and letter in offered(reply.question) != LETTERS:
            return letter
        if turned := pattern("not but").match(said):
            said = turned["rest"]
        if not brief(said):
            said = _inner_value(said) or ""
        elif reply.kind in (None, "number") and parse(said).kind == "text":
            said = _value_of(said, reply) or _marked_value(line) or said
        if said and not said.startswith("```") and not pattern("unknowing").match(said):
            return said
    return None


def after(reply: str, match: re.Match[str]) -> str:
    """The line, or the formula on display, that an announcement leads to."""
    rest = reply[match.end() :].lstrip(" *_:\t")
    if rest.startswith("\n"):  # the mark of a list, and not a minus
        rest = re.sub(r"^[-*•>]\s+(?=\S)", "", rest.lstrip())
    # "**Final answer**" on a line, the answer on the next, maybe in \[ \]
    display = FORMULA.match(rest)
    line = rest.split("\n", 1)[0]
    return display[0] if display and not line[display.end() :].strip(" .*") else line


def _value_of(said: str, reply: Reply) -> str | None:
    """The value that a statement starts with, or of the kind asked for, when it says more."""
    wanted = asked.wanted(reply.question)
    if wanted and (one := scan.told(said, wanted, only=True)):
        return said[one.start : one.end]
    if value := value_at_end(said):
        return value
    found = scan.seen(said)
    first = bool(found) and not found[0].start and re.match(r"\s+[^\W\d_]", said[found[0].end :])
    return said[: found[0].end] if first else None


def value_at_end(said: str) -> str | None:
    """The one value of a statement, where that is what it ends with: the order will cost $29."""
    said = said.replace("*", "")
    found = scan.seen(said)
    alone = len(found) == 1 and not said[found[0].end :].strip()
    return said[found[0].start :] if alone and TOLD.fullmatch(said[: found[0].start]) else None


def _marked_value(line: str) -> str | None:
    """The one bold value of a statement."""
    bold = [one[1] or one[2] for one in BOLD.finditer(line)]
    return bold[0] if len(bold) == 1 and parse(bold[0]).kind != "text" else None


def _inner_value(said: str) -> str | None:
    """The one value inside a statement too long to be it: bold, a formula, or its first."""
    if bold_ := BOLD.search(said):
        return bold_[1] or bold_[2]
    if formula := FORMULA.search(said):
        return formula[0]
    found = scan.seen(said) if len(said) < 200 else []
    return said[found[0].start : found[0].end] if found else None
