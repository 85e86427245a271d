"""The prefix tree against a model that stores every cell by itself."""

from __future__ import annotations

import random

import pytest

from ttc_cli.engine.llama.kv import PrefixTree, common_prefix


class Cells:
    """A unified cache, cell by cell: sequences are lists of cells, shared by identity."""

    def __init__(self) -> None:
        self.sequences: dict[int, list[tuple[int, object]]] = {}

    def open(self, sequence: int, source: int, length: int) -> None:
        self.sequences[sequence] = self.sequences[source][:length] if length else []

    def extend(self, sequence: int, tokens: list[int]) -> None:
        self.sequences[sequence] += [(token, object()) for token in tokens]

    def cut(self, sequence: int, length: int) -> None:
        del self.sequences[sequence][length:]

    def tokens(self, sequence: int) -> list[int]:
        return [token for token, _ in self.sequences[sequence]]

    @property
    def used(self) -> int:
        return len({cell for cells in self.sequences.values() for _, cell in cells})

    def own(self, sequence: int) -> int:
        others = {c for s, cells in self.sequences.items() if s != sequence for _, c in cells}
        return sum(cell not in others for _, cell in self.sequences[sequence])

    def longest(self, tokens: list[int], *, whole: bool) -> int:
        best = 0
        for sequence in self.sequences:
            held = self.tokens(sequence)
            shared = common_prefix(held, tokens)
            if not whole or shared == len(held):
                best = max(best, shared)
        return best


def some_tokens(rng: random.Random, cells: Cells) -> list[int]:
    """Often the start of what is resident, then something else; few symbols, long runs."""
    held = cells.tokens(rng.choice(list(cells.sequences))) if cells.sequences else []
    start = held[: rng.randrange(len(held) + 1)] if rng.random() < 0.8 else []
    if rng.random() < 0.3:
        return start
    return start + [rng.randrange(3) for _ in range(rng.choice([1, 2, 9, 150]))]


@pytest.mark.parametrize("rewindable", [True, False])
def test_the_tree_is_the_cache(rewindable: bool) -> None:
    rng = random.Random(42)
    for _ in range(12):
        tree, cells = PrefixTree(rewindable=rewindable), Cells()
        for step in range(400):
            _operate(rng, tree, cells)
            assert tree.used == cells.used
            for sequence in cells.sequences:
                assert tree.tokens(sequence) == cells.tokens(sequence)
                assert tree.length(sequence) == len(cells.sequences[sequence])
                if step % 8 == 0:
                    assert tree.own(sequence) == cells.own(sequence)
        for sequence in list(cells.sequences):
            tree.close(sequence)
        assert tree.used == 0
        assert tree.match([0, 1, 2]) == (-1, 0)


def _operate(rng: random.Random, tree: PrefixTree, cells: Cells) -> None:
    live = list(cells.sequences)
    action = rng.choice(["open", "open", "extend", "extend", "cut", "close"])
    if action == "open" and len(live) < 12:
        tokens = some_tokens(rng, cells)
        source, length = tree.match(tokens)
        assert length == cells.longest(tokens, whole=not tree.rewindable)
        assert (source >= 0) == (length > 0)
        if length:
            assert cells.tokens(source)[:length] == tokens[:length]
        new = min(set(range(20)) - set(live))
        for kept in (tree, cells):
            kept.open(new, source, length)
            kept.extend(new, tokens[length:])
    elif live and action == "extend":
        sequence, tokens = rng.choice(live), [rng.randrange(3) for _ in range(rng.randrange(4))]
        tree.extend(sequence, tokens)
        cells.extend(sequence, tokens)
    elif live and action == "cut" and tree.rewindable:
        sequence = rng.choice(live)
        length = rng.randrange(len(cells.sequences[sequence]) + 2)
        tree.cut(sequence, length)
        cells.cut(sequence, length)
    elif live and action == "close":
        sequence = rng.choice(live)
        tree.close(sequence)
        assert sequence not in tree
        del cells.sequences[sequence]


def test_a_deep_tree_is_no_trouble() -> None:
    tree = PrefixTree()
    tokens = list(range(1_500))
    tree.open(0)
    tree.extend(0, tokens)
    for length in range(1, 1_500):  # every point was forked at once
        tree.open(1, 0, length)
        tree.extend(1, [-1])
        tree.close(1)
    assert tree.match(tokens) == (0, 1_500)
    assert tree.match([*tokens[:1_200], -2]) == (0, 1_200)
    assert tree.used == 1_500


def test_common_prefix_finds_the_first_difference() -> None:
    for n in (0, 1, 63, 64, 65, 200):
        a = list(range(n))
        assert common_prefix(a, a) == n
        assert common_prefix(a, [*a, 1]) == n
        for at in range(n):
            assert common_prefix(a, [*a[:at], -1, *a[at + 1 :]]) == at
            assert common_prefix(a, a[:at]) == at
