"""What `ttc prm` does once its flags are parsed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.cli.local import local_model, say
from ttc_cli.cli.output import print_json
from ttc_cli.cli.signals import caught
from ttc_cli.core.errors import UsageError
from ttc_cli.settings import home, load

if TYPE_CHECKING:
    from ttc_cli.bench.questions import Item
    from ttc_cli.session.loaded import Session
    from ttc_cli.verifiers.head import Head


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags of a training that are not settings."""

    data: str
    name: str
    traces: int
    rollouts: int
    every: bool
    synthetic: bool
    majority: bool
    limit: int | None
    skip: int
    budget: int | None
    seed: int
    json: bool
    quiet: bool


def train(given: Mapping[str, object], flags: Flags) -> int:
    """Draw what is missing, train, print the figures; returns the exit code.

    Raises:
        TtcError: what failed, with its exit code.
    """
    from ttc_cli.bench.sources import read_source
    from ttc_cli.session.loaded import Session

    if not flags.name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{flags.name!r} is no name for a probe", "use letters, digits, - and _")
    settings = load(given, cwd=Path.cwd(), environ=os.environ)
    items, _ = read_source(flags.data, flags.seed, unanswered=True)
    items = [item for item in items if item.task != "code"][flags.skip :][: flags.limit]
    model = local_model(settings, notify=say, confirm=None)
    with caught() as signals:
        session = Session(settings, model)
        try:
            assert session.engine  # loaded; from here on there is something to stop
            signals.stops(lambda: None)
            head = _train(session, items, flags, lambda: bool(signals.code))
        finally:
            session.close()
        if head is None:
            say("interrupted: what was drawn is kept; the same command goes on")
            return signals.code
    path = _path(flags.name)
    head.save(path)
    _print(flags.name, head, as_json=flags.json)
    return 0


def _train(session: Session, items: list[Item], flags: Flags, stopped: Any) -> Head | None:
    """The trained head; None when somebody stopped it."""
    from ttc_cli.prm.collect import Collection, collect
    from ttc_cli.prm.fit import fit
    from ttc_cli.prm.rollouts import RolloutSpec

    kind = "synthetic" if flags.synthetic else f"{flags.rollouts}{'-every' * flags.every}"
    path = _path(flags.name).with_suffix(f".{kind}.jsonl")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        kept = Collection(path, session.identity)
    except (ValueError, KeyError) as error:
        raise UsageError(f"{path.name}: {error}", "give another --name") from None
    began = time.monotonic()

    def report(done: int, new: int, tokens: int) -> None:
        if not flags.quiet:
            minutes = (time.monotonic() - began) / 60 / new * (len(items) - done)
            left = f"about {minutes:.0f} min left"
            say(f"{done} of {len(items)} questions, {tokens} tokens, {left}")

    spec = RolloutSpec(flags.traces, 0 if flags.synthetic else flags.rollouts, flags.every)
    try:
        traces = collect(
            session, items, spec, kept, budget=flags.budget, seed=flags.seed,
            majority=flags.majority, synthetic=flags.synthetic, report=report, stopped=stopped,
        )  # fmt: skip
    finally:
        kept.close()
    return None if stopped() else fit(traces, session.identity, flags.seed)


def evaluate(
    given: Mapping[str, object],
    data: Path,
    limit: int | None,
    bar: float,
    *,
    as_json: bool,
) -> int:
    """Score labelled steps and print how well; returns the exit code.

    Raises:
        TtcError: what failed, with its exit code.
    """
    from ttc_cli.prm.judging import judge, read
    from ttc_cli.session.loaded import Session

    settings = load(given, cwd=Path.cwd(), environ=os.environ)
    if not settings.verifiers:
        raise UsageError("no verifier is named", "give one: -V probe:NAME")
    labelled = read(data)[:limit]
    session = Session(settings, local_model(settings, notify=say, confirm=None))
    try:
        figures = judge(session, settings.verifiers, labelled, bar, settings.options)
    finally:
        session.close()
    if as_json:
        print_json(figures)
    else:
        for name, value in figures.items():
            shown = f"{value:.3f}" if isinstance(value, float) else value
            sys.stdout.write(f"{name:<22} {shown}\n")
    return 0


def list_all(*, as_json: bool) -> int:
    """Print the probes that are here and the PRMs that are known; returns the exit code."""
    found, prms = _probes(), _prms()
    if as_json:
        print_json(found | prms)
        return 0
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
    return 0


def _probes() -> dict[str, Any]:
    from ttc_cli.verifiers.head import Head

    found = {}
    for path in sorted((home() / "probes").glob("*.npz")):
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


def _path(name: str) -> Path:
    return home() / "probes" / f"{name}.npz"


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
