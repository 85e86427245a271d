"""Letters of choices: those that a question offers, and the one that a reply names."""

from __future__ import annotations

import re
from functools import lru_cache

from ttc_cli.answers import asked
from ttc_cli.answers.names import pattern
from ttc_cli.answers.reply import Reply, sentence
from ttc_cli.answers.text import tidy

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OPTION = re.compile(r"(?m)^[ \t*]*\(?([A-Z])[).:]\**[ \t]+(\S.*?)[ \t]*$")
_SEVERAL = re.compile(
    r"(?:[Bb]oth |[Ss]owohl )?(?P<all>\(?[A-Z]\)?(?:\s*,\s*\(?[A-Z]\)?)*"
    r"(?:\s*,\s*|,?\s*(?:&|\b(?:and|or|und|oder|et|ou|y|o)\b)\s*)\(?[A-Z]\)?)"
    r"(?:\s+only|\s+are (?:both |all )?(?:correct|right|true))?\.?"
)
_THOSE = re.compile(
    r"(?i).*\b(?:answer|option|choice|letter)s?\b(?: that \w+)?(?: are| is|:)\W*?"
    r"(?P<rest>\(?(?-i:[A-Z])\b.*)"
)
_CHOSEN = re.compile(r"(?i:\b(?:choose|pick|select|go with|choice is|letter is)\s+)\**\(?[A-Z]\b")
_SOLE = re.compile(r"\**\(?([A-Za-z])\)?[).]?\**\.?|\**\(?([A-Z])\)?[).]\**\s+\S.{0,80}")


@lru_cache(maxsize=256)
def offered(question: str) -> str:
    """The choice letters that a question offers; all letters where it shows none."""
    found = {
        letter for groups in pattern("offered").findall(question) for letter in groups if letter
    }
    return "".join(sorted(found)) if len(found) > 1 and "A" in found else LETTERS


@lru_cache(maxsize=256)
def options(question: str) -> dict[str, str]:
    """What a question offers line by line: its letters by their texts; a text that two have, none.

    >>> options("Which flies?\\nA) a bird\\nB) a stone")
    {'a bird': 'A', 'a stone': 'B'}
    """
    found: dict[str, list[str]] = {}
    for letter, text in _OPTION.findall(question):
        found.setdefault(_plain(text), []).append(letter)
    return {text: letters[0] for text, letters in found.items() if len(letters) == 1}


def _plain(text: str) -> str:
    return tidy(text).casefold()


def several(text: str, question: str) -> str | None:
    """The letters of a text that names several and nothing else; empty where they are either."""
    match = _SEVERAL.fullmatch(text.strip(" *"))
    if match is None:
        return None
    letters = re.findall(r"(?<![A-Za-z])[A-Z](?![A-Za-z])", match["all"])
    known = offered(question)
    if not all(letter in known for letter in letters):
        return None
    either = re.search(r"(?i)\b(?:or|oder|ou|o)\b", match["all"])
    return "" if either else ", ".join(sorted(letters))


def meant(text: str, question: str) -> str | None:
    """The choice that a text is: by its letter, by several letters, or by what an option says."""
    said = several(text, question)
    if said is not None:
        return said or None
    return named(text, question) or options(question).get(_plain(text))


def named(text: str, question: str) -> str | None:
    """The last choice letter that a text names and does not deny; among those offered, if any."""
    letters, stated, lone = offered(question), list[str](), list[str]()
    if len(text) <= 3 and (only := text.strip("(). '").upper()) and only in letters:
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
    if reply.kind == "choice" or offered(reply.question) != LETTERS:
        those = _THOSE.fullmatch(line)
        both = several((those["rest"] if those else line).replace("*", ""), reply.question)
        if both is not None:
            return both or None
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
        chosen = offered(reply.question) != LETTERS and _CHOSEN.search(line)
        return named(line, reply.question) if (said and shown) or chosen else None
    because = pattern("reason").search(line)
    places = (
        *([line[: because.start()]] if because else []),
        line, reply.text, reply.text.strip().split("\n", 1)[0],
    )  # fmt: skip
    sure = [place for place in places if not pattern("unknowing").match(place)]
    letters = (letter for place in sure if (letter := named(place, reply.question)))
    return next(letters, _by_text(sentence(line), reply.question))


def _by_text(said: str, question: str) -> str | None:
    """The letter of the one option whose text a statement has in it, if it denies nothing."""
    known = options(question)
    if (letter := known.get(_plain(said))) or asked.unsure(said):
        return letter
    words = f" {' '.join(word.text for word in asked.words(said))} "
    found = {
        letter for text, letter in known.items()
        if (inner := " ".join(word.text for word in asked.words(text))) and f" {inner} " in words
    }  # fmt: skip
    return found.pop() if len(found) == 1 else None
