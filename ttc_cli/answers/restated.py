"""What is left of an answer without what it restates of the question.

Two answers taken for one cost more than one taken for two, so restating is read strictly, in
English alone: one short sentence that denies, hedges and lists nothing, in which one stretch of
words is not the question's, and the others name what was asked for, in an order that says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ttc_cli.answers.asked import (
    COPULAS,
    PAST,
    PREPOSITIONS,
    SENTENCE_END,
    Form,
    Word,
    read,
    stem,
    unsure,
    wanted,
    words,
)
from ttc_cli.answers.names import listed, pattern
from ttc_cli.answers.reply import brief, sentence

_QUOTED = re.compile(r"[\"“]([^\"“”]{1,60})[\"”]")
_BEHIND = re.compile(
    r"(?i)(?:^|\b(?:is|are|means?|like|say|becomes|gives|ist|heißt|bedeutet|est|es|significa)|[:=→])\W*$"
)
_LEAD = re.compile(
    r"(?:(?:so|thus|therefore|hence|in conclusion|in summary)\b,?"
    r"|(?:sure|certainly|of course|okay)[,.!])\s+",
    re.I,
)
_EDGES = " \t*_\"'“”`.,:!"
_NAMING = frozenset({"name", "person", "place", "word", "value", "result"})  # the name is X
_PRONOUNS = frozenset({"it", "he", "she", "they", "them", "him", "her"})
_LINKS = {
    "same": frozenset({"called", "named"}), "subject": frozenset({"by"}), "object": frozenset(),
}  # fmt: skip
_PLACED = frozenset({"located", "situated", "found"})
_GLUE = frozenset({"of", "in", "on", "at", "to", "for", "with", "'s", "that", "which", "who"})
_CLAUSE = frozenset(listed("clause"))  # words that make what they are in a statement, and no name
_YES = frozenset(listed("yes"))
_FOUND_IN = re.compile(r"(?:(?:located|situated|found)\s+)?(?:in|at|on)\s+(?=\w)", re.I)
_DATED = re.compile(
    r",?\s+(?:in|on|around)\s+(?:the year\s+)?(?:[A-Z][a-z]+\s+)?(?:\d{1,2},?\s+)?\d{3,4}\W*$"
)  # who did it is not when
_PAID_PER = re.compile(
    r"(?i)^(?=.*(?:[$€£¥₹]|dollar|euro|pound|rupee|\bRs)).*?(?=(?:\s+(?:an?|per|each|every)\s+|/)"
    r"(year|month|week|day|hour)$)"
)
_SO = re.compile(
    r"(?i).*\b(?:so|therefore|thus|hence)(?:,? the answer is)?,?\s+(yes|no)\b(?=[*_]*(?:[,.!;:]|$))"
)
_DENIAL = re.compile(
    r"(?i)\b(?:no|not|never|\w+n['’]t|nicht|kein\w*|pas|jamais|non|nunca|não|nem)\b"
)
_NOR = re.compile(r"(?i),\s+(?:and\s+)?not\s+(?!only|just|always)[\w\s]{1,30}(?=[.!]?\W*$)")
_NOT = re.compile(r"(?i)(?<=\w)(?<!ca)n['’]t\b|(?<=can)(?:['’]t|not)\b")
_HEDGE = re.compile(r"(?i)\b(?:aber|jedoch|falls|wenn|mais|pero|però|se|si|mas)\b")


def short(said: str, question: str) -> str | None:
    """What a sentence answers, as it is written there; None when that is not certain.

    Args:
        said: one sentence, as a reply or where a reply gives its answer.
        question: what was asked.
    """
    if not 0 < len(said) <= 240:
        return None
    if (form := read(question)) is None:
        return _quoted(said, question)
    if form.shape == "count":
        return None
    if form.shape == "verdict":
        return _verdict(said)
    said = said.strip()
    lead = _LEAD.match(said)
    said = _NOR.sub("", said[lead.end() :] if lead else said)
    end = SENTENCE_END.search(said)
    if (end and said[end.end() :].strip(_EDGES)) or "?" in said or unsure(said):
        return None
    found = _left(said, form) or _predicate(said, form)
    if found is None and form.shape == "subject" and (dated := _DATED.search(said)):
        found = _left(said[: dated.start()], form)
    return found


def _quoted(said: str, question: str) -> str | None:
    """The one new quotation where both question and sentence quote: "Hi" in German is "Hallo"."""
    quotes = [*_QUOTED.finditer(said)]
    new = [one for one in quotes if one[1].casefold().strip(".,!") not in question.casefold()]
    rest = _QUOTED.sub("", said)
    plain = "\n" not in said and not unsure(rest) and not pattern("verdicts").match(said)
    asks = _QUOTED.search(question) and not wanted(question)
    if not asks or not plain or not len(new) == 1 < len(quotes):
        return None
    return new[0][1].rstrip(".,") if _BEHIND.search(said[: new[0].start()]) else None


def bare(said: str, question: str) -> str:
    """A place or time without its preposition, and pay without the period that was asked for:
    Rome, asked where, for "in Rome"; $500, asked what is earned in a week, for "$500 a week"."""
    pay = _PAID_PER.search(said)
    if pay and re.search(rf"(?i)\b(?:an?|one|per|each|every)\s+{pay[1]}\b", question):
        said = pay[0]
    form = read(question)
    where = _FOUND_IN.match(said) if form and form.place and brief(said) else None
    return said[where.end() :] if where else said


def _verdict(said: str) -> str | None:
    """Yes or no, when the rest of the line goes with it."""
    match = pattern("verdicts").match(said) or _SO.match(said)
    if match is None or "\n" in said:
        return None
    rest = said[match.end() :]
    denied = _DENIAL.search(rest)
    hedged = unsure(_DENIAL.sub(" ", rest)) or _HEDGE.search(rest)
    return None if hedged or (denied and match[1].lower() in _YES) else match[1]


def repeated(said: str, question: str) -> str | None:
    """Yes or no for the question's own words as a statement: "91 is not a prime number"."""
    form, lead = read(question), _LEAD.match(said)
    told = sentence(said[lead.end() if lead else 0 :].replace("**", ""))
    found = [word.text for word in words(_NOT.sub(" not", told))]
    verb, *rest = form.said if form else ("",)
    bare = [word for word in found if word != "not"]
    again = any(bare == [*rest[:at], verb, *rest[at:]] for at in range(1, len(rest)))
    return ("No" if "not" in found else "Yes") if again and len(found) - len(bare) < 2 else None


