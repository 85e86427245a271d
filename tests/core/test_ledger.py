from __future__ import annotations

import random
import threading
from collections import defaultdict

import pytest

from ttc_cli.core.ledger import Ledger


def test_the_limit_is_exact() -> None:
    ledger = Ledger(3)
    assert [ledger.take() for _ in range(5)] == [True, True, True, False, False]
    assert (ledger.spent, ledger.left) == (3, 0)


def test_a_child_charges_its_parents_and_each_limit_binds() -> None:
    run = Ledger(10)
    part = run.child(6)
    piece = part.child()
    assert piece.take(5)
    assert (piece.left, part.left, run.left) == (1, 1, 5)
    assert not piece.take(2)
    assert run.take(5)
    assert (piece.left, part.left) == (0, 0), "the run's limit binds what its parts may take"


def test_a_refused_child_leaves_every_ledger_alone() -> None:
    run = Ledger(3)
    part = run.child(5)
    assert not part.take(4)
    assert (run.spent, part.spent) == (0, 0)


def test_verifiers_share_the_limit_and_are_counted_apart() -> None:
    run = Ledger(10)
    judge = run.child(verifier=True)
    assert judge.take(4)
    assert judge.child().take(2), "what a verifier hands on is a verifier's too"
    assert run.take(1)
    assert (run.usage.sampled, run.usage.verifier, run.left) == (1, 6, 3)


@pytest.mark.parametrize("kind", ["prefilled", "shared", "wasted"])
def test_what_no_limit_binds_is_counted_all_the_way_up(kind: str) -> None:
    run = Ledger(1)
    run.child(0).count(kind, 50)
    assert getattr(run.usage, kind) == 50
    assert run.left == 1


def test_threads_never_overdraw() -> None:
    run = Ledger(5_000)
    taken = [0] * 4

    def draw(i: int) -> None:
        ledger = run.child(2_000 if i else None)
        while ledger.take():
            taken[i] += 1

    threads = [threading.Thread(target=draw, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == run.spent == 5_000
    assert max(taken[1:]) <= 2_000


def test_random_trees_of_ledgers_add_up() -> None:
    rng = random.Random(5)
    for _ in range(200):
        ledgers = [Ledger(rng.choice([None, rng.randrange(40)]))]
        children: dict[int, list[Ledger]] = defaultdict(list)
        for _ in range(rng.randrange(6)):
            parent = rng.choice(ledgers)
            ledgers.append(parent.child(rng.choice([None, rng.randrange(40)])))
            children[id(parent)].append(ledgers[-1])
        for _ in range(60):
            ledger, n = rng.choice(ledgers), rng.randrange(1, 4)
            left = ledger.left
            assert ledger.take(n) == (left is None or n <= left)
        for ledger in ledgers:
            assert ledger.limit is None or ledger.spent <= ledger.limit
            assert ledger.spent >= sum(child.spent for child in children[id(ledger)])
