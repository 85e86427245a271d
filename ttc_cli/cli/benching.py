"""What `ttc bench run` and `ttc bench report` do once their flags are parsed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.cli.local import any_model, say
from ttc_cli.cli.options import Given
from ttc_cli.cli.signals import caught
from ttc_cli.core.errors import UsageError
from ttc_cli.settings import Settings
from ttc_cli.settings import load as load_settings

if TYPE_CHECKING:
    from ttc_cli.bench.configs import Config
    from ttc_cli.bench.run import Spec
    from ttc_cli.models.registry import ModelFile
    from ttc_cli.session.remote import Served

HERE = 63
"""Branches at once from which on attention on a processor computes each against all."""


@dataclass(frozen=True, slots=True)
class What:
    """What a bench runs, by its own flags."""

    data: str
    out: Path | None
    configs: tuple[str, ...]
    file: Path | None
    limit: int | None
    shuffle: bool
    seed: int
    resume: bool
    width: int | None


def run(given: Given, what: What) -> int:
    """Run; returns the exit code.

    Raises:
        TtcError: what failed, with its exit code.
    """
    from ttc_cli.bench import scoring
    from ttc_cli.bench.run import Spec, choose
    from ttc_cli.bench.sources import read_source

    settings = load_settings(given.settings, cwd=Path.cwd(), environ=os.environ)
    configs = read_configs(given.settings, what)
    items, data = read_source(what.data, what.seed)
    items = choose(items, limit=what.limit, shuffle=what.shuffle, seed=what.seed)
    scoring.require(items, unsafe_exec=settings.unsafe_exec)
    model = any_model(settings, notify=say, confirm=None)
    if what.width is not None:
        _widen(model, what.width)
    stem = Path(data["name"]).stem.replace(":", "-")
    out = what.out or Path(f"bench-{stem}-{model.name}")
    spec = Spec(data, items, configs, out, what.seed, what.resume, what.width, given.flags.quiet)
    return _run(settings, model, spec)


def _widen(model: ModelFile | Served, width: int) -> None:
    """Let a server have that many requests at once.

    Raises:
        UsageError: the model is here, and its engine does not draw that many.
    """
    from ttc_cli.session.remote import Served

    if isinstance(model, Served):
        model.engine.widen(width)
    elif width > HERE:
        raise UsageError(f"--width is {width}", f"a model on this machine draws {HERE} at most")


def _run(settings: Settings, model: ModelFile | Served, spec: Spec) -> int:
    from ttc_cli.bench.run import run as bench
    from ttc_cli.session.loaded import Session

    with caught() as signals:
        session = Session(settings, model)
        try:
            assert session.engine  # loaded; from here on there is something to stop
            signals.stops(lambda: None)
            did = bench(session, spec, stopped=lambda: bool(signals.code))
        finally:
            session.close()
    if did.left:
        for why in sorted(set(did.why)):
            say(f"{did.why.count(why)} answers could not be drawn: {why}")
        say(f"stopped with {did.left} answers to go; --resume goes on in {spec.out}")
        return signals.code or int(bool(did.why))
    if not spec.quiet:
        speed = f", {did.tokens / did.seconds:.1f} tok/s" if did.seconds else ""
        drawn = f"{did.answers} answers, {did.tokens} tokens drawn{speed}"
        say(f"{drawn}; see `ttc bench report {spec.out}`")
    sys.stdout.write(f"{spec.out}\n")
    return 0


def report(folders: Sequence[Path], *, as_json: bool, markdown: bool, picture: str) -> None:
    """Print the report, or draw it.

    Raises:
        UsageError: forms that exclude each other, no results yet, or a missing extra.
        UnreadableFile: a folder is none of a bench, or the picture cannot be written.
    """
    if as_json + markdown + bool(picture) > 1:
        raise UsageError("--json, --markdown and --picture exclude each other", "give one of them")
    from ttc_cli.bench import tables
    from ttc_cli.bench.charts import draw
    from ttc_cli.bench.report import build, chart, load
    from ttc_cli.cli.output import print_json

    results = load(folders)
    built = build(results)
    if as_json:
        print_json(built)
    elif picture:
        draw(chart(results, built), picture)
    else:
        sys.stdout.write((tables.markdown if markdown else tables.text)(built))


def read_configs(given: Mapping[str, Any], what: What) -> list[Config]:
    """The configurations that the flags describe; settings that were given hold for all of them.

    Raises:
        UsageError: one of them is wrong, or two share a name.
    """
    from ttc_cli.bench.configs import SETTINGS, Config, from_file, from_text, named
    from ttc_cli.settings.options import ALL_RULES, flag_of
    from ttc_cli.settings.rules import checked
    from ttc_cli.verifiers import registry as verifiers

    shared = {
        name: checked(name, value, flag_of(name), ALL_RULES)
        for name, value in given.items()
        if name in SETTINGS
    }
    base = Config("", shared)
    for text in base.settings.get("verifiers", ()):
        verifiers.find(text)  # now, and not after hours of work
    listed = from_file(what.file) if what.file else []
    listed += [from_text(text) for text in what.configs]
    return named([base.under(config) for config in listed] or [base])
