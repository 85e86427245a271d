from __future__ import annotations

import random
from itertools import permutations
from pathlib import Path

import pytest

from ttc_cli.answers import Classes, Worker, classes, equivalent

Pair = tuple[str, bool, str]


def table(name: str) -> list[Pair]:
    pairs = []
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("# "):
            same = " == " in line
            a, b = line.split(" == " if same else " != ", 1)
            pairs.append((a.strip(), same, b.strip()))
    return pairs


OURS, THEIRS = table("pairs.txt"), table("math_verify_pairs.txt")


def test_the_tables_are_as_large_as_promised() -> None:
    assert len(OURS) >= 150
    assert sum(not same for _, same, _ in OURS) >= 50
    assert len(THEIRS) >= 100


@pytest.mark.parametrize(("a", "same", "b"), OURS + THEIRS)
def test_pair(a: str, same: bool, b: str, worker: Worker) -> None:
    assert equivalent(a, b, worker=worker) is same
    assert equivalent(b, a, worker=worker) is same


class Refuses:
    """A worker that must not be asked."""

    def compare(self, a: str, b: str) -> bool | None:
        raise AssertionError(f"asked about {a} and {b}")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("42", "43"),
        ("1/2", r"\frac{3}{4}"),
        ("Paris", "London"),
        ("2x+1", "Paris"),
        ("2x+1", "3"),
        ("2x", "3y"),
        ("(1, 2)", "(1, 3)"),
        ("2024-03-05", "17"),
        ("(B)", r"\sqrt{2}"),
    ],
)
def test_different_by_sight_is_settled_without_algebra(a: str, b: str) -> None:
    assert not equivalent(a, b, worker=Refuses())


class Undecided:
    def compare(self, a: str, b: str) -> bool | None:
        return None


def test_what_algebra_cannot_decide_is_different() -> None:
    assert not equivalent("2x+2", "2(x+1)", worker=Undecided())


POOL = [
    "1/2",
    "0.5",
    r"\frac12",
    "50%",
    "7",
    "7 apples",
    None,
    "yes",
    "True",
    "(B)",
    "B",
    "50",
    "7",
]


def test_classes_of_a_pool() -> None:
    groups = classes(POOL, worker=Refuses())
    assert [(g.label, g.members) for g in groups] == [
        ("50", (0, 1, 2, 3, 11)),
        ("7", (4, 5, 12)),
        ("B", (9, 10)),
        ("yes", (7, 8)),
    ]


def named(order: list[str | None]) -> set[tuple[str, tuple[str, ...]]]:
    pool = Classes(worker=Refuses())
    for answer in order:
        pool.add(answer)
    return {(g.label, tuple(sorted(str(order[i]) for i in g.members))) for g in pool.groups()}


def test_classes_do_not_depend_on_the_order_of_the_pool() -> None:
    shuffled, generator = list(POOL), random.Random(5)
    expected = named(shuffled)
    for _ in range(50):
        generator.shuffle(shuffled)
        assert named(shuffled) == expected


def test_a_late_answer_joins_two_classes() -> None:
    pool = Classes()
    first, second = pool.add("0.5"), pool.add("50")
    assert first is not None
    assert second is not None
    assert pool.find(first) != pool.find(second)
    pool.add("50%")
    assert pool.find(first) == pool.find(second)
    assert pool.members(first) == (0, 1, 2)
    assert all(len(named(list(order))) == 1 for order in permutations(["0.5", "50", "50%"]))


def test_union_is_transitive_for_any_relation() -> None:
    generator = random.Random(11)
    for _ in range(100):
        names = [f"w{i}" for i in range(12)]
        edges = {frozenset(generator.sample(names, 2)) for _ in range(generator.randrange(12))}
        groups = classes(names, same=lambda a, b, e=edges: frozenset((a, b)) in e)  # type: ignore[misc]
        where = {i: g for g in groups for i in g.members}
        assert sorted(where) == list(range(12))
        for a, b in map(tuple, edges):
            assert where[names.index(a)] is where[names.index(b)]
        # no more merging than the edges call for
        assert len(groups) >= 12 - len(edges)


def test_same_replaces_equivalence_and_sees_distinct_texts_once() -> None:
    asked: list[tuple[str, str]] = []

    def by_behaviour(a: str, b: str) -> bool:
        asked.append((a, b))
        return eval(a)(3) == eval(b)(3)

    programs = ["lambda x: x*2", "lambda x: x+x", "lambda x: x", "lambda x: x*2"]
    groups = classes(programs, same=by_behaviour)
    assert [g.members for g in groups] == [(0, 1, 3), (2,)]
    assert len(asked) == len(set(asked)) <= 3


def test_an_empty_pool_and_a_pool_without_answers() -> None:
    assert classes([]) == []
    assert classes([None, None]) == []


def test_a_label_is_the_shortest_form_then_the_most_frequent() -> None:
    assert classes([r"$\boxed{1000}$", "1,000", "x = 1000"])[0].label == "1000"
    assert classes(["PARIS", "Paris", "Paris", "paris"])[0].label == "Paris"
