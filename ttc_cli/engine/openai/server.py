"""A server and one of its models: what it tells of itself, and what that says."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ttc_cli.core.errors import ModelMissing, TtcError, UsageError
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.api import Api
from ttc_cli.engine.openai.told import (
    SUCCESS,
    Refused,
    TransientError,
    refusal,
    rows,
    table,
    text,
    whole,
    words,
)

WIDTH, MOST_WIDTH = 8, 4096
"""Requests at once where a server does not say how many it takes, and the most there may be."""
MOST_GROWN = 512  # requests at once that nobody asked for by number
WIDTHS = {"vllm": 16, "llama-cpp-python": 1}
"""The same by kind: vLLM gave a quarter more than at 8; the other breaks off a reply when the next
request comes."""
VERSIONS = {"vllm": "/version", "ollama": "/api/version"}
"""Where a kind of server tells its version."""
KINDS = {"vllm": "vllm", "library": "ollama", "me": "llama-cpp-python"}
"""Servers by what they call the owner of a model."""
UNTOLD = 1 << 20
"""Tokens of context to go by where a server does not tell: it will refuse what is too long."""
FLEETING = ("created", "permission", "modified_at", "n_ctx", "root")
"""What servers say of a model that is not about the model. A path (`root`, llama-server's
`model_path`) is a replica's own and counts by its last part."""
LASTING = (
    "model_ftype", "chat_template", "chat_template_tool_use", "bos_token", "eos_token",
    "build_info",
)  # fmt: skip
"""What of llama-server's /props decides what its model says."""


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

    @property
    def most(self) -> int:
        """Requests at once that it may come to take: there may be more of its kind behind it."""
        return self.width if self.kind == "llama-cpp-python" else max(self.width, MOST_GROWN)

    @property
    def facts(self) -> dict[str, str]:
        """What replicas must have in common to be one model, by what people call it."""
        named = {
            "model": self.told.get("file") or self.model,
            "build": self.told.get("build_info") or self.version,
            "context": "" if self.context == UNTOLD else str(self.context),
            "chat template": _digest(self.template)[:12] if self.template else "",
        }
        return {name: str(value) for name, value in named.items() if value}


async def find(api: Api, model: str) -> Found:
    """The server's kind and the model that is meant; "" means the only one.

    Raises:
        TtcError: it does not answer, or refuses. TransientError: nothing answers.
        ModelMissing: it has no such model. UsageError: it has several, and none was named.
    """
    models = await _listed(api, lenient=bool(model))
    llama = any(row.get("owned_by") == "llamacpp" for row in models.values())
    props = await api.find(f"{api.address.root}/props", has=llama)  # 503 while a model loads
    if props.get("role") == "router":
        return await _routed(api, chosen(model, models, api.address), models)
    if "total_slots" in props:  # llama-server: one model, whatever a request calls it
        name = next(iter(models), "default")
        chosen(model or name, {name: models.get(name, {}), short(name): {}}, api.address)
        return _llama(name, models.get(name, {}), props)
    name = chosen(model, models, api.address)
    row = models.get(name, {})
    told: dict[str, Any] = {"model": _lasting(row)}
    if isinstance(row.get("root"), str):
        told["file"] = PurePath(row["root"]).name
    kind = KINDS.get(str(row.get("owned_by")), "openai")
    if kind == "ollama":
        tags = rows((await api.find(f"{api.address.root}/api/tags")).get("models"), "models")
        told["digest"] = next((tag.get("digest") for tag in tags if tag.get("model") == name), None)
    of = await api.find(f"{api.address.root}{VERSIONS[kind]}") if kind in VERSIONS else {}
    version = text(of.get("version"), "version")
    context = whole(row.get("max_model_len"), "max_model_len", otherwise=UNTOLD) or UNTOLD
    return Found(kind, name, told, version, context, WIDTHS.get(kind, WIDTH))


def identity(address: Address, found: Found) -> str:
    """Cache key of a server's model: hash of URL, kind, model and what decides what it says.

    It is the same whichever of several replicas behind the URL was asked.
    """
    told = json.dumps(found.told, sort_keys=True)
    return _digest(f"{address.base}\n{found.kind}\n{found.model}\n{told}")


