"""Render a conversation with the model's own chat template.

What a user or a document says must stay text. When some content holds the name of a special
token (`<|im_end|>`), the prompt is cut into pieces, and the engine looks for special tokens
in the template's pieces only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ttc_cli.core.branch import Message, Prompt
from ttc_cli.core.errors import ModelError
from ttc_cli.prompts.jinja import RefusedError, run
from ttc_cli.prompts.message import DEFAULT_SYSTEM
from ttc_cli.prompts.thoughts import opened_by

PLAIN_NOTE = "the model has no chat template: it continues the plain text"
FOLDED_NOTE = "the model's chat template takes no system prompt: it leads the first message"
BROKEN_NOTE = "special tokens named in the messages were broken up by a space"

Piece = tuple[str, bool]


@dataclass(frozen=True)
class Rendered:
    """A prompt and what is worth saying about it.

    Args:
        prompt: pieces, messages, and whether a thought is open at its end. The pieces hold
            what the template wrote and no more: the engine puts the beginning-of-text token
            in front when the vocabulary asks for one and the text does not start with it.
        note: one line for the user, or empty.
    """

    prompt: Prompt
    note: str = ""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """(text, is_template): a single template piece unless some content names a token."""
        return self.prompt.pieces

    @property
    def text(self) -> str:
        """The whole prompt."""
        return self.prompt.text


@dataclass(frozen=True)
class ChatTemplate:
    """A model's chat template with what it needs to run.

    Args:
        source: Jinja, from `tokenizer.chat_template`; empty when the model has none.
        bos: the text of the beginning-of-text token, or empty.
        eos: the text of the end-of-text token, or empty.
        special: the texts of all tokens that must not come from content.
    """

    source: str
    bos: str = ""
    eos: str = ""
    special: Collection[str] = ()

    def render(
        self,
        messages: Sequence[Message],
        *,
        enable_thinking: bool = True,
        now: Callable[[], datetime] = datetime.now,
    ) -> Rendered:
        """Render a conversation up to where the model is to write.

        Without a template: a single user message as it is, for the model to continue; more
        messages joined by blank lines, the system prompt first unless it is the usual one,
        which means nothing to a model that knows no chat.

        Args:
            messages: the turns, the last one the user's; earlier replies without thoughts.
            enable_thinking: what templates with a switch for thoughts are told.
            now: the clock, for templates that tell the model the date.

        Raises ModelError: the template fails, or does not take this conversation.
        """
        pieces, note = _plain(messages), PLAIN_NOTE
        if self.source:
            pieces, note = self._with_system(messages, enable_thinking, now)
        thinking = opened_by("".join(part for part, _ in pieces))
        return Rendered(Prompt(pieces, tuple(messages), thinking), note)

    def _with_system(
        self, messages: Sequence[Message], thinking: bool, now: Callable[[], datetime]
    ) -> tuple[tuple[Piece, ...], str]:
        """Pieces, with the system prompt moved where the template takes it."""
        for turns in (messages, fold_system(messages)):
            try:
                pieces, note = self._pieces(turns, thinking, now)
            except RefusedError as error:
                if turns is not messages or not _system(messages):
                    raise _refused(error) from None
            else:
                if turns is not messages:
                    note = "; ".join(filter(None, (FOLDED_NOTE, note)))
                if note or not _dropped(messages, pieces):
                    break
        return pieces, note

    def _pieces(
        self, messages: Sequence[Message], thinking: bool, now: Callable[[], datetime]
    ) -> tuple[tuple[Piece, ...], str]:
        # a token of one character names nothing, and could not be broken up
        tokens = [token for token in self.special if len(token) > 1]
        tainted = [any(token in message.content for token in tokens) for message in messages]
        if not any(tainted):
            return ((self._write(messages, thinking, now), True),), ""
        marks = _marks(messages)
        marked = [_around(m, mark) for m, mark in zip(messages, marks, strict=True)]
        try:
            text = self._write(marked, thinking, now)
        except (RefusedError, ModelError):
            text = ""  # it looks into the content, so it must see the content
        if all(mark in text for mark, bad in zip(marks, tainted, strict=True) if bad):
            return _cut(text, dict(zip(marks, messages, strict=True))), ""
        # the template changes or drops what it is given; the frame matters more than the text
        safe = [replace(m, content=self._break(m.content)) for m in messages]
        return ((self._write(safe, thinking, now), True),), BROKEN_NOTE

    def _write(
        self, messages: Sequence[Message], thinking: bool, now: Callable[[], datetime]
    ) -> str:
        """The rendered conversation, in which what was asked must stand.

        Templates that go over the parts of a content find none in a text, and drop it without a
        word: they get parts.

        Raises RefusedError: it stands there in neither way.
        """

        text, marked = self._run(messages, thinking, now, False), [*messages]
        if not (asked := _asked(messages)) or _stands(asked.content, text):
            return text
        mark = _marks(messages)[0][:12]  # a template may rewrite or shorten what it is given
        marked[messages.index(asked)] = replace(asked, content=mark)
        for parts in (False, True):
            if mark in self._run(marked, thinking, now, parts).lower():
                return self._run(messages, thinking, now, parts)
        raise RefusedError("it leaves out what was asked")

    def _run(
        self, turns: Sequence[Message], thinking: bool, now: Callable[[], datetime], parts: bool
    ) -> str:
        contents = [[{"type": "text", "text": m.content}] if parts else m.content for m in turns]
        variables = {
            "messages": [
                {"role": m.role, "content": said} for m, said in zip(turns, contents, strict=True)
            ],
            "add_generation_prompt": True, "enable_thinking": thinking, "bos_token": self.bos,
            "eos_token": self.eos, "strftime_now": lambda form: now().strftime(str(form)[:100]),
            "tools": None, "documents": None,
        }  # fmt: skip
        # room for templates that repeat content, none for those that fill the memory
        limit = 1_000_000 + 4 * sum(len(m.content) for m in turns)
        return run(self.source, variables, limit=limit)

    def _break(self, content: str) -> str:
        """Put a space into every name of a special token."""
        tokens = sorted((token for token in self.special if len(token) > 1), key=len, reverse=True)
        names = "|".join(map(re.escape, tokens))
        for _ in range(3):  # breaking one may lay another bare
            content = re.sub(names, lambda found: f"{found[0][0]} {found[0][1:]}", content)
        return content


def fold_system(messages: Sequence[Message]) -> list[Message]:
    """The system texts at the head of the first user message, for those without the role."""
    system = _system(messages)
    rest = [message for message in messages if message.role != "system"]
    for index, message in enumerate(rest):
        if message.role == "user":
            rest[index] = replace(message, content=f"{system}\n\n{message.content}")
            return rest
    return [Message("user", system), *rest]


def _asked(messages: Sequence[Message]) -> Message | None:
    """The last thing that the user says, where it is more than blanks."""
    said = [m for m in messages if m.role == "user" and m.content.strip()]
    return said[-1] if said else None


def _stands(content: str, text: str) -> bool:
    """Whether a text holds a content, blanks aside."""
    return content.strip() in text or "".join(content.split()) in "".join(text.split())


def _system(messages: Sequence[Message]) -> str:
    return "\n\n".join(m.content for m in messages if m.role == "system" and m.content)


def _dropped(messages: Sequence[Message], pieces: tuple[Piece, ...]) -> bool:
    """Whether the template left out the system prompt without a word."""
    text = "".join(part for part, _ in pieces)
    return any(m.content.strip() not in text for m in messages if m.role == "system")


def _refused(error: RefusedError) -> ModelError:
    reason = (str(error).splitlines() or [""])[0].rstrip(".")
    return ModelError(f"the model's chat template refuses this conversation: {reason}")


def _plain(messages: Sequence[Message]) -> tuple[Piece, ...]:
    said = [m.content for m in messages if m != Message("system", DEFAULT_SYSTEM) and m.content]
    return (("\n\n".join(said), False),) if said else ()


def _marks(messages: Sequence[Message]) -> list[str]:
    """A word for each message that no message can hold: it would have to hold its own hash."""
    whole = "\0".join(message.content for message in messages)
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return [f"x{digest}n{index}x" for index in range(len(messages))]


def _around(message: Message, mark: str) -> Message:
    """The message with the mark in place of its words, so that trimming still works on it."""
    content = message.content
    words = content.strip()
    lead = len(content) - len(content.lstrip())
    return replace(message, content=content[:lead] + mark + content[lead + len(words) :])


def _cut(text: str, messages: dict[str, Message]) -> tuple[Piece, ...]:
    parts = re.split("(" + "|".join(messages) + ")", text)
    said = [messages[part].content.strip() if part in messages else part for part in parts]
    return tuple((text, of not in messages) for text, of in zip(said, parts, strict=True) if text)
