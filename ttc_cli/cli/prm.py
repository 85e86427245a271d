"""`ttc prm`: train a step verifier from rollouts of your own model, and judge verifiers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ttc_cli.cli.app import Filled, Json, arg, opt, tree
from ttc_cli.cli.options import Given, takes
from ttc_cli.cli.output import print_json
from ttc_cli.cli.process import caught
from ttc_cli.cli.pulling import choose_file, say
from ttc_cli.core.errors import UsageError
from ttc_cli.core.text import counted
from ttc_cli.settings import home, load

if TYPE_CHECKING:
    from ttc_cli.verifiers.head import Head

app = tree(help="Train step verifiers and judge them.", no_args_is_help=True)
Limit = Annotated[int | None, opt("--limit", "Only so many.", min=1)]


@app.command()
@takes(names=("model", "threads"))
def train(
    given: Given,
    data: Annotated[str, opt("-d --data", "Questions with answers: JSONL, JSON or CSV.")],
    name: Annotated[str, opt("--name", "What -V probe:NAME will call it.")],
    traces: Annotated[int, opt("--traces", "Replies a question.", min=1)] = 4,
    rollouts: Annotated[int, opt(
        "--rollouts", "From a step that is looked at; 0: the reply's own outcome.", min=0)] = 4,
    every: Annotated[bool, opt("--every", "Look at every step instead of bisecting.")] = False,
    synthetic: Annotated[bool, opt(
        "--synthetic", "Label by corrupting right replies: no rollouts.")] = False,
    majority: Annotated[bool, opt(
        "--majority", "What most replies say is right, not the reference.")] = False,
    limit: Limit = None,
    skip: Annotated[int, opt("--skip", "Leave out the first so many.", min=0)] = 0,
    budget: Annotated[int | None, opt(
        "--max-tokens", "Cap on sampled tokens in all.", min=1)] = None,
    seed: Annotated[int, opt("--seed", "", min=0)] = 0,
    as_json: Json = False,
    quiet: Annotated[bool, opt("-q --quiet", "Nothing on stderr but errors.")] = False,
) -> None:  # fmt: skip
    """Draw replies, label their steps, train a probe on the model's hidden states.

    What was drawn is kept: a run that was stopped goes on, and a second one trains at once.
    Needs scikit-learn: pip install 'ttc-cli[prm]'.

    Example: ttc prm train -d questions.jsonl --name sums -m qwen2.5-coder-0.5b
    """
    from ttc_cli.bench.sources import read_source
    from ttc_cli.prm.collect import WIDTH, Collection, collect, usual_tokens
    from ttc_cli.prm.fit import LEAST, fit
    from ttc_cli.prm.rollouts import RolloutSpec
    from ttc_cli.session.loaded import Session

    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{name!r} is no name for a probe", "use letters, digits, - and _")
    settings = load(given.settings)
    items, _ = read_source(data, seed, unanswered=True)
    items = [item for item in items if item.task != "code"][skip:][:limit]
    if len(items) < LEAST:
        why = f"{counted(len(items), 'question')} of {data} can be used, which is too few"
        raise UsageError(why, f"give at least {LEAST}")
    spec = RolloutSpec(traces, 0 if synthetic else rollouts, every)
    kind = "synthetic" if synthetic else f"{rollouts}{'-every' * every}"
    model = choose_file(settings)
    with caught() as signals, closing(Session(settings, model)) as session:
        assert session.engine  # loaded; from here on there is something to stop
        signals.stops(lambda: None)
        if not quiet:
            say(_cost(len(items) * usual_tokens(spec), budget, session.speeds.at(WIDTH)))
        path = home() / "probes" / f"{name}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.with_suffix(f".{kind}.jsonl")
        try:
            collection = Collection(file, session.identity)
        except (ValueError, KeyError) as error:
            raise UsageError(f"{file.name}: {error}", "give another --name") from None
        with closing(collection) as kept:
            drawn = collect(
                session, items, spec, kept, budget=budget, seed=seed, majority=majority,
                synthetic=synthetic, report=_report(len(items), quiet=quiet),
                stopped=lambda: bool(signals.code),
            )  # fmt: skip
        if signals.code:
            say("interrupted: what was drawn is kept; the same command goes on")
            raise typer.Exit(signals.code)
        head = fit(drawn, session.identity, seed=seed)
    head.save(path)
    _print(name, head, as_json=as_json)


def _cost(tokens: int, budget: int | None, speed: float) -> str:
    """What a training will take as a rule, at `speed` tokens a second, 0 where it is not known."""
    tokens = min(tokens, budget or tokens)
    minutes = f", {tokens / speed / 60:.0f} min at {speed:.0f} tokens a second" if speed else ""
    return f"about {tokens:,} tokens{minutes}; what was drawn before is not drawn again"


def _report(questions: int, *, quiet: bool) -> Callable[[int, int, int], None]:
    """Tells how far the drawing is, unless `quiet`."""
    began = time.monotonic()

    def report(done: int, new: int, tokens: int) -> None:
        if not quiet:
            minutes = (time.monotonic() - began) / 60 / new * (questions - done)
            left = f"about {minutes:.0f} min left"
            say(f"{done} of {questions} questions, {tokens} tokens, {left}")

    return report


@app.command("eval", cls=Filled)
@takes(names=("model", "verifiers", "options", "threads"))
def evaluate(
    given: Given,
    data: Annotated[Path, opt(
        "-d --data", "JSONL: problem (or question), steps, label (first wrong step, or -1).")],
    limit: Limit = None,
    bar: Annotated[float, opt("--bar", "A step scored below it is wrong.")] = 0.5,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Judge a verifier on labelled steps: AUC of the whole, and F1 for the first wrong step."""
    from ttc_cli.prm.judging import judge, read
    from ttc_cli.session.loaded import Session

    settings = load(given.settings)
    if not settings.verifiers:
        raise UsageError("no verifier is named", "give one: -V probe:NAME")
    labelled = read(data)[:limit]
    with closing(Session(settings, choose_file(settings))) as session:
        figures = judge(session, settings.verifiers, labelled, bar, settings.options)
    if as_json:
        print_json(figures)
    else:
        for name, value in figures.items():
            shown = f"{value:.3f}" if isinstance(value, float) else value
            sys.stdout.write(f"{name:<22} {shown}\n")


