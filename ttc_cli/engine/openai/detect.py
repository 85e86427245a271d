"""Which server and model answer at an address, and what they can do: asked once, never guessed."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ttc_cli.core.engine import EngineInfo
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.api import Api, senseless, unreachable
from ttc_cli.engine.openai.chat import TEMPLATE, Chat
from ttc_cli.engine.openai.engine import ServerEngine
from ttc_cli.engine.openai.form import Form
from ttc_cli.engine.openai.loop import Loop
from ttc_cli.engine.openai.piece import Dialect
from ttc_cli.engine.openai.probe import probe
from ttc_cli.engine.openai.raw import Raw, token_ids
from ttc_cli.engine.openai.refusal import TransientError
from ttc_cli.engine.openai.replicas import LOOKS, Replicas
from ttc_cli.engine.openai.retry import Outage, RetryPolicy
from ttc_cli.engine.openai.server import Found, find, identity, short
from ttc_cli.engine.openai.told import Senseless
from ttc_cli.engine.openai.window import Window

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
        return ServerEngine(
            loop,
            api,
            dialect,
            _info(address, found, context, can),
            window=Window(width or found.width, width or found.most),
            replicas=replicas,
            retry=retry,
        )

    try:
        return loop.wait(begin())
    except BaseException as error:
        loop.wait(api.close())
        loop.close()
        if isinstance(error, TransientError):
            raise unreachable(error, address) from error
        if isinstance(error, Senseless):
            raise senseless(error, address) from error
        if isinstance(error, TimeoutError):
            late = TransientError("it took longer than there was time")
            raise unreachable(late, address) from error
        raise


def _info(address: Address, found: Found, context: int, can: frozenset[str]) -> EngineInfo:
    return EngineInfo(
        short(found.model),
        sha256=identity(address, found),
        context=min(filter(None, (context, found.context))),
        template=found.template or TEMPLATE,
        bos=found.bos,
        eos=found.eos,
        capabilities=can,
        meta={"server": found.kind, "url": address.url},
    )


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

    def learnt(form: Form) -> None:
        memory.keep(asked_as, form.written())

    return Chat(api, found.model, form, learnt), form.abilities
