"""One live request to a server: what came of it, and what of that is not yet reported."""

from __future__ import annotations

from dataclasses import replace

from ttc_cli.core.engine import BranchRequest, Delta, DeltaFields, EngineInfo
from ttc_cli.core.errors import ContextOverflow, EngineFailed
from ttc_cli.core.sampling import LIKELIEST, Stop
from ttc_cli.engine.openai.piece import Partial, Piece
from ttc_cli.engine.text import LOOP_CHECK_EVERY, TextStream, loops

MOST_TEXT, TOKEN_TEXT = 1 << 12, 256
"""Characters that a reply may have, and more for each of its tokens."""
UNFINISHED = "the server did not finish its reply, which ended with {!r}"


def overflow(length: int, context: int) -> ContextOverflow:
    """The error for a prompt that leaves no room for a token."""
    return ContextOverflow(
        f"the prompt takes {length} tokens and the context holds {context}",
        "shorten it, or give the server a larger context",
    )


def check(request: BranchRequest, info: EngineInfo) -> None:
    """Refuse what the server cannot do; confidences are given where they can be.

    Raises MissingCapability: it names what is lacking.
    """
    needs = {
        "hidden": request.outputs.hidden, "distribution": request.outputs.certainty,
        "grammar": request.grammar, "score": request.candidates,
        "continue": any(step.text for step in request.prefix),
    }  # fmt: skip
    info.require(*(name for name, needed in needs.items() if needed), by="this")


