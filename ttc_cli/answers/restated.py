"""The answer in a sentence that for the rest only restates the question.

"The capital of Italy is Rome", "Rome is the capital" and "It is Rome" say Rome, asked what the
capital of Italy is. Two answers taken for one cost more than one taken for two, so this is strict:
one short sentence, that denies, hedges and lists nothing apart from the answer, has one verb that
links the answer to words of the question alone; and what names the thing asked for is among them.
All else is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, product, takewhile

from ttc_cli.answers.asked import (
    COPULAS,
    PREPOSITIONS,
    SENTENCE_END,
    Asked,
    Word,
    read,
    stem,
    unsure,
    words,
)
from ttc_cli.answers.finds import brief
from ttc_cli.answers.quantity import SCALES, SPELT

_LONGEST = 240  # characters of the sentence
_LEAD = re.compile(
    r"(?:(?:so|thus|therefore|hence|in conclusion|in summary)\b,?"
    r"|(?:sure|certainly|of course|okay)[,.!])\s+",
    re.I,
)
_EDGES = " \t*_\"'“”`.,:!"
_IT = frozenset({"it", "he", "she", "they"})
_THEM = (("it",), ("them",), ("him",), ("her",))
_GLUE = frozenset({"of", "in", "on", "at", "to", "for", "with", "'s", "that", "which", "who"})
_MAKING = (
    "am be been being has have had do does did will can that which who whom where when because "
    "since so as there yes it he she they we you i"
)
_CLAUSE = COPULAS.union(_MAKING.split())
"""Words that make what they are in a statement, and no name."""
_CALLED = re.compile(r"(?:called|named)\s+", re.I)
_FOUND_IN = re.compile(r"(?:(?:located|situated|found)\s+)?(?:in|at|on)\s+(?=\w)", re.I)
_PAST = {
    "wrote": "written", "built": "built", "made": "made", "sang": "sung", "drew": "drawn",
    "won": "won", "led": "led", "found": "found", "gave": "given", "took": "taken", "sold": "sold",
    "beat": "beaten", "taught": "taught", "stole": "stolen", "spoke": "spoken", "bought": "bought",
    "held": "held", "ran": "run", "shot": "shot", "fought": "fought", "chose": "chosen",
}  # fmt: skip
_VERDICT = re.compile(r"[\s*_\"]*(yes|no)\b[*_\"]*(?=[\s]*(?:[,.!;:—–]|$))", re.I)
_DENIAL = re.compile(r"(?i)\b(?:no|not|never|\w+n['’]t)\b")
_BARELY = re.compile(
    r"(?i)\b(?:least|most|over|under|above|below|than|between|up to|nearly|almost|about|around|"
    r"approximately|roughly|fewer|less)\b|[\\=+*/<>^]"
)
_NEXT = re.compile(r"\s+([^\W\d_]+)")
_JOINT = re.compile(rf"(?:[\s,]|and|{'|'.join(SCALES)})*", re.I)
_SPELT = rf"(?:{'|'.join(sorted(SPELT, reverse=True))})"
_AMOUNT = re.compile(
    rf"(?<![\w/.,:^$-])(?:\d[\d,]*(?:\.\d+)?|{_SPELT}(?:[ -]{_SPELT})?)"
    rf"(?:\s(?:{'|'.join(SCALES)}))?(?![\w/:^%-]|[.,]\d)",
    re.I,
)


def short(said: str, question: str, *, alone: bool = True) -> str | None:
    """What a sentence answers, as it is written there; None when that is not certain.

    Args:
        said: one sentence, as a reply or where a reply gives its answer.
        question: what was asked.
        alone: nothing stands before it that its numbers may belong to.
    """
    asked = read(question) if 0 < len(said) <= _LONGEST else None
    if asked is None or (asked.shape == "count" and not alone):
        return None
    if asked.shape == "verdict":
        return _verdict(said)
    said = said.strip()
    lead = _LEAD.match(said)
    said = said[lead.end() :] if lead else said
    end = SENTENCE_END.search(said)
    if (end and said[end.end() :].strip(_EDGES)) or "?" in said or unsure(said):
        return None
    if asked.shape == "count":
        return _count(said, asked)
    answers = {_clean(answer, asked) for answer in _answers(said, words(said), asked)}
    return answers.pop() if len(answers) == 1 else None


def bare(said: str, question: str) -> str:
    """A place or time without its preposition: Rome, asked where, for "in Rome"."""
    asked = read(question)
    where = _FOUND_IN.match(said) if asked and asked.place and brief(said) else None
    return said[where.end() :] if where else said


def yes_or_no(question: str) -> bool:
    """Whether a question can be answered by yes or no, and by nothing shorter."""
    asked = read(question)
    return asked is not None and asked.shape == "verdict"


def _clean(answer: str, asked: Asked) -> str:
    answer = _CALLED.sub("", answer.strip(_EDGES), count=1) if asked.shape == "same" else answer
    return answer.strip(_EDGES)


def _answers(said: str, found: Sequence[Word], asked: Asked) -> Iterator[str]:
    done = list(_by_subject(said, found, asked)) if asked.shape == "subject" else []
    if done:
        yield from done
        return
    if asked.shape == "object" or asked.place:
        yield from _by_object(said, found, asked)
    for at, word in enumerate(found):
        if word.text in COPULAS or (word.text == "'s" and at == 1 and found[0].text in _IT):
            yield from _by_copula(said, found, at, asked)


def _by_copula(said: str, found: Sequence[Word], at: int, asked: Asked) -> Iterator[str]:
    left, right = found[:at], found[at + 1 :]
    pronoun = len(left) == 1 and left[0].text in _IT
    if pronoun or _restates(left, asked):
        yield from _name(said[found[at].end :], asked)
    if not asked.place and _restates(right, asked):
        yield from _name(said[: found[at].start], asked)


def _restates(side: Sequence[Word], asked: Asked) -> bool:
    """Whether a side of the verb says nothing but what was asked for."""
    said = {word.text for word in side}
    stems = {stem(word) for word in asked.known}
    own = {word for word in said if word not in asked.known and stem(word) not in stems}
    if not said or own - _GLUE:
        return False
    if any(word.article in ("a", "an") and word.text not in asked.indefinite for word in side):
        return False  # "Italy is a country" does not say which
    noun, head = frozenset(asked.noun), asked.head
    if asked.shape == "same":
        return bool(noun and noun <= said) or head <= said
    told = {stem(word) for word in said}
    return bool(noun and noun <= said) or {stem(word) for word in asked.rest} <= told


def _by_subject(said: str, found: Sequence[Word], asked: Asked) -> Iterator[str]:
    """Who wrote Hamlet: "X wrote Hamlet", "X wrote it", "Hamlet was written by X"."""
    texts = tuple(word.text for word in found)
    for start in range(min(1 + 3 * len(asked.noun), len(asked.rest) - 1)):
        verb, what = asked.rest[start], asked.rest[start + 1 :]
        if start and not (verb.endswith(("s", "ed")) or verb in _PAST):
            continue  # still the kind of thing, as in "which old country borders ..."
        # "the play Hamlet" is Hamlet
        named = [what, what[1:]] if what[1:] and what[1] not in PREPOSITIONS else [what]
        for tail in ((verb, *name) for name in (*named, *_THEM)):
            if len(texts) > len(tail) and texts[-len(tail) :] == tail:
                yield from _name(said[: found[-len(tail)].start], asked)
                return
        done = _PAST.get(verb, verb)
        for name, copula in product((*named, ("it",)), COPULAS):
            head = (*name, copula, done, "by")
            if len(texts) > len(head) and texts[: len(head)] == head:
                yield from _name(said[found[len(head) - 1].end :], asked)
                return


def _by_object(said: str, found: Sequence[Word], asked: Asked) -> Iterator[str]:
    """What do cows eat: "Cows eat grass"; the rest of what was asked may follow."""
    told = [word for word in found if word.text not in COPULAS]
    pairs = zip(told, asked.rest, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: stem(pair[0].text) == stem(pair[1]), pairs))
    answer, tail = told[same:], [stem(word) for word in asked.rest[same:]]
    if same < 2 or (tail and asked.rest[same] not in PREPOSITIONS):
        return
    if tail and [stem(word.text) for word in answer[-len(tail) :]] == tail:
        answer = answer[: -len(tail)]
    if answer and not {word.text for word in answer} & asked.known - PREPOSITIONS:
        yield from _name(said[answer[0].start : answer[-1].end], asked)


def _name(text: str, asked: Asked) -> Iterator[str]:
    """The text if it can be an answer: a few words that are no statement and not the question."""
    found = words(text)
    texts = {word.text for word in found}
    text = text.strip(_EDGES)
    if asked.place:
        where = _FOUND_IN.match(text)
        text = text[where.end() :] if where else ""
    elif found and found[0].text in PREPOSITIONS:
        return
    if brief(text) and not texts & _CLAUSE and not _restates(found, asked) and ":" not in text:
        yield text


def _verdict(said: str) -> str | None:
    """Yes or no, when the rest of the line goes with it."""
    match = _VERDICT.match(said)
    if match is None or "\n" in said:
        return None
    rest = said[match.end() :]
    denied = _DENIAL.search(rest)
    hedged = unsure(_DENIAL.sub(" ", rest))
    return None if hedged or (denied and match[1].lower() == "yes") else match[1]


def _count(said: str, asked: Asked) -> str | None:
    """The one amount of what was counted, or the one amount that there is; not of a formula."""
    amounts = list(_AMOUNT.finditer(said))
    counted = [m for m in amounts if stem(_next_word(said, m.end())) == stem(asked.noun[0])]
    chosen = counted or amounts
    plain = len(chosen) == 1 and len(words(said)) > 2 and not _BARELY.search(said)
    joined = any(_JOINT.fullmatch(said, a.end(), b.start()) for a, b in pairwise(amounts))
    return chosen[0][0] if plain and not joined else None


def _next_word(text: str, at: int) -> str:
    match = _NEXT.match(text, at)
    return match[1].lower() if match else ""
