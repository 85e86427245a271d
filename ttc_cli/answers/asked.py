"""What a question asks for, and what is left of an answer without what it restates of that.

The form of a question decides between the readings of a reply: how many of what, in which unit,
when, and which letters it offers. Two answers taken for one cost more than one taken for two, so
restating is read strictly, in English alone: one short sentence that denies, hedges and lists
nothing, with one verb that links the answer to words of the question, the head noun among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

from ttc_cli.answers.names import listed, pattern, units, words
from ttc_cli.answers.quantity import stem as singular
from ttc_cli.answers.value import Value

Shape = Literal["same", "subject", "object", "count", "verdict"]
_COPULAS = frozenset({"is", "are", "was", "were"})
_VERBS = frozenset(listed("auxiliaries"))
_ASKING = frozenset({"what", "which", "who", "where", "when"})
_TOLD = re.compile(r"(?:please\s+)?(?:name|state|identify|give|tell me)\s+(?:the|an?)\s+", re.I)
_PREPOSITIONS = frozenset(listed("prepositions"))
_ARTICLES = frozenset({"the", "a", "an", "our", "your"})
_UNSURE = frozenset(listed("doubt"))
_WORD = re.compile(r"['’]s\b|[^\W_]+(?:(?!['’]s\b)[-.&'’][^\W_]+)*")
_ABBREVIATED = r"(?<!\bMt)(?<!\bSt)(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\b[A-Z])"
SENTENCE_END = re.compile(rf"(?:{_ABBREVIATED}\.|[!?;。！？])(?=\W*\s|\W*$)|\n")
_LEAD = re.compile(
    r"(?:(?:so|thus|therefore|hence|in conclusion|in summary)\b,?"
    r"|(?:sure|certainly|of course|okay)[,.!])\s+",
    re.I,
)
_EDGES = " \t*_\"'“”`.,:!"
_IT = frozenset({"it", "he", "she", "they"})
_GLUE = frozenset({"of", "in", "on", "at", "to", "for", "with", "'s", "that", "which", "who"})
_CLAUSE = frozenset(listed("clause"))  # words that make what they are in a statement, and no name
_FOUND_IN = re.compile(r"(?:(?:located|situated|found)\s+)?(?:in|at|on)\s+(?=\w)", re.I)
_PAST = {
    "wrote": "written", "sang": "sung", "drew": "drawn", "gave": "given", "took": "taken",
    "beat": "beaten", "stole": "stolen", "spoke": "spoken", "chose": "chosen",
}  # fmt: skip
_VERDICT = re.compile(r"[\s*_\"]*(yes|no)\b[*_\"]*(?=[\s]*(?:[,.!;:—–]|$))", re.I)
_DENIAL = re.compile(r"(?i)\b(?:no|not|never|\w+n['’]t)\b")

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def brief(text: str) -> bool:
    """Whether a statement is short enough to be an answer."""
    # a formula is short when its symbols are few, whatever its commands weigh
    weight = len(re.sub(r"[{}]", "", re.sub(r"\\[a-zA-Z]+", "x", text)))
    return 0 < weight <= 60 and len(text.split()) <= (16 if "\\" in text else 8)


@lru_cache(maxsize=256)
def offered(question: str) -> str:
    """The choice letters that a question offers; all letters where it shows none."""
    found = {
        letter for groups in pattern("offered").findall(question) for letter in groups if letter
    }
    return "".join(sorted(found)) if len(found) > 1 and "A" in found else LETTERS


@lru_cache(maxsize=256)
def wanted(question: str) -> Value | None:
    """A value of the kind that a question asks for, where its words tell."""
    if match := next(reversed([*pattern("how many").finditer(question)]), None):
        unit = units(match[1].lower())
        if unit:
            return Value("quantity", None, factor=unit[0][0], dimension=unit[0][1])
        return Value("quantity", None, label=singular(match[1].lower()))
    for kind, form in words("wanted").items():
        if re.search(form, question, re.I):
            unit = units(kind)
            return Value("quantity", None, dimension=unit[0][1]) if unit else Value(kind, None)
    return None


@dataclass(frozen=True)
class _Word:
    """A word in lower case without its article, and where it stands (the article included)."""

    text: str
    start: int
    end: int
    article: str = ""


def _words(text: str) -> tuple[_Word, ...]:
    """The words of a text; articles belong to the word that follows them."""
    found: list[_Word] = []
    article: _Word | None = None
    for match in _WORD.finditer(text):
        word = _Word(match[0].lower().replace("’", "'"), *match.span())
        if word.text in _ARTICLES:
            article = article or word
            continue
        start = article.start if article else word.start
        found.append(_Word(word.text, start, word.end, article.text if article else ""))
        article = None
    return tuple(found)


def _unsure(text: str) -> bool:
    """Whether a text denies, hedges or leaves a choice anywhere."""
    # the month is written large
    lower = {w[0] for w in _WORD.finditer(text) if w[0] != "May"}
    return any(w.lower() in _UNSURE or w.lower().endswith(("n't", "n’t")) for w in lower)


def _stem(word: str) -> str:
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


@lru_cache(maxsize=256)
def read(question: str) -> Form | None:
    """A question taken apart, None when its shape is none that is known for certain."""
    text = question.strip()
    if text.count("?") > 1 or len(text) > 4000:
        return None
    if "?" not in text:
        told = _TOLD.match(text)
        text = f"What is the {text[told.end() :].rstrip('. ')}" if told else ""
    text = text.partition("?")[0]
    text = text[max((m.end() for m in SENTENCE_END.finditer(text)), default=0) :]
    found = _words(text)
    if len(found) < 2 or _unsure(text) or len(text) > 300:
        return None
    known = frozenset(word.text for word in found)
    indefinite = frozenset(word.text for word in found if word.article in ("a", "an"))
    return _shape([word.text for word in found], known, indefinite)


def _shape(said: list[str], known: frozenset[str], indefinite: frozenset[str]) -> Form | None:
    if said[0] in _COPULAS | _VERBS:
        # "Can you tell me ..." asks for more than a yes
        plain = not known & (_ASKING | {"how", "why", "you", "i", "we", "me"})
        return Form("verdict", known=known) if plain else None
    at = next((i for i, word in enumerate(said) if word in _ASKING or word == "how"), None)
    if at is None or (at and said[0] not in _PREPOSITIONS):
        return None
    asking, rest = said[at], said[at + 1 :]
    if asking == "how":
        return Form("count", (rest[1],), (), known) if len(rest) > 1 and rest[0] == "many" else None
    place = asking == "where" or at == 1
    for spoken in (["'s"], ["do", "you", "call"]):
        rest = ["is", *rest[len(spoken) :]] if rest[: len(spoken)] == spoken else rest
    verb = next(
        (i for i, w in enumerate(rest) if w in _COPULAS or w in ("do", "does", "did")), None
    )
    if verb is None:
        if (
            len(rest) < 2
            or _VERBS & set(rest) - {"has", "have", "had"}
            or asking in ("where", "when")
        ):
            return None
        noun = () if asking == "who" or rest[0] in _VERBS else (rest[0],)
        return Form("subject", noun, tuple(rest), known, indefinite)
    kind, said_of = tuple(rest[:verb]), tuple(rest[verb + 1 :])
    said_of = said_of[2:] if said_of[:2] == ("name", "of") else said_of
    said_of = said_of[:-1] if said_of[-1:] in (("called",), ("named",)) else said_of
    if not said_of or (kind and asking not in ("what", "which")):
        return None
    return Form(
        "same" if rest[verb] in _COPULAS else "object", kind, said_of, known, indefinite, place
    )


def short(said: str, question: str, *, alone: bool = True) -> str | None:
    """What a sentence answers, as it is written there; None when that is not certain.

    Args:
        said: one sentence, as a reply or where a reply gives its answer.
        question: what was asked.
        alone: nothing stands before it that it may belong to.
    """
    form = read(question) if 0 < len(said) <= 240 else None
    if form is None or form.shape == "count":
        return None
    if form.shape == "verdict":
        return _verdict(said)
    said = said.strip()
    lead = _LEAD.match(said)
    said = said[lead.end() :] if lead else said
    end = SENTENCE_END.search(said)
    if (end and said[end.end() :].strip(_EDGES)) or "?" in said or _unsure(said):
        return None
    answers = {_clean(answer, form) for answer in _answers(said, _words(said), form)}
    return answers.pop() if len(answers) == 1 else None


def bare(said: str, question: str) -> str:
    """A place or time without its preposition: Rome, asked where, for "in Rome"."""
    form = read(question)
    where = _FOUND_IN.match(said) if form and form.place and brief(said) else None
    return said[where.end() :] if where else said


def yes_or_no(question: str) -> bool:
    """Whether a question can be answered by yes or no, and by nothing shorter."""
    form = read(question)
    return form is not None and form.shape == "verdict"


def _verdict(said: str) -> str | None:
    """Yes or no, when the rest of the line goes with it."""
    match = _VERDICT.match(said)
    if match is None or "\n" in said:
        return None
    rest = said[match.end() :]
    denied = _DENIAL.search(rest)
    hedged = _unsure(_DENIAL.sub(" ", rest))
    return None if hedged or (denied and match[1].lower() == "yes") else match[1]


def _clean(answer: str, form: Form) -> str:
    answer = answer.strip(_EDGES)
    return (
        re.sub(r"(?i)^(?:called|named)\s+", "", answer).strip(_EDGES)
        if form.shape == "same"
        else answer
    )


def _answers(said: str, found: Sequence[_Word], form: Form) -> Iterator[str]:
    if form.shape == "subject" and (done := list(_by_subject(said, found, form))):
        yield from done
        return
    if form.shape == "object" or form.place:
        yield from _by_object(said, found, form)
    for at, word in enumerate(found):
        if word.text in _COPULAS or (word.text == "'s" and at == 1 and found[0].text in _IT):
            left, right = found[:at], found[at + 1 :]
            if (len(left) == 1 and left[0].text in _IT) or _restates(left, form):
                yield from _name(said[word.end :], form)
            if not form.place and _restates(right, form):
                yield from _name(said[: word.start], form)


def _restates(side: Sequence[_Word], form: Form) -> bool:
    """Whether a side of the verb says nothing but what was asked for."""
    said = {word.text for word in side}
    stems = {_stem(word) for word in form.known}
    if not said or {word for word in said if _stem(word) not in stems} - _GLUE:
        return False
    if any(word.article in ("a", "an") and word.text not in form.indefinite for word in side):
        return False  # "Italy is a country" does not say which
    if form.noun and frozenset(form.noun) <= said:
        return True
    if form.shape == "same":
        # what names the answer is the start of X, up to its first preposition
        stop = next((i for i, w in enumerate(form.rest) if w in _PREPOSITIONS), len(form.rest))
        return frozenset(form.rest[:stop] or form.rest) <= said
    return {_stem(word) for word in form.rest} <= {_stem(word) for word in said}


def _by_subject(said: str, found: Sequence[_Word], form: Form) -> Iterator[str]:
    """Who wrote Hamlet: "X wrote Hamlet", "X wrote it", "Hamlet was written by X"."""
    texts = tuple(word.text for word in found)
    for start in range(min(1 + 3 * len(form.noun), len(form.rest) - 1)):
        verb, what = form.rest[start], form.rest[start + 1 :]
        if start and not (verb.endswith(("s", "ed")) or verb in _PAST):
            continue  # still the kind of thing, as in "which old country borders ..."
        # "the play Hamlet" is Hamlet
        named = [what, what[1:]] if what[1:] and what[1] not in _PREPOSITIONS else [what]
        for tail in ((verb, *name) for name in (*named, ("it",), ("them",), ("him",), ("her",))):
            if len(texts) > len(tail) and texts[-len(tail) :] == tail:
                yield from _name(said[: found[-len(tail)].start], form)
                return
        for name, copula in product((*named, ("it",)), _COPULAS):
            head = (*name, copula, _PAST.get(verb, verb), "by")
            if len(texts) > len(head) and texts[: len(head)] == head:
                yield from _name(said[found[len(head) - 1].end :], form)
                return


def _by_object(said: str, found: Sequence[_Word], form: Form) -> Iterator[str]:
    """What do cows eat: "Cows eat grass"; the rest of what was asked may follow."""
    told = [word for word in found if word.text not in _COPULAS]
    pairs = list(zip(told, form.rest, strict=False))
    same = next((i for i, (a, b) in enumerate(pairs) if _stem(a.text) != _stem(b)), len(pairs))
    answer, tail = told[same:], [_stem(word) for word in form.rest[same:]]
    if same < 2 or (tail and form.rest[same] not in _PREPOSITIONS):
        return
    if tail and [_stem(word.text) for word in answer[-len(tail) :]] == tail:
        answer = answer[: -len(tail)]
    if answer and not {word.text for word in answer} & form.known - _PREPOSITIONS:
        yield from _name(said[answer[0].start : answer[-1].end], form)


def _name(text: str, form: Form) -> Iterator[str]:
    """The text if it can be an answer: a few words that are no statement and not the question."""
    found = _words(text)
    texts = {word.text for word in found}
    text = text.strip(_EDGES)
    if form.place:
        where = _FOUND_IN.match(text)
        text = text[where.end() :] if where else ""
    elif found and (found[0].text in _PREPOSITIONS or re.search(r"\b(?:of|the|an?)$", text)):
        return
    if brief(text) and not texts & _CLAUSE and not _restates(found, form) and ":" not in text:
        yield text
