"""The words of a request as the prompt that a model gets."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from ttc_cli.core.branch import Message, Prompt
from ttc_cli.core.errors import UsageError
from ttc_cli.engine.host import Host
from ttc_cli.prompts.message import Task, conversation, formed, wording
from ttc_cli.prompts.template import ChatTemplate, Rendered
from ttc_cli.session.request import Request

if TYPE_CHECKING:
    from ttc_cli.answers.schema.answer import AnswerSchema

Render = Callable[..., Rendered]


def check_words(request: Request) -> None:
    """UsageError for a prompt that is empty, or no text."""
    if not request.prompt.strip() and not request.documents:
        raise UsageError("the prompt is empty", "say what you want to know")
    texts = (request.prompt, request.system or "", *(d.text for d in request.documents))
    if any("\ud800" <= char <= "\udfff" for text in texts for char in text if not text.isascii()):
        raise UsageError("the prompt is no text: it holds half a character", "is it UTF-8?")


def added_words(
    engine: Host, task: Task, request: Request, form: AnswerSchema | None, variant: int,
    think: bool, *, fixed: bool,
) -> str:  # fmt: skip
    """What is added to the person's words; a schema has a wording of its own."""
    if form is None:
        return wording(task, variant, think=think, fixed=fixed)
    alone = "<think>" in engine.info.template  # it thinks without being asked to
    return formed(form.text, think=request.thinking_budget != 0 and not alone)


def renderer(
    engine: Host, request: Request, notes: list[str], added: Callable[[int, bool], str]
) -> Render:
    """A function that renders the question; notes go to `notes` once.

    It takes a wording variant, whether to request for thoughts, and a reply with what is said to it
    for a next turn, or nothing for the first. `added` is what follows the person's words.
    """
    info = engine.info
    texts = [request.prompt, request.system or "", *(d.text for d in request.documents)]
    texts += [message.content for message in request.history]

    @functools.cache
    def render(variant: int, think: bool, turn: tuple[str, ...] = ()) -> Rendered:
        messages = conversation(
            request.prompt, request.documents, wording=added(variant, think),
            system=request.system, history=request.history,
        )  # fmt: skip
        special = engine.special_in([*texts, *turn])
        template = ChatTemplate(info.template, info.bos, info.eos, special)
        messages += map(Message, ("assistant", "user"), turn)
        rendered = template.render(messages, enable_thinking=request.thinking_budget != 0)
        if rendered.note and rendered.note not in notes:
            notes.append(rendered.note)
        return rendered

    return render


def program_prompts(engine: Host, request: Request, notes: list[str]) -> tuple[Prompt, ...]:
    """Prompts of programs: asked for in few words, and bare; in more words where none is begun."""
    begins = "continue" in engine.info.capabilities
    said = (wording("program"), "") if begins else (wording("program", 1),)
    render = renderer(engine, request, notes, lambda nth, _think: said[nth])
    return tuple(render(nth, False).prompt for nth in range(len(said)))


def bare_prompt(engine: Host, request: Request, notes: list[str]) -> Prompt | None:
    """The prompt that asks for the answer alone; None where an engine cannot read answers."""
    if not {"likelihood", "continue"} <= engine.info.capabilities:
        return None
    return renderer(engine, request, notes, lambda _nth, _think: wording("bare"))(0, False).prompt
