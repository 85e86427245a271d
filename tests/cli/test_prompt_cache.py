"""The second question over a file finds it evaluated; the answer is that of a cold start."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Ran

from ttc_cli import __main__

LINES = "The men saw a light under the water, and a hand.\n" * 14
Ask = Callable[..., Ran]


@pytest.fixture
def ask(tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """`ttc ask` over a document of more than 512 tokens, with llama.cpp on a tiny model."""
    monkeypatch.setenv("TTC_MODEL", str(tiny))
    monkeypatch.setenv("TTC_THREADS", "1")
    monkeypatch.setattr("ttc_cli.engine.llama.trial.try_loading", lambda *_, **__: None)
    Path("notes.txt").write_text(LINES)

    def run(question: str, *words: str) -> Ran:
        capsys.readouterr()
        flags = ("-f", "notes.txt", "--max-tokens", "8", "--json", question)
        code = __main__.run(["ask", *words, *flags])
        return Ran(code, *capsys.readouterr())

    return run


def cached(ran: Ran) -> tuple[int, int]:
    """Prompt tokens, and how many of them were not computed."""
    assert ran.code in (0, 6), ran.err  # nonsense may be cut off
    usage: dict[str, Any] = json.loads(ran.out)["usage"]
    return usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"]


def said(ran: Ran) -> str:
    return str(json.loads(ran.out)["choices"][0]["message"]["content"])


def states(machine: Path) -> list[Path]:
    return sorted((machine / "home" / "cache" / "prompts").glob("*.entry"))


def test_the_second_question_prefills_a_twentieth(ask: Ask, machine: Path) -> None:
    prompt, shared = cached(ask("Who saw?"))
    assert prompt > 512
    assert shared == 0
    assert len(states(machine)) == 1
    second = ask("What?")
    prompt, shared = cached(second)
    assert prompt - shared <= 0.05 * prompt
    assert said(second) == said(ask("What?", "--no-cache"))
    assert len(states(machine)) == 1  # it adds nothing worth keeping
    assert (machine / "home" / "cache" / "prompts" / "hits").stat().st_size == 1


def test_a_longer_document_goes_on_where_the_shorter_one_ended(ask: Ask, machine: Path) -> None:
    ask("Who saw?")
    Path("notes.txt").write_text(LINES + "They ran.\n" * 40)
    prompt, shared = cached(ask("Who saw?"))
    assert 600 < shared < prompt - 300
    assert len(states(machine)) == 2  # the first ended with its question


@pytest.mark.parametrize("flag", ["--no-cache", "--no-log"])
def test_what_keeps_nothing_keeps_nothing(ask: Ask, machine: Path, flag: str) -> None:
    ask("Who saw?", flag)
    assert states(machine) == []


def test_a_short_prompt_is_not_kept(ask: Ask, machine: Path) -> None:
    Path("notes.txt").write_text("a light")
    ask("Who saw?")
    assert states(machine) == []


def test_refresh_does_not_read_it(ask: Ask) -> None:
    ask("Who saw?")
    assert cached(ask("What?", "--refresh"))[1] == 0


def test_no_room_for_prompts_keeps_none(
    ask: Ask, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTC_PROMPT_CACHE_MB", "0")
    ask("Who saw?")
    assert states(machine) == []


def test_what_is_broken_is_evaluated_again(ask: Ask, machine: Path) -> None:
    ask("Who saw?")
    (entry,) = states(machine)
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 1
    entry.write_bytes(data)
    second = ask("What?")
    assert cached(second)[1] == 0
    assert said(second) == said(ask("What?", "--no-cache"))
    assert cached(ask("Where?"))[1] > 512  # and it was written anew


@pytest.mark.skipif(os.name == "nt", reason="needs rights of Unix")
def test_a_disk_that_refuses_costs_one_line(ask: Ask, machine: Path) -> None:
    (machine / "home" / "cache").mkdir(parents=True)
    (machine / "home" / "cache" / "prompts").write_text("in the way")
    ran = ask("Who saw?")
    assert ran.code in (0, 6)  # nonsense may be cut off
    assert ran.err.count("cache cannot be written") == 1
