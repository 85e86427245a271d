"""`ttc chat`: a conversation."""

from __future__ import annotations

from typing import Annotated

import typer

from ttc_cli.cli import options
from ttc_cli.cli.help import Grouped, tree
from ttc_cli.cli.options import INPUT, SPENDING, opt
from ttc_cli.cli.signals import caught
from ttc_cli.cli.start import hello

app = tree()


@app.command(cls=Grouped)
def chat(
    context: typer.Context,
    file: Annotated[
        list[str] | None,
        opt(
            "-f",
            "--file",
            metavar="PATH",
            help="A text file to attach to the first turn (repeatable).",
            panel=INPUT,
        ),
    ] = None,
    system: options.System = None,
    goes_on: options.Continue = False,
    cid: options.Cid = None,
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
        int | None, opt("--max-tokens", help="Cap on sampled tokens of a turn.", panel=SPENDING)
    ] = None,
    max_seconds: Annotated[
        float | None, opt("--max-seconds", help="Cap on the time of a turn.", panel=SPENDING)
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
    schema: options.Schema = None,
    show_reasoning: options.ShowReasoning = None,
    show_program: options.ShowProgram = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    no_cache: options.NoCache = False,
    no_log: options.NoLog = False,
) -> None:
    r"""Talk to a model: each turn costs only what is new.

    Enter sends, Alt-Enter or a `\` at the end begins another line, Ctrl-C stops an answer,
    Ctrl-D leaves; /help lists the commands. Without a terminal each line of stdin is a turn.
    """
    with caught() as signals:
        if not quiet:
            hello()
        from ttc_cli.cli import asking
        from ttc_cli.cli.chatting import run

        settings = options.settings(context.params)
        flags = asking.Flags(
            files=tuple(file or ()),
            options=tuple(option or ()),
            early_stop=not no_early_stop,
            diverse=diverse,
            goes_on="" if goes_on and cid is None else cid,
            verifiers=tuple(verifier or ()),
            unsafe_exec=unsafe_exec,
            schema=schema or "",
        )
        raise typer.Exit(run(settings, flags, asking.Output(quiet=quiet), signals))
