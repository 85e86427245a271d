"""What a body may say, as JSON schemas: they check it, and they are what /openapi.json tells.

A field whose value would not be honoured takes only the values that ask for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ttc_cli import __version__
from ttc_cli.settings.options import AnswerSettings, rows
from ttc_cli.settings.rules import BIG, EFFORT_ALIASES, EFFORTS, Rule
from ttc_cli.strategies.registry import BUILTIN

Schema = dict[str, Any]
MOST_CHOICES, MOST_STOPS, MOST_SAMPLES = 16, 4, 256
VERIFIERS = ("confidence", "self-certainty", "judge", "regex:PATTERN", "sums")
"""Those that name nothing on the server's machine."""
ELSEWHERE = {
    "system": "a system message says it", "schema": "response_format says it",
    "model": "the server has one model",
    **dict.fromkeys(("ctx_size", "flash_attention", "kv_type", "routes"), "the server decides it"),
}  # fmt: skip
"""Settings of an answer that the `ttc` object does not say, and who does."""
SAID = {name: row for name, row in rows(AnswerSettings).items() if name not in ELSEWHERE}
"""Settings that it may say, by name."""

TEXT: Schema = {"type": ["string", "null"]}
SWITCH: Schema = {"type": ["boolean", "null"]}
NOTHING: Schema = {"type": "null"}
NONE_OF_THEM: Schema = {"type": ["array", "null"], "maxItems": 0}
SOME: Schema = {"type": ["array", "null"]}
LABEL: Schema = {"type": ["object", "null"]}
LABELS: Schema = {"type": ["object", "null"], "additionalProperties": {"type": "string"}}


def whole(low: int, high: int = BIG) -> Schema:
    """An integer, or null."""
    return {"type": ["integer", "null"], "minimum": low, "maximum": high}


def number(low: float, high: float) -> Schema:
    """A number, or null."""
    return {"type": ["number", "null"], "minimum": low, "maximum": high}


def only(*values: Any) -> Schema:
    """One of these, or null."""
    return {"enum": [*values, None]}


def record(fields: Schema, *required: str, null: bool = False) -> Schema:
    """An object of these fields and no others."""
    kind = ["object", "null"] if null else "object"
    return {"type": kind, "properties": fields, "required": list(required),
            "additionalProperties": False}  # fmt: skip


def of_rule(name: str, rule: Rule) -> Schema:
    """What a setting takes."""
    if name == "effort":
        return {"enum": [*EFFORTS, *EFFORT_ALIASES]}
    if name == "strategy":
        return {"enum": ["auto", *BUILTIN]}
    if rule.kind in ("whole", "number"):
        high = MOST_SAMPLES if name == "samples" else rule.high
        kind = "integer" if rule.kind == "whole" else "number"
        bounds = {"minimum": rule.low, "maximum": min(high, BIG)}
        if not rule.words:
            return {"type": kind, **bounds}
        return {"anyOf": [{"type": kind, **bounds}, {"enum": list(rule.words)}]}
    if rule.kind == "pairs":
        return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
    if rule.kind == "texts":
        named = f"^({'|'.join(VERIFIERS)})$".replace("PATTERN", "[\\s\\S]+")
        return {"type": "array", "maxItems": 8, "items": {"type": "string", "pattern": named}}
    return {"type": "boolean"} if rule.kind == "switch" else {"enum": list(rule.words)}


OURS = record({name: of_rule(name, row.rule) for name, row in SAID.items()}, null=True)


def parts(*kinds: str) -> Schema:
    """A text, or a list of parts that hold one."""
    fields = {
        "type": {"enum": list(kinds)}, "text": {"type": "string"},
        "annotations": NONE_OF_THEM, "logprobs": NONE_OF_THEM, "cache_control": LABEL,
    }  # fmt: skip
    part = record(fields, "type", "text")
    return {"anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": part}]}


ROLES = {"enum": ["system", "developer", "user", "assistant"]}
MESSAGE = record(
    {
        "role": ROLES, "content": parts("text"), "reasoning_content": TEXT, "reasoning": TEXT,
        "refusal": NOTHING, "audio": NOTHING, "function_call": NOTHING,
        "tool_calls": NONE_OF_THEM, "annotations": NONE_OF_THEM,
        "type": only("text", "message"), "name": TEXT, "cache_control": LABEL,
        "reasoning_details": SOME, "thinking_blocks": SOME, "provider_specific_fields": LABEL,
    },
    "role", "content",
)  # fmt: skip

FORM = {"name": {"type": "string"}, "description": TEXT, "schema": {"type": "object"},
        "strict": SWITCH}  # fmt: skip
FORMATS: Schema = {
    "anyOf": [
        {"type": "null"},
        record({"type": {"const": "text"}}, "type"),
        record({"type": {"const": "json_object"}}, "type"),
        record(
            {"type": {"const": "json_schema"}, "json_schema": record(FORM, "name", "schema")},
            "type", "json_schema",
        ),
    ]
}  # fmt: skip

BOTH: Schema = {
    "model": {"type": "string"},
    "stream": SWITCH,
    "temperature": number(0, 5),
    "top_p": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
    "top_k": whole(-1), "min_p": number(0, 1), "best_of": only(1), "typical_p": only(1),
    "repeat_penalty": only(1), "repetition_penalty": only(1),
    "metadata": LABELS, "user": TEXT, "safety_identifier": TEXT, "prompt_cache_key": TEXT,
    "store": only(False), "service_tier": only("auto", "default"),
    "tools": NONE_OF_THEM, "tool_choice": only("none", "auto"), "parallel_tool_calls": SWITCH,
    "ttc": OURS,
}  # fmt: skip
"""Fields of both endpoints."""

