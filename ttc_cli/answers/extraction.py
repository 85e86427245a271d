"""From a model's reply to its short answer, with the rule that found it.

The rules are tried in order, the most deliberate statement first; each is a plain function of the
reply, and the first whose find suits the expected kind wins. A truncated statement (an unclosed
or empty box, an unclosed thought) is no answer: it would vote for a number from the middle of the
work.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ttc_cli.answers import structured, worded
from ttc_cli.answers.dates import parse_date
from ttc_cli.answers.finds import PLACEHOLDER, Extracted, Kind
from ttc_cli.answers.latex import tidy
from ttc_cli.answers.quantity import parse_number

_LONGEST = 40_000  # characters from the end; an answer is at the end
_SPECIAL = re.compile(r"<\|(?:im_end|im_start|endoftext|eot_id|end|user|assistant)\|>|</s>")


def extract(text: str, kind: Kind | None = None) -> Extracted | None:
    """The short answer of a reply; None when it has none, as prose and cut-off replies do.

    Args:
        text: the reply; a thought in `<think>` tags and everything after an end mark is ignored.
        kind: what the task asks for, when known; a rule whose find does not suit is passed over.
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
    for rule in (structured.boxed,) if cut else rules:
        found = rule(reply, kind)
        if found and (answer := _suits(found.text, kind)):
            span = found.span and (found.span[0] + start, found.span[1] + start)
            return Extracted(answer, found.rule, span)
    return None


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


_RuleFunction = Callable[[str, Kind | None], Extracted | None]
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
