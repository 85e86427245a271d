"""Saved prompts: TOML files in the home's `templates` folder, with `{variables}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UsageError
from ttc_cli.core.text import did_you_mean
from ttc_cli.settings import RULES, Document
from ttc_cli.settings.rules import checked

INPUT = "input"  # the variable that prompt words or piped text fill

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VARIABLE = re.compile(r"\{\{(\w+)\}\}|\{([^\W\d]\w*)\}|(?<!\{)\{([^{}\\\"':\n]+)\}(?!\})")
"""`{{name}}`, `{name}`, and what may be the name of a record's field: `{first name}`."""


@dataclass(frozen=True, slots=True)
class Template:
    """A saved prompt.

    Args:
        prompt: its text; `{name}` is a variable, `{{name}}` stands for the text `{name}`, and
            all other braces stand for themselves.
        system: system prompt, with variables too. effort, strategy: as the flags.
        schema: a file, relative to the template's own folder, or the JSON itself.
        verifiers: as `-V` takes them. defaults: values of variables that need not be given.
    """

    name: str
    prompt: str
    system: str | None = None
    effort: str | None = None
    strategy: str | None = None
    schema: str | None = None
    verifiers: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables, in the order in which they first stand there."""
        return _variables(f"{self.prompt}\n{self.system or ''}")

    def check_names(self, given: Iterable[str]) -> None:
        """UsageError for a name that is no variable of it."""
        for name in given:
            if name not in self.variables:
                has = ", ".join(self.variables) or "no variables"
                hint = did_you_mean(name, self.variables) or f"it has {has}"
                raise UsageError(f"template {self.name} has no variable {name!r}", hint)

    def checked(self, given: Mapping[str, str]) -> dict[str, str]:
        """Values of all variables, except that `input` may be lacking; else UsageError."""
        self.check_names(given)
        values = {n: v for n, v in self.defaults.items() if n in self.variables} | dict(given)
        lacking = [name for name in self.variables if name not in values and name != INPUT]
        if lacking:
            why = f"template {self.name} needs a value for {', '.join(lacking)}"
            raise UsageError(why, " ".join(f"-p {name} VALUE" for name in lacking))
        return values


def _variables(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m[2] for m in _VARIABLE.finditer(text) if m[2]))


def fields_of(text: str) -> tuple[str, ...]:
    """What stands between braces and may be the name of a field, though it is no variable's."""
    return tuple(m[3] for m in _VARIABLE.finditer(text) if m[3])


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables replaced; what comes in is not looked at again.

    Other words between braces are replaced where they have a value, and else stand for themselves.
    """

    def put(found: re.Match[str]) -> str:
        if found[3]:
            return values.get(found[3], found[0])
        return values[found[2]] if found[2] else f"{{{found[1]}}}"

    return _VARIABLE.sub(put, text)


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with the values it was given.

    Args:
        words: what takes the place of the prompt's words.
        settings: the template's own, for flags that were not given.
        finish: makes the prompt of what was gathered from the words, stdin and files.
        takes_input: whether what is gathered fills `{input}`, and may thus be lacking.
    """

    words: tuple[str, ...]
    settings: Mapping[str, Any]
    finish: Callable[[str], str]
    takes_input: bool


def over_records(
    template: Template, given: Mapping[str, str], prompt: str
) -> tuple[str, dict[str, Any]]:
    """A template as the prompt of many records, and its settings.

    The prompt is put for its `{input}`, which is otherwise a record's, or follows its text.
    """
    template.check_names(given)
    settings = _brought(template, {**template.defaults, **given})
    if not prompt:
        return template.prompt, settings
    if INPUT in _variables(template.prompt) and INPUT not in given:
        put = _VARIABLE.sub(lambda m: prompt if m[2] == INPUT else m[0], template.prompt)
        return put, settings
    return f"{template.prompt}\n\n{prompt}", settings


