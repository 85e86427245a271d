"""A KV cache in memory that checks what llama.cpp would not forgive, and counts cells."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np

from ttc_cli.engine.llama.context import MAX_OUTPUTS, Row

VOCABULARY = 24
END, MARK = 0, 1


@dataclass(frozen=True, eq=False)
class Cell:
    """One evaluated token; `state` digests everything up to it."""

    token: int
    state: int


@dataclass
class FakeMemory:
    """Logits are a function of the tokens up to a row, so nothing else can matter to a text.

    Args:
        aborts: how many abortable decodes are interrupted, at random.
    """

    cells: int
    rewindable: bool = True
    aborts: int = 0
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    sequences: dict[int, list[Cell]] = field(default_factory=dict)
    spoilt: set[int] = field(default_factory=set)
    evaluated: int = 0
    _out: list[Cell] = field(default_factory=list)
    _hidden: bool = False

    @property
    def used(self) -> int:
        return len({cell for cells in self.sequences.values() for cell in cells})

    def decode(self, rows: list[Row], *, hidden: bool, abortable: bool) -> int:
        assert rows
        outputs = [row for row in rows if row.output]
        assert len(outputs) <= MAX_OUTPUTS
        assert self.used + len(rows) <= self.cells, "more cells than there are"
        assert not hidden or outputs == rows, "hidden states make llama.cpp output every row"
        touched = {row.sequence for row in rows}
        assert not touched & self.spoilt, "half-new recurrent state was used"
        if abortable and self.aborts and self.rng.random() < 0.2:
            self.aborts -= 1
            if not self.rewindable:
                self.spoilt |= touched
            return 2
        self._out, self._hidden = [], hidden
        for row in rows:
            cells = self.sequences.setdefault(row.sequence, [])
            assert row.position == len(cells), "positions are consecutive"
            state = hash((cells[-1].state if cells else 0, row.token))
            cells.append(Cell(row.token, state))
            if row.output:
                self._out.append(cells[-1])
        self.evaluated += len(rows)
        return 0

    def logits(self, rows: int) -> np.ndarray:
        assert rows == len(self._out)
        return np.stack([logits_after(cell.state) for cell in self._out])

    def hidden(self, row: int) -> np.ndarray:
        assert self._hidden
        return np.array([self._out[row].state % 1_000_003], dtype=np.float32)

    def copy(self, source: int, target: int, length: int) -> None:
        assert not self.sequences.get(target), "a sequence is copied over another"
        assert source not in self.spoilt
        cells = self.sequences[source]
        assert 0 < length <= len(cells)
        assert self.rewindable or length == len(cells), "a recurrent state has no past"
        self.sequences[target] = cells[:length]

    def cut(self, sequence: int, start: int = 0) -> None:
        cells = self.sequences.get(sequence, [])
        assert self.rewindable or start == 0
        del cells[start:]
        if start == 0:
            self.sequences.pop(sequence, None)
            self.spoilt.discard(sequence)


def logits_after(state: int) -> np.ndarray:
    """Shape (vocabulary,)."""
    x = np.arange(1, VOCABULARY + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x ^= np.uint64(state % (1 << 64))
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(31)
    x *= np.uint64(0x94D049BB133111EB)
    return ((x >> np.uint64(40)).astype(np.float32) / np.float32(1 << 22)).astype(np.float32)


class Letters:
    """A vocabulary of letters; the mark of a step is a newline."""

    @staticmethod
    def piece(token: int) -> bytes:
        return b"" if token == END else b"\n" if token == MARK else bytes([95 + token])

    @staticmethod
    def is_end(token: int) -> bool:
        return token == END

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        return [MARK if char == "\n" else ord(char) - 95 for char in text]
