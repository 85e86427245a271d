"""`ttc map`: one prompt over many records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ttc_cli.cli import options
from ttc_cli.cli.help import Grouped, tree
from ttc_cli.cli.options import INPUT, OUTPUT, SPENDING, opt
from ttc_cli.cli.signals import caught
from ttc_cli.cli.start import hello

app = tree()


@app.command(cls=Grouped)
def map(  # noqa: A001 - the command's name
    context: typer.Context,
    prompt: Annotated[
        str | None,
        typer.Argument(
            metavar="[PROMPT]",
            help="With {line}, or {name} for a field of a JSON record; {{name}} is not filled."
            " With -t it may be left out.",
            show_default=False,
            rich_help_panel=INPUT,
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]",
            help="Lines or JSON records; `-`, the default, is stdin.",
            show_default=False,
            rich_help_panel=INPUT,
        ),
    ] = None,
    jsonl_input: Annotated[
        bool | None,
        opt(
            "--jsonl-input/--line-input",
            help="What the lines are; by default JSON if the name ends in .jsonl or the first"
            " character is {.",
            panel=INPUT,
        ),
    ] = None,
    system: options.System = None,
    template: options.Template = None,
    value: options.Values = None,
    effort: options.Effort = None,
    strategy: Annotated[
        str | None, opt("-S", "--strategy", help="As for `ttc ask`.", panel=SPENDING)
    ] = None,
    samples: options.Samples = None,
    programs: options.Programs = None,
    option: options.Option = None,
    verifier: options.Verifiers = None,
    unsafe_exec: options.UnsafeExec = False,
    no_early_stop: options.NoEarlyStop = False,
    diverse: options.Diverse = False,
    max_tokens: Annotated[
        int | None, opt("--max-tokens", help="Cap on sampled tokens of a record.", panel=SPENDING)
    ] = None,
    max_seconds: Annotated[
        float | None, opt("--max-seconds", help="Cap on the time of a record.", panel=SPENDING)
    ] = None,
    thinking_budget: options.ThinkingBudget = None,
    model: options.Model = None,
    yes: options.Yes = None,
    offline: options.Offline = None,
    profile: options.Profile = None,
    gpu_layers: options.GpuLayers = None,
    ctx_size: options.CtxSize = None,
    threads: options.Threads = None,
    temperature: options.Temperature = None,
    top_p: options.TopP = None,
    top_k: options.TopK = None,
    min_p: options.MinP = None,
    seed: options.Seed = None,
    field: Annotated[
        str, opt("--field", metavar="NAME", help="Name of the answer in a result.", panel=OUTPUT)
    ] = "answer",
    extract: Annotated[
        bool, opt("-x", "--extract", help="Only the short form of the answers.", panel=OUTPUT)
    ] = False,
    schema: options.Schema = None,
    output: Annotated[
        Path | None,
        opt(
            "-o",
            "--output",
            help="Write the results to a file, which is there when all are.",
            panel=OUTPUT,
        ),
    ] = None,
    resume: Annotated[
        bool, opt("--resume", help="Go on with the -o file of a run that ended.", panel=OUTPUT)
    ] = False,
    unordered: Annotated[
        bool, opt("--unordered", help="Results as they come, not in input order.", panel=OUTPUT)
    ] = False,
    fail_fast: Annotated[
        bool, opt("--fail-fast", help="Stop at the first bad record.", panel=OUTPUT)
    ] = False,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    no_cache: options.NoCache = False,
    refresh: options.Refresh = False,
    no_log: options.NoLog = False,
) -> None:
    """Ask one prompt about every line or JSON record of FILE.

    With -t the prompt is a saved one: -p gives its variables, or else a record's fields do, and
    PROMPT, or else the line, its {input}.

    Many records are answered at once. Each gives a line of JSON on stdout, in input order: its
    fields and the answer, or an error, which makes the exit code 1. Blank lines are left out.
    With -o a run that was killed goes on with --resume; nothing is lost or done twice.

    Examples: ttc map "Translate to French: {line}" words.txt ·
    ttc map -x -o out.jsonl "{question}" gsm8k.jsonl
    """
    with caught() as signals:
        if not quiet:
            hello()
        from ttc_cli.cli import asking
        from ttc_cli.cli.mapping import Flags, run

        settings = options.settings(context.params)
        question = asking.Flags(
            options=tuple(option or ()),
            early_stop=not no_early_stop,
            diverse=diverse,
            refresh=refresh,
            template=template,
            values=options.values(value),
            verifiers=tuple(verifier or ()),
            unsafe_exec=unsafe_exec,
            schema=schema or "",
        )
        if template is not None and file is None:  # one word: the template is the prompt
            prompt, file = None, prompt
        flags = Flags(
            prompt or "", file or "-", jsonl_input, question, field, extract, output, resume,
            unordered, fail_fast, quiet,
        )  # fmt: skip
        raise typer.Exit(run(settings, flags, signals))
