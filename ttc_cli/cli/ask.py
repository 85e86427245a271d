"""`ttc ask`: one question, one answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ttc_cli.cli.signals import caught
from ttc_cli.cli.start import hello

SAMPLING, SPENDING, INPUT, OUTPUT, ENGINE = (
    "Sampling",
    "Spending",
    "Input",
    "Output",
    "Model and engine",
)


def _opt(*names: str, help: str, panel: str, **more: Any) -> Any:  # noqa: A002 - Typer's word
    return typer.Option(*names, help=help, rich_help_panel=panel, **more)


def ask(
    context: typer.Context,
    prompt: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PROMPT]...",
            help="The question; `-` is stdin.",
            show_default=False,
            rich_help_panel=INPUT,
        ),
    ] = None,
    effort: Annotated[
        str | None,
        _opt(
            "-e",
            "--effort",
            "--reasoning-effort",
            help="low, medium, high or max: 1x, 4x, 16x,"
            " 64x the cost of one plain answer; auto chooses.",
            panel=SPENDING,
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        _opt("-S", "--strategy", help="auto, direct, self-consistency or think.", panel=SPENDING),
    ] = None,
    samples: Annotated[
        int | None,
        _opt("-n", "--samples", help="Branches; lifts the cap that effort gives.", panel=SPENDING),
    ] = None,
    option: Annotated[
        list[str] | None,
        _opt(
            "-O",
            "--option",
            metavar="KEY=VALUE",
            help="For the strategy (repeatable); --help-options lists them.",
            panel=SPENDING,
        ),
    ] = None,
    help_options: Annotated[
        bool, _opt("--help-options", help="List the strategy's options.", panel=SPENDING)
    ] = False,
    no_early_stop: Annotated[
        bool, _opt("--no-early-stop", help="Draw all samples.", panel=SPENDING)
    ] = False,
    diverse: Annotated[
        bool, _opt("--diverse", help="Vary temperature and wording.", panel=SPENDING)
    ] = False,
    max_tokens: Annotated[
        int | None,
        _opt("--max-tokens", help="Cap on sampled tokens, all branches together.", panel=SPENDING),
    ] = None,
    max_seconds: Annotated[
        float | None, _opt("--max-seconds", help="Cap on time, loading included.", panel=SPENDING)
    ] = None,
    thinking_budget: Annotated[
        int | None,
        _opt(
            "--thinking-budget",
            help="Tokens of thought a branch: -1 no cap, 0 none.",
            panel=SPENDING,
        ),
    ] = None,
    min_agreement: Annotated[
        float | None,
        _opt("--min-agreement", help="Exit 3 when the vote agrees less (0 to 1).", panel=SPENDING),
    ] = None,
    dry_run: Annotated[
        bool,
        _opt("--dry-run", help="Show route, plan and estimate; generate nothing.", panel=SPENDING),
    ] = False,
    file: Annotated[
        list[str] | None,
        _opt(
            "-f",
            "--file",
            metavar="PATH",
            help="A text file to attach (repeatable); `-` is stdin.",
            panel=INPUT,
        ),
    ] = None,
    system: Annotated[
        str | None, _opt("-s", "--system", help="System prompt.", panel=INPUT)
    ] = None,
    no_stdin: Annotated[bool, _opt("--no-stdin", help="Never read stdin.", panel=INPUT)] = False,
    model: Annotated[
        str | None, _opt("-m", "--model", help="Catalogue name, alias or GGUF file.", panel=ENGINE)
    ] = None,
    yes: Annotated[
        bool | None, _opt("-y", "--yes", help="Fetch a missing model without asking.", panel=ENGINE)
    ] = None,
    offline: Annotated[
        bool | None, _opt("--offline", help="No network at all.", panel=ENGINE)
    ] = None,
    profile: Annotated[
        str | None, _opt("--profile", help="A named set of settings.", panel=ENGINE)
    ] = None,
    gpu_layers: Annotated[
        int | None, _opt("--gpu-layers", help="Layers on the GPU, -1 for all.", panel=ENGINE)
    ] = None,
    ctx_size: Annotated[
        int | None, _opt("--ctx-size", help="Context of one branch, in tokens.", panel=ENGINE)
    ] = None,
    threads: Annotated[int | None, _opt("--threads", help="Threads.", panel=ENGINE)] = None,
    temperature: Annotated[
        float | None, _opt("--temperature", help="0 is greedy.", panel=SAMPLING)
    ] = None,
    top_p: Annotated[float | None, _opt("--top-p", help="Nucleus.", panel=SAMPLING)] = None,
    top_k: Annotated[int | None, _opt("--top-k", help="Likeliest kept.", panel=SAMPLING)] = None,
    min_p: Annotated[
        float | None, _opt("--min-p", help="Floor, as a share of the likeliest.", panel=SAMPLING)
    ] = None,
    seed: Annotated[
        str | None, _opt("--seed", help="A number, or random; 0 by default.", panel=SAMPLING)
    ] = None,
    as_json: Annotated[bool, _opt("--json", help="One result object.", panel=OUTPUT)] = False,
    jsonl: Annotated[bool, _opt("--jsonl", help="One event a line.", panel=OUTPUT)] = False,
    extract: Annotated[
        bool, _opt("-x", "--extract", help="Only the short form of the answer.", panel=OUTPUT)
    ] = False,
    output: Annotated[
        Path | None,
        _opt(
            "-o", "--output", help="Write the answer to a file, whole or not at all.", panel=OUTPUT
        ),
    ] = None,
    show_reasoning: Annotated[
        bool | None,
        _opt(
            "--show-reasoning/--hide-reasoning",
            " /-R",
            help="Thoughts on stderr; by default on a terminal only.",
            panel=OUTPUT,
        ),
    ] = None,
    quiet: Annotated[
        bool, _opt("-q", "--quiet", help="Nothing on stderr but errors.", panel=OUTPUT)
    ] = False,
    verbose: Annotated[
        bool, _opt("-v", "--verbose", help="Say more about what is done.", panel=OUTPUT)
    ] = False,
    no_stream: Annotated[
        bool, _opt("--no-stream", help="Print the answer at the end.", panel=OUTPUT)
    ] = False,
    no_color: Annotated[bool, _opt("--no-color", help="No colours.", panel=OUTPUT)] = False,
    no_cache: Annotated[
        bool, _opt("--no-cache", help="Neither use nor keep samples of other runs.", panel=OUTPUT)
    ] = False,
    refresh: Annotated[
        bool, _opt("--refresh", help="Draw anew, and keep the new samples.", panel=OUTPUT)
    ] = False,
    no_log: Annotated[
        bool, _opt("--no-log", help="Keep nothing: no log, no measured speeds.", panel=OUTPUT)
    ] = False,
) -> None:
    """Answer a question.

    stdout gets the answer and nothing else; piped text is attached ahead of the question.

    Examples: ttc "What is 17 * 23?" · ttc -e high "..." · cat notes.txt | ttc "Summarise this"
    """
    with caught() as signals:  # from here on: an import takes a while, and Ctrl-C may come
        if not (quiet or help_options):
            hello()
        from ttc_cli.cli.asking import Flags, Output, run

        settings = {
            "effort": effort, "strategy": strategy, "samples": samples, "max_tokens": max_tokens,
            "max_seconds": max_seconds, "thinking_budget": thinking_budget, "system": system,
            "model": model, "yes": yes, "offline": offline, "profile": profile,
            "gpu_layers": gpu_layers, "ctx_size": ctx_size, "threads": threads,
            "temperature": temperature, "top_p": top_p, "top_k": top_k, "min_p": min_p,
            "seed": seed, "stream": False if no_stream else None,
            "color": "no" if no_color else None, "log": False if no_log else None,
            "cache": False if no_cache else None,
            "show_reasoning": None if show_reasoning is None else "yes" if show_reasoning else "no",
        }  # fmt: skip
        how = Output(as_json, jsonl, extract, output, quiet, verbose, min_agreement)
        flags = Flags(
            tuple(prompt or ()),
            tuple(file or ()),
            not no_stdin,
            tuple(option or ()),
            not no_early_stop,
            diverse,
            dry_run,
            help_options,
            refresh,
        )
        raise typer.Exit(run(settings, flags, how, signals))
