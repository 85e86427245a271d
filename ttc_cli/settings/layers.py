"""Who wins: flag > `TTC_*` environment > project file > user file > default."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ttc_cli.core.errors import UsageError
from ttc_cli.core.text import did_you_mean, nearest
from ttc_cli.settings.options import ALL_RULES, RULES, SETTINGS, Settings
from ttc_cli.settings.places import Document, Places, config_path, home, places, project_path
from ttc_cli.settings.rules import EFFORT_ALIASES, checked
from ttc_cli.settings.tables import NamedRemote, RouteRule, read_remotes, read_routes

_OTHER_VARIABLES = ("home", "debug")  # no settings: where files are, and tracebacks
_LOCAL = ("localhost", "127.0.0.1", "::1")


def load(
    flags: Mapping[str, object] = MappingProxyType({}),
    *,
    cwd: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Build the settings of this run.

    Args:
        flags: settings given on the command line; a value of None was not given.
        cwd: where the search for a project's `.ttc.toml` starts; by default here.
        environ: the environment.
    """
    builder = _Builder()
    builder.add_flags(flags)
    builder.add_environment(environ)
    project, user = project_path(cwd), config_path(environ)
    documents = [Document(path) for path in (project, user) if path]
    profile = builder.profile(documents)
    if (text := environ.get("TTC_HOME", "")) and not (above := home(environ).parent).exists():
        # more likely a typing error than a wish
        raise UsageError(f"TTC_HOME is {text}, and there is no folder {above}", "make it first")
    for document in documents:
        builder.add_document(document, profile, trusted=document.path == user)
    builder.add_conventions(environ)
    return builder.settings(places(environ))


def flag_of(name: str) -> str:
    """The long flag of a setting, without what would say the opposite."""
    row = SETTINGS.get(name)
    names = [n.partition("/")[0] for n in row.names if n.startswith("--")] if row else []
    return names[0] if names else "--" + name.replace("_", "-")


class _Builder:
    """Takes layers from the strongest to the weakest; the first value of a setting stays."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.origins: dict[str, str] = {}
        self.warnings: list[str] = []
        self.from_project: set[str] = set()
        self.remotes: dict[str, NamedRemote] = {}
        self.routes: tuple[RouteRule, ...] = ()

    def add_flags(self, flags: Mapping[str, object]) -> None:
        for name, value in flags.items():
            if value is not None:
                where = flag_of(name)
                self._add(name, checked(name, value, where, ALL_RULES, text=True), where, value)

    def add_environment(self, environ: Mapping[str, str]) -> None:
        for name in RULES:
            variable = f"TTC_{name.upper()}"
            if text := environ.get(variable, ""):
                self._add(name, checked(name, text, variable, RULES, text=True), variable, text)
        self.warnings.extend(_misspelt(environ))

    def add_document(self, document: Document, profile: str | None, *, trusted: bool) -> None:
        if not document.values:
            return
        profiles = _profiles(document)
        tables: dict[tuple[str, ...], dict[str, Any]] = {(): document.values}
        if profile in profiles:  # it is stronger
            tables = {("profile", profile): profiles[profile], **tables}
        for above, table in tables.items():
            for name, value in table.items():
                if name != "route" and (
                    name not in ("profile", "remote") or not isinstance(value, dict)
                ):
                    self._add_entry(document, (*above, name), value, trusted=trusted)
        for other, table in profiles.items():
            for name in table if other != profile else ():
                self._check_name(document, ("profile", other, name))
        self.routes += read_routes(document)
        if trusted:
            self.remotes = read_remotes(document, self.warnings)
        elif "remote" in document.values:  # it names a variable to send to a server
            self.warnings.append(f"{document.where('remote')}: remotes are for config.toml alone")

    def add_conventions(self, environ: Mapping[str, str]) -> None:
        """What other programs honour too, weaker than everything said to ttc itself."""
        if environ.get("NO_COLOR"):
            self._add("color", "no", "NO_COLOR")
        elif environ.get("FORCE_COLOR", "0") not in ("", "0", "false"):
            self._add("color", "yes", "FORCE_COLOR")
        elif environ.get("TERM") == "dumb":
            self._add("color", "no", "TERM")

    def profile(self, documents: list[Document]) -> str | None:
        """The profile in force; UsageError when no file has one of that name."""
        texts = (doc.values.get("profile") for doc in documents)
        name = self.values.get("profile") or next((t for t in texts if isinstance(t, str)), None)
        known = set(itertools.chain.from_iterable(map(_profiles, documents)))
        if name is None or name in known:
            return name
        hint = did_you_mean(name, sorted(known)) or f"add a table [profile.{name}] to config.toml"
        raise UsageError(f"no profile is called {name!r}", hint)

    def settings(self, where: Places) -> Settings:
        return Settings(
            **self.values, remotes=MappingProxyType(self.remotes), routes=self.routes,
            origins=MappingProxyType(self.origins), from_project=frozenset(self.from_project),
            warnings=tuple(self.warnings), places=where,
        )  # fmt: skip

    def _add(self, name: str, value: object, origin: str, raw: object = None) -> None:
        if name == "effort" and raw in EFFORT_ALIASES and name not in self.values:
            self.warnings.append(f"{origin}: effort {raw!r} is read as {value!r}")
        self.values.setdefault(name, value)
        self.origins.setdefault(name, origin)

    def _check_name(self, document: Document, keys: tuple[str, ...]) -> bool:
        """Whether a setting is known; warns of one that is not.

        Not an error: an older ttc must be able to read a newer one's file.
        """
        if keys[-1] in RULES:
            return True
        text = f"{document.where(*keys)}: unknown setting {keys[-1]!r} is ignored"
        self.warnings.append("; ".join(filter(None, (text, did_you_mean(keys[-1], RULES)))))
        return False

    def _add_entry(
        self, document: Document, keys: tuple[str, ...], value: object, *, trusted: bool
    ) -> None:
        name = keys[-1]
        if not self._check_name(document, keys):
            return
        if not (trusted or RULES[name].from_project):
            where = document.where(*keys)
            self.warnings.append(f"{where}: {name} is ignored in a project's file")
            return
        found = checked(name, value, lambda: document.where(*keys), RULES)
        origin = str(document.path) + (f" [{'.'.join(keys[:-1])}]" if keys[1:] else "")
        if not trusted and name not in self.values:
            self.from_project.add(name)
            if name == "model" and _is_remote(value):
                self.warnings.append(f"{document.where(*keys)}: prompts go to {value!r}")
        self._add(name, found, origin, value)


def _profiles(document: Document) -> dict[str, dict[str, Any]]:
    """The tables [profile.NAME] of a file, by name."""
    tables = document.values.get("profile")
    if not isinstance(tables, dict):
        return {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            where = document.where("profile", name)
            raise UsageError(f"{where}: a profile is a table", f"write [profile.{name}]")
    return tables


def _misspelt(environ: Mapping[str, str]) -> Iterator[str]:
    """Variables that look like a setting of ttc and are none."""
    for variable in environ:
        name = variable.removeprefix("TTC_").lower()
        if name == variable.lower() or name in (*RULES, *_OTHER_VARIABLES):
            continue
        if near := nearest(name, RULES, 0.8):  # others may have variables of this form
            yield f"{variable} is ignored; did you mean TTC_{near.upper()}?"


def _is_remote(model: object) -> bool:
    from urllib.parse import urlsplit  # here, since most project files name no server

    url = urlsplit(str(model))
    return url.scheme in ("http", "https") and url.hostname not in _LOCAL