async def _listed(api: Api, *, lenient: bool = False) -> dict[str, dict[str, Any]]:
    """Models by name; none where there is no such list and `lenient`."""
    try:
        listed = await api.call(f"{api.address.base}/models")
        if isinstance(listed, dict) and listed.get("data") is None and words(listed):
            raise refusal(SUCCESS, listed, None, api.address)
    except (ModelMissing, Refused):
        if not lenient:
            raise
        listed = {}
    data = listed.get("data") if isinstance(listed, dict) else listed
    if isinstance(data, list):
        data = [{"id": row} if isinstance(row, str) else row for row in data]
    return {name: row for row in rows(data, "data") if (name := text(row.get("id"), "id"))}


async def _routed(api: Api, name: str, models: dict[str, dict[str, Any]]) -> Found:
    """A model of a llama-server in router mode, which loads it for this where it has to."""
    url = f"{api.address.root}/props?model={quote(name, safe='')}"
    props = table(await api.call(url, within=api.address.silence), "/props")
    row = (await _listed(api)).get(name, models.get(name, {}))  # loaded, it tells more
    return _llama(name, row, props)


def _llama(name: str, row: dict[str, Any], props: dict[str, Any]) -> Found:
    settings = table(props.get("default_generation_settings"), "default_generation_settings")
    told = {name: props[name] for name in LASTING if name in props}
    path = text(props.get("model_path"), "model_path")
    return Found(
        "llama.cpp",
        name,
        {"file": PurePath(path).name, "meta": _lasting(row.get("meta")), **told},
        context=whole(settings.get("n_ctx"), "n_ctx", low=1, otherwise=UNTOLD),
        width=min(MOST_WIDTH, whole(props.get("total_slots"), "total_slots", low=1, otherwise=1)),
        template=text(props.get("chat_template"), "chat_template"),
        bos=text(props.get("bos_token"), "bos_token"),
        eos=text(props.get("eos_token"), "eos_token"),
    )


def chosen(model: str, listed: dict[str, dict[str, Any]], address: Address) -> str:
    """The name of the model that is meant, which may be called by an alias."""
    if model in listed or (model and not listed):
        return model
    if not model and len(listed) == 1:
        return next(iter(listed))
    for name, row in listed.items():
        aliases = row.get("aliases")
        if model and isinstance(aliases, list) and model in aliases:
            return name
    fuller = [name for name in listed if name.endswith(f"/{model}") or name == f"{model}:latest"]
    if model and len(fuller) == 1:
        return fuller[0]  # models/gemma of gemma, llama:latest of llama
    some = ", ".join(list(listed)[:8]) + ", ..." * (len(listed) > 8)
    if not model:
        raise UsageError(
            f"{address.url} has {len(listed) or 'no'} models and none was named",
            f"write {address.url}#MODEL; it has {some}" if listed else "",
        )
    near = ", ".join(difflib.get_close_matches(model, listed, 3, 0.4)) or some
    raise ModelMissing(f"{address.url} has no model {model}", f"it has {near}")


def short(model: str) -> str:
    """A model's name for people: llama-server may name the path of a file."""
    return PurePath(model).stem if model.endswith(".gguf") else model


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _lasting(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _lasting(value) for key, value in told.items() if key not in FLEETING}
    return [_lasting(value) for value in told] if isinstance(told, list) else told


LOOKS = 4  # at a server that may be several, when it is first met
EVERY = 15.0  # seconds between two looks later on: a replica may join, or be replaced


class Unlike(TtcError):
    """What answers at one address is not one model."""


class Replicas:
    """What is known of all that answers at an address.

    Args:
        found: the first that answered; all others must be as it is.
    """

    def __init__(self, api: Api, found: Found) -> None:
        self._api, self._found = api, found
        self._facts = dict(found.facts)

    async def look(self, times: int = 1) -> None:
        """Ask again who answers, which may be another each time; nobody is no news.

        Raises Unlike: another model, build or context answers.
        """
        for found in await asyncio.gather(*(self._one() for _ in range(times))):
            if found is not None:
                self.see(found.facts)

    async def watch(self) -> None:
        """Look now and then, for ever; raises as `look`."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    def see(self, facts: Mapping[str, str]) -> None:
        """Compare what a reply or a look tells with what is known.

        Raises Unlike: it differs; the message has both values.
        """
        unlike = [
            f"{name} {self._facts[name]} and {value}"
            for name, value in facts.items()
            if value != self._facts.setdefault(name, value)
        ]
        if unlike:
            raise Unlike(
                f"what answers at {self._api.address.url} is not one model: {', '.join(unlike)}",
                "give all replicas the same model, build and context",
            )

    async def _one(self) -> Found | None:
        try:
            return await find(self._api, self._found.model)
        except (TransientError, TtcError):
            return None
