"""What is asked, and a branch: one line of thought as a value. Copying it is forking it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from ttc_cli.core.errors import MissingCapability
from ttc_cli.core.sampling import Stop

BranchId = tuple[int, ...]  # lineage: (2, 0) is the first child of branch 2


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation, as chat templates and servers take it."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a branch starts from, in both forms engines need.

    Args:
        pieces: the rendered prompt as (text, is_template); the special tokens named in a
            template piece are parsed, those in a user's piece are plain text.
        messages: the same as a chat, for engines that render it themselves.
        thinking: the rendered prompt has already opened a thought.
    """

    pieces: tuple[tuple[str, bool], ...]
    messages: tuple[Message, ...] = ()
    thinking: bool = False

    @property
    def text(self) -> str:
        """The rendered prompt as one string."""
        return "".join(text for text, _ in self.pieces)


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a reply: what one request added, or text a strategy forced.

    Args:
        text: as shown; stop strings and end-of-turn tokens are not in it.
        tokens: the ids behind the text; empty for forced text, which the engine tokenises.
        logprobs, confidences, certainties: one number a token where asked for (see Outputs).
        hidden: hidden states at the asked positions, each an array of shape (width,).
        marks: for each hidden state, how many tokens had been drawn when it came.
        sampled: whether the model wrote it (False: forced by a strategy).
    """

    text: str
    tokens: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    confidences: tuple[float, ...] = ()
    hidden: tuple[Any, ...] = ()
    sampled: bool = True
    certainties: tuple[float, ...] = ()
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of thought: prompt, what was added so far, and why it stopped.

    `tokens_sampled` counts every token drawn for this branch, also those of a stop string.
    """

    id: BranchId
    prompt: Prompt
    steps: tuple[Step, ...] = ()
    stop: Stop | None = None
    tokens_sampled: int = 0
    seconds: float = 0.0
    error: str = ""
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The reply so far, thoughts included."""
        return "".join(step.text for step in self.steps)

    @property
    def confidences(self) -> tuple[float, ...]:
        """Token confidences over all sampled steps."""
        return tuple(c for step in self.steps for c in step.confidences)

    @property
    def certainties(self) -> tuple[float, ...]:
        """Token certainties over all sampled steps."""
        return tuple(c for step in self.steps for c in step.certainties)

    @property
    def logprobs(self) -> tuple[float, ...]:
        """Token log-probabilities over all sampled steps."""
        return tuple(p for step in self.steps for p in step.logprobs)

    def fork(self, child: int) -> Branch:
        """The same line of thought under a child's name, open to go on."""
        return replace(self, id=(*self.id, child), stop=None, tokens_sampled=0, seconds=0.0)

    def forced(self, text: str) -> Branch:
        """This branch with text put in its mouth, open to go on."""
        return replace(self, steps=(*self.steps, Step(text, sampled=False)), stop=None)


def _no_next_turn(reply: str, said: str) -> Prompt:
    raise MissingCapability("this question takes no next turn", "choose another strategy")


class Form(Protocol):
    """The form that an answer must have, such as a JSON schema."""

    def grammar(self, said: str = "") -> str:
        """A grammar of all that may follow the start of an answer; empty where nothing may."""

    def valid(self, text: str) -> str | None:
        """An answer in its canonical spelling; None when it has not the form."""

    def closing(self, text: str) -> str | None:
        """The shortest rest that gives a cut-off answer the form; None when nothing does."""


@dataclass(frozen=True)
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
        bare: prompt that asks for the answer alone; None where that tells nothing.
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
    bare: Prompt | None = None

    @cached_property
    def votable(self) -> bool:
        """Whether a short answer is expected that samples can vote on."""
        return self.form is not None or self.task in ("math", "choice", "short", "fact")
