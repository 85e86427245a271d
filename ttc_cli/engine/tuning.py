"""How a context of llama.cpp is made, which way is best here, and how many branches decode at once.

One part after the other is tried on a context made for it: threads, rows a batch, kind of KV
cells, flash attention. What is there by default stays unless something else is clearly faster,
and cells of less precision must besides say what f16 says. Then the chosen way's speeds are
measured: of prompts by length, and of decodes by width. More rows a decode are not always faster:
on two AVX2 cores a 1.5B model decodes 30 tokens a second four wide and 25 eight wide.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from ttc_cli.core.branch import Prompt
from ttc_cli.core.errors import ModelError
from ttc_cli.engine.host import Tuning

T = TypeVar("T")
UBATCHES = (512, 256, 128)
SIZES = (32, 128, 512)  # lengths of prompts at which prefill is measured
PROMPT, WIDTH, TIMES = 256, 4, 8
"""What ways are compared by: tokens of a prompt, and decodes of so many branches."""
REPLY = 800
"""Sampled tokens of the run that a way's cost is counted for, besides PROMPT prompt tokens."""
BETTER = 1.05  # a way must be this much faster than the default's before it is taken
HOPELESS = 1.25  # fewer threads are not tried below a number that is so much slower than the best
PATIENCE = 3.0  # a measurement that took so many seconds is not repeated; the quicker of two counts
LEAST_AGREEMENT, MOST_DIFFERENCE = 0.98, 0.03
"""Quality of KV cells against f16 on a fixed text: share of places with the same likeliest token,
and mean absolute difference of the log-probabilities of the text's own tokens, in nats."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A fixed text as a model sees it: each next token's log-probability, and the likeliest."""

    logprobs: Sequence[float]
    best: Sequence[int]


class Probe(Protocol):
    """A context to measure. Seconds are of the clock on the wall."""

    def prefill(self, tokens: int) -> float: ...  # noqa: D102 - seconds of an empty cache's prompt
    def decode(self, width: int, times: int) -> float: ...  # noqa: D102 - seconds of all decodes
    def read(self) -> Reading: ...  # noqa: D102 - what it makes of the fixed text
    def close(self) -> None: ...  # noqa: D102 - free it


@dataclass(frozen=True, slots=True)
class Measured:
    """One finding.

    Args:
        part: "threads", "ubatch", "kv", "flash" (ways tried), "prefill" or "width".
        value: the way, tokens of the prompt, or branches at once.
        prefill, decode: tokens a second, where they were measured.
        difference, agreement: of KV cells against f16, as MOST_DIFFERENCE and LEAST_AGREEMENT.
        impossible: why this way cannot be gone, or nothing.
    """

    part: str
    value: str
    prefill: float | None = None
    decode: float | None = None
    difference: float | None = None
    agreement: float | None = None
    impossible: str = ""

    @property
    def cost(self) -> float:
        """Seconds of a usual run."""
        prompt = PROMPT / self.prefill if self.prefill else 0.0
        return prompt + (REPLY / self.decode if self.decode else 0.0)

    @property
    def faithful(self) -> bool:
        """Whether quality holds, where it was compared."""
        return self.difference is None or self.agreement is None or (
            self.difference <= MOST_DIFFERENCE and self.agreement >= LEAST_AGREEMENT
        )  # fmt: skip


@dataclass(slots=True)
class Best:
    """The chosen way, and tokens a second: of prompts by length, of decodes by width."""

    tuning: Tuning
    prefills: dict[int, float] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)


Make = Callable[[Tuning], Probe]
Search = Generator[Measured, None, T]


def search(make: Make, start: Tuning, *, parts: frozenset[str], short: bool) -> Search[Best]:
    """Find the best way; yields each finding as it is made.

    Args:
        make: opens a context; ModelError where a way is not possible.
        start: the way to begin with, with its threads told.
        parts: what may be changed: of "threads", "ubatch", "kv", "flash".
        short: memory is, so that smaller cells are taken also where they are not faster.

    Raises ModelError: not even `start` is possible.
    """
    best = Best(start)
    for part in ("threads", "ubatch", "kv", "flash"):
        if part in parts:
            best.tuning = yield from _choose(make, best.tuning, part, short)
    probe = make(best.tuning)
    try:
        for size in SIZES:
            best.prefills[size] = size / _least(probe.prefill, size)
            yield Measured("prefill", str(size), prefill=best.prefills[size])
        for width in MEASURED:
            times = TIMES if width <= WIDTH else TIMES // 2
            best.widths[width] = width * times / _least(probe.decode, width, times)
            yield Measured("width", str(width), decode=best.widths[width])
    finally:
        probe.close()
    return best


