"""Which server and model answer at an address, and what they can do: asked once, never guessed."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import PurePath
from typing import Any

from ttc_cli.core.engine import EngineInfo
from ttc_cli.core.errors import ModelMissing, UsageError
from ttc_cli.engine.openai.api import Address, Api, Lost, unreachable
from ttc_cli.engine.openai.chat import TEMPLATE, Chat, Form, probe
from ttc_cli.engine.openai.engine import Loop, ServerEngine
from ttc_cli.engine.openai.patience import Patience
from ttc_cli.engine.openai.piece import Dialect
from ttc_cli.engine.openai.raw import Raw

WIDTH = 8
"""Requests at once where a server does not say how many it takes."""
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
        width: requests that it takes at once.
    """

    kind: str
    model: str
    told: dict[str, Any] = field(default_factory=dict)
    context: int = 0
    width: int = WIDTH
    template: str = ""
    bos: str = ""
    eos: str = ""


def connect(
    address: Address,
    model: str = "",
    *,
    context: int = 0,
    width: int = 0,
    patience: Patience | None = None,
    notify: Callable[[str], None] = lambda _: None,
    recall: Callable[[str], Mapping[str, Any] | None] = lambda _: None,
) -> ServerEngine:
    """The engine of a model behind a server; a few requests to find out which and how.

    Args:
        model: "" for the one that the server has.
        context: tokens that one branch may hold; 0 is what the server says.
        width: requests at once; 0 is what the server says.
        notify: hears one line of each attempt that failed for the time being.
        recall: what an earlier engine's `info.meta["form"]` was, by its `info.sha256`.

    Raises:
        TtcError: it does not answer, or refuses.
        ModelMissing: it has no such model. UsageError: it has several, and none was named.
    """
    loop, api, patience = Loop(), Api(address), patience or Patience()

    def tell(lost: Lost, pause: float) -> None:
        notify(f"the server at {address.url}: {lost.message}; trying again in {pause:.1f} s")

    def answered(lost: Lost) -> bool:
        return bool(lost.status)  # a server that is not there will hardly be in a second

    async def begin() -> ServerEngine:
        found = await patience.insist(partial(find, api, model), tell, answered)
        ask = partial(_dialect, api, found, recall(identity(address, found)))
        dialect, abilities, form = await patience.insist(ask, tell, answered)
        info = _info(address, found, context, abilities, form)
        return ServerEngine(loop, api, dialect, info, width=width or found.width, patience=patience)

    try:
        return loop.wait(begin())
    except BaseException as error:
        loop.wait(api.close())
        loop.close()
        if isinstance(error, Lost):
            raise unreachable(error, address) from error
        raise


def _info(
    address: Address, found: Found, context: int, can: frozenset[str], form: dict[str, Any]
) -> EngineInfo:
    return EngineInfo(
        _short(found.model),
        sha256=identity(address, found),
        context=min(filter(None, (context, found.context))),
        template=found.template or TEMPLATE,
        bos=found.bos,
        eos=found.eos,
        capabilities=can,
        meta={"server": found.kind, "url": address.url, "form": form},
    )


def _short(model: str) -> str:
    """A model's name for people: llama-server may name the path of a file."""
    return PurePath(model).stem if model.endswith(".gguf") else model


async def find(api: Api, model: str) -> Found:
    """The server's kind and the model that is meant.

    Raises:
        as `connect`; Lost when nothing answers.
    """
    try:
        listed = await api.call(f"{api.address.base}/models")
    except ModelMissing:
        if not model:
            raise
        listed = {}  # some have no such list
    rows = listed.get("data") if isinstance(listed, dict) else None
    models = {str(row["id"]): row for row in rows or () if isinstance(row, dict) and row.get("id")}
    props = await api.find(f"{api.address.root}/props")
    if "total_slots" in props:  # llama-server: one model, whatever a request calls it
        name = next(iter(models), "default")
        row = models.get(name, {})
        _chosen(model or name, [name, _short(name), *row.get("aliases", ())], api.address)
        return _llama(name, row, props)
    name = _chosen(model, list(models), api.address)
    row = models.get(name, {})
    told: dict[str, Any] = {"model": row}
    kind = KINDS.get(str(row.get("owned_by")), "openai")
    if kind == "ollama":
        tags = await api.find(f"{api.address.root}/api/tags")
        digests = {r.get("model"): r.get("digest") for r in tags.get("models") or ()}
        told["digest"] = digests.get(name)
    # llama_cpp.server breaks off a reply when the next request comes
    width = 1 if kind == "llama-cpp-python" else WIDTH
    return Found(kind, name, told, int(row.get("max_model_len") or UNTOLD), width)


def _llama(name: str, row: dict[str, Any], props: dict[str, Any]) -> Found:
    told = {"model": row, "props": {k: v for k, v in props.items() if k not in SLOTS}}
    return Found(
        "llama.cpp",
        name,
        told,
        int(props["default_generation_settings"]["n_ctx"]),
        int(props["total_slots"]),
        str(props.get("chat_template") or ""),
        str(props.get("bos_token") or ""),
        str(props.get("eos_token") or ""),
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
    api: Api, found: Found, known: Mapping[str, Any] | None
) -> tuple[Dialect, frozenset[str], dict[str, Any]]:
    """How to speak to it, what it can do, and what of that is worth remembering."""
    if found.template:
        body = {"content": "", "add_special": True}
        told = await api.call(f"{api.address.root}/tokenize", body)
        return Raw(api, found.model, told["tokens"]), RAW, {}
    if known is not None and set(known) == {item.name for item in fields(Form)}:
        form = Form(**known)
    else:  # never asked, or by another version
        form = await probe(api, found.model, flags=found.kind == "vllm")
    return Chat(api, found.model, form), form.abilities, asdict(form)


def identity(address: Address, found: Found) -> str:
    """What samples of the model are kept under: the address, and all that was told of it."""
    told = json.dumps(_lasting(found.told), sort_keys=True)
    text = f"{address.base}\n{found.kind}\n{found.model}\n{told}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _lasting(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _lasting(value) for key, value in told.items() if key not in FLEETING}
    return [_lasting(value) for value in told] if isinstance(told, list) else told
