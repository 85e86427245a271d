"""What is asked, ready for an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ttc_cli.core.branch import Prompt
from ttc_cli.core.errors import MissingCapability


def _no_next_turn(reply: str, said: str) -> Prompt:
    raise MissingCapability("this question takes no next turn", "choose another strategy")


class Form(Protocol):
    """The form that an answer must have, such as a JSON schema."""

    def grammar(self, said: str = "") -> str:
        """A grammar of all that may follow the start of an answer; empty where nothing may."""
        ...

    def valid(self, text: str) -> str | None:
        """An answer in its canonical spelling; None when it has not the form."""
        ...

    def closing(self, text: str) -> str | None:
        """The shortest rest that gives a cut-off answer the form; None when nothing does."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """A question ready for an engine.

    Args:
        text: what the user asked, without documents and wording.
        task: what kind of work it is ("math", "choice", "short", "fact", "code", "plain").
        kind: what form the short answer takes, as `answers.extract` knows it, or None.
        render: makes a prompt from a wording variant (0 is the default) and whether to ask
            for thoughts in tags.
        follow: makes the prompt of a next turn, from a reply to the question (without its
            thoughts) and what is said to it.
        thinks: the model opens thoughts by itself.
        form: what the answer must look like; it comes after a thought, and is all of the reply.
        programs: prompts of replies that are programs, a greedy one each; empty where none is
            evidence.
        data: lines that its function is told on the files that it reads.
        reads: the first lines of that function, which read them.
    """

    text: str
    task: str
    kind: str | None
    render: Callable[[int, bool], Prompt]
    follow: Callable[[str, str], Prompt] = _no_next_turn
    thinks: bool = False
    form: Form | None = None
    programs: tuple[Prompt, ...] = ()
    data: str = ""
    reads: str = ""

    @property
    def votable(self) -> bool:
        """Whether a short answer is expected that samples can vote on."""
        return self.form is not None or self.task in ("math", "choice", "short", "fact")
