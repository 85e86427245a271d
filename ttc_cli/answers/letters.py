"""Letters of choices: those that a question offers, and the one that a reply names."""

from __future__ import annotations

import re
from functools import lru_cache

from ttc_cli.answers.names import pattern
from ttc_cli.answers.reply import Reply

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SOLE = re.compile(r"\**\(?([A-Za-z])\)?[).]?\**\.?|\**\(?([A-Z])\)?[).]\**\s+\S.{0,80}")


@lru_cache(maxsize=256)
def offered(question: str) -> str:
    """The choice letters that a question offers; all letters where it shows none."""
    found = {
        letter for groups in pattern("offered").findall(question) for letter in groups if letter
    }
    return "".join(sorted(found)) if len(found) > 1 and "A" in found else LETTERS


def named(text: str, question: str) -> str | None:
    """The last choice letter that a text names and does not deny; among those offered, if any."""
    letters, stated, lone = offered(question), list[str](), list[str]()
    if len(text) <= 3 and (only := text.strip("(). ").upper()) and only in letters:
        return only
    for match in pattern("letter").finditer(text):
        letter = match[match.lastgroup or 0].upper()
        rest = text[match.end() :]
        # the pronoun and the article
        is_word = letter in "IA" and re.match(
            r"\s+(?!is\b|because|since|as\b|ist\b|est\b|es\b)[a-z']|['’]", rest
        )
        denied = pattern("denied").search(
            text[max(0, match.start() - 80) : match.start()]
        ) or pattern("denied after").match(rest)
        rare = letters == LETTERS and letter > "J"
        if letter in letters and not denied and not ((is_word or rare) and match["lone"]):
            (lone if match["lone"] else stated).append(letter)
    return next(reversed(stated or lone), None)


def _is_label(reply: Reply) -> bool:
    """Whether "A. 42" is an answer to a question that offers no choices, and not the choice A."""
    open_question = reply.kind is None and reply.question and offered(reply.question) == LETTERS
    return bool(open_question and (reply.alone or pattern("asks").search(reply.text)))


def choice(reply: Reply) -> str | None:
    """A choice letter on the last line, or for kind choice on the first or anywhere."""
    line = reply.last
    sole = _SOLE.fullmatch(line)
    initials = re.match(r"\**[A-Z]\.\s?[A-Z][a-z.]", line) and reply.kind != "choice"
    only = (sole[1] or sole[2]).upper() if sole and not initials else ""
    denied = sole and sole[2] and pattern("denied after").match(line[sole.end(2) :])
    denied = denied or (sole and sole[2] == "A" and _is_label(reply))
    if only and not denied and only in offered(reply.question):
        return only
    if reply.kind is None:
        said = re.search(r"(?i)\b(?:option|choice|answer|correct)\b", line)
        shown = re.search(r"\([A-Z]\)|(?i:option|choice)\s+\**\(?[A-Z]\b", line)
        return named(line, reply.question) if said and shown else None
    places = (line, reply.text, reply.text.strip().split("\n", 1)[0])
    sure = [place for place in places if not pattern("unknowing").match(place)]
    return next((letter for place in sure if (letter := named(place, reply.question))), None)