class Job:
    """A request on its way.

    Tokens are charged as they arrive. What a server draws beyond that, between our refusal and
    its hearing of it, is neither charged nor shown.

    Args:
        length: tokens of prompt and prefix.
        context: tokens that a branch may hold.
        sure: whether the length is counted and no estimate.
    """

    def __init__(
        self, request: BranchRequest, length: int, context: int, *, sure: bool = True
    ) -> None:
        self.request, self.length, self.sure = request, length, sure
        self.sampled, self.writing, self._context = 0, False, context
        self.stop: Stop | None = None
        self._seen = self._bytes = 0  # tokens of this stream, and bytes of text
        self._again = ""  # said before, and to come once more
        self._stream = TextStream(request.stop, "".join(step.text for step in request.prefix))
        self._pieces: list[str] = []
        self._ids: list[int] = []
        self._shown = 0  # ids behind the text, the end of turn left out
        self._gap = self._prompt_told = False  # tokens came without their ids; the prompt was told
        self._error = self._trouble = ""
        self._news = DeltaFields()

    def begin(self, *, anew: bool = False) -> Partial:
        """How far it got, as a new stream begins.

        Args:
            anew: the server does not go on with a reply. What was said is drawn once more, and
                not told twice as long as it is the same.
        """
        self._seen = 0
        if anew:
            self.sampled, self._again = 0, "".join(self._pieces)
            return Partial(left=self._left)
        ids = () if self._gap else tuple(self._ids)
        return Partial("".join(self._pieces), ids, self._left)

    @property
    def _room(self) -> int:
        return self._context - self.length

    def measured(self, length: int) -> None:
        """Take the length as it was counted.

        Raises ContextOverflow: there is no room for a token.
        """
        self.length, self.sure = length, True
        if self._room < 1:
            raise overflow(length, self._context)

    @property
    def _left(self) -> int:
        ledger = self.request.ledger
        left = max(0, min(self.request.stop.max_tokens, self._room) - self.sampled)
        return left if ledger is None or ledger.left is None else min(left, ledger.left)

    def spent(self) -> Stop | None:
        """Why nothing more can be drawn, if so."""
        if self.sampled >= self.request.stop.max_tokens:
            return Stop.LENGTH
        if self.sampled >= self._room:
            return Stop.CONTEXT
        ledger = self.request.ledger
        return Stop.BUDGET if ledger is not None and ledger.left == 0 else None

    def take(self, piece: Piece) -> int:
        """Add what arrived; returns how many tokens it was. `stop` is set when it is the end."""
        if self._again:
            piece = self._heard(piece)
        if piece.prompt is not None:
            if not self._prompt_told:
                self.length, self.sure = sum(piece.prompt), True
            self._count_prompt(*piece.prompt)
        drawn = piece.count if piece.total is None else max(0, piece.total - self._seen)
        if piece.end:  # told at the end, and drawn already: no reason to call it cut off
            drawn = min(drawn, self._left)
        self._bytes += len(piece.text)
        most = self.request.stop.max_tokens
        if self.sampled + drawn > most or self._bytes > MOST_TEXT + most * TOKEN_TEXT:
            self.finish(Stop.LENGTH)  # it does not stop by itself
            return 0
        ledger = self.request.ledger
        if drawn and ledger is not None and not ledger.take(drawn):
            self.finish(Stop.BUDGET)
            return 0
        self._seen += drawn
        if drawn:
            self._draw(piece, drawn)
        stop = None
        if piece.text:
            self._shown = len(self._ids)
            self._pieces.append(piece.text)
            text, stop = self._stream.push(piece.text.encode("utf-8", "replace"))
            self._news.add("text", text)
        if stop is None and piece.end:
            # ended by its length, but not by any that we know of: the server's own context
            ended = self.spent() or Stop.CONTEXT
            stop = {"stop": Stop.END, "length": ended}.get(piece.end, Stop.FAILED)
        elif stop is None and self._loops():
            stop = Stop.LOOP
        if stop is not None:
            self.finish(stop, UNFINISHED.format(piece.end[:40]) if stop is Stop.FAILED else "")
        return drawn

    def _heard(self, piece: Piece) -> Piece:
        """A piece without what was said before.

        Raises EngineFailed: the server says something else than before.
        """
        said, again = piece.text, self._again
        if not (said.startswith(again) or again.startswith(said)) or piece.end:
            raise EngineFailed("the server broke off, and says something else the second time")
        self._again = again[len(said) :]
        return replace(piece, text=said[len(again) :], likely=())

    def scored(self, scores: tuple[float, ...]) -> None:
        """A scoring request is answered."""
        self._news["scores"] = scores
        self.finish(Stop.SCORED)

    def tell(self, problem: str) -> None:
        """What is wrong for the time being; once, as long as it is the same."""
        if problem != self._trouble:
            self._trouble = self._news["error"] = problem

    def finish(self, stop: Stop, error: str = "") -> None:
        """Mark it finished; its last delta follows."""
        if stop is not Stop.STRING:
            self._news.add("text", self._stream.flush())
        if not self._prompt_told:
            self._count_prompt(self.length, 0)
        self.stop, self.writing, self._error = stop, False, error

    def delta(self) -> Delta | None:
        """What is new since the last call, if anything."""
        if not self._news and self.stop is None:
            return None
        news, self._news = self._news, DeltaFields()
        if self.stop is None:
            return Delta(self.request.key, **news)
        news["error"] = self._error
        return Delta(self.request.key, tokens=self._tokens(), stop=self.stop, **news)

    def _tokens(self) -> tuple[int, ...]:
        """The ids behind the text, without that of the end of turn; empty where not known."""
        if self._gap or self.stop is Stop.STRING:
            return ()
        return tuple(self._ids[: self._shown] if self.stop is Stop.END else self._ids)

    def _draw(self, piece: Piece, drawn: int) -> None:
        self.writing, self._trouble = True, ""
        self.sampled += drawn
        self._ids += piece.ids
        self._gap |= len(piece.ids) != drawn and not piece.end
        self._news.add("sampled", drawn)
        outputs = self.request.outputs
        if outputs.logprobs:
            self._news.add("logprobs", tuple(one.logprob for one in piece.likely))
        if outputs.confidence:
            tops = (one.top[:LIKELIEST] for one in piece.likely if one.top)
            self._news.add("confidences", tuple(-sum(top) / len(top) for top in tops))

    def _count_prompt(self, computed: int, shared: int) -> None:
        if not self._prompt_told:
            self._prompt_told = True
            self._news.add("prefilled", computed)
            self._news.add("shared", shared)

    def _loops(self) -> bool:
        due = self._pieces and len(self._pieces) % LOOP_CHECK_EVERY == 0
        return bool(self.request.stop.loops and due and loops([*map(hash, self._pieces)]))
