"""One live request of the llama engine: its tokens, its text and what is not yet reported."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ttc_cli.core.engine import BranchRequest, Delta, DeltaFields
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.llama.sampler import Stats
from ttc_cli.engine.text import TextStream, decoder_after, unfinished

if TYPE_CHECKING:  # tests drive jobs without llama.cpp
    from ttc_cli.engine.llama.binding import Model
    from ttc_cli.engine.llama.context import Grammar


class Job:
    """A request in the scheduler.

    `tokens` is everything the branch consists of, `done` how many of them are in the KV cache
    under sequence `sequence` (-1 while waiting). A preempted job keeps its tokens and starts
    over from the longest prefix that is still resident.
    """

    def __init__(
        self,
        request: BranchRequest,
        tokens: list[int],
        n_prompt: int,
        candidates: tuple[int, ...],
        grammar: Grammar | None,
        vocabulary: Model,
        read: Sequence[int] = (),
    ) -> None:
        self.request = request
        self.tokens = tokens
        self.n_prompt = n_prompt
        self.n_given = len(tokens)
        self.candidates = candidates
        self.unread = list(read)
        self._read: list[float] = []
        self.grammar = grammar
        self.sequence = -1
        self.done = 0
        self.sampled = 0
        self.capture = False
        self.ending: Stop | None = None
        self._vocabulary = vocabulary
        tail = b"".join(vocabulary.piece(t) for t in tokens[max(n_prompt, len(tokens) - 4) :])
        before = "".join(step.text for step in request.prefix)
        self._half = unfinished(tail)
        self.stream = TextStream(request.stop, before, self._half)
        if request.outputs.hidden and request.stop.max_tokens == 0:
            self.ending, self.capture = Stop.LENGTH, True  # the state of a given text
        self._news = DeltaFields()
        self.stop: Stop | None = None
        self._error = ""

    @property
    def pending(self) -> int:
        """Tokens not yet evaluated."""
        return len(self.tokens) - self.done

    def placed(self, shared: int) -> None:
        """Note that a sequence was found that already holds `shared` of the tokens."""
        self.done = shared
        self._news.add("shared", min(shared, self.n_given))

    def evaluated(self, n: int) -> None:
        """Note that the next n tokens are in the cache now."""
        self._news.add("prefilled", max(0, min(self.done + n, self.n_given) - self.done))
        self.done += n

    def scored(self, scores: tuple[float, ...]) -> None:
        """Finish a scoring request with its scores."""
        self._news["scores"] = scores
        self.finish(Stop.SCORED)

    def read(self, logprob: float) -> None:
        """Go on to the next token of a text whose log-probability is wanted; finish at its end."""
        self._read.append(logprob)
        token = self.unread.pop(0)
        if self.unread:
            self.tokens.append(token)
        else:
            self.scored((math.fsum(self._read),))

    def saw_hidden(self, state: Any) -> None:
        """Add a hidden state that was asked for."""
        self._news.add("hidden", (state,))
        self.capture = False

    def take(self, token: int, stats: Stats | None, *, ends: bool) -> Stop | None:
        """Append a sampled token; returns why to stop, if it does."""
        self.tokens.append(token)
        self.sampled += 1
        self._news.add("sampled", 1)
        if stats is not None:
            outputs = self.request.outputs
            self._news.add("logprobs", (stats.logprob,) if outputs.logprobs else ())
            self._news.add("confidences", (stats.confidence,) if outputs.confidence else ())
            self._news.add("certainties", (stats.certainty,) if outputs.certainty else ())
        if ends:
            self._news.add("text", self.stream.flush())
            return Stop.END
        text, stop = self.stream.push(self._vocabulary.piece(token))
        self._news.add("text", text)
        return stop

    def finish(self, stop: Stop, error: str = "") -> None:
        """Mark the job finished; its last delta follows."""
        if stop is not Stop.STRING:
            self._news.add("text", self.stream.flush())
        self.stop = stop
        self._error = error
        if self.grammar is not None:
            self.grammar.close()

    def delta(self) -> Delta | None:
        """What is new since the last call, if anything."""
        if not self._news and self.stop is None:
            return None
        news, self._news = self._news, DeltaFields()
        tokens = self._kept_tokens() if self.stop is not None else ()
        return Delta(self.request.key, tokens=tokens, stop=self.stop, error=self._error, **news)

    def _kept_tokens(self) -> tuple[int, ...]:
        """The sampled tokens behind the text that was shown."""
        new = self.tokens[self.n_given :]
        if self.stop is Stop.END and new:
            return tuple(new[:-1])
        if self.stop is not Stop.STRING:
            return tuple(new)
        text, said, kept, length = self.stream.text, "", 0, 0
        decoder = decoder_after(self._half)
        for n, token in enumerate(new, 1):
            said += decoder.decode(self._vocabulary.piece(token))
            if not text.startswith(said):
                break
            if not decoder.getstate()[0]:  # no token is kept for half a character
                kept, length = n, len(said)
        rest = self._vocabulary.tokenize(text[length:], special=False) if text[length:] else []
        return (*new[:kept], *rest)
