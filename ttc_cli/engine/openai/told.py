"""Reads what a server tells, type by type, and what its refusals mean.

A field of another type is refused by its name:

>>> text({"content": 5}.get("content"), "content")
Traceback (most recent call last):
ttc_cli.engine.openai.told.Senseless: content is a number, not a text
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from typing import Any

from ttc_cli.core.errors import EngineFailed, ModelMissing
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.overflow import overflow

DEEPEST = 64  # levels of nesting that a reply may have
MOST = 2**53  # the largest whole number that all JSON readers agree on
KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}


class Senseless(EngineFailed):
    """A server answers what no OpenAI-compatible server would; another attempt is no use."""


def parse(data: str | bytes) -> Any:
    """The value of a JSON text.

    Raises ValueError: it is none. Senseless: it is nested deeper than any reply is.
    """
    if isinstance(data, bytes):
        data = data.decode("utf-8-sig")
    deep = data.count("{") + data.count("[") > DEEPEST
    try:
        value = json.loads(data)
    except RecursionError:
        raise Senseless("it is nested too deep") from None
    layer = [value] if deep else []
    for _ in range(DEEPEST):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if layer:
        raise Senseless("it is nested too deep")
    return value


def table(value: Any, name: str) -> dict[str, Any]:
    """An object; an empty one for null."""
    return _typed(value, name, dict, {})  # type: ignore[no-any-return]  # any JSON


def rows(value: Any, name: str) -> list[dict[str, Any]]:
    """A list of objects; an empty one for null."""
    return [_typed(row, f"a row of {name}", dict, {}) for row in _typed(value, name, list, [])]


def text(value: Any, name: str) -> str:
    """A text without halves of characters; an empty one for null."""
    found: str = _typed(value, name, str, "")
    return found.encode("utf-8", "replace").decode()


def whole(value: Any, name: str, *, low: int = 0, otherwise: int = 0) -> int:
    """A whole number of at least `low`; `otherwise` for null."""
    if value is None:
        return otherwise
    if not (number(value, name).is_integer() and low <= value <= MOST):
        raise Senseless(f"{name} is {value}")
    return int(value)


def number(value: Any, name: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Senseless(f"{name} is {_kind(value)}, not a number")
    with contextlib.suppress(OverflowError):
        if math.isfinite(value):
            return float(value)
    raise Senseless(f"{name} is no finite number")


def _typed(value: Any, name: str, kind: type, empty: Any) -> Any:
    if value is None:
        return empty
    if not isinstance(value, kind):
        raise Senseless(f"{name} is {_kind(value)}, not {KINDS[kind]}")
    return value


def _kind(value: Any) -> str:
    return "nothing" if value is None else KINDS.get(type(value), "a number")


BUSY = (408, 409, 424, 425, 429)  # refusals that another attempt may not meet
LASTING = (501, 505)  # failures that another attempt meets again
AWAY = (502, 503, 504, 521, 522, 523, 530)
"""Answers of a server that is not there yet, or of the proxy in front of one that is gone."""
SUCCESS, NOT_FOUND, TOO_MANY, FAILED = 200, 404, 429, 500
_REFUSES = re.compile(
    r"(?i)\broles?\b|\btemplate\b|\bjinja|not support|unsupported|unrecognized|not permitted"
)
"""What a failure of a server says that is a refusal: a chat template that raised, a parameter."""
_NO_KEY = re.compile(
    r"(?i)\b(invalid|incorrect)[ _]?api[ _-]?key|\bapi[ _-]?key[ _](not valid|invalid)"
)
_NO_CREDIT = re.compile(r"(?i)\binsufficient[ _](quota|balance|credits?|funds)\b")
_FLAGGED = re.compile(r"(?i)\bmoderation\b|\bflagged\b")
"""What a 403 says of one prompt, and not of the key."""
SAYS = (
    "error", "message", "detail", "msg", "title", "error_description", "status_msg", "base_resp",
)  # fmt: skip
"""Names under which servers say what is wrong, the first that is there."""
MOST_ROWS = 20
MOST_CHARS, ALL_CHARS = 300, 20_000
"""Of a server's own words: in an error, and looked through for names of parameters."""


