"""What an English question asks for, as far as its words tell: the parts an answer may restate.

Only questions of a plain shape are read; all others, and those in other languages, are None. A
question that denies something or leaves a choice ("... or ...") is None too: with words of its
own like those, what a sentence says of them cannot be told from their being there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Shape = Literal["same", "subject", "object", "count", "verdict"]
COPULAS = frozenset({"is", "are", "was", "were"})
DOES = frozenset({"do", "does", "did"})
_MODALS = frozenset({"can", "could", "will", "would", "should", "must", "may", "might", "shall"})
_HAVE = frozenset({"has", "have", "had"})
_ASKING = frozenset({"what", "which", "who", "where", "when"})
_TOLD = re.compile(r"(?:please\s+)?(?:name|state|identify|give|tell me)\s+(?:the|an?)\s+", re.I)
_PLACING = "of in on at for from to with by as during between about into over under after before"
PREPOSITIONS = frozenset(_PLACING.split())
ARTICLES = frozenset({"the", "a", "an", "our", "your"})
_DOUBT = (
    "not no never neither nor none nothing nobody without hardly cannot or either but however "
    "although though while whereas unless except instead rather if whether maybe perhaps probably "
    "possibly likely unlikely presumably apparently supposedly allegedly might could should would "
    "may seems seem appears think believe guess assume suppose uncertain unsure unknown unclear "
    "sometimes often usually formerly previously once used wrong incorrect false said claimed "
    "considered debated disputed thought depends partly"
)
UNSURE = frozenset(_DOUBT.split())
"""Words that deny, hedge, or leave a choice."""
_WORD = re.compile(r"['’]s\b|[^\W_]+(?:(?!['’]s\b)[-.&'’][^\W_]+)*")
_ABBREVIATED = r"(?<!\bMt)(?<!\bSt)(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\b[A-Z])"
SENTENCE_END = re.compile(rf"(?:{_ABBREVIATED}\.|[!?;。！？])(?=\W*\s|\W*$)|\n")


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
        if word.text in ARTICLES:
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
    return any(w.lower() in UNSURE or w.lower().endswith(("n't", "n’t")) for w in lower)


def stem(word: str) -> str:
    """A word without the endings of number and tense; good for comparing, not for reading."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending) + ("y" if ending in ("ied", "ies") else "")
            break
    return word


@dataclass(frozen=True)
class Asked:
    """A question taken apart.

    Args:
        shape: "same" (what is X; which N is X), "subject" (who V Y; which N V Y), "object" (what
            does X V; which N does X V), "count" (how many N ...), "verdict" (yes or no).
        noun: N, the kind of thing that is asked for; empty where the question names none.
        rest: X, V Y, or X V: what is said of the answer.
        known: all words of the question.
        indefinite: words that have "a" or "an" before them in the question.
        place: where, or in which: the answer may come after a preposition.
    """

    shape: Shape
    noun: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    indefinite: frozenset[str] = frozenset()
    place: bool = False

    @property
    def head(self) -> frozenset[str]:
        """What names the answer: the start of `rest` up to its first preposition."""
        stop = next((i for i, w in enumerate(self.rest) if w in PREPOSITIONS), len(self.rest))
        return frozenset(self.rest[:stop] or self.rest)


@lru_cache(maxsize=256)
def read(question: str) -> Asked | None:
    """A question taken apart, None when its shape is none that is known for certain."""
    text = question.strip()
    if text.count("?") > 1 or len(text) > 4000:
        return None
    if "?" not in text:
        told = _TOLD.match(text)
        text = f"What is the {text[told.end() :].rstrip('. ')}" if told else ""
    text = text.partition("?")[0]
    text = text[max((m.end() for m in SENTENCE_END.finditer(text)), default=0) :]
    if not text.strip() or unsure(text) or len(text) > 300:
        return None
    found = words(text)
    if len(found) < 2:
        return None
    known = frozenset(word.text for word in found)
    indefinite = frozenset(word.text for word in found if word.article in ("a", "an"))
    return _shape([word.text for word in found], known, indefinite)


def _shape(said: list[str], known: frozenset[str], indefinite: frozenset[str]) -> Asked | None:
    if said[0] in COPULAS | DOES | _MODALS | _HAVE:
        # "Can you tell me ..." asks for more than a yes
        plain = not known & (_ASKING | {"how", "why", "you", "i", "we", "me"})
        return Asked("verdict", known=known) if plain else None
    at = next((i for i, word in enumerate(said) if word in _ASKING or word == "how"), None)
    if at is None or (at and said[0] not in PREPOSITIONS):
        return None
    asking, rest = said[at], said[at + 1 :]
    if asking == "how":
        counted = rest[0] == "many" and len(rest) > 1 if rest else False
        return Asked("count", (rest[1],), tuple(rest[2:]), known) if counted else None
    place = asking == "where" or at == 1
    for spoken in (["'s"], ["do", "you", "call"]):
        rest = ["is", *rest[len(spoken) :]] if rest[: len(spoken)] == spoken else rest
    verb = next((i for i, word in enumerate(rest) if word in COPULAS | DOES), None)
    if verb is None:
        plain = len(rest) > 1 and not _MODALS & set(rest) and asking not in ("where", "when")
        if not plain:
            return None
        noun = () if asking == "who" or rest[0] in _HAVE else (rest[0],)
        return Asked("subject", noun, tuple(rest), known, indefinite)
    kind, said_of = tuple(rest[:verb]), tuple(rest[verb + 1 :])
    said_of = said_of[2:] if said_of[:2] == ("name", "of") else said_of
    said_of = said_of[:-1] if said_of[-1:] in (("called",), ("named",)) else said_of
    if not said_of or (kind and asking not in ("what", "which")):
        return None
    shape: Shape = "same" if rest[verb] in COPULAS else "object"
    return Asked(shape, kind, said_of, known, indefinite, place)
