"""From the bytes of a body to the Requests it stands for; what cannot be honoured is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from ttc_cli.core.branch import Message
from ttc_cli.core.errors import TtcError
from ttc_cli.serve import fields
from ttc_cli.serve.refusal import ApiError, refused
from ttc_cli.session.request import Request
from ttc_cli.settings import Settings
from ttc_cli.settings.options import ALL_RULES
from ttc_cli.settings.rules import checked
from ttc_cli.strategies.registry import BUILTIN

CHAT, RESPONSES = Draft202012Validator(fields.CHAT), Draft202012Validator(fields.RESPONSES)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a body asks for.

    Args:
        requests: one for each choice. model: as the client named it.
        stop: texts at which the answer ends. usage: whether a stream ends with the tokens.
        body: all of it, for what a response says back.
    """

    requests: tuple[Request, ...]
    model: str
    stream: bool
    body: dict[str, Any]
    stop: tuple[str, ...] = ()
    usage: bool = False


class Reader:
    """Reads bodies.

    Args:
        settings: of the server, in force where a body says nothing.
        model: its name; a strategy may follow after a colon.
    """

    def __init__(self, settings: Settings, model: str) -> None:
        self._settings, self.model = settings, model

    @property
    def models(self) -> list[str]:
        """Names that a body may say."""
        return [self.model, *(f"{self.model}:{name}" for name in BUILTIN)]

    def chat(self, data: bytes) -> Asked:
        """A body of /v1/chat/completions; ApiError where it asks for what cannot be had."""
        body = _valid(data, CHAT)
        values = self._values(body)
        _add(values, "effort", body.get("reasoning_effort"), "reasoning_effort")
        for name in ("max_tokens", "max_completion_tokens"):
            _add(values, "max_tokens", body.get(name), name)
        _add(values, "seed", body.get("seed"), "seed")
        form = body.get("response_format") or {"type": "text"}
        request = self._request(values, _form(form, form.get("json_schema")))
        request = _conversation(request, _messages(body["messages"], "messages"), "messages")
        stop = body.get("stop") or ()
        return Asked(
            _numbered(request, int(body.get("n") or 1)),  # a JSON schema takes 1.0 for it
            body["model"],
            bool(body.get("stream")),
            body,
            tuple(filter(None, [stop] if isinstance(stop, str) else stop)),
            bool((body.get("stream_options") or {}).get("include_usage")),
        )

    def responses(self, data: bytes) -> Asked:
        """A body of /v1/responses; ApiError where it asks for what cannot be had."""
        body = _valid(data, RESPONSES)
        values = self._values(body)
        effort = (body.get("reasoning") or {}).get("effort")
        _add(values, "effort", effort, "reasoning.effort")
        _add(values, "max_tokens", body.get("max_output_tokens"), "max_output_tokens")
        form = (body.get("text") or {}).get("format") or {"type": "text"}
        request = self._request(values, _form(form, form))
        said = body["input"]
        items = [{"role": "user", "content": said}] if isinstance(said, str) else said
        items = [item for item in items if item.get("type") != "reasoning"]
        if body.get("instructions") is not None:
            items = [{"role": "system", "content": body["instructions"]}, *items]
        request = _conversation(request, _messages(items, "input"), "input")
        return Asked((request,), body["model"], bool(body.get("stream")), body)

    def _values(self, body: dict[str, Any]) -> dict[str, Any]:
        """Settings that the model's name, the `ttc` object and fields of both endpoints say."""
        values: dict[str, Any] = {}
        for name, value in (body.get("ttc") or {}).items():
            _add(values, name, value, f"ttc.{name}")
        _add(values, "strategy", self._strategy(body["model"]), "model")
        for name in ("temperature", "top_p"):
            _add(values, name, body.get(name), name)
        return values

    def _strategy(self, named: str) -> str | None:
        """The strategy that a model's name carries."""
        strategy = named.removeprefix(f"{self.model}:")
        if named == self.model or (strategy != named and strategy in BUILTIN):
            return None if named == self.model else strategy
        message = f"there is no model {named!r:.80}: this server has {self.model}"
        raise ApiError(404, message, code="model_not_found", param="model")

    def _request(self, values: dict[str, Any], schema: str) -> Request:
        return replace(Request.of(self._settings), **values, schema=schema)


