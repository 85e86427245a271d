"""Configurations: what each column of a comparison runs, from flags or a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.text import did_you_mean
from ttc_cli.settings import AnswerSettings, Settings
from ttc_cli.settings import options as table
from ttc_cli.settings.layers import flag_of
from ttc_cli.settings.rules import checked, pairs

_ANSWER = {item.name for item in fields(AnswerSettings)}
SETTINGS = tuple(
    name
    for name, row in table.SETTINGS.items()
    if name in _ANSWER and "bench" in row.on and row.panel != table.ENGINE
)  # what a configuration may decide: all that decides an answer but the model


@dataclass(frozen=True, slots=True)
class Config:
    """One way to answer: a row of the report.

    Args:
        name: of its rows in the report.
        settings: by name, as `AnswerSettings` has them; what is not named is the user's.
    """

    name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    def apply(self, base: Settings) -> Settings:
        """Lay this configuration's settings over the user's."""
        return replace(base, **self.settings)

    def under(self, other: Config) -> Config:
        """Another configuration, with these settings where it has none of its own."""
        settings = {**self.settings, **other.settings}
        if options := {**self.settings.get("options", {}), **other.settings.get("options", {})}:
            settings["options"] = options
        return Config(other.name, settings)

    def described(self) -> dict[str, Any]:
        """Return the configuration as JSON gives it back."""
        listed = {k: list(v) if isinstance(v, tuple) else v for k, v in self.settings.items()}
        return {"name": self.name, "settings": listed}


def from_text(text: str) -> Config:
    """A configuration from `name=..,strategy=..,samples=..`; `verifier=` may come many times."""
    values: dict[str, Any] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--config takes key=value,key=value, not {part!r}")
        key, value = key.strip(), value.strip()
        values[key] = [*values.get(key, []), value] if key == "verifier" else value
    return from_values(values, "--config", text=True)


def from_values(values: dict[str, Any], where: str, *, text: bool = False) -> Config:
    """A configuration from keys and values; strings stand for other types when `text`."""
    name, settings, options = "", dict[str, Any](), dict[str, str]()
    for given, value in values.items():
        key = given.replace("-", "_")
        if key == "name":
            name = str(value)
        elif key == "verifier":
            settings["verifiers"] = _verifiers(value, where)
        elif key == "options" and isinstance(value, dict):
            options |= {k: str(v) for k, v in value.items()}
        elif given.startswith(("O.", "option.")):
            options |= pairs([f"{given.partition('.')[2]}={value}"])
        elif key in SETTINGS and key != "options":
            settings[key] = checked(key, value, where, table.ALL_RULES, text=text)
        else:
            known = ("name", "verifier", *(n for n in SETTINGS if n != "verifiers"))
            hint = did_you_mean(key, known) or "options of the strategy are written O.KEY=VALUE"
            raise UsageError(f"{where}: there is no {given!r} in a configuration", hint)
    return Config(name, settings | ({"options": options} if options else {}))


def _verifiers(value: object, where: str) -> tuple[str, ...]:
    """Texts as `-V` takes them, one or a list; looked up now, and not after hours of work."""
    from ttc_cli.verifiers import registry

    texts: list[Any] = value if isinstance(value, list) else [value]
    for text in texts:
        if not isinstance(text, str):
            raise UsageError(f"{where}: verifier is a text, or a list of texts, not {value!r}")
        registry.find(text)
    return tuple(texts)


def from_file(path: Path) -> list[Config]:
    """Read the `[[config]]` tables of a TOML file."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    tables = document.get("config")
    if not isinstance(tables, list) or not tables:
        raise UsageError(f"{path} holds no configuration", "write [[config]] tables")
    return [from_values(table, f"{path} [[config]] {i}") for i, table in enumerate(tables, 1)]


def named(configs: list[Config]) -> list[Config]:
    """Give each configuration a name of its own; UsageError where two share one."""
    out = [replace(config, name=config.name or _name(config)) for config in configs]
    names = [config.name for config in out]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"two configurations are called {twice[0]!r}", "give each a name=...")
    return out


def _name(config: Config) -> str:
    values = config.settings
    parts = [str(values[key]) for key in ("strategy", "effort") if key in values]
    parts += [f"n{values['samples']}"] if "samples" in values else []
    parts += [f"t{values['temperature']:g}"] if "temperature" in values else []
    parts += values.get("verifiers", ())
    parts += [] if values.get("early_stop", True) else ["fixed"]
    parts += ["diverse"] if values.get("diverse") else []
    parts += [f"{key}={value}" for key, value in values.get("options", {}).items()]
    return "-".join(parts) or "auto"


def read_configs(
    given: Mapping[str, Any], texts: Sequence[str] = (), file: Path | None = None
) -> list[Config]:
    """The configurations of a file and of texts; settings that were given hold for all of them."""
    shared = {
        name: checked(name, value, flag_of(name), table.ALL_RULES)
        for name, value in given.items()
        if name in SETTINGS
    }
    base = Config("", shared)
    _verifiers(list(base.settings.get("verifiers", ())), "-V")
    listed = from_file(file) if file else []
    listed += [from_text(text) for text in texts]
    return named([base.under(config) for config in listed] or [base])
