"""A deterministic engine without a model: for tests, demos and replays.

A script is a function from a request to the tokens (as texts) it will say. Each poll gives one
token to every live branch, so interleaving, budgets and culling behave as on a real engine.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, EngineInfo, Key
from ttc_cli.core.errors import ContextOverflow, EngineFailed
from ttc_cli.core.sampling import Stop, uniform
from ttc_cli.engine.host import InProcess
from ttc_cli.engine.text import TextStream

ALL = frozenset((
    "continue", "rewind", "logprobs", "confidence", "hidden", "distribution", "score", "likelihood",
    "grammar", "seed", "exact-usage",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """What one request will say.

    Args:
        tokens: texts, one a token; after the last one the model ends its turn.
        confidence: reported for every token.
        fails: the branch fails after its tokens instead of ending.
    """

    tokens: tuple[str, ...]
    confidence: float = 5.0
    fails: bool = False


Script = Callable[[BranchRequest], Line | str]


def split(text: str) -> tuple[str, ...]:
    """A text as tokens: words with the space before them."""
    return tuple(re.findall(r"\s*\S[^ \n]*|\s+", text))


def from_choices(choices: Sequence[str]) -> Script:
    """A script that picks one of the texts by the request's seed."""

    def script(request: BranchRequest) -> str:
        return choices[int(uniform(request.seed, 0) * len(choices))]

    return script


@dataclass(slots=True)
class _Talk:
    request: BranchRequest
    line: Line
    length: int
    stream: TextStream
    at: int = 0


class ScriptedEngine(InProcess):
    """Plays a script; a context of `context` tokens and `width` branches a poll."""

    def __init__(
        self,
        script: Script,
        *,
        context: int = 4096,
        width: int = 32,
        capabilities: frozenset[str] = ALL,
        scorer: Callable[[BranchRequest], tuple[float, ...]] | None = None,
        template: str = "",
    ) -> None:
        self._script, self._width, self._scorer = script, width, scorer
        self._talks: dict[Key, _Talk] = {}
        self.info = EngineInfo(
            "scripted", "scripted", context, context, template, capabilities=capabilities
        )
        self.closed = False

    @property
    def running(self) -> list[Key]:
        """Keys of the requests under way."""
        return list(self._talks)

    def submit(self, request: BranchRequest) -> None:
        """Queue a request; see the protocol."""
        if self.closed:
            raise EngineFailed("the engine is closed")
        length = self.count(request.prompt, request.prefix)
        if length + 1 > self.info.context:
            raise ContextOverflow(
                f"the prompt takes {length} tokens and the context holds {self.info.context}"
            )
        if request.key in self._talks:
            raise EngineFailed(f"request {request.key!r} is already running")
        said = self._script(request)
        line = said if isinstance(said, Line) else Line(split(said))
        stream = TextStream(request.stop, "".join(step.text for step in request.prefix))
        self._talks[request.key] = _Talk(request, line, length, stream)

    def poll(self, timeout: float) -> Sequence[Delta]:
        """One token for each of the oldest `width` branches; see the protocol."""
        deltas = [self._step(talk) for talk in list(self._talks.values())[: self._width]]
        for delta in deltas:
            if delta.stop is not None:
                del self._talks[delta.key]
        return deltas

    def cancel(self, key: Key) -> None:
        """Forget a request; see the protocol."""
        self._talks.pop(key, None)

    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """Words of prompt and prefix."""
        steps = sum(len(step.tokens) or len(split(step.text)) for step in prefix)
        return len(split(prompt.text)) + steps

    def close(self) -> None:
        """Forget everything; idempotent."""
        self._talks.clear()
        self.closed = True

    def _step(self, talk: _Talk) -> Delta:
        request = talk.request
        prefilled = talk.length if talk.at == 0 else 0
        if request.candidates or request.read:
            read = (-math.log(2) * len(split(request.read)),)  # every word is as likely as not
            even = (-math.log(2),) * len(request.candidates) or read
            scores = self._scorer(request) if self._scorer else even
            hidden = self._hidden(talk) if request.outputs.hidden else ()
            return Delta(
                request.key, scores=scores, hidden=hidden, prefilled=prefilled, stop=Stop.SCORED
            )
        stop = self._may_draw(talk)
        if stop is None:
            return replace(self._say(talk), prefilled=prefilled)
        text = talk.stream.flush()
        hidden = self._hidden(talk) if stop is Stop.LENGTH and request.outputs.hidden else ()
        told = Delta(request.key, text, hidden=hidden, prefilled=prefilled, stop=stop)
        return replace(told, tokens=self._ids(talk))

    def _may_draw(self, talk: _Talk) -> Stop | None:
        request = talk.request
        if talk.at >= request.stop.max_tokens:
            return Stop.LENGTH
        if talk.length + talk.at >= self.info.context:
            return Stop.CONTEXT
        return None if request.ledger is None or request.ledger.take() else Stop.BUDGET

    def _say(self, talk: _Talk) -> Delta:
        request, ended = talk.request, talk.at >= len(talk.line.tokens)
        word = "" if ended else talk.line.tokens[talk.at]
        talk.at += 1
        text, stop = talk.stream.push(word.encode("utf-8", "surrogatepass"))
        marked = stop is Stop.STEP
        if ended:
            stop = Stop.FAILED if talk.line.fails else Stop.END
        elif marked and request.outputs.hidden == "steps":
            stop = None
        if stop is None and talk.at >= request.stop.max_tokens:
            stop = Stop.LENGTH
        if stop is not None and stop is not Stop.STRING:
            text += talk.stream.flush()
        outputs = request.outputs
        return Delta(
            request.key, text=text, tokens=self._ids(talk) if stop is not None else (),
            logprobs=(-1.0,) if outputs.logprobs else (),
            confidences=(talk.line.confidence,) if outputs.confidence else (),
            certainties=(2 * talk.line.confidence,) if outputs.certainty else (),
            hidden=self._hidden(talk) if outputs.hidden and (marked or stop is not None) else (),
            sampled=1, stop=stop, error="the script says so" if stop is Stop.FAILED else "",
        )  # fmt: skip

    @staticmethod
    def _hidden(talk: _Talk) -> tuple[tuple[float, ...], ...]:
        """A stable made-up state of the text so far, eight numbers wide."""
        prefix = "".join(step.text for step in talk.request.prefix)
        said = prefix + talk.request.read + talk.stream.text
        digest = hashlib.blake2b((talk.request.prompt.text + said).encode(), digest_size=8).digest()
        return (tuple(byte / 255 for byte in digest),)

    @staticmethod
    def _ids(talk: _Talk) -> tuple[int, ...]:
        """Stable made-up ids of the words behind the text; a stop string may cut the last."""
        words, left = [], len(talk.stream.text)
        for word in talk.line.tokens[: talk.at]:
            if not left:
                break
            words.append(word[:left])
            left -= len(words[-1])
        return tuple(
            int.from_bytes(hashlib.blake2b(w.encode(), digest_size=3).digest(), "little")
            for w in words
        )
