"""The settings there are: names, types, ranges and defaults, each in one line."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from ttc_cli.core.errors import UsageError
from ttc_cli.core.ledger import Usage
from ttc_cli.core.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ttc_cli.settings.remotes import NamedRemote
    from ttc_cli.settings.routes import RouteRule

Kind = Literal["text", "choice", "whole", "number", "switch"]
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
EFFORT_ALIASES = {"minimal": "low", "xhigh": "max"}  # the names other programs use
MEGABYTE = 1_000_000
"""Of the settings that end in _mb."""
_BIG = 2**63 - 1  # the largest integer TOML promises to keep


@dataclass(frozen=True)
class Rule:
    """What values a setting takes.

    Args:
        kind: `whole` is an integer, `number` any finite number, `switch` a boolean.
        about: one line for people, with the unit where there is one.
        low: the smallest value allowed.
        high: the largest value allowed.
        words: the words allowed: all of them for a `choice`, besides integers for a `whole`.
        from_project: whether a project's file may set it. What would let a folder that
            somebody else wrote act without asking is for the user alone.
    """

    kind: Kind
    about: str
    low: float = -math.inf
    high: float = math.inf
    words: tuple[str, ...] = ()
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
        noun = "a whole number" if self.kind == "whole" else "a number"
        bounds = f" from {self.low:g} to {self.high:g}"
        if self.high >= _BIG:
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
        if value in self.words:
            return value
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

    def _typed(self, value: object, wanted: type) -> object:
        if not isinstance(value, wanted) or (self.words and value not in self.words):
            raise ValueError
        return value

    def _number(self, value: object, types: Any) -> int | float:
        # bool is an int to Python, and nobody means a temperature of true
        if not isinstance(value, types) or isinstance(value, bool):
            raise ValueError
        number: int | float = value
        if not (self.low <= number <= self.high and math.isfinite(number)):
            raise ValueError
        return number if self.kind == "whole" else float(number)


def _setting(default: Any, *rule: Any, **more: Any) -> Any:
    return field(default=default, metadata={"rule": Rule(*rule, **more)})


_ASK = ("auto", "yes", "no")
_EFFORTS = ("auto", "low", "medium", "high", "max")
_TASKS = (
    "auto", "math", "logic", "code", "factual", "translation", "writing", "extraction", "chat",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """All settings of one run. None means: the model, the strategy or the machine decides.

    Args:
        remotes: the user's named servers.
        remote: the one that answers, once that is settled; None for a local model.
        routes: rules for the router, the project's before the user's.
        origins: where each value that is not a default came from, as people read it.
        warnings: one line each, about what was read but ignored or is worth knowing.
    """

    model: str | None = _setting(None, "text", "catalogue name, alias, GGUF path or server URL")
    effort: str = _setting("auto", "choice", "how much to spend", words=_EFFORTS)
    strategy: str = _setting("auto", "text", "how to spend it")
    task: str = _setting("auto", "choice", "what kind of work a prompt is", words=_TASKS)
    path: str = _setting(
        "auto",
        "choice",
        "whether a prompt needs several steps",
        words=("auto", "simple", "complex"),
    )
    programs: str = _setting(
        "auto", "choice", "programs as evidence", words=("auto", "off", "only")
    )
    samples: int | None = _setting(None, "whole", "branches of the strategy", 1, _BIG)
    max_tokens: int | None = _setting(None, "whole", "cap on sampled tokens", 1, _BIG)
    max_seconds: float | None = _setting(None, "number", "cap on seconds", 0.001)
    thinking_budget: int | None = _setting(
        None, "whole", "tokens of thought a branch: -1 no cap, 0 none", -1, _BIG
    )
    temperature: float | None = _setting(None, "number", "0 is greedy", 0, 5)
    top_p: float | None = _setting(None, "number", "nucleus, as a probability", 0, 1)
    top_k: int | None = _setting(None, "whole", "likeliest tokens kept, 0 for all", 0, _BIG)
    min_p: float | None = _setting(None, "number", "floor, as a share of the likeliest", 0, 1)
    seed: int | Literal["random"] = _setting(
        0, "whole", "of all random draws", 0, _BIG, words=("random",)
    )
    system: str | None = _setting(None, "text", "system prompt; empty for none")
    ctx_size: int | None = _setting(None, "whole", "context, in tokens", 1, _BIG)
    threads: int | None = _setting(None, "whole", "threads of the engine", 1, 4096)
    gpu_layers: int | None = _setting(None, "whole", "layers on the GPU, -1 for all", -1, _BIG)
    flash_attention: str = _setting("auto", "choice", "attention kernel of the engine", words=_ASK)
    kv_type: str = _setting(
        "auto", "choice", "what keys and values are kept as", words=("auto", "f16", "q8_0")
    )
    color: str = _setting("auto", "choice", "colours", words=_ASK)
    stream: bool = _setting(True, "switch", "print the answer while it is written")
    show_reasoning: str = _setting("auto", "choice", "thoughts on stderr", words=_ASK)
    show_program: bool = _setting(False, "switch", "print the program behind the answer")
    cache: bool = _setting(True, "switch", "keep and reuse results")
    log: bool = _setting(True, "switch", "keep a log of runs")
    log_days: float | None = _setting(None, "number", "days that a run stays in the log", 0)
    log_max_mb: float = _setting(
        512.0, "number", "megabytes of the log; the oldest runs go first", 0
    )
    result_cache_mb: int = _setting(64, "whole", "megabytes of whole results kept", 0, _BIG)
    sample_cache_mb: int = _setting(256, "whole", "megabytes of samples kept", 0, _BIG)
    prompt_cache_mb: int = _setting(2000, "whole", "megabytes of evaluated prompts kept", 0, _BIG)
    offline: bool = _setting(False, "switch", "no network at all")
    yes: bool = _setting(False, "switch", "no questions asked", from_project=False)
    auto_pull: bool = _setting(
        False, "switch", "fetch a missing model without asking", from_project=False
    )
    profile: str | None = _setting(None, "text", "a named set of settings")
    price_per_mtok: float | None = _setting(None, "number", "money per million tokens", 0)
    watts: float | None = _setting(None, "number", "power of the machine at work, in watts", 0)
    price_per_kwh: float | None = _setting(None, "number", "money per kilowatt-hour", 0)
    remotes: Mapping[str, NamedRemote] = field(default_factory=dict, repr=False)
    routes: tuple[RouteRule, ...] = field(default=(), repr=False)
    remote: NamedRemote | None = field(default=None, repr=False, compare=False)
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    def origin(self, name: str) -> str:
        """Where the value of setting `name` came from: "default" when nobody set it."""
        rule_of(name)
        return self.origins.get(name, "default")

    def price(self, tokens: int, seconds: float, usage: Usage | None = None) -> float | None:
        """What evaluating so many tokens in so many seconds costs; None without prices.

        Behind a server it is what its prices say of a run's usage (none: it took nothing).
        """
        if self.remote is not None:
            return self.remote.money(usage or Usage())
        if self.price_per_mtok is None and (self.watts is None or self.price_per_kwh is None):
            return None
        energy = (self.watts or 0.0) * (self.price_per_kwh or 0.0) * seconds / 3.6e6
        return round((self.price_per_mtok or 0.0) * tokens / 1e6 + energy, 8)


RULES: Mapping[str, Rule] = {
    item.name: item.metadata["rule"] for item in fields(Settings) if "rule" in item.metadata
}


def rule_of(name: str, rules: Mapping[str, Rule] = RULES) -> Rule:
    """The rule of setting `name`; UsageError with the nearest name when there is none."""
    if name not in rules:
        raise UsageError(f"no setting is called {name!r}", did_you_mean(name, rules))
    return rules[name]


def flag_of(name: str) -> str:
    """The flag that a setting has, where it has one."""
    return "--" + name.replace("_", "-")


def checked(
    name: str,
    value: object,
    where: str | Callable[[], str],
    *,
    text: bool = False,
    rules: Mapping[str, Rule] = RULES,
) -> object:
    """The value of setting `name`, typed and within its range.

    Args:
        name: the setting.
        value: what was given for it.
        where: where it was given, for the error; a function when that takes time to find.
        text: whether a string stands for a value of another type, as on a command line.
        rules: of the table that the setting stands in.

    Raises:
        UsageError: no such setting, or the value has the wrong type or is out of range.
    """
    rule = rule_of(name, rules)
    try:
        if name == "effort" and isinstance(value, str):
            value = EFFORT_ALIASES.get(value, value)
        return rule.parse(value) if text and isinstance(value, str) else rule.read(value)
    except (ValueError, KeyError, OverflowError):
        hint = did_you_mean(value, rule.words) if isinstance(value, str) else ""
        place = where if isinstance(where, str) else where()
        what = place if place in (name, flag_of(name)) else f"{place}: {name}"
        raise UsageError(f"{what} must be {rule.expected}, not {value!r:.80}", hint) from None