def _valid(data: bytes, validator: Draft202012Validator) -> dict[str, Any]:
    """The body as JSON, valid under a schema."""
    try:
        body = json.loads(data.decode("utf-8"), parse_constant=_no_number)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise refused(f"the body is no JSON: {reason}", code="invalid_json") from None
    try:
        wrong = best_match(validator.iter_errors(body))
    except RecursionError:
        raise refused("the body is nested too deep", code="invalid_json") from None
    if wrong is not None:
        _refuse(wrong)
    assert isinstance(body, dict)
    return body


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse(error: Any) -> NoReturn:
    """Say what is wrong with a body, and where."""
    where = ".".join(map(str, error.absolute_path))
    if error.validator == "additionalProperties":
        unknown = [name for name in error.instance if name not in error.schema["properties"]]
        name = f"{where}.{unknown[0]}".lstrip(".") if unknown else where
        why = fields.ELSEWHERE.get(unknown[0], "") if where == "ttc" and unknown else ""
        message = f"{name:.80} cannot be said here" + (f": {why}" if why else "")
        raise refused(message, name, "unknown_parameter")
    if error.validator in ("enum", "const", "type") and where:
        allowed = error.validator_value
        said = json.dumps(error.instance, ensure_ascii=False)
        message = f"{where} cannot be {said:.80}: what is honoured is {json.dumps(allowed):.300}"
        raise refused(message, where, "unsupported_value")
    if error.validator == "pattern":
        allowed = ", ".join(fields.VERIFIERS)
        message = f"{where}: {error.instance!r:.80} is not for a request to name: {allowed} are"
        raise refused(message, where, "not_allowed")
    raise refused(f"{where or 'the body'}: {error.message:.300}", where or None)


def _add(values: dict[str, Any], name: str, value: Any, where: str) -> None:
    """Put down what a field says of a setting, unless another says otherwise; null says nothing."""
    if value is None:
        return
    if isinstance(value, float) and value.is_integer() and ALL_RULES[name].kind == "whole":
        value = int(value)
    if name == "options":
        value = {key: json.dumps(v) if not isinstance(v, str) else v for key, v in value.items()}
    try:
        value = checked(name, value, where, ALL_RULES)
    except TtcError as error:
        raise refused(str(error), where) from None
    if values.setdefault(name, value) != value:
        raise refused(f"{where} and another field say different things of {name}", where)


def _form(form: dict[str, Any], told: dict[str, Any] | None) -> str:
    """The JSON schema that an answer has to have; empty for any text."""
    if form["type"] == "text":
        return ""
    return json.dumps(told["schema"] if told and "schema" in told else {"type": "object"})


def _messages(items: Sequence[dict[str, Any]], where: str) -> list[Message]:
    """Messages as texts; those of one role in a row are one."""
    out: list[Message] = []
    for number, item in enumerate(items):
        content = item["content"]
        if isinstance(content, list):
            content = "\n".join(part["text"] for part in content)
        role = "system" if item["role"] == "developer" else item["role"]
        if content is None and role != "assistant":
            raise refused(f"{where}.{number} says nothing", f"{where}.{number}.content")
        if out and out[-1].role == role:
            out[-1] = Message(role, f"{out[-1].content}\n\n{content or ''}")
        else:
            out.append(Message(role, content or ""))
    return out


def _conversation(request: Request, messages: list[Message], where: str) -> Request:
    """The request with its system prompt, its earlier turns and its question."""
    if messages and messages[0].role == "system":
        request = replace(request, system=messages.pop(0).content)
    roles = [message.role for message in messages]
    if not roles or roles != ["user", "assistant"] * (len(roles) // 2) + ["user"]:
        message = "turns are of user and assistant, the user's first and last, after the system's"
        raise refused(f"{where}: {message}", where)
    return replace(request, history=tuple(messages[:-1]), prompt=messages[-1].content)


def _numbered(request: Request, count: int) -> tuple[Request, ...]:
    """A request for each choice, drawn by seeds of their own."""
    if request.seed == "random":
        return (request,) * count
    return tuple(replace(request, seed=request.seed + i) for i in range(count))
