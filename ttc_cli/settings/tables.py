"""Tables of a settings file: the router's rules `[[route]]`, and named servers `[remote.NAME]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ttc_cli.core.errors import UsageError
from ttc_cli.core.ledger import Usage
from ttc_cli.core.text import did_you_mean
from ttc_cli.settings.rules import EFFORTS, PATHS, TASKS, Rule, checked

if TYPE_CHECKING:
    from ttc_cli.settings.places import Document


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
    """The rules of a file, in order; UsageError with file and line for what is none."""
    tables = document.values.get("route", [])
    place = document.where("route")
    if not isinstance(tables, list):
        raise UsageError(f"{place}: route is a list of tables", "write [[route]]")
    return tuple(_rule(place, table) for table in tables)


def _rule(place: str, table: object) -> RouteRule:
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


_ours = partial(Rule, from_project=False)
REMOTE_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("url", "model", "key_env"), _ours("text")),
    "continues": _ours("switch"),
    "width": _ours("whole", 1, 4096),
    "timeout": _ours("number", 1),
    **dict.fromkeys(("price_in", "price_out"), _ours("number", 0)),
}


@dataclass(frozen=True, slots=True)
class NamedRemote:
    """An OpenAI-compatible server, as the user's settings describe it.

    Args:
        url: its base URL, with `/v1` where it has one.
        model: the model to ask there; "" for the server's own.
        key_env: the environment variable that holds the key: the file never does.
        continues: whether it goes on with a reply; None to find out.
        width: requests at once; None for what the server says.
        timeout: seconds without a word after which a request counts as lost.
        price_in, price_out: money per million prompt and sampled tokens; None when not known.
        keyless: a folder's file named it: whoever wrote that is sent no key of the user's.
    """

    url: str
    model: str = ""
    key_env: str = ""
    continues: bool | None = None
    width: int | None = None
    timeout: float = 300.0
    price_in: float | None = None
    price_out: float | None = None
    keyless: bool = False

    @property
    def where(self) -> str:
        """The URL as `-m` takes it."""
        return self.url + (f"#{self.model}" if self.model else "")

    def money(self, usage: Usage) -> float | None:
        """What a run's tokens cost; reused prompt tokens are priced like others."""
        if self.price_in is None and self.price_out is None:
            return None
        prompt = (usage.prefilled + usage.shared) * (self.price_in or 0.0)
        return round((prompt + (usage.sampled + usage.verifier) * (self.price_out or 0.0)) / 1e6, 8)


def check_url(url: str, name: str = "") -> None:
    """Refuse what is no address of one server, or holds what is not for the log.

    `name` is what errors call it where the URL itself is not to be shown.
    """
    from urllib.parse import urlsplit  # most starts see no URL

    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        reason = "name one server" if url.count("://") > 1 else str(error)
        raise UsageError(f"{name or url} is no URL: {reason}", "write http://HOST:PORT") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise UsageError(f"{name or url} names no server", "write http://HOST:PORT")
    if parts.username is not None or parts.password is not None or parts.query:
        raise UsageError("a key in a URL would end up in the log", "set TTC_API_KEY instead")
    if re.search(r"[\s,\x00-\x20\x7f]", url):
        raise UsageError(f"{name or repr(url)} is no URL: it holds a blank or a comma", "")


def read_remotes(document: Document, warnings: list[str]) -> dict[str, NamedRemote]:
    """The named servers of a file; what is unknown in them goes to `warnings`."""
    tables = document.values.get("remote", {})
    if not isinstance(tables, dict):
        place = document.where("remote")
        raise UsageError(f"{place}: remote is a table", "write [remote.NAME] and url = ...")
    return {name: _remote(document, name, table, warnings) for name, table in tables.items()}


def _remote(document: Document, name: str, table: object, warnings: list[str]) -> NamedRemote:
    here = ("remote", name)
    if not isinstance(table, dict) or "url" not in table:
        raise UsageError(f"{document.where(*here)}: remote {name} has no url", "add url = ...")
    values: dict[str, Any] = {}
    for key, value in table.items():
        place = document.where(*here, key)
        if key in REMOTE_RULES:
            values[key] = checked(key, value, place, REMOTE_RULES)
        else:
            near = did_you_mean(key, REMOTE_RULES)
            warnings.append(f"{place}: unknown key {key!r} is ignored; {near}".rstrip("; "))
    check_url(values["url"], f"{document.where(*here, 'url')}: url")
    return NamedRemote(**values)
