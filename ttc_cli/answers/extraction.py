"""From a model's reply to its short answer, with the rule that found it.

The rules are tried in order, the most deliberate statement first; each is a plain function of the
reply, and the first whose find suits the expected kind wins. A truncated statement (an unclosed
or empty box, an unclosed thought) is no answer: it would vote for a number from the middle of the
work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from ttc_cli.answers import restated, structured, worded
from ttc_cli.answers.dates import parse_date
from ttc_cli.answers.finds import PLACEHOLDER, Extracted, Kind, brief, last_line, sentence
from ttc_cli.answers.latex import tidy
from ttc_cli.answers.quantity import parse_number

_LONGEST = 40_000  # characters from the end; an answer is at the end
_SPECIAL = re.compile(r"<\|(?:im_end|im_start|endoftext|eot_id|end|user|assistant)\|>|</s>")


_RuleFunction = Callable[[str, Kind | None], Extracted | None]
_FREE = (None, "word", "text")  # kinds whose answer may be any words


def extract(text: str, kind: Kind | None = None, question: str = "") -> Extracted | None:
    """The short answer of a reply; None when it has none, as prose and cut-off replies do.

    Args:
        text: the reply; a thought in `<think>` tags and everything after an end mark is ignored.
        kind: what the task asks for, when known; a rule whose find does not suit is passed over.
        question: what was asked, when known; what a sentence restates of it is not the answer.
    """
    start = max(text.rfind("</think>") + len("</think>"), 0) if "</think>" in text else 0
    end_mark = _SPECIAL.search(text, start)
    end = end_mark.start() if end_mark else len(text)
    start = max(start, end - _LONGEST)
    reply = text[start:end].rstrip()
    if "<think>" in reply or not reply.strip():
        return None
    rules = _ORDERS.get(kind, _ORDER)
    if kind != "code":
        reply, empty = structured.without_empty_boxes(reply)
        rules = _STATED if empty and kind != "json" else rules
    reply, cut = structured.without_open_box(reply.rstrip())
    found = _first((structured.boxed,) if cut else rules, reply, kind)
    if question and not cut and kind in _FREE:
        found = _shortened(found, reply, question, kind)
        found = found and replace(found, text=restated.bare(found.text, question))
    if found is None or found.span is None:
        return found
    return replace(found, span=(found.span[0] + start, found.span[1] + start))


def _first(rules: Sequence[_RuleFunction], reply: str, kind: Kind | None) -> Extracted | None:
    for rule in rules:
        found = rule(reply, kind)
        if found and (answer := _suits(found.text, kind)):
            return replace(found, text=answer)
    return None


def _shortened(
    found: Extracted | None, reply: str, question: str, kind: Kind | None
) -> Extracted | None:
    """The find without what it restates of the question; where that is the last line, all of it."""
    if found and found.rule in ("boxed", "hashes", "json"):
        answer = restated.short(tidy(found.text), question)
        return replace(found, text=answer) if answer else found
    if found and found.rule in ("code", "whole"):
        return found
    if answer := restated.short(worded.announced(reply) or "", question):
        return Extracted(answer, "phrase")
    if found and found.rule == "phrase":
        return found
    line, at = last_line(reply)
    alone = not reply[:at].strip()
    answer = restated.short(line, question, alone=alone)
    again = _first(_ORDERS.get(kind, _ORDER), answer, kind) if answer else None
    if again:
        return Extracted(again.text, "restated" if alone else "line", (at, len(reply)))
    if alone and found and found.rule == "number" and restated.yes_or_no(question):
        # the number is of what was asked about
        return Extracted(sentence(line), "line") if brief(line) else None
    return found


def _suits(text: str, kind: Kind | None) -> str | None:
    """The find as the kind wants it, None when it cannot be of that kind."""
    if PLACEHOLDER.fullmatch(text):
        return None
    if kind == "number":
        return text if re.search(r"\d|\\|π|∞|\bpi\b", text) or parse_number(tidy(text)) else None
    if kind == "choice":
        plain = tidy(text)
        match = worded.CHOICE_LINE.fullmatch(plain) or worded.CHOICE_NAMED.search(plain)
        return (match[1] or match[match.lastindex or 1]).upper() if match else None
    if kind == "date":
        return text if parse_date(tidy(text)) or re.search(r"\d", text) else None
    if kind == "json":
        return text if text[:1] in '{["' or structured.loads(text) is not None else None
    return text


_STATED: tuple[_RuleFunction, ...] = (structured.boxed, worded.phrase, structured.hashes)
_ORDER: tuple[_RuleFunction, ...] = (
    *_STATED,
    structured.json_field,
    structured.code,
    worded.choice,
    worded.bold,
    worded.maths,
    worded.number,
    worded.line,
)
_ORDERS: dict[Kind | None, tuple[_RuleFunction, ...]] = {
    "json": (structured.json_field, *_STATED),
    "code": (structured.code,),
    "choice": (*_STATED, structured.json_field, worded.choice, worded.bold),
    "word": (*_STATED, structured.json_field, worded.bold, worded.line),
    "date": (*_STATED, structured.json_field, worded.bold, worded.line),
    "text": (*_STATED, structured.json_field, worded.line),
}
