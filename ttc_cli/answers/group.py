"""Answers grouped into classes that can vote: the same whatever the order they came in.

Firm answers come first: equal typed values are one class. A vaguer answer (a number without a
unit, a rounded decimal, words with two readings) then joins the largest class that it equals
throughout, none where two are as large, and never makes one class of two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from ttc_cli.answers.compare import reading, same
from ttc_cli.answers.parse import canonical
from ttc_cli.answers.value import Value
from ttc_cli.answers.worker import Comparer


@dataclass(frozen=True)
class AnswerClass:
    """Answers that are one: the label to show and the indices of its members, ascending."""

    label: str
    members: tuple[int, ...]


def vagueness(value: Value) -> int:
    """How much an answer leaves open, as a rank: what is vaguer joins, what is firm is joined."""
    bare = {
        "number": 2, "quantity": not value.label, "formula": 1,
        "date": not value.label,
        "list": not (value.brackets or value.ordered),
    }  # fmt: skip
    letter = value.kind == "choice" and not value.label
    rank = int(bare.get(value.kind, letter))
    return rank + 4 * (value.places is not None) + 8 * bool(value.readings)


@dataclass(eq=False)
class _Group:
    """Texts that are one answer, and how often they came."""

    texts: list[str]
    size: int


class Classes:
    """A pool of answers that grows one at a time; grouped anew when it is asked for its classes.

    Args:
        question, worker: as for `equivalent`.
    """

    def __init__(self, *, question: str = "", worker: Comparer | None = None) -> None:
        self._answers: list[str | None] = []
        self._groups: list[AnswerClass] | None = None
        self._read = partial(reading, question=question)
        self._same = lru_cache(maxsize=None)(
            lambda a, b: same(self._read(a), self._read(b), worker)
        )

    def add(self, answer: str | None) -> None:
        """Take the next answer of the pool, None for a branch without one."""
        self._answers.append(answer)
        self._groups = None

    def groups(self) -> list[AnswerClass]:
        """The classes, largest first; equal sizes by label, so not by the order of the pool."""
        if self._groups is None:
            self._groups = self._classify()
        return self._groups

    def _equal(self, a: str, b: str) -> bool:
        return a == b or self._same(*sorted((a, b)))

    def _all_equal(self, a: _Group, b: _Group) -> bool:
        return all(self._equal(x, y) for x in a.texts for y in b.texts)

    def _classify(self) -> list[AnswerClass]:
        counts = Counter(answer for answer in self._answers if answer is not None)
        ranks = {text: vagueness(self._read(text)) for text in counts}
        groups: list[_Group] = []
        for rank in sorted(set(ranks.values())):
            texts = sorted(text for text, own in ranks.items() if own == rank)
            found = self._components(texts)
            news = [_Group(some, sum(counts[text] for text in some)) for some in found]
            groups = [*self._join(news, groups), *news] if groups else news
            groups = [group for group in groups if group.texts]
        return self._labelled(groups, counts, ranks)

    def _components(self, texts: list[str]) -> Iterator[list[str]]:
        """Texts of one rank, closed under equality; where that is no equivalence, none join."""
        left = list(texts)
        while left:
            found, queue = [left[0]], [left.pop(0)]
            while queue:
                text = queue.pop()
                near = [other for other in left if self._equal(text, other)]
                left = [other for other in left if other not in near]
                found += near
                queue += near
            if all(self._equal(a, b) for a in found for b in found):
                yield found
            else:
                yield from ([text] for text in found)

    def _join(self, vague: list[_Group], firm: list[_Group]) -> list[_Group]:
        """The firmer classes after each vaguer one has joined the one it belongs to, if any."""
        chosen: dict[int, list[_Group]] = {}
        sizes = [group.size for group in firm]
        for group in vague:
            fits = [i for i, other in enumerate(firm) if self._all_equal(group, other)]
            most = max((sizes[i] for i in fits), default=0)
            best = [i for i in fits if sizes[i] == most]
            if len(best) == 1:
                chosen.setdefault(best[0], []).append(group)
        for place, groups in chosen.items():
            most = max(group.size for group in groups)
            largest = [group for group in groups if group.size == most]
            for group in largest if len(largest) == 1 else []:
                firm[place].texts += group.texts
                firm[place].size += group.size
                group.texts = []
        return firm

    def _labelled(
        self, groups: list[_Group], counts: Counter[str], ranks: dict[str, int]
    ) -> list[AnswerClass]:
        shown = [self._label(group, counts, ranks) for group in groups]
        twice = {label for label, number in Counter(shown).items() if number > 1}
        places: dict[str, list[int]] = {}
        for index, answer in enumerate(self._answers):
            if answer is not None:
                places.setdefault(answer, []).append(index)
        found = []
        for group, label in zip(groups, shown, strict=True):
            name = min(group.texts, key=lambda t: (-counts[t], t)) if label in twice else label
            members = sorted(i for text in group.texts for i in places[text])
            found.append(AnswerClass(name, tuple(members)))
        return sorted(found, key=lambda one: (-len(one.members), one.label))

    def _label(self, group: _Group, counts: Counter[str], ranks: dict[str, int]) -> str:
        """The most frequent of the firmest forms, as it was written; then the shortest."""
        firmest = min(ranks[text] for text in group.texts)
        forms = Counter[str]()
        for text in group.texts:
            if ranks[text] == firmest:
                forms[canonical(text)] += counts[text]
        return min(forms, key=lambda form: (-forms[form], len(form), form))


class Exact:
    """Classes of answers with the same text, such as canonical JSON; with the ways of `Classes`."""

    def __init__(self) -> None:
        self._count = 0
        self._members: dict[str, list[int]] = {}

    def add(self, answer: str | None) -> None:
        """Take the next answer of the pool, None for a branch without one."""
        if answer is not None:
            self._members.setdefault(answer, []).append(self._count)
        self._count += 1

    def groups(self) -> list[AnswerClass]:
        """The classes, largest first; equal sizes by text."""
        groups = [AnswerClass(text, tuple(members)) for text, members in self._members.items()]
        return sorted(groups, key=lambda group: (-len(group.members), group.label))


def classes(
    answers: Sequence[str | None],
    *,
    question: str = "",
    worker: Comparer | None = None,
) -> list[AnswerClass]:
    """Group a pool of answers (None: a branch without one, in no class); largest class first.

    Args:
        answers: one per branch; members of the classes are indices into it.
        question, worker: as for `equivalent`.
    """
    pool = Classes(question=question, worker=worker)
    for answer in answers:
        pool.add(answer)
    return pool.groups()
