"""What a loaded GGUF is and can do, and how requests become tokens and jobs."""

from __future__ import annotations

import functools

import llama_cpp

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, EngineInfo
from ttc_cli.core.errors import ContextOverflow, MissingCapability
from ttc_cli.engine.llama.binding import Model
from ttc_cli.engine.llama.context import Grammar
from ttc_cli.engine.llama.job import Job

ALWAYS = (
    "continue", "logprobs", "confidence", "distribution", "hidden", "score", "likelihood",
    "grammar", "seed", "exact-usage",
)  # fmt: skip


def describe(model: Model, name: str, sha256: str, context: int, kv: str) -> EngineInfo:
    """The model's identity, limits, template and capabilities."""
    return EngineInfo(
        name=model.meta("general.name") or name,
        sha256=sha256,
        context=context,
        cells=0,
        template=model.meta("tokenizer.chat_template"),
        bos=_text(model, model.bos),
        eos=_text(model, model.eos),
        capabilities=frozenset({*ALWAYS, *_memory(model)}),
        meta={
            "architecture": model.meta("general.architecture"),
            "longrope_context": _longrope_context(model),
            "kv": kv,
        },
    )


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