class TransientError(Exception):
    """An attempt that another may make good.

    Args:
        message: what happened, one line.
        status: that the server answered; 0 where it did not.
        after: seconds that the server asks to wait; None when it does not say.
        gone: whether nobody is there, rather than somebody in trouble.

    `waits` says that it may pass if one waits: nobody is there, or there are too many of us.
    """

    def __init__(
        self, message: str, *, status: int = 0, after: float | None = None, gone: bool = False
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.after = message, status, after
        self.gone = gone or status in AWAY
        self.waits = self.gone or status == TOO_MANY


class Refused(EngineFailed):
    """The server does not take a request as it is.

    Args:
        said: what it says of it, in full.
    """

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said or message


class Barred(EngineFailed):
    """The server takes no request at all: it refuses the key, or there is no credit for it."""


def refusal(status: int, told: Any, after: float | None, address: Address) -> Exception:
    """The exception for a status that is no success.

    Args:
        told: the body, parsed where it is JSON.
    """
    whole, where = words(told), f"the server at {address.url}"
    if address.key:
        whole = whole.replace(address.key, "***")
    said = whole[:MOST_CHARS].rstrip(".")
    facts = _facts(told)
    if (full := overflow(facts, said, limited=status in (*BUSY, *AWAY))) is not None:
        return full
    named = f"{whole} {facts.get('type')} {facts.get('code')}"
    if status == 402 or _NO_CREDIT.search(named):
        return Barred(f"{where} answers {status}: {said}", "is there credit left for this key?")
    refused = status == FAILED and _REFUSES.search(whole)
    no_key = status in (401, 403) and not _FLAGGED.search(whole)
    if no_key or _NO_KEY.search(named):
        lacks = "refuses the key of" if address.key else "wants a key:"
        hint = f"set {address.key_from}" if not address.key else "is it the right one?"
        return Barred(f"{where} {lacks} {address.key_from}{said and f' ({said})'}", hint)
    passes = status in BUSY or (status >= FAILED and status not in LASTING)
    if passes and not refused:
        return TransientError(
            f"it answers {status}{said and f': {said}'}", status=status, after=after
        )
    if status == NOT_FOUND:
        return ModelMissing(
            f"{where} answers 404: {said or 'not found'}", "is the URL right, as far as /v1?"
        )
    return Refused(f"{where} answers {status}: {said or 'without a word'}", whole)


def _facts(told: Any) -> dict[str, Any]:
    """The object that an error is told in."""
    told = told[0] if isinstance(told, list) and told else told
    inner = told.get("error") if isinstance(told, dict) else None
    return next((facts for facts in (inner, told) if isinstance(facts, dict)), {})


def status_of(told: dict[str, Any]) -> int:
    """The status that an object stands for which says what is wrong; 0 for a part of a reply."""
    error, silent = told.get("error"), not (told.get("choices") or told.get("usage"))
    broken = error or told.get("object") == "error" or (silent and told.get("detail"))
    said = any(isinstance(told.get(name), str) and told[name] for name in SAYS)
    if not broken and not (silent and (said or told.get("base_resp"))):
        return 0
    code = _code(error if isinstance(error, dict) else told)
    if not broken and code in (0, SUCCESS):
        return 0  # it says that all is well
    if 400 <= code < 600:
        return code
    return FAILED if broken else SUCCESS  # a message and no more is a refusal


def _code(told: dict[str, Any]) -> int:
    """The number that an object gives as its status; -1 where it gives none."""
    base = told.get("base_resp")
    told = {**told, **base} if isinstance(base, dict) else told
    given = (str(told[name]) for name in ("code", "status_code", "status") if name in told)
    return next((int(one) for one in given if re.fullmatch(r"\d{1,3}", one)), -1)


def words(told: Any) -> str:
    """What a server says of an error, on one line."""
    said = _said(told)
    return " ".join(re.sub(r"<[^>]{0,200}>", " ", said[:ALL_CHARS]).split())


def _said(told: Any, depth: int = 0) -> str:
    """The words in a body: of a message, of the rows that say what is wrong, of who is behind."""
    listed = isinstance(told, list) and told and all(isinstance(row, dict | str) for row in told)
    if listed and depth < 4:
        return "; ".join(_said(row, depth + 1) for row in told[:MOST_ROWS])
    if not isinstance(told, dict) or depth > 4:
        return told if isinstance(told, str) else json.dumps(told)
    if isinstance(place := told.get("loc"), list) and place:
        # of pydantic; it may hold the whole request besides
        return f"{place[-1]}: {told.get('msg') or told.get('message') or ''}"
    inner = next((told[name] for name in SAYS if told.get(name)), "")
    parts = [_said(inner, depth + 1)]
    parts += [_said(told[name], depth + 1) for name in ("errors", "details") if told.get(name)]
    parts += [str(told[name]) for name in ("param", "field") if isinstance(told.get(name), str)]
    if isinstance(behind := told.get("metadata"), dict) and isinstance(behind.get("raw"), str):
        parts.append(behind["raw"])
    return "; ".join(dict.fromkeys(filter(None, parts)))
