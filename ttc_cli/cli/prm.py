"""`ttc prm`: train a step verifier from rollouts of your own model, and judge verifiers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ttc_cli.cli.help import tree
from ttc_cli.cli.options import Given, takes

app = tree(help="Train step verifiers and judge them.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
@takes(names=("model", "threads"))
def train(
    given: Given,
    data: Annotated[
        str,
        typer.Option("-d", "--data", help="Questions with answers: JSONL, JSON or CSV."),
    ],
    name: Annotated[str, typer.Option("--name", help="What -V probe:NAME will call it.")],
    traces: Annotated[int, typer.Option("--traces", min=1, help="Replies a question.")] = 4,
    rollouts: Annotated[
        int,
        typer.Option(
            "--rollouts", min=0, help="From a step that is looked at; 0: the reply's own outcome."
        ),
    ] = 4,
    every: Annotated[
        bool, typer.Option("--every", help="Look at every step instead of bisecting.")
    ] = False,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Label by corrupting right replies: no rollouts.")
    ] = False,
    majority: Annotated[
        bool, typer.Option("--majority", help="What most replies say is right, not the reference.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only so many.")] = None,
    skip: Annotated[int, typer.Option("--skip", min=0, help="Leave out the first so many.")] = 0,
    budget: Annotated[
        int | None, typer.Option("--max-tokens", min=1, help="Cap on sampled tokens in all.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    as_json: Json = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Nothing on stderr but errors.")
    ] = False,
) -> None:
    """Draw replies, label their steps, train a probe on the model's hidden states.

    What was drawn is kept: a run that was stopped goes on, and a second one trains at once.
    Needs scikit-learn: pip install 'ttc-cli[prm]'.

    Example: ttc prm train -d questions.jsonl --name sums -m qwen2.5-coder-0.5b
    """
    from ttc_cli.cli.training import Flags, train

    raise typer.Exit(
        train(
            given.settings,
            Flags(
                data, name, traces, rollouts, every, synthetic, majority, limit, skip, budget,
                seed, as_json, quiet,
            ),
        )
    )  # fmt: skip


@app.command("eval")
@takes(names=("model", "verifiers", "options", "threads"))
def evaluate(
    given: Given,
    data: Annotated[
        Path,
        typer.Option(
            "-d",
            "--data",
            help="JSONL: problem (or question), steps, label (first wrong step, or -1).",
        ),
    ],
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only so many.")] = None,
    bar: Annotated[float, typer.Option("--bar", help="A step scored below it is wrong.")] = 0.5,
    as_json: Json = False,
) -> None:
    """Judge a verifier on labelled steps: AUC of the whole, and F1 for the first wrong step."""
    from ttc_cli.cli.training import evaluate

    raise typer.Exit(evaluate(given.settings, data, limit, bar, as_json=as_json))


@app.command()
def convert(
    checkpoint: Annotated[
        Path, typer.Argument(help="A .safetensors file, or the folder of a model that has some.")
    ],
    out: Annotated[Path, typer.Option("--out", help="FILE.head.npz, beside FILE.gguf.")],
) -> None:
    """Take the head of a classifier PRM out of its checkpoint: a GGUF does not hold it.

    Example: ttc prm convert Qwen2.5-Math-PRM-7B --out qwen-prm.Q4_K_M.head.npz
    """
    from ttc_cli.cli.local import say
    from ttc_cli.prm.convert import convert

    head = convert(checkpoint, out)
    say(f"{out}: a {head.layout} head on states {head.width} wide")


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """The probes on this machine, and the PRMs that are known, with what is known of them."""
    from ttc_cli.cli.training import list_all

    raise typer.Exit(list_all(as_json=as_json))
