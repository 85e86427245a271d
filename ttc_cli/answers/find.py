"""From a model's reply to its short answer, with the rule that found it.

The rules are tried in order, the most deliberate statement first; each is a plain function of the
reply, and the first whose find suits the expected kind wins. A truncated statement (an unclosed
or empty box, an unclosed tag or thought) is no answer: it would vote for a number from the middle
of the work. Nor is what says that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ttc_cli.answers import asked, restated, scan
from ttc_cli.answers.boxes import BOX, EMPTY, PLACEHOLDER, boxes, content
from ttc_cli.answers.letters import choice, meant
from ttc_cli.answers.names import pattern
from ttc_cli.answers.objects import canonical_json, loads, objects_in
from ttc_cli.answers.parse import parse
from ttc_cli.answers.phrases import BOLD, FORMULA, PHRASE, after, phrase
from ttc_cli.answers.reply import Kind, Reply, brief, first_turn, sentence, unlabelled
from ttc_cli.answers.source import FENCE, looks_like_code
from ttc_cli.answers.text import tidy
from ttc_cli.core.text import THOUGHT_TAGS

Rule = Literal[
    "tag", "boxed", "phrase", "hashes", "json", "code", "choice", "bold", "maths", "number",
    "line", "restated", "whole", "program",
]  # fmt: skip
_LONGEST = 40_000  # characters from the end; an answer is at the end
_BLANK = re.compile(r"\\\[\s*\\\]|\\\(\s*\\\)|\$\s*\$")
_HASHES = re.compile(r"####\s*(\S[^\n]*)")
_TWICE_OPENED = re.compile(r"<answer>([^<>]{1,200})<answer>\s*$")
_NOTE = re.compile(
    r"(?im)^[ \t]*[*_#>-]{0,4}[ \t]*(?:explanation|verification|check|reason(?:ing)?|note|proof|"
    r"justification|working|erklärung|begründung|explication|explicación)\b[*_]{0,3}\s*:|"
    r"^[ \t]*(?:-{3,}|\*{3,})[ \t]*$"
)
_ITEM_MARK = re.compile(r"^[ \t]*(?:\d{1,2}[.)]\s+|[-*•]\s+|#+\s)", re.MULTILINE)
_CLAUSES = re.compile(
    r"(?<=\D[.!])\s+(?=[A-Z])|,?\s+(?:so|thus|therefore|hence)\s+(?!that\b|much\b|many\b|far\b|on\b)"
)  # sentences, and what follows from them
_FREE = (None, "word", "text")  # kinds whose answer may be any words


@dataclass(frozen=True)
class Extracted:
    """A short answer, and the rule that found it."""

    text: str
    rule: Rule


_RuleFunction = Callable[[Reply], str | None]


def extract(text: str, kind: Kind | None = None, question: str = "") -> Extracted | None:
    """The short answer of a reply; None when it has none, as prose and cut-off replies do.

    Args:
        text: the reply; a thought in `<think>` tags and everything after an end mark is ignored.
        kind: what the task asks for, when known; a rule whose find does not suit is passed over.
        question: what was asked, when known: its form decides which value is the answer, and what
            a sentence restates of it is not.
    """
    said = text.rpartition("</think>")[2]
    for _, closer in THOUGHT_TAGS:
        rest = said.rpartition(closer)[2]
        said = rest if rest.strip() else said  # reasons may stand after the answer
    if "</answer" not in said:
        said = _TWICE_OPENED.sub(r"<answer>\1</answer>", said)
    end = pattern("end mark").search(said)
    said = said[: end.start() if end else None][-_LONGEST:].rstrip()
    if "<think>" in said or not said.strip():
        return None
    opened = pattern("open tag").search(said)
    said = pattern("courtesy").sub("", first_turn(said[: opened.start()] if opened else said))
    closed, open_box = boxes(said)
    rules = _ORDERS.get(kind, _ORDER)
    if kind != "code" and any(EMPTY.fullmatch(inner) for _, _, inner in closed):
        # what it wanted to box it did not know
        rules = _STATED if kind != "json" and EMPTY.fullmatch(closed[-1][2]) else rules
        for start, stop, inner in reversed(closed):
            said = said if not EMPTY.fullmatch(inner) else said[:start] + said[stop:]
        said, (_, open_box) = _BLANK.sub("", said), boxes(said)
    if open_box is not None and "\n" in said[open_box:].strip():
        said = said[:open_box] + BOX.sub("", said[open_box:], count=1)  # a forgotten brace
    elif open_box is not None or opened:
        said, rules = said[:open_box], (boxed,)
    elif kind not in ("json", "code") and pattern("tag").search(said):
        rules = (tag,)
    reply = Reply(said, kind, question)
    if kind not in ("json", "code", "text") and (head := _ahead_of_notes(said)):
        reply = reply if _first(_STATED, reply) else replace(reply, text=head)
    found = _first(rules, reply)
    return _shortened(found, reply) if question and kind in _FREE and rules != (boxed,) else found


def _ahead_of_notes(said: str) -> str:
    """A value that stands alone at the start, with an explanation or a check after it; or empty."""
    note = _NOTE.search(said)
    head = said[: note.start()].strip() if note else ""
    value = parse(head) if head and "\n" not in head and brief(head) else None
    return head if value and value.kind not in ("text", "code") else ""


def _first(rules: Sequence[_RuleFunction], reply: Reply) -> Extracted | None:
    for rule in rules:
        found = rule(reply)
        if found and (answer := _suits(found, reply)):
            name = "json" if rule is json_field else rule.__name__
            name = "whole" if rule is code and found == reply.text else name
            return Extracted(answer, name)  # type: ignore[arg-type]  # names of functions are rules
    return None


def _shortened(found: Extracted | None, reply: Reply) -> Extracted | None:
    """The find without what it restates of the question; where that is the last line, all of it."""
    answer, rule = None, found.rule if found else "line"
    if found and rule in ("tag", "boxed", "hashes", "json"):
        answer = restated.short(tidy(found.text), reply.question)
    elif found and rule == "phrase":
        said = [after(reply.text, match) for match in PHRASE.finditer(reply.text)]
        answer = restated.short(said[-1] if said else "", reply.question)
    elif rule not in ("code", "whole"):
        answer = restated.short(reply.last, reply.question)
        rule = "restated" if answer and reply.alone else rule
    again = answer and _first(_ORDERS.get(reply.kind, _ORDER), replace(reply, text=answer))
    if again:
        found = Extracted(again.text, rule)
    elif found and rule == "number" and reply.alone and asked.yes_or_no(reply.question):
        # the number is of what was asked about
        return Extracted(sentence(reply.last), "line") if brief(reply.last) else None
    return found and replace(found, text=restated.bare(found.text, reply.question))


def _suits(text: str, reply: Reply) -> str | None:
    """The find as the kind wants it, None when it cannot be of that kind."""
    kind = reply.kind
    if PLACEHOLDER.fullmatch(text):
        return None
    if kind == "number":
        known = ("number", "quantity", "formula", "assignment", "ratio", "range")
        return text if re.search(r"\d|\\|π|∞|\bpi\b", text) or parse(text).kind in known else None
    if kind == "choice":
        return meant(tidy(text), reply.question)
    if kind == "date":
        return text if re.search(r"\d", text) or parse(text).kind in ("date", "clock") else None
    return text if kind != "json" or text[:1] in '{["' or loads(text) is not None else None


def tag(reply: Reply) -> str | None:
    """What stands between `<answer>` and `</answer>`, or another tag that means the same."""
    inner = next((m[2] for m in reversed([*pattern("tag").finditer(reply.text)])), "")
    inner = pattern("inner tag").sub("", inner).strip()
    if brief(inner) and "\n" not in inner and not BOX.search(inner) and not PHRASE.search(inner):
        told = parse(inner).kind == "text" and extract(inner, reply.kind, reply.question)
        inner = told.text if told and told.rule in ("number", "choice") else inner
        return None if pattern("unknowing").match(inner) else inner
    items = [line for line in inner.split("\n") if line.strip()]
    if len(items) > 1 and all(_ITEM_MARK.match(line) and brief(line) for line in items):
        return ", ".join(_ITEM_MARK.sub("", line).strip() for line in items)
    found = extract(inner, reply.kind, reply.question)
    return found.text if found else None


def boxed(reply: Reply) -> str | None:
    r"""The content of the last closed `\\boxed{}`; of all that stand side by side at the end."""
    found = content(reply.text)
    announced = PHRASE.search(tidy(found)) if found else None
    rest = tidy(found)[announced.end() :].strip(" :") if found and announced else ""
    return rest or found


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
    found = [(m[1] or m[2], line[m.end() :][:1]) for m in BOLD.finditer(line)]
    said = [bold_ for bold_, then in found if ":" not in (bold_[-1], then)]
    return sentence(said[-1]) if said and brief(said[-1]) else None


def maths(reply: Reply) -> str | None:
    """The last formula, when no number follows it in the reply's last lines."""
    if not (formulas := list(FORMULA.finditer(reply.text))):
        return None
    inner = next(group for group in formulas[-1].groups() if group)
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
    lines = reply.text.split("\n")[-12:] if reply.kind == "number" else [reply.last]
    for line in reversed(lines):
        if line.rstrip().endswith("?") or pattern("unknowing").match(line):
            continue
        # the last sentence that has a value
        told = unlabelled(_ITEM_MARK.sub("", line))
        for said in reversed(_CLAUSES.split(told)):
            if named := _called(said, reply.question):
                return named
            if one := scan.told(said, wanted):
                return said[one.start : one.end].strip()
    return "0" if counted and pattern("none").match(reply.last) else None


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
    item = not reply.alone and _ITEM_MARK.match(last) and reply.kind != "list"
    courtesy = pattern("pleasantry").search(last) or pattern("unknowing").match(last)
    if not brief(last) or courtesy or item or last.endswith(("?", ":")) or PHRASE.search(last):
        return None
    last = pattern("replies").sub("", last) if pattern("asks").search(reply.text) else last
    return sentence(unlabelled(last)) or None


_STATED: tuple[_RuleFunction, ...] = (tag, boxed, phrase, hashes)
_ORDER = (*_STATED, json_field, code, choice, bold, maths, number, line)
_ORDERS: dict[Kind | None, tuple[_RuleFunction, ...]] = {
    "json": (json_field, *_STATED), "code": (code,), "choice": (*_STATED, json_field, choice, bold),
    "word": (*_STATED, json_field, bold, line), "date": (*_STATED, json_field, bold, number, line),
    "text": (*_STATED, json_field, line),
}  # fmt: skip
