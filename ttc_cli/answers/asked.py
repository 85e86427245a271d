"""What a question asks for: how many of what, in which unit, when; who did it, what it is.

The form of a question decides between the readings of a reply.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from ttc_cli.answers import names
from ttc_cli.answers.quantity import stem as singular
from ttc_cli.answers.value import Value
from ttc_cli.core.text import UNABBREVIATED

Shape = Literal["same", "subject", "object", "count", "verdict"]
COPULAS = frozenset({"is", "are", "was", "were"})
_VERBS = frozenset(names.listed("auxiliaries"))
_ASKING = frozenset({"what", "which", "who", "where", "when"})
_TOLD = re.compile(r"(?:please\s+)?(?:name|state|identify|give|tell me)\s+(?:the|an?)\s+", re.I)
_OPENED = re.compile(r"(?:what|which|who|where)\b[^:.\n]{4,200}(?=:\s)", re.I)
PREPOSITIONS = frozenset(names.listed("prepositions"))
_ARTICLES = frozenset({"the", "a", "an", "our", "your"})
_FORMS = frozenset(names.listed("forms"))
_UNSURE = frozenset(names.listed("doubt"))
_WORD = re.compile(r"['’]s\b|[^\W_]+(?:(?!['’]s\b)[-.&'’][^\W_]+)*")
_WEEKDAY = re.compile(r"(?i)\b(?:what|which) (?:day of the week|weekday)\b")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SENTENCE_END = re.compile(rf"(?:{UNABBREVIATED}\.|[!?;。！？])(?=\W*\s|\W*$)|\n")
PAST = {
    "wrote": "written", "sang": "sung", "drew": "drawn", "gave": "given", "took": "taken",
    "beat": "beaten", "stole": "stolen", "spoke": "spoken", "chose": "chosen",
}  # fmt: skip


@lru_cache(maxsize=256)
def wanted(question: str) -> Value | None:
    """A value of the kind that a question asks for, where its words tell."""
    if match := next(reversed([*names.pattern("how many").finditer(question)]), None):
        unit = names.units(match[1].lower())
        if unit:
            return Value("quantity", None, factor=unit[0][0], dimension=unit[0][1])
        return Value("quantity", None, label=singular(match[1].lower()))
    for kind, form in names.words("wanted").items():
        if re.search(form, question, re.I):
            unit = names.units(kind)
            if not unit:
                return Value(kind, None)
            # in any unit: "how long" names none
            return Value("quantity", None, factor=Fraction(0), dimension=unit[0][1])
    return None


@dataclass(frozen=True)
class Word:
    """A word in lower case without its article, and where it stands (the article included)."""

    text: str
    start: int
    end: int
    article: str = ""


def words(text: str) -> tuple[Word, ...]:
    """The words of a text; articles belong to the word that follows them."""
    found: list[Word] = []
    article: Word | None = None
    for match in _WORD.finditer(text):
        word = Word(match[0].lower().replace("’", "'"), *match.span())
        if word.text in _ARTICLES:
            article = article or word
            continue
        start = article.start if article else word.start
        found.append(Word(word.text, start, word.end, article.text if article else ""))
        article = None
    return tuple(found)


def unsure(text: str) -> bool:
    """Whether a text denies, hedges or leaves a choice anywhere."""
    # the month is written large
    lower = {w[0] for w in _WORD.finditer(text) if w[0] != "May"}
    return any(w.lower() in _UNSURE or w.lower().endswith(("n't", "n’t")) for w in lower)


def stem(word: str) -> str:
    """A word without the endings of number and tense; good for comparing, not for reading."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending) + ("y" if ending in ("ied", "ies") else "")
    return word


@dataclass(frozen=True)
class Form:
    """A question taken apart.

    Args:
        shape: "same" (what is X; which N is X), "subject" (who V Y; which N V Y), "object" (what
            does X V; which N does X V), "count" (how many N ...), "verdict" (yes or no).
        noun: N, the kind of thing that is asked for; empty where the question names none.
        rest: X, V Y, or X V: what is said of the answer.
        said: all words of the question.
        indefinite: words that have "a" or "an" before them in the question.
        place: where, or in which: the answer may come after a preposition.
    """

    shape: Shape
    noun: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    indefinite: frozenset[str] = frozenset()
    place: bool = False


