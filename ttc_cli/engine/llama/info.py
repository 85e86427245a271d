"""What a loaded GGUF is and can do; how requests become tokens and jobs, and cells bytes."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import llama_cpp

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, EngineInfo
from ttc_cli.core.errors import ContextOverflow, MissingCapability
from ttc_cli.engine.llama.binding import Model
from ttc_cli.engine.llama.context import Grammar
from ttc_cli.engine.llama.job import Job

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ttc_cli.engine.host import Tuning
    from ttc_cli.engine.llama.scheduler import Scheduler

ALWAYS = (
    "continue", "logprobs", "confidence", "distribution", "hidden", "score", "likelihood",
    "grammar", "seed", "exact-usage",
)  # fmt: skip


def describe(model: Model, name: str, sha256: str, context: int, kv: str) -> EngineInfo:
    """The model's identity, limits, template and capabilities."""
    longrope = _longrope_context(model)
    return EngineInfo(
        model.meta("general.name") or name, sha256, context, 0,
        template=model.meta("tokenizer.chat_template"),
        bos=_text(model, model.bos), eos=_text(model, model.eos),
        capabilities=frozenset({*ALWAYS, *_memory(model)}),
        meta={"architecture": model.meta("general.architecture"), "longrope_context": longrope,
              "kv": kv},
    )  # fmt: skip


def _memory(model: Model) -> tuple[str, ...]:
    if not model.rewindable:
        return ()
    # llama.cpp leaves what a window has passed out of a state: it serves its whole prompt only
    return ("rewind",) if model.window else ("rewind", "state")


def _text(model: Model, token: int) -> str:
    if token < 0:
        return ""
    return str(llama_cpp.llama_vocab_get_text(model.vocab, token).decode("utf-8", "replace"))


def _longrope_context(model: Model) -> int:
    """The context up to which LongRoPE's short factors hold, or 0 for other models."""
    arch = model.meta("general.architecture")
    original = model.meta(f"{arch}.rope.scaling.original_context_length")
    scaled = model.meta(f"{arch}.rope.scaling.type") == "longrope" or arch == "phi3"
    return int(original) if scaled and original.isdigit() else 0


class Tokens:
    """Prompts and prefixes as token ids of one model; prompts are remembered."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.prompt = functools.lru_cache(maxsize=256)(self._prompt)

    def _prompt(self, prompt: Prompt) -> list[int]:
        tokens = [
            token
            for text, is_template in prompt.pieces
            for token in self._model.tokenize(text, special=is_template)
        ]
        if self._model.adds_bos and tokens[:1] != [self._model.bos]:
            tokens.insert(0, self._model.bos)
        if not tokens:  # an empty text still needs a position to predict from
            tokens = [max(self._model.bos, self._model.eos, 0)]
        return tokens

    def prefix(self, prefix: tuple[Step, ...]) -> list[int]:
        """Tokens of what a reply already holds; forced text is tokenised."""
        return [
            token
            for step in prefix
            for token in (step.tokens or self._model.tokenize(step.text, special=True))
        ]

    def first(self, text: str) -> int:
        """Find the first token of a text, as a scoring request names it."""
        tokens = self._model.tokenize(text, special=True)
        if not tokens:
            raise MissingCapability(f"{text!r} is no token of this model")
        return tokens[0]


def admit(request: BranchRequest, model: Model, tokens: Tokens, room: int) -> Job:
    """Make the job of a request.

    Args:
        room: tokens that a branch and the cache can hold.

    Raises:
        ContextOverflow: the prompt takes them all.
        MissingCapability: a grammar or a candidate that this model cannot do.
    """
    prompt = tokens.prompt(request.prompt)
    given = prompt + tokens.prefix(request.prefix)
    if request.outputs.hidden == "turn":
        given = [*given, model.end_of_turn]
    read = model.tokenize(request.read, special=False) if request.read else []
    if len(given) + len(read) + 1 > room:
        raise ContextOverflow(
            f"the prompt takes {len(given)} tokens and the context holds {room}",
            "shorten it, or give a larger --ctx-size",
        )
    candidates = tuple(tokens.first(text) for text in request.candidates)
    grammar = Grammar(model, request.grammar) if request.grammar else None
    return Job(request, given, len(prompt), candidates, grammar, model, read)


class Owner(Protocol):
    """The engine, as its states need it."""

    tuning: Tuning
    gpu_layers: int
    tokens: Tokens

    @property
    def info(self) -> EngineInfo: ...  # noqa: D102 - see Engine
    def at_rest(self) -> AbstractContextManager[Scheduler | None]: ...  # noqa: D102 - see LlamaEngine


class States:
    """The evaluated prompts of an engine in process as bytes, and back; see `host.States`.

    The bytes carry no identity: whoever keeps them keeps `key` beside them, and a checksum.
    """

    def __init__(self, engine: Owner) -> None:
        self._engine = engine

    def key(self) -> str:
        """What bytes of a state mean nothing without; empty where states cannot be kept."""
        engine, info = self._engine, self._engine.info
        if "state" not in info.capabilities:
            return ""
        # what "auto" flash attention comes to is a matter of llama.cpp's version
        parts = (info.sha256, llama_cpp.__version__, sys.byteorder, info.meta["longrope_context"])
        tuning = engine.tuning
        laid = () if (tuning.flash, tuning.kv) == (None, "f16") else (tuning.flash, tuning.kv)
        return repr((*parts, engine.gpu_layers, *laid))

    def tokens(self, prompt: Prompt) -> list[int]:
        """A prompt as the model takes it."""
        return self._engine.tokens.prompt(prompt)

    def resident(self, tokens: Sequence[int]) -> int:
        """How many leading tokens are in the cache already."""
        with self._engine.at_rest() as scheduler:
            return scheduler.residents.tree.match(list(tokens))[1] if scheduler else 0

    def save(self, tokens: Sequence[int]) -> tuple[int, memoryview] | None:
        """The cells of the longest resident prefix of `tokens`: its length and its bytes."""
        with self._engine.at_rest() as scheduler:
            if scheduler is None:
                return None
            residents = scheduler.residents
            source, length = residents.tree.match(list(tokens))
            if not length or not residents.free:
                return None
            spare = residents.free[-1]
            residents.memory.copy(source, spare, length)
            try:
                return length, residents.memory.state(spare).data
            finally:
                residents.memory.cut(spare)

    def restore(self, tokens: Sequence[int], state: bytes, keep: int) -> bool:
        """Make the first `keep` of `tokens` resident, from the bytes that `save` gave for all.

        Returns whether it worked: not without room, and not for bytes that llama.cpp refuses.
        """
        began = time.perf_counter()
        with self._engine.at_rest() as scheduler:
            if scheduler is None or not scheduler.residents.adopt(list(tokens), state, keep):
                return False
            scheduler.counters.restore_seconds += time.perf_counter() - began
            return True

    def forget(self) -> None:
        """Drop what no live request needs, so that the cache is as that of a new process."""
        with self._engine.at_rest() as scheduler:
            if scheduler is not None:
                scheduler.residents.clear()
