"""Which cells of the KV cache hold which tokens: a prefix tree over resident sequences.

A node is a run of tokens that the same set of sequences shares; its length is the cells it
takes. Forks are found by content, so nobody passes handles around, and what is resident can be
shared across questions, branches and turns. Mirrors exactly what `seq_cp`/`seq_rm` do in
llama.cpp's unified cache.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many leading tokens two sequences share."""
    n, i = min(len(a), len(b)), 0
    while i < n and a[i : i + 64] == b[i : i + 64]:  # slices compare at C speed
        i += 64
    i = min(i, n)
    while i < n and a[i] == b[i]:
        i += 1
    return i


class _Node:
    __slots__ = ("children", "parent", "sequences", "start", "tokens")

    def __init__(self, parent: _Node | None, start: int, tokens: list[int]) -> None:
        self.parent, self.start, self.tokens = parent, start, tokens
        self.sequences: set[int] = set()
        self.children: list[_Node] = []

    @property
    def end(self) -> int:
        return self.start + len(self.tokens)

    def lineage(self) -> Iterator[_Node]:
        node: _Node | None = self
        while node is not None:
            yield node
            node = node.parent


class PrefixTree:
    """Cells by content. Sequence ids are the caller's; each is opened once and closed once.

    Args:
        rewindable: whether a sequence may be shared at any earlier point; if not (recurrent
            state), only a whole sequence can be a prefix.
    """

    def __init__(self, *, rewindable: bool = True) -> None:
        self.rewindable = rewindable
        self.used = 0
        self._root = _Node(None, 0, [])
        self._leaf: dict[int, _Node] = {}

    def __contains__(self, sequence: int) -> bool:
        return sequence in self._leaf

    def length(self, sequence: int) -> int:
        """Count the tokens of a sequence."""
        return self._leaf[sequence].end

    def match(self, tokens: list[int]) -> tuple[int, int]:
        """The resident sequence sharing the longest prefix of `tokens`: (sequence, length).

        (-1, 0) when nothing is shared.
        """
        if not self.rewindable:
            return self._match_whole(tokens)
        best, length = self._root, 0
        open_nodes = [self._root]  # no recursion: a long conversation is a deep tree
        while open_nodes:
            node = open_nodes.pop()
            for child in node.children:
                if child.start >= len(tokens) or child.tokens[0] != tokens[child.start]:
                    continue
                shared = common_prefix(child.tokens, tokens[child.start : child.end])
                if child.start + shared > length:
                    best, length = child, child.start + shared
                if shared == len(child.tokens):
                    open_nodes.append(child)
        return (min(best.sequences), length) if length else (-1, 0)

    def _match_whole(self, tokens: list[int]) -> tuple[int, int]:
        best = (-1, 0)
        for sequence, leaf in self._leaf.items():
            if leaf.end > best[1] and self.tokens(sequence) == tokens[: leaf.end]:
                best = (sequence, leaf.end)
        return best

    def tokens(self, sequence: int) -> list[int]:
        """List the tokens of a sequence."""
        parts = [node.tokens for node in self._leaf[sequence].lineage()]
        return [token for part in reversed(parts) for token in part]

    def open(self, sequence: int, source: int = -1, length: int = 0) -> None:
        """Add a sequence that shares the first `length` tokens of `source`."""
        node = self._root
        if length:
            node = self._leaf[source]
            while node.start >= length:
                assert node.parent is not None
                node = node.parent
            if length < node.end:
                node = self._split(node, length)
        self._leaf[sequence] = node
        for each in node.lineage():
            each.sequences.add(sequence)

    def extend(self, sequence: int, tokens: Sequence[int]) -> None:
        """Append freshly evaluated tokens to a sequence."""
        if not tokens:
            return
        leaf = self._leaf[sequence]
        if leaf is self._root or leaf.children or len(leaf.sequences) > 1:
            child = _Node(leaf, leaf.end, [])
            child.sequences.add(sequence)
            leaf.children.append(child)
            self._leaf[sequence] = leaf = child
        leaf.tokens.extend(tokens)
        self.used += len(tokens)

    def cut(self, sequence: int, length: int) -> None:
        """Drop a sequence's tokens from `length` on."""
        node = self._leaf[sequence]
        if length >= node.end:
            return
        while node is not self._root and node.end > length:
            if node.start < length:
                self._split(node, length)  # `node` becomes the lower part
            parent = node.parent
            assert parent is not None
            self._leave(node, sequence)
            node = parent
        self._leaf[sequence] = node

    def close(self, sequence: int) -> None:
        """Forget a sequence; cells nobody else shares are free."""
        self.cut(sequence, 0)
        self._root.sequences.discard(sequence)
        del self._leaf[sequence]

    def own(self, sequence: int) -> int:
        """Count the cells that closing this sequence would free."""
        alone = itertools.takewhile(lambda n: len(n.sequences) == 1, self._leaf[sequence].lineage())
        return sum(len(node.tokens) for node in alone)

    def _split(self, node: _Node, at: int) -> _Node:
        """Divide a node at an absolute position; returns the new upper part."""
        parent = node.parent
        assert parent is not None
        k = at - node.start
        upper = _Node(parent, node.start, node.tokens[:k])
        upper.sequences = set(node.sequences)
        upper.children = [node]
        parent.children[parent.children.index(node)] = upper
        node.parent, node.start, node.tokens = upper, at, node.tokens[k:]
        return upper

    def _leave(self, node: _Node, sequence: int) -> None:
        node.sequences.discard(sequence)
        if not node.sequences and node.parent is not None:
            node.parent.children.remove(node)
            self.used -= len(node.tokens)
