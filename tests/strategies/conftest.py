from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ttc_cli.engine.llama.engine import LlamaEngine

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "engine")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaEngine]:
    """A real engine on a model of random weights: only a grammar keeps it from nonsense."""
    from tiny_llama import write_llama

    engine = LlamaEngine(write_llama(tmp_path_factory.mktemp("tiny") / "llama.gguf"))
    yield engine
    engine.close()
