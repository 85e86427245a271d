"""/openapi.json: the endpoint as an OpenAPI document, made of the schemas that check bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ttc_cli import __version__
from ttc_cli.serve import fields

Json = dict[str, Any]
ERROR: Json = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
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
        "/v1/chat/completions": ("Answer a conversation.", fields.CHAT, "choices"),
        "/v1/responses": ("Answer an input.", fields.RESPONSES, "output"),
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
