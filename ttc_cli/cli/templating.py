"""What a saved prompt (`-t`, `-p`) makes of a question's words and settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ttc_cli.core.errors import UsageError
from ttc_cli.settings import home
from ttc_cli.store.templates import INPUT, Template, fill, load, put

if TYPE_CHECKING:
    from ttc_cli.settings import Flags


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


def named(flags: Flags) -> Template | None:
    """The template that `-t` names.

    Raises:
        UsageError: there is none of that name, its file is wrong, or `-p` comes without one.
    """
    if flags.template is not None:
        return load(flags.template, home())
    if flags.values:
        raise UsageError("-p gives values to a template", "name one with -t")
    return None


def over_records(
    template: Template, given: Mapping[str, str], prompt: str
) -> tuple[str, dict[str, Any]]:
    """A template as the prompt of many records, and its settings.

    The prompt is put for its `{input}`, which is otherwise a record's, or follows its text.

    Raises:
        UsageError: a value of a variable that is not there, or a system text that would change.
    """
    template.check_names(given)
    settings = _settings(template, {**template.defaults, **given})
    if not prompt:
        return template.prompt, settings
    if INPUT in Template("", template.prompt).variables and INPUT not in given:
        return put(template.prompt, INPUT, prompt), settings
    return f"{template.prompt}\n\n{prompt}", settings


def _settings(template: Template, values: Mapping[str, str]) -> dict[str, Any]:
    """Those that a template brings along; the values are the same whatever is asked."""
    settings: dict[str, Any] = {
        key: value
        for key in ("effort", "strategy", "verifiers", "schema")
        if (value := getattr(template, key))
    }
    if template.system is not None:
        lacking = [v for v in Template("", template.system).variables if v not in values]
        if lacking:
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

    Raises:
        UsageError: a variable without a value (also raised by `finish`), or one that is not there.
    """
    values = template.checked(dict(given))
    awaited = INPUT in template.variables and INPUT not in dict(given)
    settings = _settings(template, {k: v for k, v in values.items() if k != INPUT or not awaited})
    if awaited:

        def finish(prompt: str) -> str:
            found = prompt or values.get(INPUT)
            if not found:
                raise UsageError(
                    f"template {template.name} needs a value for {INPUT}",
                    "give it as the prompt, or on stdin",
                )
            return fill(template.prompt, {**values, INPUT: found})

        return Filled(tuple(words), settings, finish, True)
    more = " ".join(word for word in words if word != "-")
    text = "\n\n".join(filter(None, (fill(template.prompt, values), more)))
    dashes = tuple(word for word in words if word == "-")
    return Filled((text, *dashes), settings, lambda prompt: prompt, False)
