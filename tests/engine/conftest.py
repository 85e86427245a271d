"""Engines of every kind, made the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kinds import Kind, LlamaKind, ScriptedKind, ServerKind, WarmKind
from tiny_llama import write_mamba

from ttc_cli.core.engine import Engine

KINDS = ("scripted", "tiny", "recurrent", "smollm", "raw", "chat", "warm")
SLOW = {"smollm": [pytest.mark.model]}
PARAMS = [pytest.param(name, marks=SLOW.get(name, [])) for name in KINDS]


@pytest.fixture(scope="session")
def recurrent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recurrent model of random weights."""
    return write_mamba(tmp_path_factory.mktemp("tiny") / "mamba.gguf")


@pytest.fixture(scope="session", params=PARAMS)
def kind(request: pytest.FixtureRequest) -> Iterator[Kind]:
    """Each kind of engine in turn; a new engine joins the contract with one line here."""
    kind = _kind(request)
    yield kind
    kind.close()


def _kind(request: pytest.FixtureRequest) -> Kind:
    if request.param == "scripted":
        return ScriptedKind("scripted")
    if request.param in ("raw", "chat"):
        return ServerKind(request.param, raw=request.param == "raw")
    if request.param == "warm":
        return WarmKind(LlamaKind("tiny", request.getfixturevalue("tiny"), tolerance=0.03))
    path = request.getfixturevalue(request.param)
    if request.param == "smollm":
        return LlamaKind("smollm", path, tolerance=0.15, fast=False)
    return LlamaKind(request.param, path, tolerance=0.03, exact=request.param == "recurrent")


@pytest.fixture(scope="session")
def shared(kind: Kind) -> Iterator[Engine]:
    """One engine of a kind for all tests that leave it open."""
    engine = kind.make()
    yield engine
    engine.close()


@pytest.fixture
def make(kind: Kind) -> Iterator[Callable[..., Engine]]:
    """Makes engines that are closed after the test."""
    made: list[Engine] = []

    def one(**limits: int) -> Engine:
        made.append(kind.make(**limits))
        return made[-1]

    yield one
    for engine in made:
        engine.close()
