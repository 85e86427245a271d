"""Options that several commands take, in one wording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

INPUT, SPENDING, SAMPLING = "Input", "Spending", "Sampling"
ENGINE, OUTPUT = "Model and engine", "Output"


def opt(*names: str, help: str, panel: str, **more: Any) -> Any:  # noqa: A002 - Typer's word
    """An option in a panel of the help."""
    return typer.Option(*names, help=help, rich_help_panel=panel, **more)


SETTINGS = (
    "effort", "strategy", "task", "path", "samples", "programs", "show_program", "max_tokens",
    "max_seconds", "thinking_budget", "system", "model", "yes", "offline", "profile", "gpu_layers",
    "ctx_size", "threads", "temperature", "top_p", "top_k", "min_p", "seed",
)  # fmt: skip
"""Options that are settings under the same name."""
OFF = {"no_stream": ("stream", False), "no_color": ("color", "no"), "no_log": ("log", False),
       "no_cache": ("cache", False)}  # fmt: skip
"""Switches that turn a setting off: what it is then."""


def settings(params: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among a command's options; None where nothing was said."""
    found = {name: params[name] for name in SETTINGS if name in params}
    found |= {name: off if params[no] else None for no, (name, off) in OFF.items() if no in params}
    if (shown := params.get("show_reasoning")) is not None:
        found["show_reasoning"] = "yes" if shown else "no"
    return found


def filled(params: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, with others where nothing was said."""
    return {**params, **{k: v for k, v in others.items() if params.get(k) is None}}


def values(given: Sequence[Any] | None) -> tuple[tuple[str, str], ...]:
    """What `-p` gave: a pair each time, whatever Typer's annotation says."""
    return tuple((pair[0], pair[1]) for pair in given or ())


Effort = Annotated[
    str | None,
    opt(
        "-e",
        "--effort",
        "--reasoning-effort",
        help="low, medium, high or max: 1x, 4x, 16x,"
        " 64x the cost of one plain answer; auto chooses.",
        panel=SPENDING,
    ),
]
Samples = Annotated[
    int | None,
    opt("-n", "--samples", help="Branches; lifts the cap that effort gives.", panel=SPENDING),
]
Programs = Annotated[
    str | None,
    opt(
        "--programs",
        metavar="auto|off|only",
        help="Whether programs, run locked in, are samples beside plain replies.",
        panel=SPENDING,
    ),
]
Option = Annotated[
    list[str] | None,
    opt(
        "-O",
        "--option",
        metavar="KEY=VALUE",
        help="For strategy or verifier (repeatable); `ttc ask --help-options` lists them.",
        panel=SPENDING,
    ),
]
ThinkingBudget = Annotated[
    int | None,
    opt("--thinking-budget", help="Tokens of thought a branch: -1 no cap, 0 none.", panel=SPENDING),
]
NoEarlyStop = Annotated[bool, opt("--no-early-stop", help="Draw all samples.", panel=SPENDING)]
Diverse = Annotated[bool, opt("--diverse", help="Vary temperature and wording.", panel=SPENDING)]
Verifiers = Annotated[
    list[str] | None,
    opt(
        "-V",
        "--verifier",
        metavar="NAME[:ARG]",
        help="Judge the samples (repeatable): confidence, self-certainty, judge, regex:PATTERN,"
        " schema:FILE, exec:CMD, tests:FILE, probe:NAME, prm:FILE.",
        panel=SPENDING,
    ),
]
UnsafeExec = Annotated[
    bool,
    opt(
        "--unsafe-exec",
        help="Run the model's code also where it cannot be locked in.",
        panel=SPENDING,
    ),
]
Model = Annotated[
    str | None, opt("-m", "--model", help="Catalogue name, alias or GGUF file.", panel=ENGINE)
]
Yes = Annotated[
    bool | None, opt("-y", "--yes", help="Fetch a missing model without asking.", panel=ENGINE)
]
Offline = Annotated[bool | None, opt("--offline", help="No network at all.", panel=ENGINE)]
Profile = Annotated[str | None, opt("--profile", help="A named set of settings.", panel=ENGINE)]
GpuLayers = Annotated[
    int | None, opt("--gpu-layers", help="Layers on the GPU, -1 for all.", panel=ENGINE)
]
CtxSize = Annotated[
    int | None, opt("--ctx-size", help="Context of one branch, in tokens.", panel=ENGINE)
]
Threads = Annotated[int | None, opt("--threads", help="Threads.", panel=ENGINE)]
Temperature = Annotated[float | None, opt("--temperature", help="0 is greedy.", panel=SAMPLING)]
TopP = Annotated[float | None, opt("--top-p", help="Nucleus.", panel=SAMPLING)]
TopK = Annotated[int | None, opt("--top-k", help="Likeliest kept.", panel=SAMPLING)]
MinP = Annotated[
    float | None, opt("--min-p", help="Floor, as a share of the likeliest.", panel=SAMPLING)
]
Seed = Annotated[
    str | None, opt("--seed", help="A number, or random; 0 by default.", panel=SAMPLING)
]
System = Annotated[str | None, opt("-s", "--system", help="System prompt.", panel=INPUT)]
Template = Annotated[
    str | None, opt("-t", "--template", help="A saved prompt (`ttc templates`).", panel=INPUT)
]
Values = Annotated[
    list[str] | None,
    opt(
        "-p",
        "--param",
        metavar="KEY VALUE",
        help="Of the template's variables (repeatable).",
        panel=INPUT,
    ),
]
Schema = Annotated[
    str | None,
    opt(
        "--schema",
        metavar="FILE|JSON",
        help="Think freely, then answer in JSON that is valid under this JSON schema.",
        panel=OUTPUT,
    ),
]
ShowReasoning = Annotated[
    bool | None,
    opt(
        "--show-reasoning/--hide-reasoning",
        " /-R",
        help="Thoughts on stderr; by default on a terminal only.",
        panel=OUTPUT,
    ),
]
ShowProgram = Annotated[
    bool | None,
    opt("--show-program", help="Print the program behind the answer, on stderr.", panel=OUTPUT),
]
Quiet = Annotated[bool, opt("-q", "--quiet", help="Nothing on stderr but errors.", panel=OUTPUT)]
Continue = Annotated[
    bool, opt("-c", "--continue", help="Go on with the last conversation.", panel=INPUT)
]
Cid = Annotated[
    str | None,
    opt("--cid", metavar="ID", help="Go on with the conversation of a run.", panel=INPUT),
]
NoColor = Annotated[bool, opt("--no-color", help="No colours.", panel=OUTPUT)]
NoCache = Annotated[
    bool, opt("--no-cache", help="Neither use nor keep samples of other runs.", panel=OUTPUT)
]
Refresh = Annotated[
    bool, opt("--refresh", help="Draw anew, and keep the new samples.", panel=OUTPUT)
]
NoLog = Annotated[
    bool, opt("--no-log", help="Keep nothing: no log, no measured speeds.", panel=OUTPUT)
]
