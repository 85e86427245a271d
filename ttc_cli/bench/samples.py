"""Recorded samples: what a request said, token by token, kept under all that made it say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ttc_cli.core.engine import Delta
from ttc_cli.core.extension import KEPT as WHOLE
from ttc_cli.core.halves import pack, unpack
from ttc_cli.core.ledger import Usage
from ttc_cli.core.sampling import Stop
from ttc_cli.store.journal import Journal

DIGITS = 4
"""Of confidences and log-probabilities, rounded before anybody sees them: a sample that is
replayed is then the very sample that was drawn."""
KEPT = (*WHOLE, Stop.STEP, Stop.SCORED)
"""Stop reasons that the same request would meet again; other samples are not recorded."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What one step of the engine added to a sample; `seconds` is its share of the step."""

    text: str
    sampled: int = 1
    logprobs: tuple[float, ...] = ()
    confidences: tuple[float, ...] = ()
    hidden: tuple[Any, ...] = ()
    seconds: float = 0.0
    certainties: tuple[float, ...] = ()


@dataclass(slots=True)
class Sample:
    """What a request said so far; whole once `stop` is set.

    Args:
        ids: the tokens behind the text, known once it is whole. scores: of a scoring request.
        prompt: tokens that were evaluated or reused for it.
    """

    key: str
    ticks: list[Tick] = field(default_factory=list)
    stop: Stop | None = None
    ids: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    error: str = ""
    prompt: int = 0
    _before: float = 0.0

    @property
    def seconds(self) -> float:
        """Seconds of the engine's time that it took."""
        return sum(tick.seconds for tick in self.ticks)

    def take(self, delta: Delta, seconds: float) -> None:
        """Add what a step of the engine brought and its share of that step's time."""
        self.prompt += delta.prefilled + delta.shared
        self._before += seconds
        if not (delta.text or delta.sampled or delta.stop is not None):
            return  # a part of the prompt was evaluated, and that is all
        seconds, self._before = self._before, 0.0
        rounded = map(_rounded, (delta.logprobs, delta.confidences, delta.certainties))
        logprobs, confidences, certainties = rounded
        self.ticks.append(
            Tick(
                delta.text, delta.sampled, logprobs, confidences, delta.hidden, seconds, certainties
            )
        )
        self.scores = _rounded(delta.scores) or self.scores
        if delta.stop is not None:
            self.stop, self.ids, self.error = delta.stop, delta.tokens, delta.error


def _rounded(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(value, DIGITS) for value in values)


class SampleLog:
    """Samples in a file; an index of where each lies is in memory, the samples are not.

    `usage` is what they took, as far as it was written down.
    """

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        self._index: dict[str, int] = {}
        self.usage = Usage()
        for at, value in self._journal.lines():
            self._index[str(value["key"])] = at
            self.usage.sampled += value["tokens"]
            self.usage.prefilled += value.get("prompt", 0)

    def __len__(self) -> int:
        return len(self._index)

    def get(self, key: str) -> Sample | None:
        """The sample under a key, if it was recorded."""
        at = self._index.get(key)
        return None if at is None else _read(self._journal.read(at))

    def put(self, sample: Sample) -> None:
        """Record a whole sample, once; those with many hidden states are not kept, being large."""
        keep = sample.stop in KEPT and sum(len(tick.hidden) for tick in sample.ticks) <= 1
        if keep and sample.key not in self._index:
            self._index[sample.key] = self._journal.append(_write(sample))

    def close(self) -> None:
        """Close the file; idempotent."""
        self._journal.close()


_COLUMNS = ("logprobs", "confidences", "certainties")


def _write(sample: Sample) -> dict[str, Any]:
    value: dict[str, Any] = {
        "key": sample.key,
        "stop": str(sample.stop),
        "tokens": sum(tick.sampled for tick in sample.ticks),
        "prompt": sample.prompt,
        "seconds": round(sample.seconds, 4),
        "texts": [tick.text for tick in sample.ticks],
    }
    if any(tick.sampled != 1 for tick in sample.ticks):
        value["counts"] = [tick.sampled for tick in sample.ticks]
    for name in _COLUMNS:
        column = [number for tick in sample.ticks for number in getattr(tick, name)]
        if column:
            value[name] = column
    if sample.ticks and sample.ticks[-1].hidden:
        value["hidden"] = pack(sample.ticks[-1].hidden[0])
    return value | {"ids": list(sample.ids)} | ({"scores": sample.scores} if sample.scores else {})


def _read(value: dict[str, Any]) -> Sample:
    texts = value["texts"]
    counts = value.get("counts") or [1] * len(texts)
    columns = {name: iter(value[name]) for name in _COLUMNS if name in value}
    share = value["seconds"] / max(len(texts), 1)

    def tick(text: str, count: int) -> Tick:
        own = {n: tuple(next(column) for _ in range(count)) for n, column in columns.items()}
        return Tick(text, count, seconds=share, **own)

    ticks = list(map(tick, texts, counts))
    if "hidden" in value:
        ticks[-1] = replace(ticks[-1], hidden=(unpack(value["hidden"]),))
    scores = tuple(value.get("scores", ()))
    return Sample(value["key"], ticks, Stop(value["stop"]), tuple(value["ids"]), scores)