@lru_cache(maxsize=256)
def read(question: str) -> Form | None:
    """A question taken apart, None when its shape is none that is known for certain."""
    text = question.strip()
    if text.count("?") > 1 or len(text) > 4000:
        return None
    if "?" not in text:
        told, opened = _TOLD.match(text), _OPENED.match(text)
        text = f"What is the {text[told.end() :].rstrip('. ')}" if told else ""
        text = opened[0] if opened else text
    text = last(text)
    found = words(text)
    if len(found) < 2 or unsure(text) or len(text) > 300:
        return None
    verdict = names.pattern("asks for a verdict").search(text)
    form = Form("verdict") if verdict else _shape([word.text for word in found])
    indefinite = frozenset(word.text for word in found if word.article in ("a", "an"))
    said = tuple(word.text for word in found)
    return form and replace(form, said=said, indefinite=indefinite)


def last(question: str) -> str:
    """The last sentence of a text up to its question mark."""
    text = question.partition("?")[0]
    ends = [m.end() for m in SENTENCE_END.finditer(text.rstrip(" .!\n"))]
    return text[max(ends, default=0) :]


def _shape(said: list[str]) -> Form | None:
    if said[0] in COPULAS | _VERBS:
        # "Can you tell me ..." asks for more than a yes
        more = _ASKING | {"how", "why", "you", "i", "we", "me"}
        return Form("verdict") if more.isdisjoint(said) else None
    at = next((i for i, word in enumerate(said) if word in _ASKING or word == "how"), None)
    if at is None or (at and said[0] not in PREPOSITIONS):
        return None
    asking, rest = said[at], said[at + 1 :]
    if asking == "how":
        return Form("count", (rest[1],)) if len(rest) > 1 and rest[0] == "many" else None
    for spoken in (["'s"], ["do", "you", "call"]):
        rest = ["is", *rest[len(spoken) :]] if rest[: len(spoken)] == spoken else rest
    helping = COPULAS | {"do", "does", "did"}
    verb = next((i for i, word in enumerate(rest) if word in helping), None)
    if verb is None:
        return _acting(asking, rest)
    kind, said_of = tuple(rest[:verb]), tuple(rest[verb + 1 :])
    said_of = said_of[2:] if said_of[:2] == ("name", "of") else said_of
    said_of = said_of[:-1] if said_of[-1:] in (("called",), ("named",)) else said_of
    if not said_of or (kind and asking not in ("what", "which")):
        return None
    shape: Shape = "same" if rest[verb] in COPULAS else "object"
    return Form(shape, kind, said_of, place=asking == "where" or at == 1)


def _acting(asking: str, rest: list[str]) -> Form | None:
    """Who V Y; which N V Y."""
    if len(rest) < 2 or _VERBS & set(rest) - {"has", "have", "had"} or asking in ("where", "when"):
        return None
    if asking == "who" or rest[0] in _VERBS:
        return Form("subject", (), tuple(rest))
    acts = (i for i, w in enumerate(rest[:-1]) if i and (w.endswith(("s", "ed")) or w in PAST))
    verb = next(acts, 1)  # after the kind of thing, as in "which old country borders ..."
    return Form("subject", (rest[verb - 1],), tuple(rest[verb:]))


def wordy(question: str) -> bool:
    """Whether a question asks who, where, which country or whether: no number answers it."""
    asks = names.pattern("asks for words").match(last(question))
    return asks is not None or yes_or_no(question)


def offered(question: str) -> tuple[str, ...]:
    """The words of which a question wants one: "as positive or negative", "Tom or Ann?".

    Those that say in which form or unit it wants an answer are none.
    """
    if _WEEKDAY.search(last(question)):
        return _WEEKDAYS
    for text in (last(question), question.partition(":")[0]):
        found = names.pattern("offers").search(text)
        said = re.split(r",?\s+or\s+|,\s+", found["words"]) if found else []
        bare = [re.sub(r"(?i)^(?:an?|the)\s+", "", one).lower() for one in said]
        if bare and not any(one in _FORMS or names.units(one) for one in bare):
            return tuple(bare)
    return ()


def yes_or_no(question: str) -> bool:
    """Whether a question can be answered by yes or no, and by nothing shorter."""
    form = read(question)
    return form is not None and form.shape == "verdict"
