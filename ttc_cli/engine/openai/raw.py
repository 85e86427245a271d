"""The raw dialect: token ids to /v1/completions, where a server tells its chat template.

The ids are ours to choose, so special tokens stay those of the template, a reply is gone on with
token by token, and what was evaluated of it is found again. llama-server speaks it.
"""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import MissingCapability
from ttc_cli.core.sampling import LIKELIEST
from ttc_cli.engine.openai.api import Api
from ttc_cli.engine.openai.piece import Partial, Piece, ending, first, likely, scored, usage
from ttc_cli.engine.openai.told import Senseless, table, text, whole

SCORED = 500
"""Likeliest tokens asked for where candidates are scored; others count as the last of them."""
REMEMBERED = 1 << 20  # ids of texts that are kept: 8 MB of them
TEXT_IDS = 64  # that a text counts for besides its own


class Raw:
    """Speaks to llama-server.

    Args:
        model: what requests name.
        start: ids that go ahead of every text.
        see: hears which build replies; see `Replicas.see`.
    """

    def __init__(
        self,
        api: Api,
        model: str,
        start: Sequence[int],
        see: Callable[[Mapping[str, str]], None] = lambda _: None,
    ) -> None:
        self._api, self._see, self._model = api, see, model
        self._start = list(start)
        self._known: dict[tuple[str, bool], array[int]] = {}
        self._kept = 0

    async def length(self, prompt: Prompt, prefix: Sequence[Step]) -> int:
        """Tokens of prompt and prefix."""
        return len(await self._ids(prompt, prefix))

    def known(self, prompt: Prompt, prefix: Sequence[Step]) -> int | None:
        """The same where it takes no request to know."""
        texts = [*prompt.pieces, *((step.text, True) for step in prefix if not step.tokens)]
        kept = self._known
        if not all(piece in kept for piece in texts):
            return None
        known = [token for piece in texts for token in kept[piece]]
        lead = 0 if known[: len(self._start)] == self._start else len(self._start)
        return lead + len(known) + sum(len(step.tokens) for step in prefix)

    async def draw(self, request: BranchRequest, so: Partial) -> AsyncGenerator[Piece]:
        """The reply to a request, from where it is."""
        ids = await self._ids(request.prompt, request.prefix)
        ids += so.ids or (await self._tokens(so.text) if so.text else [])
        sampling, outputs = request.sampling, request.outputs
        body = {
            "model": self._model,
            "prompt": ids,
            "max_tokens": so.left,
            "stream": True,
            "seed": request.seed & 0x7FFFFFFF,
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p,
            "min_p": sampling.min_p,
            "samplers": ["top_k", "top_p", "min_p", "temperature"],
            "cache_prompt": True,
            "return_progress": True,  # says how much of the prompt was known
            "verbose": True,  # tells ids and counts
            "n_probs": LIKELIEST if outputs.confidence else int(outputs.logprobs),
        }
        if request.grammar:
            body["grammar"] = request.grammar
        chunks = self._api.stream(self._url, body, so.left, request.affinity)
        async with aclosing(chunks):
            async for chunk in chunks:
                if chunk.get("system_fingerprint"):
                    self._see({"build": text(chunk["system_fingerprint"], "system_fingerprint")})
                yield _piece(chunk)

    async def score(self, request: BranchRequest) -> tuple[float, ...]:
        """Log-probabilities of the first tokens of a request's candidates."""
        firsts = [(await self._tokens(candidate))[:1] for candidate in request.candidates]
        if not all(firsts):
            raise MissingCapability(f"{request.candidates!r}: not all are tokens of this model")
        body = {
            "model": self._model, "prompt": await self._ids(request.prompt, request.prefix),
            "max_tokens": 1, "temperature": 0, "cache_prompt": True, "n_probs": SCORED,
        }  # fmt: skip
        told = await self._api.call(
            self._url, body, within=self._api.address.silence, affinity=request.affinity
        )
        found = {whole(top.get("id"), "id"): logprob for top, logprob in scored(told)}
        return tuple(found.get(first, min(found.values())) for (first,) in firsts)

    @property
    def _url(self) -> str:
        return f"{self._api.address.base}/completions"

    async def _ids(self, prompt: Prompt, prefix: Sequence[Step]) -> list[int]:
        ids: list[int] = []
        for part, is_template in prompt.pieces:
            ids += await self._tokens(part, special=is_template)
        if ids[: len(self._start)] != self._start:
            ids[:0] = self._start
        for step in prefix:
            ids += step.tokens or await self._tokens(step.text)
        return ids

    async def _tokens(self, part: str, *, special: bool = True) -> list[int]:
        known = self._known.get((part, special))
        if known is None:
            body = {"model": self._model, "content": part, "parse_special": special}
            url = f"{self._api.address.root}/tokenize"
            known = array("q", token_ids(await self._api.call(url, body | {"add_special": False})))
            if self._kept > REMEMBERED:
                self._known, self._kept = {}, 0  # another thread may be reading the old ones
            self._known[part, special] = known
            self._kept += len(known) + TEXT_IDS
        return known.tolist()


def token_ids(told: Any) -> list[int]:
    """What /tokenize comes back with."""
    ids = table(told, "the reply").get("tokens")
    if not isinstance(ids, list):
        raise Senseless("tokens is no list")
    return [whole(i, "a token") for i in ids]


def _piece(chunk: dict[str, Any]) -> Piece:
    choice, more = first(chunk), table(chunk.get("__verbose"), "__verbose")
    if progress := table(chunk.get("prompt_progress"), "prompt_progress"):
        total, known = (whole(progress.get(name), name) for name in ("total", "cache"))
        return Piece(prompt=(max(0, total - known), min(total, known)))
    prompt, drawn = usage(chunk.get("usage"))
    if drawn is None and more.get("tokens_predicted") is not None:
        drawn = whole(more["tokens_predicted"], "tokens_predicted")
    said, tops = text(choice.get("text"), "text"), likely(choice.get("logprobs"))
    ids = tuple(token_ids(more)) if more.get("tokens") else ()
    return Piece(said, int(bool(said)), drawn, ids, tops, prompt, ending(choice))
