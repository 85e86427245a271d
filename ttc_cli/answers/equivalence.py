"""Which answers are the same answer: pairwise, and as classes closed under transitivity.

Order of evidence: equal keys, exact numbers, members of lists, and only then math-verify, and
that only when both sides look like maths and could be equal. Classes are the transitive closure
(union-find over all distinct keys), so they do not depend on the order of the pool.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from ttc_cli.answers.latex import for_parser
from ttc_cli.answers.normalise import MATHS_LIMIT, Form, parse_form
from ttc_cli.answers.quantity import same_number
from ttc_cli.answers.worker import Comparer, shared_worker

_MATHS_KINDS = frozenset({"maths", "number", "items", "constant"})
_NOT_NAMES = re.compile(r"\\[a-zA-Z]+|[a-zA-Z]{2,}|(?<![a-zA-Z])[ei](?![a-zA-Z])")
_RELATION = re.compile(r"[=<>≤≥≠∈]|\\(?:in|leq?|geq?|neq?|lt|gt)(?![a-z])")
_PLURAL = re.compile(r"[,;±∪|]|\\(?:pm|cup|begin)")


def equivalent(a: str, b: str, *, worker: Comparer | None = None) -> bool:
    """Whether two answers are the same answer.

    Symmetric. `worker` defaults to this process's own (started when first needed); a comparison
    it cannot decide in time counts as different.

    Raises:
        TtcError: formulas had to be compared and the worker cannot be started.
    """
    return a == b or _same(parse_form(a), parse_form(b), worker)


def _same(a: Form, b: Form, worker: Comparer | None) -> bool:
    verdict = _decide(a, b)
    if verdict is None:
        # y = 2x stands for 2x, until it meets an equation
        full = _is_relation(a) != _is_relation(b) and "maths" == a.kind == b.kind
        sources = (a.full, b.full) if full else (a.source, b.source)
        # math-verify is not symmetric in its details: one order for every caller
        left, right = sorted(map(for_parser, sources))
        verdict = (worker or shared_worker()).compare(left, right)
    return verdict is True


def _decide(a: Form, b: Form) -> bool | None:
    """True or False without algebra; None when only algebra can tell."""
    if a.key == b.key:
        return True
    if a.number and b.number:
        return same_number(a.number, b.number)
    if a.kind == b.kind == "items":
        return _same_items(a, b)
    kinds = {a.kind, b.kind}
    if not kinds <= _MATHS_KINDS or "maths" not in kinds:
        return False
    return None if _plausible(a, b) else False


def _same_items(a: Form, b: Form) -> bool | None:
    if len(a.items) != len(b.items):
        return False
    loose = {a.brackets, b.brackets} <= {"", "{}"}
    if loose:
        return _match_any_order(a, b)
    differ = a.brackets != b.brackets and "" not in (a.brackets, b.brackets)
    if differ and (len(a.items) == 2 or "{}" in (a.brackets, b.brackets)):
        return False
    return _all([_decide(x, y) for x, y in zip(a.items, b.items, strict=True)])


def _match_any_order(a: Form, b: Form) -> bool | None:
    """Pair off what can be paired without algebra; the rest is left to it, or decides."""
    left, right, unsure = list(a.items), list(b.items), False
    for item in tuple(left):
        twin = next((other for other in right if _decide(item, other)), None)
        if twin is not None:
            left.remove(item)
            right.remove(twin)
            continue
        if all(_decide(item, other) is False for other in right):
            return False
        unsure = True
    return None if unsure else True


def _all(verdicts: list[bool | None]) -> bool | None:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _names(form: Form) -> set[str]:
    return set(re.findall(r"[a-zA-Z]", _NOT_NAMES.sub(" ", form.source)))


def _is_relation(form: Form) -> bool:
    return bool(_RELATION.search(form.source))


def _plausible(a: Form, b: Form) -> bool:
    """Could algebra find them equal? Spares the worker most pairs of different answers.

    It also keeps math-verify from reading an equation as the value of its right side.
    """
    if max(len(a.source), len(b.source)) > MATHS_LIMIT:
        return False
    if a.kind != b.kind and "items" in (a.kind, b.kind):
        formula = a if a.kind == "maths" else b
        return bool(_PLURAL.search(formula.source) or _is_relation(formula))
    if _is_relation(a) != _is_relation(b):
        other = b if _is_relation(a) else a
        return bool(_PLURAL.search(other.source) or _RELATION.search(other.full))
    return _is_relation(a) or _names(a) == _names(b)


@dataclass(frozen=True)
class AnswerClass:
    """Answers that are one: the label to show and the indices of its members, ascending."""

    label: str
    members: tuple[int, ...]


class Classes:
    """Equivalence classes that grow an answer at a time.

    Each distinct key is compared once with those of the other classes; a repeated answer costs a
    dictionary lookup. Keys that turn out to be equal join their whole classes.

    Args:
        same: replaces `equivalent`, e.g. to compare code by what it does. It is asked about
            distinct texts only.
        worker: as for `equivalent`.
    """

    def __init__(
        self,
        *,
        same: Callable[[str, str], bool] | None = None,
        worker: Comparer | None = None,
    ) -> None:
        self._same = same
        self._worker = worker
        self._count = 0
        self._ids: dict[Hashable, int] = {}
        self._texts: list[str] = []  # one text a key
        self._parents: list[int] = []  # union-find over keys; a root is its class's lowest key
        self._members: list[list[int]] = []  # a root's list holds its whole class
        self._labels: list[Counter[str]] = []

    def add(self, answer: str | None) -> int | None:
        """Take the next answer of the pool; its class id, None for a branch without answer.

        A class keeps its id for as long as it is not joined to an older one: ask `find` for the
        id an earlier one has become.
        """
        index = self._count
        self._count += 1
        if answer is None:
            return None
        form = parse_form(answer)
        key: Hashable = answer if self._same else form.key
        known = self._ids.get(key)
        if known is None:
            known = self._new_key(key, answer)
        root = self.find(known)
        self._members[root].append(index)
        self._labels[root][form.label] += 1
        return root

    def find(self, class_id: int) -> int:
        """The id of the class that `class_id` now belongs to."""
        while self._parents[class_id] != class_id:
            self._parents[class_id] = self._parents[self._parents[class_id]]
            class_id = self._parents[class_id]
        return class_id

    def label(self, class_id: int) -> str:
        """The best-reading form in a class: the shortest, then the most frequent."""
        counts = self._labels[self.find(class_id)]
        return min(counts, key=lambda label: (len(label), -counts[label], label), default="")

    def members(self, class_id: int) -> tuple[int, ...]:
        """Indices of a class's answers in the order they were added, ascending."""
        return tuple(sorted(self._members[self.find(class_id)]))

    def groups(self) -> list[AnswerClass]:
        """The classes, largest first; equal sizes by label, so not by the order of the pool."""
        roots = {self.find(key) for key in range(len(self._parents))}
        groups = [AnswerClass(self.label(root), self.members(root)) for root in roots]
        return sorted(groups, key=lambda group: (-len(group.members), group.label))

    def _new_key(self, key: Hashable, answer: str) -> int:
        new = len(self._parents)
        self._ids[key] = new
        self._texts.append(answer)
        self._parents.append(new)
        self._members.append([])
        self._labels.append(Counter())
        # against every key, not a representative of each class: "is the same as" is closed under
        # transitivity only after the unions, so a representative would depend on the order
        for other in range(new):
            if self.find(other) != self.find(new) and self._equal(self._texts[other], answer):
                self._join(other, new)
        return new

    def _equal(self, a: str, b: str) -> bool:
        return self._same(a, b) if self._same else equivalent(a, b, worker=self._worker)

    def _join(self, a: int, b: int) -> None:
        low, high = sorted((self.find(a), self.find(b)))
        self._parents[high] = low
        self._members[low] += self._members[high]
        self._labels[low] += self._labels[high]


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
    same: Callable[[str, str], bool] | None = None,
    worker: Comparer | None = None,
) -> list[AnswerClass]:
    """Group a pool of answers (None: a branch without one, in no class); largest class first.

    Args:
        answers: one per branch; members of the classes are indices into it.
        same: replaces `equivalent`, see `Classes`.
        worker: as for `equivalent`.
    """
    pool = Classes(same=same, worker=worker)
    for answer in answers:
        pool.add(answer)
    return pool.groups()
