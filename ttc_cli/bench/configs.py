"""Configurations: what each column of a comparison runs, from flags or a TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.spelling import did_you_mean
from ttc_cli.settings import Settings
from ttc_cli.settings.fields import checked

SETTINGS = (
    "effort", "strategy", "samples", "max_tokens", "thinking_budget", "temperature", "top_p",
    "top_k", "min_p", "system",
)  # fmt: skip
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Config:
    """One way to answer.

    Args:
        name: of its rows in the report.
        settings: by name, as `Settings` has them; what is not named is the user's.
        options: KEY=VALUE of the strategy and the verifiers.
        early_stop, diverse: see Plan.
        verifiers: as `-V` names them.
    """

    name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    early_stop: bool = True
    diverse: bool = False
    verifiers: tuple[str, ...] = ()

    def apply(self, base: Settings) -> Settings:
        """The user's settings with this configuration's on top."""
        return replace(base, **self.settings)

    def described(self) -> dict[str, Any]:
        """As JSON gives it back."""
        return {**asdict(self), "verifiers": list(self.verifiers)}


def from_text(text: str, where: str = "--config") -> Config:
    """A configuration from `name=..,strategy=..,samples=..`; `verifier=` may come many times.

    Raises:
        UsageError: not of that form, or a value out of range.
    """
    values: dict[str, Any] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{where} takes key=value,key=value, not {part!r}")
        key, value = key.strip(), value.strip()
        values[key] = [*values.get(key, []), value] if key == "verifier" else value
    return from_values(values, where, text=True)


def from_values(values: dict[str, Any], where: str, *, text: bool = False) -> Config:
    """A configuration from keys and values; strings stand for other types when `text`.

    Raises:
        UsageError: a value of the wrong type or out of range.
    """
    config = Config()
    for given, value in values.items():
        key = given.replace("-", "_")
        if key == "name":
            config = replace(config, name=str(value))
        elif key == "early_stop":
            config = replace(config, early_stop=_switch(given, value, where))
        elif key == "diverse":
            config = replace(config, diverse=_switch(given, value, where))
        elif key == "verifier":
            config = replace(config, verifiers=_verifiers(value, where))
        elif key in SETTINGS:
            found = checked(key, value, where, text=text)
            config = replace(config, settings={**config.settings, key: found})
        elif key == "options" and isinstance(value, dict):
            config = replace(config, options=config.options | {k: str(v) for k, v in value.items()})
        elif given.startswith(("O.", "option.")):
            config = replace(config, options=config.options | {given.partition(".")[2]: str(value)})
        else:
            hint = did_you_mean(key, ("name", "early_stop", "diverse", "verifier", *SETTINGS))
            raise UsageError(
                f"{where}: there is no {given!r} in a configuration",
                hint or "options of the strategy are written O.KEY=VALUE",
            )
    return config


def _verifiers(value: object, where: str) -> tuple[str, ...]:
    """Texts as `-V` takes them, one or a list; looked up now, and not after hours of work."""
    from ttc_cli.verifiers import registry

    texts: list[Any] = value if isinstance(value, list) else [value]
    for text in texts:
        if not isinstance(text, str):
            raise UsageError(f"{where}: verifier is a text, or a list of texts, not {value!r}")
        registry.find(text)
    return tuple(texts)


def _switch(name: str, value: object, where: str) -> bool:
    found = _WORDS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise UsageError(f"{where}: {name} must be true or false, not {value!r}")
    return found


def from_file(path: Path) -> list[Config]:
    """The `[[config]]` tables of a TOML file.

    Raises:
        UnreadableFile: it cannot be read. UsageError: it is not TOML, or a value is wrong.
    """
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
    """The configurations, each with a name of its own.

    Raises:
        UsageError: two share a name.
    """
    out = [replace(config, name=config.name or _name(config)) for config in configs]
    names = [config.name for config in out]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"two configurations are called {twice[0]!r}", "give each a name=...")
    return out


def _name(config: Config) -> str:
    values = config.settings
    parts = [str(values[key]) for key in ("strategy", "effort") if key in values]
    parts += [f"n{values['samples']}"] if "samples" in values else []
    parts += [f"t{values['temperature']:g}"] if "temperature" in values else []
    parts += config.verifiers
    parts += [] if config.early_stop else ["fixed"]
    parts += ["diverse"] if config.diverse else []
    parts += [f"{key}={value}" for key, value in config.options.items()]
    return "-".join(parts) or "auto"