def _brought(template: Template, values: Mapping[str, str]) -> dict[str, Any]:
    """Those that a template brings along; the values are the same whatever is asked."""
    names = ("effort", "strategy", "verifiers", "schema")
    settings = {name: value for name in names if (value := getattr(template, name))}
    if template.system is not None:
        if lacking := [v for v in _variables(template.system) if v not in values]:
            raise UsageError(
                f"template {template.name} has {{{lacking[0]}}} in its system text",
                "put it in the prompt, or give it with -p: the system text stays the same for"
                " every input",
            )
        settings["system"] = fill(template.system, values)
    return settings


def apply(template: Template, given: Sequence[tuple[str, str]], words: Sequence[str]) -> Filled:
    """Fill a template. Words, else piped text, are its `{input}`.

    Where it has none, or `-p input` gives it, words follow its text and piped text is a document.
    UsageError, from `finish` too, for a variable without a value, or one that is not there.
    """
    values = template.checked(dict(given))
    awaited = INPUT in template.variables and INPUT not in dict(given)
    settings = _brought(template, {k: v for k, v in values.items() if k != INPUT or not awaited})
    if awaited:

        def finish(prompt: str) -> str:
            if not (found := prompt or values.get(INPUT)):
                why = f"template {template.name} needs a value for {INPUT}"
                raise UsageError(why, "give it as the prompt, or on stdin")
            return fill(template.prompt, {**values, INPUT: found})

        return Filled(tuple(words), settings, finish, True)
    more = " ".join(word for word in words if word != "-")
    text = "\n\n".join(filter(None, (fill(template.prompt, values), more)))
    dashes = tuple(word for word in words if word == "-")
    return Filled((text, *dashes), settings, lambda prompt: prompt, False)


def names(home: Path) -> list[str]:
    """The names of all templates."""
    files = (home / "templates").glob("*.toml")
    return sorted(path.stem for path in files if _NAME.fullmatch(path.stem))


def path_of(name: str, home: Path) -> Path:
    """The file of a template, which need not exist; UsageError for an odd name."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a template's name", "use letters, digits, . _ -")
    return home / "templates" / f"{name}.toml"


def load(name: str, home: Path) -> Template:
    """A template by name; UsageError for none of that name, or a wrong one (with file and line)."""
    path = path_of(name, home)
    if not path.is_file():
        hint = did_you_mean(name, names(home)) or f"make one: `ttc templates edit {name}`"
        raise UsageError(f"no template is called {name!r}", hint)
    return _read(name, Document(path))


def _read(name: str, document: Document) -> Template:
    known = [item.name for item in fields(Template) if item.name != "name"]
    values: dict[str, Any] = {}
    for key, value in document.values.items():
        place = document.where(key)
        if key not in known:
            hint = did_you_mean(key, known) or "there are " + ", ".join(known)
            raise UsageError(f"{place}: a template has no {key!r}", hint)
        if key in ("effort", "strategy", "system"):
            values[key] = checked(key, value, place, RULES)
        else:
            values[key] = _typed(key, value, place)
    if not str(values.get("prompt", "")).strip():
        raise UsageError(f"{document.path}: a template needs a prompt", 'write prompt = "..."')
    schema = values.get("schema")
    if schema and not schema.lstrip().startswith("{"):
        values["schema"] = str(document.path.parent / Path(schema).expanduser())
    template = Template(name, **values)
    for variable in template.defaults:
        if variable not in template.variables:
            place = document.where("defaults", variable)
            hint = did_you_mean(variable, template.variables)
            raise UsageError(f"{place}: the prompt has no variable {variable!r}", hint)
    return template


def _typed(key: str, value: object, place: str) -> object:
    if key == "verifiers":
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise UsageError(f"{place}: verifiers is a list of texts", 'write ["regex:^[0-9]+$"]')
    if key == "defaults":
        if isinstance(value, dict) and all(isinstance(v, str | int) for v in value.values()):
            return {name: str(item) for name, item in value.items()}
        raise UsageError(f"{place}: defaults is a table of texts", 'write [defaults] and x = "..."')
    if not isinstance(value, str):
        raise UsageError(f"{place}: {key} must be a text")
    return value
