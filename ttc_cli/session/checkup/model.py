"""The models that settings name: whether they are here or answer, fit, load, and how fast."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ttc_cli.core.errors import EngineFailed, TtcError
from ttc_cli.engine import machine
from ttc_cli.models.disk import size_text
from ttc_cli.models.gguf import read_gguf
from ttc_cli.models.registry import ModelFile, identity, resolve
from ttc_cli.session.checkup import Finding, State, ask
from ttc_cli.session.model import chosen, reach
from ttc_cli.settings import NamedRemote, Settings
from ttc_cli.store import speeds

WORTH = ("continue", "confidence", "score", "grammar", "exact-usage")
"""Abilities whose lack is worth a word: some strategies and verifiers cannot do without."""

SECONDS = 60.0  # that a server may take to answer


def named(settings: Settings) -> Iterator[Finding]:
    """Each server that has a name, but for the one that would be used."""
    for name, remote in settings.remotes.items():
        if name != settings.model:
            yield answers(settings, remote, f"server {name}", "warning")


def answers(settings: Settings, remote: NamedRemote, check: str, otherwise: State) -> Finding:
    """Whether a server answers, with what, by a few tokens; `otherwise` is the state if not."""
    try:
        deadline = time.monotonic() + SECONDS
        served = reach(settings, remote, lambda _: None, deadline=deadline)
    except TtcError as error:
        return Finding(check, otherwise, error.message, error.hint)
    served.engine.close()
    info = served.engine.info
    said = f"{info.name} answers at {remote.url} ({info.meta['server']})"
    lacking = [name for name in WORTH if name not in info.capabilities]
    return Finding(check, "ok", said + (f", without {', '.join(lacking)}" if lacking else ""))


CONTEXT = 4096  # tokens of context reckoned with where the settings name none
BUFFERS = 300 * 10**6  # bytes that llama.cpp and Python take besides weights and cache, roughly
SPEED_SECONDS = 10.0
PATIENCE = 120.0
SLOW = 4.0  # tokens a second below which reading along is no fun

CODE = """
import json, sys, time
from pathlib import Path
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.sampling import Sampling, StopRule
from ttc_cli.engine.tuning import NUMBERS
from ttc_cli.engine.llama.engine import LlamaEngine

file, threads, layers, seconds = sys.argv[1:]
began = time.monotonic()
engine = LlamaEngine(Path(file), threads=int(threads), gpu_layers=int(layers))
found = {"load": time.monotonic() - began}
until = time.monotonic() + float(seconds)
engine.reserve(4096)
for width in (1, 8):
    before = engine.counters.by_width.get(width, (0, 0.0))
    live = set(range(width))
    for key in live:
        rule = StopRule(512, loops=False)
        engine.submit(BranchRequest(key, NUMBERS, rule, sampling=Sampling(1.0), seed=key))
    end = time.monotonic() + max(0.5, (until - time.monotonic()) / (2 if width == 1 else 1))
    while time.monotonic() < end and live:
        live -= {delta.key for delta in engine.poll(0.1) if delta.stop is not None}
    for key in live:
        engine.cancel(key)
    after = engine.counters.by_width.get(width, (0, 0.0))
    if after[1] > before[1]:
        found[str(width)] = (after[0] - before[0]) / (after[1] - before[1])
engine.close()
print(json.dumps(found))
"""


def check(settings: Settings, *, quick: bool) -> Iterator[Finding]:
    """The findings about the model of these settings; `quick` leaves out ten seconds of writing."""
    try:
        if (remote := chosen(settings)) is not None:
            yield answers(settings, remote, "model", "broken")
            return
        found = resolve(settings.model or "", settings.places.home)
        assert isinstance(found, ModelFile)
        header = read_gguf(found.path)
    except TtcError as error:
        yield Finding("model", "broken", error.message, error.hint)
        return
    yield Finding("model", "ok", f"{found.name}, {size_text(found.bytes)}, {found.path}")
    context = settings.ctx_size or min(CONTEXT, header.context_length or CONTEXT)
    cache = context * header.kv_bytes_per_token
    yield memory(found.bytes, cache, context, *machine.memory_bytes())
    yield from _tried(settings, found, quick=quick)


def memory(weights: int, cache: int, context: int, total: int | None, free: int | None) -> Finding:
    """Bytes that the model and its context need against those there are."""
    needed = weights + cache + BUFFERS
    said = f"{size_text(needed)} for the model and {context:,} tokens of context"
    advice = "choose a smaller model (ttc models list), or a smaller --ctx-size"
    if total is None:
        return Finding("memory", "ok", said)
    said += f", of {size_text(total)}"
    if needed > total:
        return Finding("memory", "broken", said, advice)
    if free is not None:
        said += f" ({size_text(free)} free now)"
        if needed > free:
            return Finding("memory", "warning", said, f"close something, or {advice}")
    return Finding("memory", "ok", said)


def _tried(settings: Settings, model: ModelFile, *, quick: bool) -> Iterator[Finding]:
    seconds = 0.0 if quick else SPEED_SECONDS
    layers = -1 if settings.gpu_layers is None else settings.gpu_layers
    arguments = (str(model.path), str(settings.threads or 0), str(layers), str(seconds))
    try:
        told = ask(CODE, *arguments, seconds=PATIENCE)
    except EngineFailed as error:
        said = error.message.partition("Error: ")[2] or error.message
        yield Finding("loading", "broken", f"{model.name}: {said}", "choose another model")
        return
    yield Finding("loading", "ok", f"{told['load']:.1f} s")
    if not quick:
        widths = speeds.load(speeds.path(settings.places.cache, identity(model))).widths
        yield speed(told.get("1", 0.0), told.get("8", 0.0), calibrated=bool(widths))


def speed(one: float, eight: float, *, calibrated: bool) -> Finding:
    """Tokens a second of one branch, and of eight together; 0 where none came in time."""
    if not (one and eight):
        said = f"no token came for {SPEED_SECONDS / 2:.0f} seconds"
        return Finding("speed", "warning", said, "look again when the machine has less to do")
    said = f"{one:.1f} tokens a second for one branch, {eight:.1f} for eight together"
    if one < SLOW:
        return Finding("speed", "warning", said, "a smaller model is quicker: ttc models list")
    if not calibrated:
        return Finding("speed", "ok", said, "ttc calibrate finds how many to write at once")
    return Finding("speed", "ok", said)
