"""A conversation on one loaded model: its turns, what they take of the context, how they shrink.

Each turn is rendered as it was sent but for the wording that ttc added at its end, which later
turns have nothing to do with: the KV cache up to there is found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ttc_cli.core.branch import Message, Prompt
from ttc_cli.prompts.message import Document
from ttc_cli.session.loaded import Session, memory_cells
from ttc_cli.session.plan import Planned, plan
from ttc_cli.session.request import Request

FULL = 0.8  # share of the context from which on a conversation should be made shorter
CELLS = 8192  # KV cells to begin with: a cache that has to grow forgets what it held
SUMMARISE = (
    "Summarise our conversation so far in at most 150 words: what was asked, what was found, "
    "what is still open. Write nothing but the summary."
)
SUMMARY = "This is a summary of our conversation so far:"


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was sent and its answer without thoughts.

    Args:
        said: the user's own words; message: the same with documents. run: its id in the log.
        documents: what came with the words.
    """

    said: str
    message: Message
    reply: str
    run: str | None = None
    documents: tuple[Document, ...] = ()


class Chat:
    """The turns of a conversation. `session` may be replaced by another model's."""

    def __init__(self, session: Session, turns: Sequence[Turn] = ()) -> None:
        self.session = session
        self.turns = list(turns)
        self.used = 0
        """Tokens of context that all turns took, as of the last answer."""
        self._cells = 0

    @property
    def history(self) -> tuple[Message, ...]:
        """All turns as messages."""
        pairs = ((turn.message, Message("assistant", turn.reply)) for turn in self.turns)
        return tuple(message for pair in pairs for message in pair)

    @property
    def parent(self) -> str | None:
        """The run that the next one goes on from."""
        return self.turns[-1].run if self.turns else None

    def ask(self, request: Request, *, began: float | None = None, run_id: str = "") -> Planned:
        """The next turn, planned, with room in the cache; ContextOverflow changes nothing."""
        request = replace(request, history=self.history)
        planned = plan(self.session, request, began=began, run_id=run_id)
        if planned.cells > self._cells or not self._cells:
            wanted = max(CELLS, planned.cells, 2 * self._cells)
            self._cells = min(wanted, max(planned.cells, memory_cells(self.session)))
            self.session.engine.reserve(self._cells)
        return planned

    def keep(self, planned: Planned, reply: str) -> None:
        """Add an answered turn."""
        sent = planned.prompt.messages[-1]
        message = replace(sent, content=sent.content.removesuffix(f"\n{planned.wording}"))
        asked = planned.request
        self.turns.append(Turn(asked.prompt, message, reply, planned.id, asked.documents))
        self.used = planned.prompt_tokens + self._tokens(reply) - self._tokens(planned.wording)

    def drop(self, count: int) -> int:
        """Forget the oldest turns, all but the last at most; returns how many."""
        count = max(0, min(count, len(self.turns) - 1))
        gone = [text for turn in self.turns[:count] for text in (turn.message.content, turn.reply)]
        del self.turns[:count]
        self.used = max(0, self.used - sum(map(self._tokens, gone)))
        return count

    def switch(self, session: Session) -> None:
        """Go on with another model, whose cache knows nothing of the turns."""
        self.session = session
        self._cells = 0

    def clear(self) -> None:
        """Begin anew."""
        self.turns.clear()
        self.used = 0

    def summarised(self, summary: str) -> None:
        """Put a summary in the place of all turns."""
        parent = self.parent
        self.turns = [Turn(SUMMARY, Message("user", SUMMARY), summary, parent)]
        self.used = self._tokens(SUMMARY) + self._tokens(summary)

    def _tokens(self, text: str) -> int:
        return self.session.engine.gauge(Prompt(((text, False),)))
