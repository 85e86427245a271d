"""A session on the scripted engine, and one on a real model of a few kilobytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ttc_cli.engine.host import Counters
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.engine.scripted import ScriptedEngine
from ttc_cli.models.registry import ModelFile
from ttc_cli.settings import Settings
from ttc_cli.store.speeds import Speeds


@pytest.fixture
def stage(tiny: Path) -> Iterator[Callable[..., Any]]:
    """A function that makes a session; with a script the engine is the scripted one."""
    engines: list[Any] = []

    def make(script: Any = None, **settings: Any) -> Any:
        engine: Any = LlamaEngine(tiny) if script is None else ScriptedEngine(script)
        if script is not None:
            engine.reserve, engine.counters = (lambda _: None), Counters()
            engine.special_in = lambda _: frozenset()
        engines.append(engine)
        return SimpleNamespace(
            settings=Settings(log=False, cache=False, **settings),
            model=ModelFile("tiny", tiny, "tiny", 0),
            identity="tiny",
            engine=engine,
            speeds=Speeds(),
            load_seconds=0.0,
            pool=lambda: None,
            refresh=False,
            keeps=False,
        )

    yield make
    for engine in engines:
        engine.close()