@app.command()
def convert(
    checkpoint: Annotated[Path, arg(
        "", "A .safetensors file, or the folder of a model that has some.")],
    out: Annotated[Path, opt("--out", "FILE.head.npz, beside FILE.gguf.")],
) -> None:  # fmt: skip
    """Take the head of a classifier PRM out of its checkpoint: a GGUF does not hold it.

    Example: ttc prm convert Qwen2.5-Math-PRM-7B --out qwen-prm.Q4_K_M.head.npz
    """
    from ttc_cli.prm.convert import convert

    head = convert(checkpoint, out)
    say(f"{out}: a {head.layout} head on states {head.width} wide")


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """The probes on this machine, and the PRMs that are known, with what is known of them."""
    found, prms = _probes(), _prms()
    if as_json:
        print_json(found | prms)
        return
    for name, facts in found.items():
        sys.stdout.write(
            f"{name:<20} AUC {facts['auc']:.3f}  {facts['traces']} traces of"
            f" {facts['questions']} questions  model {facts['model'][:12]}\n"
        )
    for name, facts in prms.items():
        tested = {True: "passed", False: "FAILED", None: "not done yet"}[facts["self_test"]]
        sys.stdout.write(f"{name:<20} PRM, {facts['form']} form  self-test {tested}\n")
    if not found:
        say("no probes yet: ttc prm train -d questions.jsonl --name NAME")


def _probes() -> dict[str, Any]:
    from ttc_cli.verifiers.head import Head
    from ttc_cli.verifiers.probe import OURS

    found = {}
    for path in sorted([*OURS.glob("*.npz"), *(home() / "probes").glob("*.npz")]):
        try:
            head = Head.load(path)
        except UsageError as error:
            say(error.message)
            continue
        found[path.stem] = {"model": head.model, **head.facts}
    return found


def _prms() -> dict[str, Any]:
    """PRMs of the catalogue, and files that have taken the self-test, as `-V` names them."""
    from ttc_cli.models.catalogue import catalogue
    from ttc_cli.verifiers.prm.selftest import tested

    known: dict[str, Any] = {
        f"prm:{entry.name}": {"form": entry.form, "aggregate": entry.aggregate, "self_test": None}
        for entry in catalogue().values()
        if entry.kind == "prm"
    }
    for name, form, passed in tested():
        known[name] = known.get(name, {"aggregate": ""}) | {"form": form, "self_test": passed}
    return known


def _print(name: str, head: Head, *, as_json: bool) -> None:
    facts = head.facts
    if as_json:
        print_json({"name": name, "model": head.model, **facts})
        return
    lines = [
        f"probe:{name}: {facts['traces']} traces of {facts['questions']} questions,"
        f" {facts['steps']} steps, {facts['right']:.0%} right",
        f"AUC {facts['auc']:.3f}, Brier {facts['brier']:.3f} on replies it had not seen",
        *(f"  {title}: AUC {value:.3f}" for title, value in facts["baselines"].items()),
        "score → share right: "
        + ", ".join(f"{b['score']:.2f} → {b['right']:.2f}" for b in facts["calibration"]),
        f"use it: ttc -V probe:{name} -e high ...",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
