"""A request becomes a job: its tokens, which must fit, its grammar, its candidates."""

from __future__ import annotations

from ttc_cli.core.engine import Request
from ttc_cli.core.errors import ContextOverflow
from ttc_cli.engine.llama.binding import Model
from ttc_cli.engine.llama.context import Grammar
from ttc_cli.engine.llama.info import Tokens
from ttc_cli.engine.llama.job import Job


def admit(request: Request, model: Model, tokens: Tokens, room: int) -> Job:
    """The job of a request.

    Args:
        room: tokens that a branch and the cache can hold.

    Raises:
        ContextOverflow: the prompt takes them all.
        MissingCapability: a grammar or a candidate that this model cannot do.
    """
    prompt = tokens.prompt(request.prompt)
    given = prompt + tokens.prefix(request.prefix)
    if request.want.hidden == "turn":
        given = [*given, model.end_of_turn]
    if len(given) + 1 > room:
        raise ContextOverflow(
            f"the prompt takes {len(given)} tokens and the context holds {room}",
            "shorten it, or give a larger --ctx-size",
        )
    candidates = tuple(tokens.first(text) for text in request.candidates)
    grammar = Grammar(model, request.grammar) if request.grammar else None
    return Job(request, given, len(prompt), candidates, grammar, model)
