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

from ttc_cli.answers import asked, restated
from ttc_cli.answers.ahead import ahead
from ttc_cli.answers.boxes import BOX, EMPTY, PLACEHOLDER, boxes, content
from ttc_cli.answers.letters import choice, meant
from ttc_cli.answers.names import pattern
from ttc_cli.answers.objects import loads
from ttc_cli.answers.parse import parse
from ttc_cli.answers.phrases import PHRASE, after, phrase
from ttc_cli.answers.reply import Kind, Reply, brief, first_turn, sentence
from ttc_cli.answers.rules import bold, code, hashes, json_field, line, maths, number
from ttc_cli.answers.several import ITEM_MARK, items
from ttc_cli.answers.structured import rounded
from ttc_cli.answers.text import tidy
from ttc_cli.core.text import THOUGHT_TAGS

Rule = Literal[
    "tag", "boxed", "phrase", "hashes", "json", "code", "choice", "bold", "maths", "number",
    "line", "restated", "whole", "program",
]  # fmt: skip
_LONGEST = 40_000  # characters from the end; an answer is at the end
_BLANK = re.compile(r"\\\[\s*\\\]|\\\(\s*\\\)|\$\s*\$")
_TWICE_OPENED = re.compile(r"<answer>([^<>]{1,200})<answer>\s*$")
_ROWS = re.compile(
    r"(?s)\\begin\{(align|aligned|gather|equation|eqnarray)(\*?)\}(.{0,2000}?)\\end\{\1\2\}"
)
_ASIDE = re.compile(r"\[\^\w{1,8}\]|<<[^<>\n]{1,80}=[^<>\n]{1,30}>>")
"""Marks of footnotes, and the sums that GSM8K has in its answers: 20+9=<<20+9=29>>29."""
_LIVED = re.compile(r"\s*\((?:born |b\. ?|\*\s?)?\d{3,4}[^()]*\)$")
_NAMES = {"json_field": "json", "items": "line"}
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
    said = _ROWS.sub(_last_row, said) if "\\end{" in said else _ASIDE.sub("", said)
    opened = pattern("open tag").search(said)
    said = pattern("courtesy").sub("", first_turn(said[: opened.start()] if opened else said))
    if kind not in ("json", "code", "text"):
        if again := _corrected(said, kind, question):
            return again
        said = _ahead_of_checks(said, kind, question)
        said = _ahead_of_next(said, kind, question)
    closed, open_box = boxes(said)
    rules = _STATED if said.endswith(" =") else _ORDERS.get(kind, _ORDER)  # cut off in a sum
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
    if kind not in ("json", "code", "text") and (head := ahead(reply)):
        reply = reply if _first(_STATED, reply) else replace(reply, text=head)
    found = _first(rules, reply)
    return _shortened(found, reply) if question and kind in _FREE and rules != (boxed,) else found


def _last_row(rows: re.Match[str]) -> str:
    """The last of the rows of a derivation, as a formula of its own."""
    row = next((row for row in reversed(re.split(r"\\\\", rows[3])) if row.strip()), "")
    return f"\\[{row.replace('&', '').strip()}\\]"


def _corrected(said: str, kind: Kind | None, question: str) -> Extracted | None:
    """What a reply says after it has taken back what it had said before."""
    taken_back = [*pattern("corrected").finditer(said)]
    rest = said[taken_back[-1].end() :] if taken_back else ""
    found = extract(rest, kind, question) if rest.strip() else None
    sure = found and (found.rule != "line" or pattern("verdict").fullmatch(found.text))
    return found if sure else None


def _ahead_of_next(said: str, kind: Kind | None, question: str) -> str:
    """A reply up to a question of its own with which it goes on after its answer."""
    following = pattern("next question").search(said)
    head = said[: following.start()] if following else ""
    if not following or " ".join(following[1].split()[:5]) in " ".join(question.split()):
        return said
    found = extract(head, kind, question) if head.strip() else None
    lone = found and (found.rule != "line" or len(head.split()) <= 3)
    return head if lone else said


def _ahead_of_checks(said: str, kind: Kind | None, question: str) -> str:
    """A reply without the check of its answer at the end, if that only says that it holds."""
    check = pattern("checks").search(said)
    head, rest = (said[: check.start()], said[check.end() :]) if check else ("", "")
    if (
        not head.strip()
        or pattern("concludes").search(rest)
        or _first(_STATED, Reply(rest, kind, ""))
    ):
        return said
    holds = brief(head) or pattern("holds").search(rest)
    return head if holds and extract(head, kind, question) else said


def _first(rules: Sequence[_RuleFunction], reply: Reply) -> Extracted | None:
    for rule in rules:
        found = rule(reply)
        if found and (answer := _suits(found, reply)):
            name = _NAMES.get(rule.__name__, rule.__name__)
            name = "whole" if rule is code and found == reply.text else name
            return Extracted(rounded(answer, reply.question), name)  # type: ignore[arg-type]  # names of functions are rules
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
        reasoned = not reply.alone or "**" in reply.last
        if not answer and reasoned and asked.yes_or_no(reply.question):
            answer = restated.short(reply.text.strip().split("\n", 1)[0], reply.question)
            answer = answer or restated.repeated(reply.last, reply.question)
        rule = "restated" if answer and reply.alone else rule
    # a quotation is read as it stands: "seize the day" is no French 16
    rules = _ORDERS.get(reply.kind, _ORDER) if asked.read(reply.question) else (line,)
    again = answer and _first(rules, replace(reply, text=answer))
    if again:
        found = Extracted(again.text, rule)
    elif found and rule == "number" and asked.wordy(reply.question):
        # the number is of what was asked about
        text = _offered(found, reply) or _LIVED.sub("", sentence(reply.last))
        return Extracted(text, "line") if brief(reply.last) else None
    if found is None:
        return None
    text = _offered(found, reply) or restated.bare(found.text, reply.question)
    return replace(found, text=text)


def _offered(found: Extracted, reply: Reply) -> str | None:
    """The one word, of those that the question lets choose from, that a statement has in it."""
    offers = "|".join(map(re.escape, asked.offered(reply.question)))
    text = reply.last if found.rule in ("number", "line") else found.text
    if not offers or asked.unsure(text) or not brief(text) or pattern("verdicts").match(text):
        return None
    said = re.findall(rf"(?i)(?<![-\w])(?:{offers})(?![-\w])", text)
    return said[0] if len({one.casefold() for one in said}) == 1 else None


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
    if len(items) > 1 and all(ITEM_MARK.match(line) and brief(line) for line in items):
        return ", ".join(ITEM_MARK.sub("", line).strip() for line in items)
    found = extract(inner, reply.kind, reply.question)
    return found.text if found else None


def boxed(reply: Reply) -> str | None:
    r"""The content of the last closed `\\boxed{}`; of all that stand side by side at the end."""
    found = content(reply.text)
    announced = PHRASE.search(tidy(found)) if found else None
    rest = tidy(found)[announced.end() :].strip(" :") if found and announced else ""
    return rest or found


_STATED: tuple[_RuleFunction, ...] = (tag, boxed, phrase, hashes)
_ORDER = (*_STATED, json_field, code, items, choice, bold, maths, number, line)
_ORDERS: dict[Kind | None, tuple[_RuleFunction, ...]] = {
    "json": (json_field, *_STATED), "code": (code,), "choice": (*_STATED, json_field, choice, bold),
    "word": (*_STATED, json_field, bold, line), "date": (*_STATED, json_field, bold, number, line),
    "text": (*_STATED, json_field, line),
}  # fmt: skip
