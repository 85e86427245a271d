"""`ttc calibrate`: measure this machine and model once."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import Any

from ttc_cli.cli.app import Json, tree
from ttc_cli.cli.options import Given, takes
from ttc_cli.cli.output import print_json
from ttc_cli.core.errors import UsageError
from ttc_cli.engine.tuning import Measured
from ttc_cli.models.disk import size_text
from ttc_cli.models.registry import ModelFile, resolve
from ttc_cli.session import calibrate as measuring
from ttc_cli.session.model import chosen
from ttc_cli.settings import load

app = tree()

BUSY = 0.5  # processes waiting for a processor, on average, above which a measurement is doubtful
NAMES = {"threads": "threads", "ubatch": "batch", "kv": "KV cells", "flash": "flash attention",
         "prefill": "prompt of", "width": "at once"}  # fmt: skip


def _load() -> float:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows has none
        return 0.0


@app.command()
@takes(names=("model", "threads"))
def calibrate(given: Given, as_json: Json = False) -> None:
    """Measure how this machine runs a model best, and how fast that is, and keep it.

    Takes about two minutes: threads, batch size, KV type (its quality checked), flash attention;
    then the speed of prompts by length and of decoding by the number of branches at once.
    """
    settings = load(given.settings)
    if chosen(settings) is not None:
        raise UsageError(
            "a server schedules itself: there is nothing to tune from here",
            "calibrate a local model; how fast a server is, is learnt from each run",
        )
    found = resolve(settings.model or "", settings.places.home)
    assert isinstance(found, ModelFile)
    if (busy := _load()) > BUSY:
        sys.stderr.write(f"the machine is busy (load {busy:.1f}): the figures will be low\n")
    progress = sys.stderr if as_json else sys.stdout
    work, findings = measuring.calibrate(settings, found), list[Measured]()
    try:
        while True:
            findings.append(next(work))
            progress.write(_line(findings[-1]) + "\n")
            progress.flush()
    except StopIteration as end:
        told: measuring.Calibrated = end.value
    if as_json:
        print_json(_facts(found.name, told, findings))
    else:
        sys.stdout.write("\n".join(_summary(told)) + "\n")


def _line(found: Measured) -> str:
    """A finding: what was tried, and what came of it."""
    head = f"{NAMES[found.part]:<15} {found.value:>5}"
    if found.impossible:
        return f"{head}  not possible: {found.impossible}"
    parts = []
    if found.prefill:
        parts.append(f"prefill {found.prefill:7.1f} tokens/s")
    if found.decode:
        parts.append(f"decode {found.decode:6.1f} tokens/s")
    if found.difference is not None and found.agreement is not None:
        same = "good" if found.faithful else "not good enough"
        parts.append(f"{found.agreement:.1%} the same, {found.difference:.4f} nats off: {same}")
    return f"{head}  {', '.join(parts)}"


def _summary(told: measuring.Calibrated) -> list[str]:
    """What will be used from now on."""
    way, memory = told.best.tuning, told.memory
    flash = {None: "as llama.cpp decides", True: "on", False: "off"}[way.flash]
    lengths = ", ".join(f"{form} {tokens:.0f}" for form, tokens in sorted(told.answer.items()))
    return [
        f"good widths: {', '.join(map(str, measuring.good_widths(told.best.widths)))}",
        f"chosen: {way.threads} threads, batch {way.ubatch}, KV cells {way.kv},"
        f" flash attention {flash}",
        f"memory: {size_text(memory.weights)} of weights, {memory.cell:,} bytes a token of context;"
        f" room for {memory.cells:,} tokens",
        *([f"tokens of an answer: {lengths}"] if lengths else []),
        *([f"not kept: {told.lost}"] if told.lost else []),
    ]


def _facts(name: str, told: measuring.Calibrated, findings: list[Measured]) -> dict[str, Any]:
    best = told.best
    tried = [each for each in findings if each.part not in ("prefill", "width")]
    return {
        "model": name,
        "tokens_per_second": {width: round(speed, 1) for width, speed in best.widths.items()},
        "good_widths": measuring.good_widths(best.widths),
        "prefill_tokens_per_second": {n: round(speed, 1) for n, speed in best.prefills.items()},
        "chosen": asdict(best.tuning),
        "memory": asdict(told.memory),
        "answer_tokens": {form: round(tokens, 1) for form, tokens in told.answer.items()},
        "tried": [{k: v for k, v in asdict(each).items() if v not in (None, "")} for each in tried],
        "kept": not told.lost,
    }