def _left(said: str, form: Form) -> str | None:
    """The one stretch of a sentence that the question does not say, where all else restates it."""
    found = words(said)
    known = _GLUE | COPULAS | _LINKS[form.shape]
    known |= _PLACED if form.place else set()
    known |= _PRONOUNS if form.shape != "object" else set()
    known |= _NAMING if found and found[0].article == "the" else set()
    for order in (1, -1):  # which of two "New York" is the question's
        asked = Counter(stem(word) for word in form.said)
        asked.update(stem(PAST[word]) for word in form.said if word in PAST)
        new = set[int]()
        for at in range(len(found))[::order]:
            if found[at].text not in known:
                asked[stem(found[at].text)] -= 1
                new |= {at} if asked[stem(found[at].text)] < 0 else set()
        if new and _fits(found, min(new), max(new), new, form):
            start = found[min(new) - 1].end if min(new) else 0
            end = found[max(new) + 1].start if max(new) + 1 < len(found) else len(said)
            return _name(said[start:end], found[min(new) : max(new) + 1])
    return None


def _predicate(said: str, form: Form) -> str | None:
    """What a sentence says of all that was asked for: "The largest planet of our system is X"."""
    found = words(said)
    verbs = [at for at, word in enumerate(found) if word.text in COPULAS]
    before, after = (found[: verbs[0]], found[verbs[0] + 1 :]) if len(verbs) == 1 else ((), ())
    if form.place:
        after = after[1:] if after and after[0].text in _PLACED else after
        if not after or after[0].text not in ("in", "at", "on"):
            return None
        after = after[1:]
    asked = {stem(w) for w in (*form.noun * (not form.place), *form.rest)}
    asked -= {stem(w) for w in _GLUE | COPULAS | PREPOSITIONS | _PLACED}
    known = [at for at, word in enumerate(before) if stem(word.text) in asked]
    if not asked or {stem(before[at].text) for at in known} != asked or not after:
        return None
    more = before[known[-1] + 1 :]  # where, or of what
    within = not more or more[0].text in PREPOSITIONS or (form.place and len(more) == 1)
    others = [w for w in before[: known[-1]] if stem(w.text) not in asked and w.text not in _GLUE]
    again = any(stem(word.text) in asked for word in after)
    if others or again or not within or after[0].article in ("a", "an"):
        return None
    return _name(said[after[0].start : after[-1].end], after)


def _fits(found: Sequence[Word], first: int, last: int, new: set[int], form: Form) -> bool:
    """Whether the words around a stretch restate the question, in an order that says so."""
    if any(found[at].text not in _GLUE for at in range(first, last) if at not in new):
        return False
    around = [*found[:first], *found[last + 1 :]]
    if any(word.article in ("a", "an") and word.text not in form.indefinite for word in around):
        return False  # "Italy is a country" does not say which
    passive = "by" not in form.said and any(word.text == "by" for word in around)
    before = found[first - 1].text if first else ""
    after = found[last + 1].text if last + 1 < len(found) else ""
    if form.place:
        ordered = before in ("in", "at", "on")
    elif not first:
        ordered = not passive and (form.shape == "subject" or after in COPULAS)
    elif found[0].text in _NAMING:
        ordered = before in COPULAS
    else:
        ordered = (form.shape == "object" and not passive) or before in COPULAS | _LINKS[
            form.shape
        ] | {"'s"}
    return ordered and _restates(around, form)


def _restates(around: Sequence[Word], form: Form) -> bool:
    """Whether words name what was asked for: its kind, or what was said of it."""
    texts = {word.text for word in around}
    said, pronoun = set(map(stem, texts)), bool(texts & _PRONOUNS)
    if pronoun and texts <= _PRONOUNS | COPULAS | PREPOSITIONS | {"'s"}:
        return True  # It is X
    if around and around[0].text in _NAMING and texts - {around[0].text} <= COPULAS:
        return True  # The name is X
    if form.noun and set(map(stem, form.noun)) <= said:
        return True
    if form.shape == "subject":
        verb, *what = form.rest
        # "the play Hamlet" is Hamlet
        name = what[1:] if what[1:] and what[1] not in PREPOSITIONS else what
        does = {stem(verb), stem(PAST.get(verb, verb))} & said
        return bool(does) and (pronoun or set(map(stem, name)) <= said)
    # what names the answer is the start of X, up to its first preposition
    stop = next((i for i, w in enumerate(form.rest) if w in PREPOSITIONS), len(form.rest))
    return set(map(stem, form.rest[:stop] or form.rest)) <= said


def _name(text: str, found: Sequence[Word]) -> str | None:
    """The text if it can be an answer: a few words that are no statement."""
    text = text.strip(_EDGES)
    plain = ":" not in text and not {word.text for word in found} & _CLAUSE
    return text if brief(text) and plain else None
