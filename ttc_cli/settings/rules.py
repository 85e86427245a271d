"""What values a setting takes, how a value is read, and what is said of a wrong one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ttc_cli.core.errors import UsageError
from ttc_cli.core.text import did_you_mean

Kind = Literal["text", "choice", "whole", "number", "switch", "texts", "pairs", "seconds"]
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
ASK = ("auto", "yes", "no")
EFFORTS = ("auto", "low", "medium", "high", "max")
EFFORT_ALIASES = {"minimal": "low", "xhigh": "max"}  # the names other programs use
PATHS = ("auto", "simple", "complex")
TASKS = (
    "auto", "math", "logic", "code", "factual", "translation", "writing", "extraction", "chat",
)  # fmt: skip
BIG = 2**63 - 1  # the largest integer that TOML promises to keep


@dataclass(frozen=True)
class Rule:
    """What values a setting takes.

    Args:
        kind: `whole` is an integer, `number` any finite number, `switch` a boolean, `texts` a
            tuple of texts, `pairs` a dict from KEY=VALUE texts, `seconds` a number from a text
            such as 90s, 10m or 1h.
        low: the smallest value allowed. high: the largest value allowed.
        words: the words allowed: all of them for a `choice`, besides integers for a `whole`.
        without: a number between them that is not allowed.
        from_project: whether a project's file may set it. What would let a folder that
            somebody else wrote act without asking is for the user alone.
    """

    kind: Kind
    low: float = -math.inf
    high: float = math.inf
    words: tuple[str, ...] = ()
    without: float | None = None
    from_project: bool = True

    @property
    def expected(self) -> str:
        """What is allowed, as the end of the sentence "it must be ..."."""
        if self.kind == "text":
            return "a text"
        if self.kind == "choice":
            return "one of " + ", ".join(self.words)
        if self.kind == "switch":
            return "true or false"
        if self.kind in ("texts", "pairs"):
            return "a list of texts"
        if self.kind == "seconds":
            return "a time such as 90s, 10m or 1h, or off"
        noun = "a whole number" if self.kind == "whole" else "a number"
        start = "above {:g}, up" if self.without == self.low else "from {:g}"
        end = "to below {:g}" if self.without == self.high else "to {:g}"
        bounds = f" {start.format(self.low)} {end.format(self.high)}"
        if self.high >= BIG:
            bounds = f" of at least {self.low:g}"
        return noun + bounds + "".join(f", or {word!r}" for word in self.words)

    def read(self, value: object) -> object:
        """The value as this setting's type; ValueError when it is not allowed."""
        if self.kind == "choice" and "yes" in self.words and isinstance(value, bool):
            return "yes" if value else "no"
        if self.kind in ("text", "choice"):
            return self._typed(value, str)
        if self.kind == "switch":
            return self._typed(value, bool)
        if self.kind == "pairs" and isinstance(value, Mapping):
            return dict(value)
        if self.kind in ("texts", "pairs"):
            texts = tuple(self._typed(text, str) for text in self._typed(value, list | tuple))
            return pairs(texts) if self.kind == "pairs" else texts
        if value in self.words:
            return value
        if self.kind == "seconds":
            return self._number(_seconds(value), (int, float))
        return self._number(value, int if self.kind == "whole" else (int, float))

    def parse(self, text: str) -> object:
        """The value that a text from the environment or a command line stands for."""
        if self.kind == "text":
            return text
        text = text.strip().lower()
        if self.kind == "switch" or "yes" in self.words:
            text = "yes" if text in TRUE else "no" if text in FALSE else text
        if self.kind == "switch":
            return self.read({"yes": True, "no": False}[text])
        if self.kind == "whole" and text not in self.words:
            return self.read(int(text))
        return self.read(float(text) if self.kind == "number" else text)

    def _typed(self, value: Any, wanted: Any) -> Any:
        if not isinstance(value, wanted) or (self.words and value not in self.words):
            raise ValueError
        return value

    def _number(self, value: object, types: Any) -> int | float:
        # bool is an int to Python, and nobody means a temperature of true
        if not isinstance(value, types) or isinstance(value, bool):
            raise ValueError
        number: int | float = value
        allowed = self.low <= number <= self.high and number != self.without
        if not (allowed and math.isfinite(number)):
            raise ValueError
        return number if self.kind == "whole" else float(number)


def _seconds(value: object) -> object:
    """Seconds of a text; any other value as it is, except for what says none."""
    if value is False or value in FALSE:
        return 0.0
    if not isinstance(value, str):
        return value
    number, unit = value[:-1].strip(), UNITS.get(value[-1:])
    return float(number) * unit if unit else float(value)


@dataclass(frozen=True, slots=True)
class Option:
    """What the table says of one thing that can be set.

    Args:
        rule: the values that it takes.
        names: its flags as they are typed; empty for a setting without one. A single flag that
            begins with --no- says false.
        help: one line for people, with the unit where there is one.
        on: the commands that take the flag. panel: the section of the help.
        takes: what stands for the value in the help; by default the name in capitals.
        complete: the kind of values that shells complete: see `cli.values`, or "files".
        key: whether it is also a key of the settings files, and an environment variable.
    """

    rule: Rule
    names: tuple[str, ...]
    help: str
    on: tuple[str, ...]
    panel: str
    takes: str
    complete: str
    key: bool


def option(
    default: Any, rule: Rule, *names: str, help: str, on: str = "", panel: str = "",  # noqa: A002 - a flag's help
    takes: str = "", complete: str = "", key: bool = True,
) -> Any:  # fmt: skip
    """A row of the table, as a field of a dataclass."""
    row = Option(rule, names, help, tuple(on.split()), panel, takes, complete, key)
    if isinstance(default, dict):
        return field(default_factory=dict, metadata={"option": row})
    return field(default=default, metadata={"option": row})


def pairs(given: Iterable[str]) -> dict[str, str]:
    """The options of a strategy, from `-O KEY=VALUE`; UsageError for any other form."""
    options = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"-O takes KEY=VALUE, not {text!r}", "see `ttc ask --help-options`")
        options[key.strip()] = value.strip()
    return options


def rule_of(name: str, rules: Mapping[str, Rule]) -> Rule:
    """The rule of setting `name`; UsageError with the nearest name when there is none."""
    if name not in rules:
        raise UsageError(f"no setting is called {name!r}", did_you_mean(name, rules))
    return rules[name]


def checked(
    name: str, value: object, where: str | Callable[[], str], rules: Mapping[str, Rule], *,
    text: bool = False,
) -> object:  # fmt: skip
    """The value of setting `name`, typed and within its range; else UsageError.

    Args:
        where: where it was given, for the error; a function when that takes time to find.
        rules: of the table that the setting stands in.
        text: whether a string stands for a value of another type, as on a command line.
    """
    rule = rule_of(name, rules)
    try:
        if name == "effort" and isinstance(value, str):
            value = EFFORT_ALIASES.get(value, value)
        return rule.parse(value) if text and isinstance(value, str) else rule.read(value)
    except (ValueError, KeyError, OverflowError):
        hint = did_you_mean(value, rule.words) if isinstance(value, str) else ""
        place = where if isinstance(where, str) else where()
        own = place == name or name.replace("_", "-") in place.partition("--")[2]  # its flag
        what = place if own else f"{place}: {name}"
        raise UsageError(f"{what} must be {rule.expected}, not {value!r:.80}", hint) from None
