"""`ttc ask`: one question, one answer."""

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
    effort: options.Effort = None,
    strategy: Annotated[
        str | None,
        opt(
            "-S",
            "--strategy",
            help="auto, direct, self-consistency, best-of-n, refine, think; or a search:"
            " beam, dvts, best-first, mcts or particle.",
            panel=SPENDING,
        ),
    ] = None,
    task: Annotated[
        str | None,
        opt(
            "--task",
            help="math, logic, code, factual, translation, writing, extraction or chat;"
            " auto decides by the prompt.",
            panel=SPENDING,
        ),
    ] = None,
    path: Annotated[
        str | None,
        opt("--path", help="simple or complex; auto decides by the prompt.", panel=SPENDING),
    ] = None,
    samples: options.Samples = None,
    programs: options.Programs = None,
    option: options.Option = None,
    help_options: Annotated[
        bool, opt("--help-options", help="List the options of -S and -V.", panel=SPENDING)
    ] = False,
    verifier: options.Verifiers = None,
    unsafe_exec: options.UnsafeExec = False,
    no_early_stop: options.NoEarlyStop = False,
    diverse: options.Diverse = False,
    max_tokens: Annotated[
        int | None,
        opt("--max-tokens", help="Cap on sampled tokens, all branches together.", panel=SPENDING),
    ] = None,
    max_seconds: Annotated[
        float | None, opt("--max-seconds", help="Cap on time, loading included.", panel=SPENDING)
    ] = None,
    thinking_budget: options.ThinkingBudget = None,
    min_agreement: Annotated[
        float | None,
        opt("--min-agreement", help="Exit 3 when the vote agrees less (0 to 1).", panel=SPENDING),
    ] = None,
    allow_rejected: Annotated[
        bool,
        opt(
            "--allow-rejected",
            help="Print the best reply even when a verifier rejected all; exit 3 stays.",
            panel=SPENDING,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        opt("--dry-run", help="Show route, plan and estimate; generate nothing.", panel=SPENDING),
    ] = False,
    detach: Annotated[
        bool,
        opt(
            "--detach",
            help="Run in the background and print the run's id; `ttc logs wait ID` waits for it.",
            panel=OUTPUT,
        ),
    ] = False,
    file: Annotated[
        list[str] | None,
        opt(
            "-f",
            "--file",
            metavar="PATH",
            help="A text file to attach (repeatable); `-` is stdin.",
            panel=INPUT,
        ),
    ] = None,
    system: options.System = None,
    template: options.Template = None,
    value: options.Values = None,
    goes_on: options.Continue = False,
    cid: options.Cid = None,
    no_stdin: Annotated[bool, opt("--no-stdin", help="Never read stdin.", panel=INPUT)] = False,
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
    as_json: Annotated[bool, opt("--json", help="One result object.", panel=OUTPUT)] = False,
    jsonl: Annotated[bool, opt("--jsonl", help="One event a line.", panel=OUTPUT)] = False,
    extract: Annotated[
        bool, opt("-x", "--extract", help="Only the short form of the answer.", panel=OUTPUT)
    ] = False,
    schema: options.Schema = None,
    output: Annotated[
        Path | None,
        opt(
            "-o", "--output", help="Write the answer to a file, whole or not at all.", panel=OUTPUT
        ),
    ] = None,
    show_reasoning: options.ShowReasoning = None,
    show_program: options.ShowProgram = None,
    quiet: options.Quiet = False,
    verbose: Annotated[
        bool, opt("-v", "--verbose", help="Say more about what is done.", panel=OUTPUT)
    ] = False,
    no_stream: Annotated[
        bool, opt("--no-stream", help="Print the answer at the end.", panel=OUTPUT)
    ] = False,
    no_color: options.NoColor = False,
    no_cache: options.NoCache = False,
    refresh: options.Refresh = False,
    no_log: options.NoLog = False,
) -> None:
    """Answer a question.

    stdout gets the answer and nothing else; piped text is attached ahead of the question.

    Examples: ttc "What is 17 * 23?" · ttc -e high "..." · cat notes.txt | ttc "Summarise this"
    """
    with caught() as signals:  # from here on: an import takes a while, and Ctrl-C may come
        if not (quiet or help_options):
            hello()
        from ttc_cli.cli.asking import Flags, Output, run

        settings = options.settings(context.params)
        how = Output(as_json, jsonl, extract, output, quiet, verbose, min_agreement, allow_rejected)
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
            template,
            options.values(value),
            goes_on="" if goes_on and cid is None else cid,
            verifiers=tuple(verifier or ()),
            unsafe_exec=unsafe_exec,
            detach=detach,
            schema=schema or "",
        )
        raise typer.Exit(run(settings, flags, how, signals))
