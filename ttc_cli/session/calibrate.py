"""Measuring a model on this machine: how its contexts are best made, and how fast they are then."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median

from ttc_cli.engine.host import Tuning
from ttc_cli.engine.machine import available_threads
from ttc_cli.engine.tuning import Best, Measured, Widths, search
from ttc_cli.models.gguf import read_gguf
from ttc_cli.models.registry import ModelFile, identity
from ttc_cli.routing.policy import answer_form
from ttc_cli.session.loaded import cell_bytes, kv_room, load_llama, tuned
from ttc_cli.settings import Settings
from ttc_cli.store import speeds as store
from ttc_cli.store.log import Log, LogUnusable

ROOMY = 16_384
"""Cells as f16 that memory should have room for: sixteen long answers at once, or one long file."""
LEARNT_FROM = 500  # newest runs of the log that lengths of answers are learnt from


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of the weights and of one token's keys and values; tokens there is room for."""

    weights: int
    cell: int
    cells: int


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What was found; `answer` are tokens of one answer by its form, where runs told.

    `lost` says why it could not be kept, where it was not.
    """

    best: Best
    memory: Memory
    answer: dict[str, float]
    lost: str = ""


def calibrate(settings: Settings, model: ModelFile) -> Generator[Measured, None, Calibrated]:
    """Each finding as it is measured; kept, where anything may be, when all are."""
    known_as = identity(model)
    start = tuned(settings, store.Speeds())
    start = Tuning(start.threads or available_threads(), start.ubatch, start.flash, start.kv)
    parts = {"ubatch"}
    parts |= set() if settings.threads else {"threads"}
    parts |= {"kv"} if settings.kv_type == "auto" else set()
    parts |= {"flash"} if settings.flash_attention == "auto" else set()
    from ttc_cli.engine.llama.probe import Probe

    header = read_gguf(model.path)
    short = kv_room() // max(1, header.kv_bytes_per_token) < ROOMY
    with closing(load_llama(settings, model, known_as, store.Speeds())) as engine:
        trial = partial(Probe, engine.model)
        best = yield from search(trial, start, parts=frozenset(parts), short=short)
        weights = engine.model.bytes
    file = store.path(settings.places.cache, known_as)
    speeds = store.load(file)
    tuning = asdict(best.tuning)
    if settings.threads:
        tuning["threads"] = 0  # what was given for once is not what was found
    speeds.calibrated(tuning, best.prefills, best.widths)
    for task, tokens in _logged(settings.places.log, known_as).items():
        speeds.answer.setdefault(task, tokens)
    if not (settings.log and settings.cache):
        lost = "log or cache is off"
    else:
        lost = "" if store.save(file, speeds) else f"{file.parent} cannot be written to"
    cell = cell_bytes(settings, speeds, header.kv_bytes_per_token)
    memory = Memory(weights, cell, kv_room() // max(1, cell))
    return Calibrated(best, memory, dict(speeds.answer), lost)


def _logged(folder: Path, model: str) -> dict[str, float]:
    """Median tokens of one plain answer by its form, as the run log has it of a model."""
    found: dict[str, list[float]] = {}
    with suppress(LogUnusable), Log(folder, make=False) as log:
        for run in log.runs(limit=LEARNT_FROM):
            ours = run.ours
            if not ours or ours["cache"] == "hit" or ours["model"]["sha256"] != model:
                continue
            if not (times := ours["cost"]["multiplier"]):
                continue
            route, tokens = ours["route"], ours["tokens"]
            form = answer_form(run.prompt, route["task"], route["path"])
            found.setdefault(form, []).append((tokens["sampled"] + tokens["verifier"]) / times)
    return {form: median(tokens) for form, tokens in found.items()}


def good_widths(speeds: dict[int, float]) -> list[int]:
    """The measured widths that the engine will use."""
    choose = Widths(speeds)
    return sorted({choose(n) for n in range(1, max(speeds, default=1) + 1)} & set(speeds))
