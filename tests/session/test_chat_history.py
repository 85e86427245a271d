"""A chat on a real model: what a turn evaluates."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from ttc_cli.core.events import end_of
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.models.registry import ModelFile
from ttc_cli.session.chat import Chat
from ttc_cli.session.request import Request
from ttc_cli.session.running import answering, start
from ttc_cli.settings import Settings
from ttc_cli.store.speeds import Speeds
from ttc_cli.views.result import texts

REPLY, HEAD = 12, 8
LONG = "the old ship came home with no wind and the men said so. " * 40


@pytest.mark.model
def test_after_a_long_history_a_turn_evaluates_what_is_new(smollm: Path) -> None:
    engine = LlamaEngine(smollm)
    session = SimpleNamespace(
        settings=Settings(log=False, cache=False, max_tokens=REPLY, effort="low"),
        model=ModelFile("smollm", smollm, "smollm", 0),
        identity="smollm", engine=engine, speeds=Speeds(), load_seconds=0.0,
        pool=lambda: None, refresh=False, keeps=False,
    )  # fmt: skip
    chat = Chat(session)  # type: ignore[arg-type]
    for said in (f"What is this about? {LONG}", "Say it shortly.", "What is 2 + 3?", "Thanks."):
        known, before = chat.used, engine.counters.prefilled
        planned = chat.ask(Request.of(session.settings, said))
        outcome = end_of(answering(planned, start(planned)))
        chat.keep(planned, texts(outcome)[1])
        evaluated = engine.counters.prefilled - before
        if known:
            assert known > 500
            # the last reply and its head too where our wording, which is gone, stood ahead of them
            assert evaluated <= planned.prompt_tokens - known + REPLY + HEAD
    engine.close()