def _choose(make: Make, default: Tuning, part: str, short: bool) -> Search[Tuning]:
    """The better of the default and its alternatives in one part."""
    ways = list(_alternatives(default, part))
    if not ways:
        return default
    first, reference = _try(make, default, part, None)
    if first.impossible:
        raise ModelError(first.impossible)
    yield first
    chosen, least, fits = default, first.cost, default
    for way in ways:
        found, _ = _try(make, way, part, reference)
        yield found
        if found.impossible or not found.faithful:
            continue
        fits = way
        if found.cost * BETTER < least:
            chosen, least = way, found.cost
        elif part == "threads" and found.cost > least * HOPELESS:
            break
    if chosen is not default:  # the machine may have been busy with something else at first
        again, _ = _try(make, default, part, reference)
        if least * BETTER >= again.cost:
            chosen = default
    return fits if part == "kv" and short else chosen


def _try(
    make: Make, way: Tuning, part: str, reference: Reading | None
) -> tuple[Measured, Reading | None]:
    """Measure a way: only what its part can change."""
    name = {None: "auto", True: "yes", False: "no"}[way.flash]
    found = Measured(part, name if part == "flash" else str(getattr(way, part)))
    try:
        probe = make(way)
    except ModelError as error:
        return replace(found, impossible=error.message), None
    try:
        tokens = max(SIZES) if part == "ubatch" else PROMPT
        found = replace(found, prefill=tokens / _least(probe.prefill, tokens))
        if part != "ubatch":  # which no decode of branches fills
            found = replace(found, decode=WIDTH * TIMES / _least(probe.decode, WIDTH, TIMES))
        reading = probe.read() if part == "kv" else None
    finally:
        probe.close()
    if reading is None or reference is None:
        return found, reading
    difference, agreement = compare(reading, reference)
    return replace(found, difference=difference, agreement=agreement), reading


def compare(reading: Reading, reference: Reading) -> tuple[float, float]:
    """Mean absolute difference of log-probabilities in nats, and share of the same likeliest."""
    pairs = zip(reading.logprobs, reference.logprobs, strict=True)
    same = [a == b for a, b in zip(reading.best, reference.best, strict=True)]
    return sum(abs(a - b) for a, b in pairs) / len(same), sum(same) / len(same)


def _alternatives(default: Tuning, part: str) -> Iterator[Tuning]:
    if part == "threads":
        yield from (replace(default, threads=n) for n in fewer_threads(default.threads))
    elif part == "ubatch":
        yield from (replace(default, ubatch=n) for n in UBATCHES if n != default.ubatch)
    elif part == "kv" and default.flash is not False:
        yield replace(default, kv="q8_0")
    elif part == "flash" and default.kv == "f16":
        yield replace(default, flash=False)


def fewer_threads(most: int) -> list[int]:
    """Numbers below `most` worth trying: one less, three quarters, and halves down to one."""
    halves = {most >> n for n in range(1, most.bit_length())}
    return sorted({most - 1, most * 3 // 4, *halves} & set(range(1, most)), reverse=True)


def _least(measure: Callable[..., float], *arguments: int) -> float:
    """Seconds of the quicker of two goes; of one, when that took long already."""
    first = measure(*arguments)
    return first if first > PATIENCE else min(first, measure(*arguments))


MOST = 32
MEASURED = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
NUMBERS = Prompt((("The numbers from one to a thousand: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,", True),))
WORTH = 1.03  # a narrower decode must be this much faster before it is chosen


@dataclass(frozen=True, slots=True)
class Widths:
    """Chooses a width from measured speeds; without any, as wide as can be.

    Args:
        speeds: tokens a second by width.
        most: never decode more branches than this at once.
    """

    speeds: Mapping[int, float] = field(default_factory=dict)
    most: int = MOST

    def __call__(self, n: int) -> int:
        """The width to decode at when n branches could."""
        n = min(n, self.most)
        here = self.speed(n)
        known = (w for w in self.speeds if w <= n)
        best = max(known, key=lambda w: (self.speeds[w], -w), default=n)
        return best if here is not None and self.speeds.get(best, 0) > here * WORTH else n

    def speed(self, n: int) -> float | None:
        """Tokens a second at a width, between two measured ones on the line between them."""
        if not (self.speeds and min(self.speeds) <= n <= max(self.speeds)):
            return None
        import numpy as np  # a cached answer does without

        widths = sorted(self.speeds)
        return float(np.interp(n, widths, [self.speeds[width] for width in widths]))
