"""Rules of one's own for the router: `[[route]]` tables, a pattern and what it decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ttc_cli.core.errors import UsageError
from ttc_cli.settings.rules import EFFORTS, PATHS, TASKS

if TYPE_CHECKING:
    from ttc_cli.settings.document import Document

DECIDES = {"effort": EFFORTS, "task": TASKS, "path": PATHS}
_FORM = 'write match = "a regular expression" and effort, task or path'


@dataclass(frozen=True, slots=True)
class RouteRule:
    """One `[[route]]` table of a settings file.

    Args:
        match: a regular expression, searched for in the prompt.
        effort, task, path: what it decides; empty for what it leaves open.
    """

    match: str
    effort: str = ""
    task: str = ""
    path: str = ""


def read_routes(document: Document) -> tuple[RouteRule, ...]:
    """The rules of a file, in order.

    Raises:
        UsageError: a table of another form, or a pattern that is none, with file and line.
    """
    tables = document.values.get("route", [])
    place = document.where("route")
    if not isinstance(tables, list):
        raise UsageError(f"{place}: route is a list of tables", "write [[route]]")
    return tuple(_read(place, table) for table in tables)


def _read(place: str, table: object) -> RouteRule:
    if not isinstance(table, Mapping) or not set(table) & set(DECIDES):
        raise UsageError(f"{place}: a [[route]] that decides nothing", _FORM)
    if unknown := set(table) - {"match", *DECIDES}:
        raise UsageError(f"{place}: a [[route]] has no {min(unknown)!r}", _FORM)
    for name in set(table) & set(DECIDES):
        if table[name] not in DECIDES[name] or table[name] == "auto":
            raise UsageError(f"{place}: {name} of a [[route]] cannot be {table[name]!r}", _FORM)
    try:
        re.compile(table["match"])
    except (KeyError, TypeError, re.error) as error:
        raise UsageError(f"{place}: match of a [[route]] is no pattern: {error}", _FORM) from None
    return RouteRule(**table)
