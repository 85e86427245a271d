"""The engine protocol: what a strategy may ask of a model, wherever the model runs."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.errors import MissingCapability
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Outputs, Sampling, Stop, StopRule

Key = Hashable


@dataclass(frozen=True, slots=True)
class BranchRequest:
    """One branch to grow, or one text to score. Prefixes are shared by content.

    Args:
        key: names the request in deltas and in cancel; unique among live requests.
        prompt: what the branch starts from.
        prefix: what the reply already holds.
        sampling, seed: how tokens are drawn; the draw at a position depends only on them.
        stop: when to stop; `stop.max_tokens` is exact.
        outputs: what to return besides text.
        grammar: a GBNF grammar whose start rule is `root`, or empty.
        candidates: non-empty makes this a scoring request: the log-probability of each of
            these texts' first token after the prefix is returned and nothing is sampled.
        read: non-empty makes this a scoring request too: the log-probability of all of this
            text after the prefix is returned, in "scores", and the state at its end, if `outputs`
            asks for hidden states.
        ledger: charged one token before each draw; a refusal stops the branch (BUDGET).
        affinity: the same for requests that share a beginning, so that a gateway may send them
            to one replica; it decides nothing of what is said.
    """

    key: Key
    prompt: Prompt
    stop: StopRule
    prefix: tuple[Step, ...] = ()
    sampling: Sampling = Sampling()
    seed: int = 0
    outputs: Outputs = Outputs()
    grammar: str = ""
    candidates: tuple[str, ...] = ()
    read: str = ""
    ledger: Ledger | None = None
    affinity: str = ""

    def digest(self, model: str) -> str:
        """A hash of everything that decides what the request says on the model of that hash.

        The seed stands for run seed and branch: it is made of nothing else.
        """
        parts = (
            model, self.prompt.pieces, [(step.text, step.tokens) for step in self.prefix],
            self.sampling, self.seed, self.stop, self.outputs, self.grammar, self.candidates,
            self.read,
        )  # fmt: skip
        return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Delta:
    """What happened to one request since the last poll.

    `tokens` may be longer than what `text` shows while a character or a possible stop string
    is incomplete; the last delta (stop is set) makes them agree. `error` says why it failed, or,
    with no stop, what is wrong for the time being. `prefilled` and `shared`
    are prompt tokens computed and reused since the last delta; `sampled` counts tokens drawn.
    """

    key: Key
    text: str = ""
    tokens: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    confidences: tuple[float, ...] = ()
    certainties: tuple[float, ...] = ()
    hidden: tuple[Any, ...] = ()
    scores: tuple[float, ...] = ()
    sampled: int = 0
    prefilled: int = 0
    shared: int = 0
    stop: Stop | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What is known of a loaded model, and what it can do.

    Args:
        context: tokens one branch may hold. cells: tokens all branches may hold together.
        capabilities: of "continue" (a partial reply), "rewind" (fork at any earlier point),
            "logprobs", "confidence", "distribution" (certainty: of all tokens),
            "hidden", "score", "likelihood" (it reads a given text), "grammar", "seed",
            "exact-usage", "messages" (it renders a chat itself; `template` only stands for that).
    """

    name: str
    sha256: str = ""
    context: int = 4096
    cells: int = 4096
    template: str = ""
    bos: str = ""
    eos: str = ""
    capabilities: frozenset[str] = frozenset()
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def kept_as(self) -> str:
        """What samples are kept under: the model, and the kind of its KV cells unless f16."""
        cells = self.meta.get("kv", "f16")
        return self.sha256 if cells == "f16" else f"{self.sha256} {cells}"

    def require(self, *names: str, by: str) -> None:
        """Raise unless every capability is there.

        Raises MissingCapability: names the strategy and what the engine lacks.
        """
        missing = [name for name in names if name not in self.capabilities]
        if missing:
            raise MissingCapability(
                f"{by} needs {' and '.join(missing)}, which {self.name} does not offer",
                "choose another strategy, or a local GGUF model",
            )


class DeltaFields(dict[str, Any]):
    """What came of a request and was not reported yet: fields of its next Delta."""

    def add(self, field: str, value: Any) -> None:
        """Add a text, a number or a tuple to what is there; nothing where it is empty."""
        if value:
            self[field] = self[field] + value if field in self else value


class Engine(Protocol):
    """Grows many branches of one model at once.

    An engine advances only while it is polled: each poll allows one step, so what a run
    decides on a delta (cancel, submit) takes effect before the next step, and the same
    requests in the same order give the same deltas.
    """

    @property
    def info(self) -> EngineInfo:
        """What is known of the model."""

    def submit(self, request: BranchRequest) -> None:
        """Queue a request; it starts at the next step with room for it.

        Raises:
            ContextOverflow: prompt and prefix leave no room for a single token.
            MissingCapability: the request asks for what the model cannot give.
        """

    def poll(self, timeout: float) -> Sequence[Delta]:
        """Deltas in a fixed order; empty when nothing came within `timeout` seconds.

        Raises EngineFailed: the engine died; every live request is lost.
        """

    def cancel(self, key: Key) -> None:
        """Forget a request: no delta of it follows. Unknown or finished keys are ignored."""

    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """How many tokens of context prompt and prefix take."""

    def close(self) -> None:
        """Free everything; idempotent."""
