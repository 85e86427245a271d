"""Which server and model answer at an address, and what they can do: asked once, never guessed."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from ttc_cli.core.branch import Message, Prompt, Step
from ttc_cli.core.engine import BranchRequest, EngineInfo
from ttc_cli.core.sampling import GREEDY, Outputs, StopRule
from ttc_cli.core.text import THOUGHT_TAGS
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.api import Api, senseless, unreachable
from ttc_cli.engine.openai.chat import TEMPLATE, Chat
from ttc_cli.engine.openai.engine import ServerEngine
from ttc_cli.engine.openai.form import Form
from ttc_cli.engine.openai.pacing import Loop, Outage, RetryPolicy, Window
from ttc_cli.engine.openai.piece import Dialect, Partial, Piece
from ttc_cli.engine.openai.raw import Raw, token_ids
from ttc_cli.engine.openai.server import LOOKS, Found, Replicas, find, identity, short
from ttc_cli.engine.openai.told import Refused, Senseless, TransientError

RAW = frozenset(
    ("continue", "rewind", "logprobs", "confidence", "score", "grammar", "seed", "exact-usage")
)


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier engines found out about a server: forms by a name for server and model."""

    recall: Callable[[str], Mapping[str, Any] | None] = lambda _: None
    keep: Callable[[str, dict[str, Any]], None] = lambda _name, _form: None


def connect(
    address: Address,
    model: str = "",
    *,
    context: int = 0,
    width: int = 0,
    continues: bool | None = None,
    retry: RetryPolicy | None = None,
    deadline: float | None = None,
    notify: Callable[[str], None] = lambda _: None,
    memory: Memory = Memory(),
) -> ServerEngine:
    """The engine of a model behind a server; a few requests to find out which and how.

    Args:
        model: "" for the one that the server has.
        context: tokens that one branch may hold; 0 is what the server says.
        width: requests at once; 0 is what the server says.
        continues: whether it goes on with a reply; None to find out.
        deadline: monotonic seconds by which it must have answered.
        notify: hears one line of each attempt that failed for the time being.

    Raises:
        TtcError: it does not answer, or refuses.
        ModelMissing: it has no such model. UsageError: it has several, and none was named.
    """
    loop, api, retry = Loop(), Api(address), retry or RetryPolicy()
    outage = Outage(retry.wait)
    left = None if deadline is None else max(0.0, deadline - time.monotonic())

    def tell(lost: TransientError) -> None:
        notify(f"the server at {address.url}: {lost.message}; it is tried again")

    def answered(lost: TransientError) -> bool:
        return bool(lost.status)  # a server that is not there will hardly be in a second

    async def begin() -> ServerEngine:
        async with asyncio.timeout(left):
            found = await retry.call(partial(find, api, model), outage, tell, answered)
            replicas = Replicas(api, found)
            if found.facts.keys() - {"model"}:
                await replicas.look(LOOKS)
            ask = partial(_dialect, api, found, continues, replicas, memory)
            dialect, can = await retry.call(ask, outage, tell, answered)
        room = min(filter(None, (context, found.context)))
        info = EngineInfo(
            short(found.model), identity(address, found), room, bos=found.bos, eos=found.eos,
            template=found.template or TEMPLATE, capabilities=can,
            meta={"server": found.kind, "url": address.url},
        )  # fmt: skip
        window = Window(width or found.width, width or found.most)
        return ServerEngine(loop, api, dialect, info, window=window, replicas=replicas, retry=retry)

    try:
        return loop.wait(begin())
    except BaseException as error:
        loop.wait(api.close())
        loop.close()
        if isinstance(error, Senseless):
            raise senseless(error, address) from error
        late = TransientError("it took longer than there was time")
        if isinstance(error, TransientError | TimeoutError):
            lost = error if isinstance(error, TransientError) else late
            raise unreachable(lost, address) from error
        raise


async def _dialect(
    api: Api, found: Found, continues: bool | None, replicas: Replicas, memory: Memory
) -> tuple[Dialect, frozenset[str]]:
    """How to speak to it, and what it can do."""
    if found.template:
        body = {"model": found.model, "content": "", "add_special": True}
        told = await api.call(f"{api.address.root}/tokenize", body)
        return Raw(api, found.model, token_ids(told), replicas.see), RAW
    known_as = f"{identity(api.address, found)} {found.version}"
    asked_as = hashlib.sha256(known_as.encode()).hexdigest()
    form = Form.read(memory.recall(asked_as))
    if form is None:  # never asked, or by another version
        form = await probe(api, found.model, flags=found.kind == "vllm", continues=continues)
        memory.keep(asked_as, form.written())
    if continues is not None:
        form = form.but(continues=continues)

    chat = Chat(api, found.model, form, lambda form: memory.keep(asked_as, form.written()))
    return chat, form.abilities


TOKENS, PIECES = 8, 64  # that are asked for, and the most that are listened to
PLAIN = Message("user", "Say yes.")
FOX = Message("user", "Write the sentence about the quick brown fox and the lazy dog.")
HALF, REST = "The quick brown fox jum", "ps"
"""No new turn begins with the rest of the half word, and even the smallest models know it."""
STEP = "The quick brown fox.\n\n"  # ends as a step does


async def probe(api: Api, model: str, *, flags: bool, continues: bool | None = None) -> Form:
    """What the server takes and does.

    Args:
        flags: it is vLLM.
        continues: whether it goes on with a reply, where the user says so.

    Raises TtcError: it takes no form of a request. TransientError: it does not answer.
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
