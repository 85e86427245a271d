"""The one table of what can be set: a row is a setting's type, default, flag, values and help.

A row of `AnswerSettings` decides what an answer says, one of `Settings` does not. Rows are keys of
the settings files and `TTC_NAME` variables too, unless `key=False`; what only a command line can
say stands in `settings.flags`. Signatures, help, the reference page, the man
page, completions and `ttc config` are made from the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, Literal

from ttc_cli.core.ledger import Usage
from ttc_cli.settings.places import Places, places
from ttc_cli.settings.rules import ASK, BIG, EFFORTS, PATHS, TASKS, Option, Rule, option, rule_of
from ttc_cli.settings.tables import NamedRemote, RouteRule

MEGABYTE = 1_000_000  # of the settings that end in _mb
INPUT, SPENDING, SAMPLING = "Input", "Spending", "Sampling"
ENGINE, OUTPUT = "Model and engine", "Output"
PANELS = (INPUT, SPENDING, SAMPLING, ENGINE, OUTPUT)  # sections of a command's help, in order
TURNS, RUNS, HERE = "ask chat", "ask map chat", "ask map chat bench"
SERVED, EVERY = f"{RUNS} serve", f"{HERE} serve"  # commands that take an option


TEXT, TEXTS, SWITCH = Rule("text"), Rule("texts"), Rule("switch")
COUNT = Rule("whole", 1, BIG)
BYTES = Rule("whole", 0, BIG)
MONEY = Rule("number", 0)
OURS = Rule("text", from_project=False)
OURS_ALONE = Rule("switch", from_project=False)
spending = partial(option, on=EVERY, panel=SPENDING)
sampling = partial(option, on=EVERY, panel=SAMPLING)
engine = partial(option, on=EVERY, panel=ENGINE)
output = partial(option, panel=OUTPUT)


@dataclass(frozen=True, kw_only=True)
class AnswerSettings:
    """Settings that decide what an answer says. None: the model or the strategy decides.

    Args:
        routes: rules for the router, the project's before the user's.
    """

    system: str | None = option(
        None, TEXT, "-s", "--system", help="System prompt; empty for none.", on=EVERY, panel=INPUT
    )
    effort: str = spending(
        "auto", Rule("choice", words=EFFORTS), "-e", "--effort", "--reasoning-effort",
        on=EVERY + " again", help="low, medium, high or max: 1x, 4x, 16x, 64x the cost of one plain"
        " answer; auto chooses.",
    )  # fmt: skip
    strategy: str = spending(
        "auto", TEXT, "-S", "--strategy", help="How to spend it: auto, {strategies}.",
        complete="strategies",
    )  # fmt: skip
    task: str = spending(
        "auto", Rule("choice", words=TASKS), "--task", on="ask", help="math, logic, code, factual,"
        " translation, writing, extraction or chat; auto decides by the prompt.",
    )  # fmt: skip
    path: str = spending(
        "auto", Rule("choice", words=PATHS), "--path", on="ask",
        help="simple or complex; auto decides by the prompt.",
    )  # fmt: skip
    samples: int | None = spending(
        None, COUNT, "-n", "--samples", help="Branches; lifts the cap that effort gives.",
        on=EVERY + " again",
    )  # fmt: skip
    programs: str = spending(
        "auto", Rule("choice", words=("auto", "off", "only")), "--programs", takes="auto|off|only",
        help="Whether programs, run locked in, are samples beside plain replies.",
    )  # fmt: skip
    probe: bool = spending(
        True, SWITCH, "--no-probe", help="Do not weigh samples by the model's own probe."
    )
    options: Mapping[str, str] = spending(
        {}, Rule("pairs"), "-O", "--option", takes="KEY=VALUE", key=False,
        help="For strategy or verifier (repeatable); `ttc ask --help-options` lists them.",
    )  # fmt: skip
    verifiers: tuple[str, ...] = spending(
        (), TEXTS, "-V", "--verifier", takes="NAME[:ARG]", key=False, complete="verifiers",
        help="Judge the samples (repeatable): {verifiers}.",
    )  # fmt: skip
    early_stop: bool = spending(
        True, SWITCH, "--no-early-stop", key=False, help="Draw all samples."
    )
    diverse: bool = spending(
        False, SWITCH, "--diverse", key=False, help="Vary temperature and wording."
    )
    max_tokens: int | None = spending(
        None, COUNT, "--max-tokens",
        help="Cap on the sampled tokens of an answer, all branches together.",
    )  # fmt: skip
    max_seconds: float | None = spending(
        None, Rule("number", 0.001), "--max-seconds", on=SERVED,
        help="Cap on the seconds of an answer; waiting for the model to load counts.",
    )  # fmt: skip
    thinking_budget: int | None = spending(
        None, Rule("whole", -1, BIG), "--thinking-budget",
        help="Tokens of thought a branch: -1 no cap, 0 none.",
    )  # fmt: skip
    temperature: float | None = sampling(
        None, Rule("number", 0, 5), "--temperature", help="0 is greedy."
    )
    top_p: float | None = sampling(
        None, Rule("number", 0, 1, without=0), "--top-p", help="Nucleus, as a probability."
    )
    top_k: int | None = sampling(
        None, Rule("whole", 0, BIG), "--top-k", help="Likeliest tokens kept; 0 for all."
    )
    min_p: float | None = sampling(
        None, Rule("number", 0, 1, without=1), "--min-p", help="Floor, as a share of the likeliest."
    )
    seed: int | Literal["random"] = sampling(
        0, Rule("whole", 0, BIG, words=("random",)), "--seed", on=SERVED + " again",
        help="A number, or random; 0 by default.",
    )  # fmt: skip
    model: str | None = engine(
        None, TEXT, "-m", "--model", help="Catalogue name, alias, GGUF file or server's URL.",
        on=EVERY + " again", complete="models",
    )  # fmt: skip
    ctx_size: int | None = engine(
        None, COUNT, "--ctx-size", help="Context of one branch, in tokens."
    )
    flash_attention: str = option(
        "auto", Rule("choice", words=ASK), help="Attention kernel of the engine."
    )
    kv_type: str = option(
        "auto", Rule("choice", words=("auto", "f16", "q8_0")),
        help="What keys and values are kept as.",
    )  # fmt: skip
    schema: str = output(
        "", TEXT, "--schema", takes="FILE|JSON", key=False, complete="files", on=RUNS,
        help="Think freely, then answer in JSON that is valid under this JSON schema.",
    )  # fmt: skip
    routes: tuple[RouteRule, ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class Settings(AnswerSettings):
    """All settings of one run. None means: the model, the strategy or the machine decides.

    Args:
        remotes: the user's named servers.
        remote: the one that answers, once that is settled; None for a local model.
        origins: where each value that is not a default came from, as people read it.
        from_project: settings whose value is a project's, and so perhaps a stranger's.
        warnings: one line each, about what was read but ignored or is worth knowing.
        places: the folders of this run.
    """

    unsafe_exec: bool = spending(
        False, SWITCH, "--unsafe-exec", key=False, on=HERE,
        help="Run the model's code also where it cannot be locked in.",
    )  # fmt: skip
    max_total_tokens: int | None = spending(
        None, COUNT, "--max-total-tokens", key=False, on="map bench", help="Cap on the sampled"
        " tokens of all answers together; --resume goes on below a larger one.",
    )  # fmt: skip
    max_cost: float | None = spending(
        None, MONEY, "--max-cost", takes="MONEY", key=False, on="map bench",
        help="Cap on what all answers together cost, by the prices in the settings.",
    )  # fmt: skip
    threads: int | None = engine(None, Rule("whole", 1, 4096), "--threads", help="Threads.")
    gpu_layers: int | None = engine(
        None, Rule("whole", -1, BIG), "--gpu-layers", help="Layers on the GPU, -1 for all."
    )
    yes: bool = engine(
        False, OURS_ALONE, "-y", "--yes", help="Fetch a missing model without asking."
    )
    auto_pull: bool = option(False, OURS_ALONE, help="Fetch a missing model without asking.")
    server_wait: float = option(
        600.0, Rule("number", 0, 86_400), help="Seconds to wait for a server that went away."
    )
    affinity_header: str = option(
        "X-Session-ID", OURS, help="Header that all samples of a question share; empty for none."
    )
    offline: bool = engine(False, SWITCH, "--offline", help="No network at all.")
    profile: str | None = engine(
        None, TEXT, "--profile", help="A named set of settings.", complete="profiles"
    )
    color: str = output(
        "auto", Rule("choice", words=ASK), "--no-color", help="No colours.", on=RUNS
    )
    stream: bool = output(
        True, SWITCH, "--no-stream", help="Print the answer at the end.", on="ask"
    )
    show_reasoning: str = output(
        "auto", Rule("choice", words=ASK), "--show-reasoning/--hide-reasoning", " /-R", on=TURNS,
        help="Thoughts on stderr; by default on a terminal only.",
    )  # fmt: skip
    show_program: bool = output(
        False, SWITCH, "--show-program", help="Print the program behind the answer, on stderr.",
        on=TURNS,
    )  # fmt: skip
    cache: bool = output(
        True, SWITCH, "--no-cache", help="Neither use nor keep samples of other runs.", on=SERVED
    )
    log: bool = output(
        True, SWITCH, "--no-log", help="Keep nothing: no log, no measured speeds.", on=SERVED
    )
    keep_warm: float = option(
        0.0, Rule("seconds", 0, from_project=False),
        help="How long a model stays loaded after a call, for the next one; off by default.",
    )  # fmt: skip
    log_days: float | None = option(None, MONEY, help="Days that a run stays in the log.")
    log_max_mb: float = option(512.0, MONEY, help="Megabytes of the log; the oldest runs go first.")
    result_cache_mb: int = option(64, BYTES, help="Megabytes of whole results kept.")
    sample_cache_mb: int = option(256, BYTES, help="Megabytes of samples kept.")
    prompt_cache_mb: int = option(2000, BYTES, help="Megabytes of evaluated prompts kept.")
    price_per_mtok: float | None = option(None, MONEY, help="Money per million tokens.")
    watts: float | None = option(None, MONEY, help="Power of the machine at work, in watts.")
    price_per_kwh: float | None = option(None, MONEY, help="Money per kilowatt-hour.")
    remotes: Mapping[str, NamedRemote] = field(default_factory=dict, repr=False)
    remote: NamedRemote | None = field(default=None, repr=False, compare=False)
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    from_project: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)
    places: Places = field(default_factory=places, repr=False, compare=False)

    def origin(self, name: str) -> str:
        """Where the value of setting `name` came from: "default" when nobody set it."""
        rule_of(name, RULES)
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


def rows(table: type[Any]) -> dict[str, Option]:
    """The rows of a dataclass, by name."""
    found = {item.name: item.metadata.get("option") for item in fields(table)}
    return {name: row for name, row in found.items() if row is not None}


SETTINGS: Mapping[str, Option] = rows(Settings)
"""By name: what can be set for a run, whether or not files and environment may."""
ALL_RULES: Mapping[str, Rule] = {name: row.rule for name, row in SETTINGS.items()}
RULES: Mapping[str, Rule] = {name: row.rule for name, row in SETTINGS.items() if row.key}
"""Of the settings that files and environment may set."""