CHAT = record(
    {
        **BOTH,
        "messages": {"type": "array", "minItems": 1, "items": MESSAGE},
        "reasoning_effort": {"enum": [*EFFORT_ALIASES, *EFFORTS, None]},
        "n": whole(1, MOST_CHOICES),
        "stop": {"anyOf": [TEXT, {"type": "array", "maxItems": MOST_STOPS, "items":
                                  {"type": "string"}}]},
        "seed": whole(-1),  # llama.cpp's word for any
        "max_tokens": whole(-1), "max_completion_tokens": whole(-1),  # LM Studio's for no cap
        "response_format": FORMATS,
        "stream_options": record(
            {"include_usage": SWITCH, "include_obfuscation": only(False)}, null=True),
        "frequency_penalty": only(0), "presence_penalty": only(0), "logit_bias": only({}),
        "logprobs": only(False), "top_logprobs": only(0), "modalities": only(["text"]),
        "verbosity": only("medium"), "functions": NONE_OF_THEM, "function_call": only("none"),
        "audio": NOTHING, "prediction": NOTHING, "web_search_options": NOTHING,
    },
    "model", "messages",
)  # fmt: skip

ITEM = record(
    {
        "type": {"const": "message"}, "role": ROLES, "content": parts("input_text", "output_text"),
        "id": TEXT, "status": TEXT, "phase": TEXT,
    },
    "role", "content",
)  # fmt: skip
THOUGHT = record(
    {
        "type": {"const": "reasoning"}, "id": TEXT, "status": TEXT, "summary": {"type": "array"},
        "content": {"type": ["array", "null"]}, "encrypted_content": NOTHING,
    },
    "type",
)  # fmt: skip
TEXT_FORMATS: Schema = {
    "anyOf": [
        *FORMATS["anyOf"][:3],
        record({"type": {"const": "json_schema"}, **FORM}, "type", "name", "schema"),
    ]
}

RESPONSES = record(
    {
        **BOTH,
        "input": {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items":
                                                 {"anyOf": [ITEM, THOUGHT]}}]},
        "instructions": TEXT,
        "max_output_tokens": whole(1),
        "reasoning": record(
            {"effort": {"enum": [*EFFORT_ALIASES, *EFFORTS, None]}, "summary": only("auto"),
             "generate_summary": only("auto")}, null=True),
        "text": record({"format": TEXT_FORMATS, "verbosity": only("medium")}, null=True),
        "stream_options": record({"include_obfuscation": only(False)}, null=True),
        "background": only(False), "conversation": NOTHING, "include": NONE_OF_THEM,
        "max_tool_calls": NOTHING, "previous_response_id": NOTHING, "prompt": NOTHING,
        "top_logprobs": only(0), "truncation": only("disabled"),
    },
    "model", "input",
)  # fmt: skip


Json = dict[str, Any]
_TEXT, _TEXT_OR_NONE = {"type": "string"}, {"type": ["string", "null"]}
_FIELDS = {"message": _TEXT, "type": _TEXT, "param": _TEXT_OR_NONE, "code": _TEXT_OR_NONE}
_TOLD: Json = {"type": "object", "required": [*_FIELDS], "properties": _FIELDS}
ERROR: Json = {"type": "object", "required": ["error"], "properties": {"error": _TOLD}}
REFUSALS = {
    "400": "The body cannot be honoured as it is.",
    "401": "The key is missing or wrong.",
    "404": "There is no such model.",
    "408": "The body did not come in time.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "There is no answer.",
    "429": "The queue is full; Retry-After says when to come again.",
    "503": "The engine is away, or the server ends.",
}


def document(models: Sequence[str]) -> Json:
    """The document of a server with these models."""
    answers = {
        "/v1/chat/completions": ("Answer a conversation.", CHAT, "choices"),
        "/v1/responses": ("Answer an input.", RESPONSES, "output"),
    }
    reads = {
        "/v1/models": "Names that a body may say.",
        "/health": "Whether it answers.",
        "/metrics": "Figures for Prometheus.",
    }
    named = {"enum": list(models)}
    paths: Json = {path: {"post": _post(named, *told)} for path, told in answers.items()}
    paths |= {path: {"get": _get(about)} for path, about in reads.items()}
    paths["/v1/models/{name}"] = {"get": _get("One of them.", name=named)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "ttc serve", "version": __version__},
        "paths": paths,
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def _post(models: Json, about: str, body: Json, holds: str) -> Json:
    body = {**body, "properties": {**body["properties"], "model": models}}
    whole = {"type": "object", "required": ["id", "model", holds, "usage", "ttc"]}
    content = {"application/json": {"schema": whole}, "text/event-stream": {}}
    return {
        "summary": about,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "The answer.", "content": content}, **_refusals()},
    }


def _get(about: str, **names: Json) -> Json:
    found = [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in names.items()
    ]
    answers = {"200": {"description": about}, **_refusals()}
    return {"summary": about, "responses": answers, **({"parameters": found} if found else {})}


def _refusals() -> Json:
    content = {"application/json": {"schema": ERROR}}
    return {
        status: {"description": about, "content": content} for status, about in REFUSALS.items()
    }
