"""From the bytes of a body to the Requests it stands for; what cannot be honoured is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from ttc_cli.answers.schema.answer import AnswerSchema
from ttc_cli.core.branch import Message
from ttc_cli.core.errors import TtcError
from ttc_cli.serve import fields
from ttc_cli.serve.refusal import ApiError, refused, told
from ttc_cli.session.request import Request
from ttc_cli.settings import Settings
from ttc_cli.settings.options import ALL_RULES
from ttc_cli.settings.rules import checked
from ttc_cli.strategies.registry import BUILTIN

MOST_NAME = 80  # characters of a field's name that are said back
BOUNDS = {
    "minimum": "at least {}", "maximum": "at most {}", "exclusiveMinimum": "more than {}",
    "minItems": "at least {}", "maxItems": "at most {}",
}  # fmt: skip
"""What is said of a bound of the fields' schemas."""
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
            _add(values, "max_tokens", None if body.get(name) == -1 else body.get(name), name)
        _add(values, "seed", "random" if body.get("seed") == -1 else body.get("seed"), "seed")
        form = body.get("response_format") or {"type": "text"}
        request = self._request(values)
        where = "response_format.json_schema.schema"
        request = replace(request, schema=_form(form, form.get("json_schema"), where))
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
        request = self._request(values)
        request = replace(request, schema=_form(form, form, "text.format.schema"))
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
        for name in ("temperature", "top_p", "min_p"):
            _add(values, name, body.get(name), name)
        _add(values, "top_k", 0 if body.get("top_k") == -1 else body.get("top_k"), "top_k")
        return values

    def _strategy(self, named: str) -> str | None:
        """The strategy that a model's name carries."""
        strategy = named.removeprefix(f"{self.model}:")
        if named == self.model or (strategy != named and strategy in BUILTIN):
            return None if named == self.model else strategy
        message = f"there is no model {named!r:.80}: this server has {self.model}"
        raise ApiError(404, message, code="model_not_found", param="model")

    def _request(self, values: dict[str, Any]) -> Request:
        return replace(Request.of(self._settings), **values)


def _valid(data: bytes, validator: Draft202012Validator) -> dict[str, Any]:
    """The body as JSON, valid under a schema."""
    try:
        body = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise refused(f"the body is no JSON: {_no_json(error)}", code="invalid_json") from None
    try:
        wrong = best_match(validator.iter_errors(body))
    except RecursionError:
        raise refused("the body is nested too deep", code="invalid_json") from None
    if wrong is not None:
        _refuse(wrong)
    assert isinstance(body, dict)
    return body


def _no_json(error: Exception) -> str:
    """Why a body cannot be read."""
    if isinstance(error, json.JSONDecodeError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, UnicodeEncodeError):
        return "a text of it holds half a character, a lone surrogate"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return "a number of it is NaN, infinite or too long"


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse(error: Any) -> NoReturn:
    """Say what is wrong with a body, and where, without saying much of it back."""
    where, allowed = _named(*error.absolute_path), error.validator_value
    if error.validator == "additionalProperties":
        _refuse_unknown(error)
    if error.validator == "required":
        lacking = next(name for name in allowed if name not in error.instance)
        name = _named(*error.absolute_path, lacking)
        raise refused(f"{name} is missing", name, "missing_required_parameter")
    if error.schema.get("maxItems") == 0:
        raise refused(f"{where} are not supported", where, "unsupported_value")
    if error.validator in ("enum", "const", "type"):
        said = json.dumps(error.instance, ensure_ascii=False)
        why = f"cannot be {said:.80}: what is honoured is {json.dumps(allowed):.300}"
        raise refused(f"{where or 'the body'} {why}", where or None, "unsupported_value")
    if error.validator == "pattern":
        allowed = ", ".join(fields.VERIFIERS)
        message = f"{where}: {error.instance!r:.80} is not for a request to name: {allowed} are"
        raise refused(message, where, "not_allowed")
    bound = BOUNDS.get(error.validator, "it has no form that is honoured").format(allowed)
    raise refused(f"{where}: {bound}", where)


def _refuse_unknown(error: Any) -> NoReturn:
    """Say which field there is none of, and where else it is said."""
    unknown = next(name for name in error.instance if name not in error.schema["properties"])
    name = _named(*error.absolute_path, unknown)
    why = fields.ELSEWHERE.get(unknown, "") if [*error.absolute_path] == ["ttc"] else ""
    message = f"{name} cannot be said here" + (f": {why}" if why else "")
    raise refused(message, name, "unknown_parameter")


def _named(*path: str | int) -> str:
    """A field by its path in the body."""
    return ".".join(map(str, path))[:MOST_NAME]


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


def _form(form: dict[str, Any], held: dict[str, Any] | None, where: str) -> str:
    """The JSON schema that an answer has to have; empty for any text."""
    if form["type"] == "text":
        return ""
    schema = json.dumps(held["schema"] if held and "schema" in held else {"type": "object"})
    try:
        AnswerSchema.read(schema)
    except TtcError as error:
        raise refused(told(error).message, where) from None
    return schema


def _messages(items: Sequence[dict[str, Any]], where: str) -> list[Message]:
    """Messages as texts; those of one role in a row are one.

    Words of the system's that come later are of the user's turn there: templates know no other
    place for them than the first.
    """
    out: list[Message] = []
    for number, item in enumerate(items):
        content = item["content"]
        if isinstance(content, list):
            content = "\n".join(part["text"] for part in content)
        role = "system" if item["role"] == "developer" else item["role"]
        role = "user" if role == "system" and any(m.role != role for m in out) else role
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
    if messages and messages[0].role == "assistant":
        messages = [Message("user", ""), *messages]  # a greeting answers to nothing
    roles = [message.role for message in messages]
    if not roles or roles != ["user", "assistant"] * (len(roles) // 2) + ["user"]:
        message = "turns are of user and assistant, the user's last, after the system's"
        raise refused(f"{where}: {message}", where)
    if not messages[-1].content.strip():
        raise refused(f"{where}: the question is empty", where)
    return replace(request, history=tuple(messages[:-1]), prompt=messages[-1].content)


def _numbered(request: Request, count: int) -> tuple[Request, ...]:
    """A request for each choice, drawn by seeds of their own."""
    if request.seed == "random":
        return (request,) * count
    return tuple(replace(request, seed=request.seed + i) for i in range(count))
