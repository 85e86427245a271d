"""Rules that find the answer of a reply which does not announce it: by its form, or its last line.

Each is a plain function of the reply; `find` has their order.
"""

from __future__ import annotations

import re

from ttc_cli.answers import asked, scan
from ttc_cli.answers.names import PERCENT, pattern
from ttc_cli.answers.objects import canonical_json, loads, objects_in
from ttc_cli.answers.parse import parse
from ttc_cli.answers.phrases import BOLD, FORMULA, PHRASE
from ttc_cli.answers.reply import Reply, brief, sentence, unlabelled
from ttc_cli.answers.several import ITEM_MARK, clause, side_by_side, unnamed
from ttc_cli.answers.source import FENCE, looks_like_code

_HASHES = re.compile(r"####\s*(\S[^\n]*)")
_CLAUSES = re.compile(
    r"(?<=\D[.!])\s+(?=[A-Z])|,?\s+(?:so|thus|therefore|hence)\s+(?!that\b|much\b|many\b|far\b|on\b)"
)  # sentences, and what follows from them
_TOTAL = re.compile(r",? (?:for|making|giving) a total of .*")
_EACH = re.compile(
    r"(?i)how (?:many|much)\b(?:(?!\b(?:if|when|with|total|at)\b).)*(?<!\d )\beach\b"
)


def hashes(reply: Reply) -> str | None:
    """GSM8K's `#### 42`; a markdown heading of that depth is not one."""
    for found in reversed([*_HASHES.finditer(reply.text)]):
        said = found[1]
        # "#### Step 3" is a heading unless it is the last line
        stated = re.search(r"\d", said) or not reply.text[found.end() :].strip()
        heading = re.match(r"(?i)\**(?:step|part|case|\d+\.\s)", said)
        if brief(said) and said.rstrip("* ")[-1:] != ":" and stated and not heading:
            return sentence(said)
    return None


def json_field(reply: Reply) -> str | None:
    """The answer field of the last JSON object; for kind json, the whole object."""
    if reply.kind == "json" and (whole := loads(reply.text.strip())) is not None:
        return canonical_json(whole)
    for value in reversed(objects_in(reply.text)):
        if reply.kind == "json":
            return canonical_json(value)
        fields = {re.sub(r"\W|_", "", str(key).lower()): item for key, item in value.items()}
        names = [name for name in ("finalanswer", "answer", "result") if name in fields]
        if names:
            answer = fields[names[0]]
            return answer if isinstance(answer, str) else canonical_json(answer)
    return None


def code(reply: Reply) -> str | None:
    """The last fenced block: where the reply ends with it, or anywhere for kind code."""
    wanted, blocks = reply.kind == "code", list(FENCE.finditer(reply.text))
    if blocks and (wanted or not reply.text[blocks[-1].end() :].strip()):
        return blocks[-1][2].rstrip()
    whole = wanted and "```" not in reply.text and looks_like_code(reply.text)
    return reply.text if whole else None


def bold(reply: Reply) -> str | None:
    """The last bold text of the last line, unless it is a heading."""
    line = reply.last
    found = [(m[1] or m[2], *m.span()) for m in BOLD.finditer(line)]
    said = [one for one in found if ":" not in (one[0][-1], line[one[2] :][:1])]
    if not said or (several := side_by_side(said, line)):
        return several if said else None
    told = clause(line.replace("*", ""), reply.question) if len(said) > 1 else None
    last = next((one[0] for one in said if told and one[0] in told), said[-1][0])
    label, _, value = last.rpartition(": ")
    last = value if label and parse(value).kind != "text" else last
    return sentence(last) if brief(last) else None


def maths(reply: Reply) -> str | None:
    """The last formula, when no number follows it in the reply's last lines."""
    if not (formulas := list(FORMULA.finditer(reply.text))):
        return None
    said = [(next(filter(None, one.groups())), *one.span()) for one in formulas]
    inner = side_by_side(said, reply.text) or said[-1][0]
    # "$5 and a tip of $3": what lies between two prices is no formula
    prose = re.search(r"[a-z]{3,} [a-z]{2,}", inner)
    followed = re.search(r"\d|\n\n\S", reply.text[formulas[-1].end() :])
    return inner.strip() if not followed and not prose and brief(inner) else None


def number(reply: Reply) -> str | None:
    """The value that the last line tells; for kind number, the last line that tells one."""
    wanted = asked.wanted(reply.question)
    counted = wanted is not None and wanted.kind == "quantity"
    if counted and pattern("none").fullmatch(sentence(reply.last)):
        return "0"
    rest_asked = pattern("asks the rest").search(asked.last(reply.question))
    each = _EACH.search(asked.last(reply.question))
    lines = reply.text.split("\n")[-12:] if reply.kind == "number" else [reply.last]
    for line in reversed(lines):
        if line.rstrip().endswith("?") or pattern("unknowing").match(line):
            continue
        # the last sentence that has a value
        told = unlabelled(ITEM_MARK.sub("", line))
        told = _TOTAL.sub("", told) if each else told
        for said in reversed(_CLAUSES.split(told)):
            if named := _called(said, reply.question):
                return named
            if (left := pattern("remainder").search(said)) and not rest_asked:
                return f"{left[1]} remainder {left[2]}"
            part = clause(said, reply.question)
            if part == said and brief(said):
                return sentence(said)
            said = part or said
            if one := scan.told(said, wanted):
                return said[one.start : one.end].strip() + _lost(said, one, reply.question)
    return "0" if counted and pattern("none").match(reply.last) else None


def _lost(said: str, one: scan.Seen, question: str) -> str:
    """What makes a share one that something decreased by, unless the question says that."""
    fell = pattern("lost").search(said[: one.start])
    share = one.value.dimension == PERCENT and not one.value.change
    return " decrease" if fell and share and not pattern("lost word").search(question) else ""


def _called(said: str, question: str) -> str | None:
    """The number behind the name of what was asked for: "3 with a remainder of 2"."""
    form = asked.read(question)
    if form is None or form.shape != "same" or form.noun or not form.rest:
        return None
    named = [*re.finditer(rf"(?i)\ba {re.escape(form.rest[0])} of ", said)]
    found = scan.seen(said[named[-1].end() :]) if named else []
    return said[named[-1].end() :][: found[0].end] if found and not found[0].start else None


def line(reply: Reply) -> str | None:
    """The last line, when it is short enough to be an answer and is no closing courtesy."""
    last = reply.last
    if reply.kind in (None, "word") and (
        verdict := pattern("verdict").match(unlabelled(reply.text.lstrip()))
    ):
        return verdict[1]
    item = not reply.alone and ITEM_MARK.match(last) and reply.kind != "list"
    courtesy = pattern("pleasantry").search(last) or pattern("unknowing").match(last)
    if not brief(last) or courtesy or item or last.endswith(("?", ":")) or PHRASE.search(last):
        return None
    last = ITEM_MARK.sub("", last) if reply.alone else last
    last = pattern("replies").sub("", last) if pattern("asks").search(reply.text) else last
    return sentence(unnamed(unlabelled(last), reply.question)) or None
