"""Which server and model answer at an address, and what they can do: asked once, never guessed."""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from ttc_cli.core.engine import EngineInfo
from ttc_cli.core.errors import ModelMissing, TtcError, UsageError
from ttc_cli.engine.openai.api import Address, Api, Lost, unreachable
from ttc_cli.engine.openai.engine import Loop, Patience, ServerEngine
from ttc_cli.engine.openai.piece import Dialect
from ttc_cli.engine.openai.raw import Raw

WIDTH = 8
"""Requests at once where a server does not say how many it takes."""
RAW = ("continue", "rewind", "logprobs", "confidence", "score", "grammar", "seed", "exact-usage")
FLEETING = ("created", "permission", "modified_at", "is_sleeping", "media_marker")
"""What servers say of a model that is not about the model."""


@dataclass(frozen=True, slots=True)
class Found:
    """A server and one of its models.

    Args:
        kind: "llama.cpp", "vllm", "ollama", or "openai" for any other.
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
) -> ServerEngine:
    """The engine of a model behind a server; a few requests to find out which and how.

    Args:
        model: "" for the one that the server has.
        context: tokens that one branch may hold; 0 is what the server says.
        width: requests at once; 0 is what the server says.

    Raises:
        TtcError: it does not answer, or refuses.
        ModelMissing: it has no such model. UsageError: it has several, and none was named.
    """
    loop, api = Loop(), Api(address)
    try:
        return loop.wait(_connect(loop, api, model, context, width, patience))
    except BaseException as error:
        loop.wait(api.close())
        loop.close()
        if isinstance(error, Lost):
            raise unreachable(error, address) from error
        raise


async def _connect(
    loop: Loop, api: Api, model: str, context: int, width: int, patience: Patience | None
) -> ServerEngine:
    found = await find(api, model)
    dialect, abilities = await _dialect(api, found)
    info = EngineInfo(
        found.model,
        sha256=identity(api.address, found),
        context=min(filter(None, (context, found.context))),
        template=found.template,
        bos=found.bos,
        eos=found.eos,
        capabilities=frozenset(abilities),
        meta={"server": found.kind, "url": api.address.url},
    )
    return ServerEngine(loop, api, dialect, info, width=width or found.width, patience=patience)


async def find(api: Api, model: str) -> Found:
    """The server's kind and the model that is meant.

    Raises:
        as `connect`; Lost when nothing answers.
    """
    listed = await api.call(f"{api.address.base}/models")
    rows = listed.get("data") if isinstance(listed, dict) else None
    models = {str(row["id"]): row for row in rows or () if isinstance(row, dict) and row.get("id")}
    props = await api.find(f"{api.address.root}/props")
    if "total_slots" in props:  # llama-server: one model, whatever a request calls it
        (name, row), *_ = models.items()
        return _llama(name, row, props)
    name = _chosen(model, list(models), api.address)
    raise TtcError(f"{api.address.url} ({name}) is no llama-server")


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


async def _dialect(api: Api, found: Found) -> tuple[Dialect, tuple[str, ...]]:
    body = {"content": "", "add_special": True}
    told = await api.call(f"{api.address.root}/tokenize", body)
    return Raw(api, found.model, told["tokens"]), RAW


def identity(address: Address, found: Found) -> str:
    """What samples of the model are kept under: the address, and all that was told of it."""
    told = json.dumps(_lasting(found.told), sort_keys=True)
    text = f"{address.base}\n{found.kind}\n{found.model}\n{told}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _lasting(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _lasting(value) for key, value in told.items() if key not in FLEETING}
    return [_lasting(value) for value in told] if isinstance(told, list) else told
