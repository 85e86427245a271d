"""Measuring a model on this machine, so that the engine decodes at good widths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ttc_cli.engine.calibration import Widths, measure
from ttc_cli.models.registry import ModelFile, identity
from ttc_cli.session.loaded import load_llama
from ttc_cli.settings import Settings, cache_dir
from ttc_cli.store import speeds as store


def calibrate(settings: Settings, model: ModelFile) -> Iterator[tuple[int, float]]:
    """(width, tokens a second) as they are measured; kept when all are.

    Raises:
        ModelError: the model cannot be loaded.
    """
    known_as = identity(model)
    engine = load_llama(settings, model, known_as, Widths())
    try:
        engine.reserve(4096)
        widths = {}
        for width, speed in measure(engine, lambda: engine.counters):
            widths[width] = speed
            yield width, speed
    finally:
        engine.close()
    file = store.path(cache_dir(), known_as)
    store.save(file, replace(store.load(file), widths=widths))


def good_widths(speeds: dict[int, float]) -> list[int]:
    """The measured widths that the engine will use."""
    choose = Widths(speeds)
    return sorted({choose(n) for n in range(1, max(speeds, default=1) + 1)} & set(speeds))
