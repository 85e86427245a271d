"""Which server and model answer at an address, and what they can do: asked once, never guessed."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePath
from typing import Any

from ttc_cli.core.engine import EngineInfo
from ttc_cli.core.errors import ModelMissing, UsageError
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
from ttc_cli.engine.openai.retry import Outage, RetryPolicy
from ttc_cli.engine.openai.told import Senseless, rows, table, text, whole

WIDTH, MOST_WIDTH = 8, 4096
"""Requests at once where a server does not say how many it takes, and the most there may be."""
WIDTHS = {"vllm": 16, "llama-cpp-python": 1}
"""The same by kind: vLLM gave a quarter more than at 8; the other breaks off a reply when the next
request comes."""
VERSIONS = {"vllm": "/version", "ollama": "/api/version"}
"""Where a kind of server tells its version."""
RAW = frozenset(
    ("continue", "rewind", "logprobs", "confidence", "score", "grammar", "seed", "exact-usage")
)
FLEETING = ("created", "permission", "modified_at", "is_sleeping", "media_marker")
"""What servers say of a model that is not about the model."""


@dataclass(frozen=True, slots=True)
class Found:
    """A server and one of its models.

    Args:
        kind: "llama.cpp", "vllm", "ollama", "llama-cpp-python", or "openai" for any other.
        model: as requests name it.
        told: what the server says of the model, which tells it from others.
        version: of the server, where it says so and it is not in `told`.
        width: requests that it takes at once.
    """

    kind: str
    model: str
    told: dict[str, Any] = field(default_factory=dict)
    version: str = ""
    context: int = 0
    width: int = WIDTH
    template: str = ""
    bos: str = ""
    eos: str = ""


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
            ask = partial(_dialect, api, found, continues, address, memory)
            dialect, can = await retry.call(ask, outage, tell, answered)
        info = _info(address, found, context, can)
        return ServerEngine(loop, api, dialect, info, width=width or found.width, retry=retry)

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
        _short(found.model),
        sha256=identity(address, found),
        context=min(filter(None, (context, found.context))),
        template=found.template or TEMPLATE,
        bos=found.bos,
        eos=found.eos,
        capabilities=can,
        meta={"server": found.kind, "url": address.url},
    )


def _short(model: str) -> str:
    """A model's name for people: llama-server may name the path of a file."""
    return PurePath(model).stem if model.endswith(".gguf") else model


async def find(api: Api, model: str) -> Found:
    """The server's kind and the model that is meant.

    Raises:
        as `connect`; TransientError when nothing answers.
    """
    try:
        listed = await api.call(f"{api.address.base}/models")
    except ModelMissing:
        if not model:
            raise
        listed = {}  # some have no such list
    data = listed.get("data") if isinstance(listed, dict) else listed
    models = {text(row.get("id"), "id"): row for row in rows(data, "data")}
    models.pop("", None)
    props = await api.find(f"{api.address.root}/props")
    if "total_slots" in props:  # llama-server: one model, whatever a request calls it
        name = next(iter(models), "default")
        row = models.get(name, {})
        aliases = row.get("aliases")
        others = [str(alias) for alias in aliases] if isinstance(aliases, list) else []
        _chosen(model or name, [name, _short(name), *others], api.address)
        return _llama(name, row, props)
    name = _chosen(model, list(models), api.address)
    row = models.get(name, {})
    told: dict[str, Any] = {"model": row}
    kind = KINDS.get(str(row.get("owned_by")), "openai")
    if kind == "ollama":
        tags = rows((await api.find(f"{api.address.root}/api/tags")).get("models"), "models")
        told["digest"] = next((tag.get("digest") for tag in tags if tag.get("model") == name), None)
    version = ""
    if kind in VERSIONS:
        version = json.dumps(await api.find(f"{api.address.root}{VERSIONS[kind]}"))
    context = whole(row.get("max_model_len"), "max_model_len", otherwise=UNTOLD) or UNTOLD
    return Found(kind, name, told, version, context, WIDTHS.get(kind, WIDTH))


def _llama(name: str, row: dict[str, Any], props: dict[str, Any]) -> Found:
    told = {"model": row, "props": {k: v for k, v in props.items() if k not in SLOTS}}
    settings = table(props.get("default_generation_settings"), "default_generation_settings")
    return Found(
        "llama.cpp",
        name,
        told,
        context=whole(settings.get("n_ctx"), "n_ctx", low=1, otherwise=UNTOLD),
        width=min(MOST_WIDTH, whole(props.get("total_slots"), "total_slots", low=1, otherwise=1)),
        template=text(props.get("chat_template"), "chat_template"),
        bos=text(props.get("bos_token"), "bos_token"),
        eos=text(props.get("eos_token"), "eos_token"),
    )


KINDS = {"vllm": "vllm", "library": "ollama", "me": "llama-cpp-python"}
"""Servers by what they call the owner of a model."""
UNTOLD = 1 << 20
"""Tokens of context to go by where a server does not tell: it will refuse what is too long."""
SLOTS = ("default_generation_settings", "total_slots")
"""How a llama-server is set up to serve, which decides nothing of what its model says."""


def _chosen(model: str, listed: list[str], address: Address) -> str:
    if model in listed or (model and not listed):
        return model
    if not model and len(listed) == 1:
        return listed[0]
    some = ", ".join(listed[:8]) + ", ..." * (len(listed) > 8)
    if not model:
        raise UsageError(
            f"{address.url} has {len(listed) or 'no'} models and none was named",
            f"write {address.url}#MODEL; it has {some}" if listed else "",
        )
    near = ", ".join(difflib.get_close_matches(model, listed, 3, 0.4)) or some
    raise ModelMissing(f"{address.url} has no model {model}", f"it has {near}")


async def _dialect(
    api: Api, found: Found, continues: bool | None, address: Address, memory: Memory
) -> tuple[Dialect, frozenset[str]]:
    """How to speak to it, and what it can do."""
    if found.template:
        body = {"content": "", "add_special": True}
        told = await api.call(f"{api.address.root}/tokenize", body)
        return Raw(api, found.model, token_ids(told)), RAW
    asked_as = hashlib.sha256(f"{identity(address, found)} {found.version}".encode()).hexdigest()
    form = Form.read(memory.recall(asked_as))
    if form is None:  # never asked, or by another version
        form = await probe(api, found.model, flags=found.kind == "vllm", continues=continues)
        memory.keep(asked_as, form.written())
    if continues is not None:
        form = form.but(continues=continues)

    def learnt(form: Form) -> None:
        memory.keep(asked_as, form.written())

    return Chat(api, found.model, form, learnt), form.abilities


def identity(address: Address, found: Found) -> str:
    """What samples of the model are kept under: the address, and all that was told of it."""
    told = json.dumps(_lasting(found.told), sort_keys=True)
    text = f"{address.base}\n{found.kind}\n{found.model}\n{told}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _lasting(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _lasting(value) for key, value in told.items() if key not in FLEETING}
    return [_lasting(value) for value in told] if isinstance(told, list) else told
