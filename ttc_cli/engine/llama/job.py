"""One live request of the llama engine, and what the logits at its end make of it.

`Drawing` scores each job, finishes it, or gives it its next token.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ttc_cli.core.engine import BranchRequest, Delta, DeltaFields
from ttc_cli.core.sampling import Stop, uniform
from ttc_cli.engine.llama import sampler
from ttc_cli.engine.llama.sampler import Floats
from ttc_cli.engine.text import LOOP_CHECK_EVERY, TextStream, decoder_after, loops, unfinished

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
        self.request, self.tokens, self.n_prompt = request, tokens, n_prompt
        self.n_given = len(tokens)
        self.candidates, self.grammar, self.unread = candidates, grammar, list(read)
        self._read: list[float] = []
        self.sequence, self.done, self.sampled = -1, 0, 0
        self.capture = False
        self.ending: Stop | None = None
        self._vocabulary = vocabulary
        tail = b"".join(vocabulary.piece(t) for t in tokens[max(n_prompt, len(tokens) - 4) :])
        before = "".join(step.text for step in request.prefix)
        self._half = unfinished(tail)
        self.stream = TextStream(request.stop, before, self._half)
        if request.outputs.hidden and request.stop.max_tokens == 0 and not read:
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
        hidden = bool(self.request.outputs.hidden)
        if self.unread or hidden:
            self.tokens.append(token)
        if not self.unread and hidden:  # one more decode reads the last token's state
            self.ending, self.capture = Stop.SCORED, True
        elif not self.unread:
            self.finish(Stop.SCORED)

    def saw_hidden(self, state: Any) -> None:
        """Add a hidden state that was asked for."""
        self._news.add("hidden", (state,))
        self.capture = False

    def take(self, token: int, measured: Mapping[str, float], *, ends: bool) -> Stop | None:
        """Append a sampled token and what was measured; returns why to stop, if it does."""
        self.tokens.append(token)
        self.sampled += 1
        self._news.add("sampled", 1)
        for name, value in measured.items():
            self._news.add(name, (value,))
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
        if stop is Stop.SCORED and self._read:
            self._news["scores"] = (math.fsum(self._read),)
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


SECOND_DRAW = 0x5851F42D4C957F2D
"""Mixed into the seed where a grammar refused the first draw: with the same number again, the
tokens that follow the refused one in the vocabulary would never come up."""


class Drawing:
    """Acts on the logits at the ends of jobs.

    Args:
        context: tokens that one branch may hold.
        is_end: whether a token ends the model's turn.
    """

    def __init__(self, context: int, is_end: Callable[[int], bool]) -> None:
        self._context, self._is_end = context, is_end

    def advance(self, jobs: list[Job], logits: Floats) -> None:
        """Score, finish, or draw the next token of jobs whose last logits are here.

        Args:
            logits: shape (jobs, vocabulary).
        """
        drawing: list[tuple[Job, Floats]] = []
        for job, row in zip(jobs, logits, strict=True):
            if job.ending is not None:
                job.finish(job.ending)
            elif job.candidates:
                job.scored(sampler.log_softmax_at(row, job.candidates))
            elif job.unread:
                job.read(*sampler.log_softmax_at(row, (job.unread[0],)))
            elif (stop := self._may_draw(job)) is not None:
                job.finish(stop)
            else:
                drawing.append((job, row))
        if not drawing:
            return
        matrix = logits if len(drawing) == len(jobs) else np.stack([row for _, row in drawing])
        uniforms = [uniform(job.request.seed, len(job.tokens)) for job, _ in drawing]
        tokens = sampler.draw(matrix, [job.request.sampling for job, _ in drawing], uniforms)
        for (job, row), token in zip(drawing, tokens, strict=True):
            self._append(job, row, token)

    def _may_draw(self, job: Job) -> Stop | None:
        if job.sampled >= job.request.stop.max_tokens:
            return Stop.LENGTH
        if len(job.tokens) >= self._context:
            return Stop.CONTEXT
        ledger = job.request.ledger
        return None if ledger is None or ledger.take() else Stop.BUDGET

    def _append(self, job: Job, row: Floats, token: int) -> None:
        if job.grammar is not None:
            allowed = self._allowed(job, row, token)
            if allowed is None:
                job.finish(Stop.FAILED, "no token of this model can follow in the grammar")
                return
            token = allowed
        outputs = job.request.outputs
        measured = sampler.measure(row, token, outputs) if outputs.per_token else {}
        stop = job.take(token, measured, ends=self._is_end(token))
        if stop is Stop.STEP:
            job.capture = bool(outputs.hidden)
            stop = None if outputs.hidden == "steps" else Stop.STEP
        stop = stop or self._spent(job)
        if stop is not None and outputs.hidden:
            job.ending, job.capture = stop, True  # one more decode reads the last token's state
        elif stop is not None:
            job.finish(stop)

    @staticmethod
    def _allowed(job: Job, row: Floats, token: int) -> int | None:
        """The token, or another draw among those that the grammar takes; None if there is none."""
        grammar = job.grammar
        assert grammar is not None
        if not grammar.allows(token):
            masked = grammar.mask(row)
            if not np.isfinite(masked.max()):
                return None
            u = uniform(job.request.seed ^ SECOND_DRAW, len(job.tokens))
            token = sampler.draw(masked[None, :], [job.request.sampling], [u])[0]
        grammar.accept(token)
        return token

    @staticmethod
    def _spent(job: Job) -> Stop | None:
        rule = job.request.stop
        if job.sampled >= rule.max_tokens:
            return Stop.LENGTH
        if rule.loops and job.sampled % LOOP_CHECK_EVERY == 0 and loops(job.tokens[job.n_given :]):
            return Stop.LOOP
        return None
