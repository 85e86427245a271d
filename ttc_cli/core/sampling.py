"""How a branch draws its tokens and when it stops: values, no behaviour of an engine.

Randomness is a pure function: no generator objects, so any branch can be resumed anywhere.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from ttc_cli.core.errors import UsageError
from ttc_cli.core.steps import StepRule


@dataclass(frozen=True, slots=True)
class Sampling:
    """Parameters of one draw, applied in llama.cpp's order: top-k, top-p, min-p, temperature.

    Args:
        temperature: 0 is greedy; otherwise logits are divided by it after the filters.
        top_k: keep the k likeliest tokens; 0 keeps all.
        top_p: keep the smallest set whose probability reaches it; 1 keeps all.
        min_p: drop tokens below this share of the likeliest token's probability; 0 keeps all.

    Raises UsageError: a value out of range.
    """

    temperature: float = 0.7
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise UsageError(f"temperature is {self.temperature}", "give a number from 0 to 10")
        if self.top_k < 0:
            raise UsageError(f"top-k is {self.top_k}", "give 0 (all) or more")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top-p is {self.top_p}", "give a number above 0, up to 1")
        if not 0 <= self.min_p < 1:
            raise UsageError(f"min-p is {self.min_p}", "give a number from 0 to below 1")


GREEDY = Sampling(temperature=0.0, min_p=0.0)
_NEXT_BLOCK = re.compile(r"[\r\n]+(?=\S)")


class Stop(StrEnum):
    """Why a branch stopped."""

    END = "end"  # the model ended its turn (an end-of-generation token)
    STRING = "string"  # a stop string came up; it is not part of the text
    STEP = "step"  # a step mark ended; the mark is part of the text and the branch can go on
    LENGTH = "length"  # the request's own max_tokens
    BUDGET = "budget"  # the run's ledger had no token left
    TIME = "time"  # the run's deadline passed
    CONTEXT = "context"  # the model's context, or the whole KV cache, is full
    LOOP = "loop"  # the text repeats an n-gram without end
    CULLED = "culled"  # a strategy decided that this branch cannot matter any more
    CANCELLED = "cancelled"  # the run was closed: Ctrl-C, a closed pipe, an early return
    FAILED = "failed"  # the engine could not go on with it; the message is in the delta
    SCORED = "scored"  # a scoring request is answered; nothing was sampled

    @property
    def whole(self) -> bool:
        """Whether the reply came to its own end (what votes and judges may trust)."""
        return self in (Stop.END, Stop.STRING)


@dataclass(frozen=True, slots=True)
class StopRule:
    """What ends a branch besides the model's own end of turn.

    Args:
        max_tokens: tokens sampled for this request, exact.
        strings: stop strings; never part of the text.
        steps: ends the branch where a step ends; None generates to the end.
        loops: stop a branch that repeats itself without end.
        block: ends the branch before the first line that is not indented, as the body of a
            function ends; the line break is not part of the text.
    """

    max_tokens: int
    strings: tuple[str, ...] = ()
    steps: StepRule | None = None
    loops: bool = True
    block: bool = False

    def cut(self, text: str) -> int | None:
        """Where a stop string or a line that is not indented begins; None where none does."""
        found = [at for s in self.strings if s and (at := text.find(s)) >= 0]
        if self.block and (line := _NEXT_BLOCK.search(text)):
            found.append(line.start())
        return min(found, default=None)

    def held(self, text: str) -> int:
        """Length of the longest end of a text that may yet be the start of a stop."""
        longest = max(map(len, self.strings), default=0)
        sizes = range(min(longest, len(text)), 0, -1)
        most = (n for n in sizes if any(s.startswith(text[-n:]) for s in self.strings))
        breaks = len(text) - len(text.rstrip("\r\n")) if self.block else 0
        return max(next(most, 0), breaks)


LIKELIEST = 20  # how many of the likeliest tokens a token's confidence averages over


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a request returns besides text and tokens, computed only when asked for.

    Args:
        logprobs: natural-log probability of each sampled token under the untempered model.
        confidence: DeepConf's token confidence (arXiv 2508.15260): minus the mean
            log-probability of the `LIKELIEST` tokens.
        hidden: the last layer's hidden state, at the end of the request ("end") or also where
            each step mark ends ("steps"). A branch that ended its turn gives the state of the
            end-of-turn token; one that ran out of budget or context gives none. "turn" reads that
            state of a text that is given whole: an end-of-turn token is put behind it.
        certainty: Kang et al.'s self-certainty (arXiv 2502.18581) of each token: the KL divergence
            of the next-token distribution from the uniform one, in nats.
    """

    logprobs: bool = False
    confidence: bool = False
    hidden: str = ""
    certainty: bool = False

    @property
    def per_token(self) -> bool:
        """Whether anything is computed for every token."""
        return self.logprobs or self.confidence or self.certainty

    def __or__(self, other: Outputs) -> Outputs:
        """What both want, of one draw."""
        return Outputs(
            self.logprobs or other.logprobs,
            self.confidence or other.confidence,
            max(self.hidden, other.hidden, key=("", "end", "turn", "steps").index),
            self.certainty or other.certainty,
        )


def branch_seed(run_seed: int, branch: tuple[int, ...], salt: str = "") -> int:
    """A 64-bit seed for one branch of one run.

    The engine mixes in the position of each token, so a draw depends on
    (run seed, branch path, position) and on nothing that happened elsewhere.
    """
    text = f"{run_seed}/{','.join(map(str, branch))}/{salt}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def uniform(seed: int, position: int) -> float:
    """A number in [0, 1) for one token position: splitmix64 of seed and position.

    Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
    """
    mask = (1 << 64) - 1
    z = (seed + (position + 1) * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return float((z ^ (z >> 31)) >> 11) / float(1 << 53)
