"""Finds out what a server that speaks in messages takes and does, with short requests.

A plain one shows which parameters it takes, what it gives, and whether its replies begin inside a
thought; one that ends in half a word of the assistant's, whether it goes on with it. vLLM tells
the latter without its model: /tokenize and /detokenize show the prompt that it would make.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from ttc_cli.core.branch import Message, Prompt, Step
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import GREEDY, Outputs, StopRule
from ttc_cli.core.tags import THOUGHT_TAGS
from ttc_cli.engine.openai.api import Api
from ttc_cli.engine.openai.chat import Chat
from ttc_cli.engine.openai.form import Form
from ttc_cli.engine.openai.piece import Partial, Piece
from ttc_cli.engine.openai.refusal import Refused, TransientError

TOKENS, PIECES = 8, 64
"""That are asked for, and the most that are listened to."""
PLAIN = Message("user", "Say yes.")
FOX = Message("user", "Write the sentence about the quick brown fox and the lazy dog.")
HALF, REST = "The quick brown fox jum", "ps"
"""No new turn begins with the rest of the half word, and even the smallest models know it."""
STEP = "The quick brown fox.\n\n"
"""Ends as a step does."""


async def probe(api: Api, model: str, *, flags: bool, continues: bool | None = None) -> Form:
    """What the server takes and does.

    Args:
        flags: it is vLLM.
        continues: whether it goes on with a reply, where the user says so.

    Raises:
        TtcError: it takes no form of a request. TransientError: it does not answer.
    """
    chat = Chat(api, model, Form(flags=flags))
    if flags:
        await _look(api, model, chat)
    pieces = await _ask_again(chat, PLAIN, (), guess=True)
    said = "".join(piece.text for piece in pieces).strip().lower()
    if chat.form.opens is None and said.startswith(("yes", "<think")):
        chat.form = chat.form.but(opens=False)
    chat.form = chat.form.but(
        logprobs=any(one.top for piece in pieces for one in piece.likely),
        usage=any(piece.total is not None for piece in pieces),
    )
    if continues is None and chat.form.continues and not chat.form.flags:
        continues = await _continues(chat)
    return chat.form if continues is None else chat.form.but(continues=continues)


async def _continues(chat: Chat) -> bool:
    try:
        pieces = await _ask_again(chat, FOX, (Step(HALF),), guess=False)
    except (Refused, TransientError) as refusal:
        if isinstance(refusal, TransientError) and refusal.status != 500:
            raise
        return False
    said = "".join(piece.text for piece in pieces)
    return chat.form.continues and said.startswith(REST)


async def _ask_again(
    chat: Chat, message: Message, prefix: tuple[Step, ...], *, guess: bool
) -> list[Piece]:
    """The reply to a question, with what is refused left out."""
    while True:
        request = BranchRequest(
            "probe", Prompt((("", True),), (message,)), StopRule(TOKENS), prefix=prefix,
            sampling=GREEDY, outputs=Outputs(confidence=not prefix),
        )  # fmt: skip
        try:
            return await _listen(chat, request)
        except (Refused, TransientError) as refusal:
            # some answer 500 to what they do not know
            known = isinstance(refusal, Refused) or refusal.status == 500
            said = refusal.said if isinstance(refusal, Refused) else str(refusal)
            body = chat.body(request, "".join(step.text for step in prefix), TOKENS)
            smaller = chat.form.without(said, body, guess=guess) if known else None
            if smaller is None:
                raise
            chat.form = smaller
            if prefix and not smaller.continues:
                return []


async def _listen(chat: Chat, request: BranchRequest) -> list[Piece]:
    pieces: list[Piece] = []
    async with aclosing(chat.draw(request, Partial(left=TOKENS))) as drawn:
        async for piece in drawn:
            pieces.append(piece)
            if len(pieces) == PIECES:
                break
    return pieces


async def _look(api: Api, model: str, chat: Chat) -> None:
    """Let vLLM show what it makes of a chat; where it does not, its model is asked as others'."""

    async def prompt(*messages: Message) -> str:
        last = messages[-1].role == "assistant"
        body: dict[str, Any] = {
            "model": model,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "add_generation_prompt": not last,
            "continue_final_message": last,
        }
        told = await api.find(f"{api.address.root}/tokenize", body)
        ids = told.get("tokens")
        if not isinstance(ids, list):
            return ""
        back = {"model": model, "tokens": ids}
        return str((await api.find(f"{api.address.root}/detokenize", back)).get("prompt") or "")

    new = await prompt(FOX)
    half, step = [await prompt(FOX, Message("assistant", text)) for text in (HALF, STEP)]
    if not (new and half and step):
        chat.form = chat.form.but(continues=await _continues(chat))
        return
    chat.form = chat.form.but(
        continues=half.endswith(HALF),
        trims=not step.endswith(STEP),
        opens=new.rstrip().endswith(tuple(opener for opener, _ in THOUGHT_TAGS)),
    )
