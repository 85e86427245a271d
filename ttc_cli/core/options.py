"""Options of strategies and verifiers: KEY=VALUE texts become a dataclass, typed and checked."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from ttc_cli.core.errors import UsageError
from ttc_cli.core.text import did_you_mean


@dataclass(frozen=True, slots=True)
class NoOptions:
    """What a strategy or verifier has that offers no options of its own."""


def option(default: Any, help: str, **bounds: Any) -> Any:  # noqa: A002 - as in metadata
    """A field of an options dataclass: its default, its help, and what bounds it (`describe`)."""
    return field(default=default, metadata={"help": help, **bounds})


_BOUNDS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "least": (operator.ge, "of at least"), "above": (operator.gt, "above"),
    "below": (operator.lt, "below"), "most": (operator.le, "up to"),
}  # fmt: skip
_SWITCH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def deal(owners: Sequence[tuple[str, type[Any]]], given: Mapping[str, str]) -> list[Any]:
    """Options of each owner: a key goes to every owner that has it.

    Raises UsageError: a key that nobody has, or a value of the wrong type.
    """
    all_options = [_fields(kind) for _, kind in owners]
    for key in given:
        if not known(owners, key):
            names = [name for options in all_options for name in options]
            hint = did_you_mean(key, names) or "see --help-options"
            who = " or ".join(dict.fromkeys(name for name, _ in owners))
            raise UsageError(f"{who} has no option {key!r}", hint)
    made = []
    for (owner, kind), options in zip(owners, all_options, strict=True):
        named = [(options.get(_plain(key)), key, text) for key, text in given.items()]
        chosen = {field.name: _value(owner, k, text, field) for field, k, text in named if field}
        made.append(kind(**chosen))
    return made


def known(owners: Sequence[tuple[str, type[Any]]], key: str) -> bool:
    """Whether some owner has an option of that name."""
    return any(_plain(key) in _fields(kind) for _, kind in owners)


def describe(kind: type[Any]) -> list[tuple[str, str, str]]:
    """(name, default, help) of each option; the help is a field's metadata["help"].

    Numbers are finite, and bounded by what metadata has of "least" (else by 0), "above", "below"
    and "most"; a text is one of metadata["words"], where there are some.
    """
    described = []
    for name, one in _fields(kind).items():
        default = "" if one.default is MISSING else str(one.default).lower()
        described.append((name, default, str(one.metadata.get("help", ""))))
    return described


def _fields(kind: type[Any]) -> dict[str, Field[Any]]:
    return {_plain(field.name): field for field in fields(kind)}


def _plain(key: str) -> str:
    return key.replace("_", "-")


def _value(owner: str, key: str, text: str, field: Field[Any]) -> Any:
    kind: Any = type(field.default)
    told = field.metadata
    words, limits = told.get("words", ()), dict[str, float]()
    if kind in (int, float):
        limits = ({} if "above" in told else {"least": 0}) | {"below": math.inf}
        limits |= {name: told[name] for name in _BOUNDS if name in told}
    try:
        value = _SWITCH[text.lower()] if kind is bool else kind(text)
        inside = all(_BOUNDS[name][0](value, limit) for name, limit in limits.items())
        if not inside or (words and value not in words):
            raise ValueError
    except (KeyError, ValueError):
        named = {bool: "true or false", int: "a whole number", float: "a number"}
        wanted = " or ".join(words) or named.get(kind, "a text")
        said = (f" {_BOUNDS[n][1]} {limit}" for n, limit in limits.items() if limit < math.inf)
        wanted += " and".join(said)
        raise UsageError(f"option {key} of {owner} takes {wanted}, not {text!r}") from None
    return value
