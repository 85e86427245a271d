"""An engine as whoever loaded it has it: what concerns all runs on it, besides the protocol."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal, Protocol

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import Engine

WIDTH = 32  # branches that an engine in process draws at once
KV = Literal["f16", "q8_0"]
KV_SHARE = {"f16": 1.0, "q8_0": 34 / 64}
"""Memory of a cell against f16: q8_0 packs 32 values into 34 bytes."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """A way to make a context; the defaults are those of a machine never calibrated.

    Args:
        threads: 0 is what the machine has.
        ubatch: rows that llama.cpp computes at once.
        flash: flash attention; None leaves it to llama.cpp.
        kv: what keys and values are kept as; q8_0 needs flash attention.
    """

    threads: int = 0
    ubatch: int = 512
    flash: bool | None = None
    kv: KV = "f16"


@dataclass(slots=True)
class Counters:
    """What an engine did so far: speeds are learnt from it. Seconds are of this process."""

    steps: int = 0
    rows: int = 0
    preempted: int = 0
    decode_seconds: float = 0.0
    prefill_seconds: float = 0.0
    restore_seconds: float = 0.0
    step_seconds: float = 0.0
    prefilled: int = 0
    by_width: dict[int, tuple[int, float]] = field(default_factory=dict)

    def copy(self) -> Counters:
        """As they are now."""
        return replace(self, by_width=dict(self.by_width))

    def since(self, before: Counters) -> Counters:
        """What came after `before`; everything when they began anew with a new context."""
        if before.steps > self.steps:
            return self.copy()
        gone = {w: before.by_width.get(w, (0, 0.0)) for w in self.by_width}
        rest = {w: (n - gone[w][0], s - gone[w][1]) for w, (n, s) in self.by_width.items()}
        names = [item.name for item in fields(self) if item.name != "by_width"]
        return Counters(
            **{name: getattr(self, name) - getattr(before, name) for name in names},
            by_width={width: told for width, told in rest.items() if told[0]},
        )


class InProcess(ABC):
    """What a host wants of an engine that is in this process: it counts at once, and is there."""

    width: int = WIDTH
    outage = ""
    gone = False
    served: Mapping[str, int] = {}

    def gauge(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """As `count`."""
        return self.count(prompt, prefix)

    @abstractmethod
    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """Tokens of context that prompt and prefix take."""


class Host(Engine, Protocol):
    """A loaded engine. A run sees an `Engine`: this one, or a hub's view of it."""

    @property
    def width(self) -> int:
        """Branches that it draws at once, when there are enough; it may change."""

    @property
    def served(self) -> Mapping[str, int]:
        """Requests by the replica that answered, where there are several and that is told."""

    @property
    def counters(self) -> Counters:
        """What was done so far."""

    @property
    def outage(self) -> str:
        """What is waited for while its server is away; empty while nothing is."""

    @property
    def gone(self) -> bool:
        """Whether it was away for longer than anybody waits, or takes no request at all."""

    def gauge(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """As `count`, without asking anybody: an estimate where there is room to spare."""

    def reserve(self, cells: int) -> None:
        """Make room for `cells` tokens of all branches together; keeps what fits already.

        Raises ModelError: there is not enough memory.
        """

    def special_in(self, texts: Sequence[str]) -> frozenset[str]:
        """Texts of control tokens; at least those that one of `texts` names."""


class States(Protocol):
    """Evaluated prompts as tokens and bytes: what a cache of prompts keeps between processes."""

    def key(self) -> str:
        """What bytes of a state mean nothing without; empty where states cannot be kept."""

    def tokens(self, prompt: Prompt) -> list[int]:
        """A prompt as the model takes it."""

    def resident(self, tokens: Sequence[int]) -> int:
        """How many leading tokens are in the cache already."""

    def save(self, tokens: Sequence[int]) -> tuple[int, memoryview] | None:
        """The cells of the longest resident prefix of `tokens`: its length and its bytes."""

    def restore(self, tokens: Sequence[int], state: bytes, keep: int) -> bool:
        """Make the first `keep` of `tokens` resident, from the bytes that `save` gave for all.

        Returns whether it worked.
        """


class Stateful(Protocol):
    """A host with the capability "state"."""

    @property
    def states(self) -> States:
        """Its evaluated prompts."""
