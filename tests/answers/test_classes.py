from __future__ import annotations

import random
from collections import Counter
from itertools import permutations

import pytest

from ttc_cli.answers import Classes, canonical, classes, equivalent


class Refuses:
    """A worker that must not be asked."""

    def compare(self, a: str, b: str) -> bool | None:
        raise AssertionError(f"asked about {a} and {b}")


class Undecided:
    """A worker that comes to no verdict."""

    def compare(self, a: str, b: str) -> bool | None:
        return None


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
        ("1/2^99", "1/100!"),
        ("13:05", "13/5"),
        ("1914-1918", "-4"),
        ("Nf3", "N*f^3"),
    ],
)
def test_different_by_sight_is_settled_without_algebra(a: str, b: str) -> None:
    assert not equivalent(a, b, worker=Refuses())


def test_what_algebra_cannot_decide_is_different() -> None:
    assert not equivalent("2x+2", "2(x+1)", worker=Undecided())


def grouped(*answers: str | None) -> dict[str, tuple[int, ...]]:
    return {group.label: group.members for group in classes(answers, worker=Refuses())}


def test_a_bare_number_joins_the_largest_class_and_bridges_nothing() -> None:
    assert grouped("5", "5 km", "5 m", "5 miles") == {
        "5": (0,), "5 km": (1,), "5 m": (2,), "5 miles": (3,),
    }  # fmt: skip
    assert grouped("5", "5 km", "5 m", "5 km", "5") == {"5 km": (0, 1, 3, 4), "5 m": (2,)}
    assert grouped("72", "72 clips", "72") == {"72 clips": (0, 1, 2)}


def test_words_with_two_readings_join_one_class_at_most() -> None:
    assert grouped("3,14", "3.14", "3.14") == {"3.14": (0, 1, 2)}
    assert grouped("£5", "5 pounds", "5 kg") == {"£5": (0, 1), "5 kg": (2,)}
    assert grouped("50%", "50", "0.5", "50") == {"50%": (0, 1, 3), "0.5": (2,)}


def test_a_rounded_decimal_makes_no_one_of_two() -> None:
    found = grouped("1/3", "0.333333", "0.3333334", "0.3333334")
    assert sorted(found.values()) in ([(0,), (1, 2, 3)], [(0, 1), (2, 3)])


def test_the_label_is_the_most_frequent_specific_form_as_it_was_written() -> None:
    assert classes(["1000", "1,000", "1,000"])[0].label == "1,000"
    assert classes(["PARIS", "Paris", "Paris", "paris"])[0].label == "Paris"
    assert classes(["5", "5", "5", "5 km"])[0].label == "5 km"
    assert classes(["two hours", "120 minutes", "120 minutes"])[0].label == "120 minutes"


POOL: list[str | None] = [
    "1/2", "0.5", r"\frac12", "50%", "7", "7 apples", None, "yes", "True", "(B)", "B", "50", "7",
    "5", "5 km", "5000 m", "3 PM", "15:00", "3,14", "3.14", "3 hours 5 minutes", "185 min",
    "1914-1918", "x = 3, x = -2", "{3, -2}", "0.333333", "1/3", "5 pounds", "£5",
]  # fmt: skip


def named(order: list[str | None]) -> set[tuple[str, tuple[str, ...]]]:
    pool = Classes(worker=Refuses())
    for answer in order:
        pool.add(answer)
    return {(g.label, tuple(sorted(str(order[i]) for i in g.members))) for g in pool.groups()}


def test_classes_do_not_depend_on_the_order_of_arrival() -> None:
    shuffled, generator = list(POOL), random.Random(5)
    expected = named(shuffled)
    for _ in range(50):
        generator.shuffle(shuffled)
        assert named(shuffled) == expected
    small = ["5", "5 km", "5 m", "5000 m", "5"]
    assert len({frozenset(named(list(order))) for order in permutations(small)}) == 1


def test_equality_is_transitive_inside_a_class_and_no_label_comes_twice() -> None:
    generator = random.Random(17)
    known = [answer for answer in POOL if answer]
    for _ in range(60):
        pool = generator.choices(known, k=12)
        groups = classes(pool, worker=Refuses())
        assert max(Counter(group.label for group in groups).values()) == 1
        assert sorted(i for group in groups for i in group.members) == list(range(12))
        for group in groups:
            for i in group.members:
                assert all(equivalent(pool[i], pool[j], worker=Refuses()) for j in group.members)


def test_an_empty_pool_and_a_pool_without_answers() -> None:
    assert classes([]) == []
    assert classes([None, None]) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\frac{11+9a}{20}", "(11+9a)/20"),
        (r"$3 \pm 2 \sqrt{2}$", "3 ± 2 sqrt(2)"),
        (r"\frac{1}{2^{98}}", "1/(2^{98})"),
        (r"\frac{1}{2x}", "1/(2x)"),
        (r"\boxed{(n-1)!}", "(n-1)!"),
        ("Paris!", "Paris"),
        ("(A) and (C)", "(A) and (C)"),
        (r"2\frac{1}{x}", "2(1/x)"),
        (r"2\frac{1}{3}", "2 1/3"),
        ("1,000", "1,000"),
        ("72 clips", "72 clips"),
        (r"2 \text{ hours } 15 \text{ minutes}", "2 hours 15 minutes"),
        (r"145^\circ", "145°"),
        (r"12.5\%", "12.5%"),
        (r"\text{(E)}", "E"),
        ("**Yes**.", "Yes"),
        (r"(-\infty, 0]", "(-∞, 0]"),
        ('{"b": 1, "a": 2.0}', '{"a": 2, "b": 1}'),
        ("The Eiffel  Tower.", "The Eiffel Tower"),
        (r"\begin{pmatrix}1 & 2 \\ 3 & 4\end{pmatrix}", "[1 2; 3 4]"),
    ],
)
def test_the_form_people_read(text: str, shown: str) -> None:
    assert " ".join(canonical(text).split()) == shown
