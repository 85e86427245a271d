"""A request: one value with all that decides an answer, and nothing that does not."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ttc_cli import __version__
from ttc_cli.core.branch import Message
from ttc_cli.core.sampling import Sampling
from ttc_cli.prompts.message import Document
from ttc_cli.settings import AnswerSettings
from ttc_cli.settings.tables import RouteRule
from ttc_cli.store.runs import Entry

SCHEMA = 3  # of a kept result. Count it up when an old one would be replayed wrongly.
_READ: dict[str, Any] = {"options": dict, "verifiers": tuple,
         "routes": lambda rules: tuple(RouteRule(**rule) for rule in rules)}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Request(AnswerSettings):
    """What is asked, of which model, under which settings.

    Args:
        prompt: the question. documents: what it is about, ahead of it in the prompt.
        history: earlier turns, user and assistant in turn, without thoughts.
        form: of the short answer ("math", "code" ...), when the asker knows; else it is guessed.
        opened: what the names stand for, by name: a hash of the model and of each file that
            verifiers read, the version of a plug-in; None for what may change at any time.
    """

    prompt: str = ""
    documents: tuple[Document, ...] = ()
    history: tuple[Message, ...] = ()
    form: str | None = None
    opened: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: AnswerSettings, prompt: str = "", **more: Any) -> Request:
        """A question under the settings in force."""
        values = {item.name: getattr(settings, item.name) for item in fields(AnswerSettings)}
        return cls(**values, prompt=prompt, **more)

    @property
    def sampling(self) -> Sampling:
        """How its branches are drawn; what it leaves open is as usual."""
        names = ("temperature", "top_k", "top_p", "min_p")
        return _sampling(tuple((name, getattr(self, name)) for name in names))

    def identified(self, model: str) -> Request:
        """The request with all that it names opened once; `model` is the hash of its model."""
        opened: dict[str, str | None] = {"model": model}
        if self.verifiers:  # most questions name nothing, and then nothing is imported
            from ttc_cli.verifiers import registry as verifiers

            opened |= {text: verifiers.identity(text) for text in self.verifiers}
        if self.strategy != "auto":
            from ttc_cli.strategies import registry

            if version := registry.REGISTRY.version(self.strategy):
                opened["strategy"] = version
        return replace(self, opened=opened)

    def values(self) -> dict[str, Any]:
        """All of it but the texts, as JSON gives it back: what a log and a resumed map compare."""
        values = {item.name: getattr(self, item.name) for item in fields(AnswerSettings)}
        values |= {"options": dict(self.options), "verifiers": list(self.verifiers)}
        routes = [asdict(rule) for rule in self.routes]
        return {**values, "routes": routes, "form": self.form, "opened": dict(self.opened)}

    def entry(
        self, run_id: str, said: Mapping[str, Any], parent: str | None = None, command: str = "ask"
    ) -> Entry:
        """A run of it as it begins, for the log.

        Args:
            said: on the command line: what decides no answer is kept too.
        """
        values = {**self.values(), "command": command}
        values["run"] = {k: v for k, v in said.items() if k not in values and v is not None}
        texts = tuple((document.name, document.text) for document in self.documents)
        return Entry(run_id, self.prompt, texts, values, parent)

    def key(self) -> str:
        """SHA-256 of the canonical JSON and our versions; empty when the answer may change.

        The model counts by its hash. A limit on time does not count: what it cut is never kept.
        """
        if self.seed == "random" or None in self.opened.values():
            return ""
        decides = {
            **self.values(),
            "model": None,
            "max_seconds": None,
            "prompt": self.prompt,
            "documents": [[one.name, one.text, one.digest] for one in self.documents],
            "history": [[message.role, message.content] for message in self.history],
            "versions": [SCHEMA, __version__, program(), _engine_version()],
        }
        text = json.dumps(decides, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def answer_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among the values of a request that was kept; names of others are left out."""
    names = {item.name for item in fields(AnswerSettings)}
    kept = ((name, value) for name, value in values.items() if name in names)
    return {name: _READ[name](value) if name in _READ else value for name, value in kept}


@lru_cache(1)  # what runs is what was there at first
def program() -> tuple[str, int]:
    """This program by its place and the time (ns) of its newest file: a checkout may be newer than
    its version says."""
    package = Path(__file__).parents[1]
    newest = 0
    for place, folders, files in os.walk(package):
        folders[:] = [name for name in folders if name != "__pycache__"]
        times = (Path(place, name).lstat().st_mtime_ns for name in files)
        newest = max([newest, *times])
    return str(package), newest


def _engine_version() -> str:
    """What llama_cpp says of itself, without loading its library (or importlib.metadata: slow)."""
    spec = find_spec("llama_cpp")
    return Path(spec.origin).read_text("utf-8") if spec and spec.origin else ""


def check(request: Request, *, unsafe: bool) -> None:
    """Refuse a strategy, verifiers or options that make no sense.

    Imports what they are made of, so a result that was kept is looked for first.
    """
    if request.strategy == "auto" and not request.verifiers:
        return
    from ttc_cli.strategies import registry
    from ttc_cli.verifiers import registry as verifiers

    verifiers.assemble(request.verifiers, request.options, unsafe=unsafe)
    if request.strategy != "auto":
        kind = registry.find(request.strategy).options
        verifiers.strategy_options(request.strategy, kind, request.verifiers, request.options)


@lru_cache(maxsize=32)
def _sampling(given: tuple[tuple[str, Any], ...]) -> Sampling:
    return Sampling(**{name: value for name, value in given if value is not None})
