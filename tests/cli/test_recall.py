"""A result that was kept is replayed as it was, and only where everything that matters is alike."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from harness import REPLIES, SUM, Ran, Ttc, entries, ours

from ttc_cli.engine.scripted import from_choices
from ttc_cli.session import request


@pytest.mark.parametrize(
    "flags",
    [(), ("-x",), ("-n", "5"), ("-n", "5", "-x"), ("-v",), ("-e", "low", "--show-reasoning")],
)
@pytest.mark.parametrize("thinks", [False, True])
def test_a_replay_is_the_same_on_both_streams(
    ask: Ttc, flags: tuple[str, ...], thinks: bool
) -> None:
    script = from_choices([f"Let me see.</think>{reply}" if thinks else reply for reply in REPLIES])
    first = ask(*flags, SUM, script=script, thinks=thinks)
    again = ask(*flags, SUM, model=False)
    assert first.out
    assert again == first


def test_a_replay_fills_a_file(ask: Ttc) -> None:
    ask("-o", "one", SUM)
    ask("-o", "two", SUM, model=False)
    assert Path("one").read_bytes() == Path("two").read_bytes() != b""


def test_a_hit_reports_the_tokens_of_then_and_the_seconds_of_now(ask: Ttc) -> None:
    first = ask("--json", "-n", "5", SUM)
    again = ask("--json", "-n", "5", SUM, model=False)
    before, after = json.loads(first.out), json.loads(again.out)
    assert (before["ttc"]["cache"], after["ttc"]["cache"]) == ("miss", "hit")
    assert before["id"] != after["id"]
    timings = after["ttc"].pop("timings")
    assert timings["wall_s"] == after["ttc"]["cost"]["seconds"] > 0
    assert {timings[name] for name in timings if name != "wall_s"} == {0.0}
    for value in (before, after):
        del value["id"], value["created"], value["ttc"]["cache"], value["ttc"]["cost"]["seconds"]
    del before["ttc"]["timings"]
    assert before == after


def test_a_hit_is_priced_by_its_own_seconds(ask: Ttc, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(SUM)
    monkeypatch.setenv("TTC_PRICE_PER_MTOK", "5")
    assert ours(ask("--json", SUM, model=False))["cost"]["money"] == 0.0


def test_events_are_replayed_with_what_each_branch_wrote(ask: Ttc) -> None:
    flags = ("--jsonl", "-n", "3", "--no-early-stop", SUM)
    first, again = (
        [json.loads(line) for line in ask(*flags, model=model).out.splitlines()]
        for model in (True, False)
    )
    assert (again[0]["type"], again[-1]["type"]) == ("start", "done")

    def told(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
        return [{k: v for k, v in e.items() if k != "t"} for e in events if e["type"] == kind]

    for kind in ("start", "open", "close", "vote", "note"):
        assert told(first, kind) == told(again, kind)
    for branch in ([0], [1], [2]):
        before, after = (
            "".join(e["delta"] for e in told(events, "text") if e["branch"] == branch)
            for events in (first, again)
        )
        assert before == after != ""


@pytest.mark.parametrize(
    "change",
    [
        ("-n", "6"), ("-e", "low"), ("-S", "direct"), ("-s", "Be brief."), ("--temperature", "0.9"),
        ("--seed", "7"), ("--max-tokens", "900"), ("--no-early-stop",), ("--diverse",),
        ("-f", "notes.txt"), ("--ctx-size", "2048"), ("--top-p", "0.5"),
        ("--no-cache",), ("--refresh",), ("--no-log",),
    ],
)  # fmt: skip
def test_what_matters_makes_another_question(ask: Ttc, change: tuple[str, ...]) -> None:
    Path("notes.txt").write_text("seventeen")
    ask("-n", "5", SUM)
    assert ours(ask("--json", "-n", "5", *change, SUM))["cache"] != "hit"


def test_a_newer_program_answers_anew(ask: Ttc, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(SUM)
    place, newest = request.program()
    monkeypatch.setattr(request, "program", lambda: (place, newest + 1))
    assert ours(ask("--json", SUM))["cache"] != "hit"


@pytest.mark.parametrize(
    "change",
    [("--max-seconds", "60"), ("--threads", "1"), ("-q",), ("--no-stream",), ("--offline",)],
)
def test_what_does_not_matter_makes_the_same(ask: Ttc, change: tuple[str, ...]) -> None:
    ask("-n", "5", SUM)
    assert ours(ask("--json", "-n", "5", *change, SUM, model=False))["cache"] == "hit"


def test_a_changed_document_is_another_question(ask: Ttc) -> None:
    Path("notes.txt").write_text("seventeen")
    ask("-f", "notes.txt", SUM)
    Path("notes.txt").write_text("eighteen")
    assert ours(ask("--json", "-f", "notes.txt", SUM))["cache"] == "miss"


def test_a_verifier_counts_with_the_file_it_looks_at(ask: Ttc) -> None:
    def cache(*verifier: str) -> str:
        return str(ours(ask("--json", "-n", "3", *verifier, SUM))["cache"])

    Path("schema.json").write_text("{}")
    cache("-V", "confidence")
    assert cache("-V", "confidence") == "hit"
    assert cache("-V", "regex:42") != "hit"
    assert cache("-V", "schema:schema.json") != "hit"
    assert cache("-V", "schema:schema.json") == "hit"
    Path("schema.json").write_text('{"type": "object"}')
    assert cache("-V", "schema:schema.json") != "hit"


def test_what_a_command_says_is_never_kept(ask: Ttc, machine: Path) -> None:
    ask("-n", "3", "-V", "exec:true", "--unsafe-exec", SUM)
    assert entries(machine) == []


def test_a_random_seed_never_hits_and_keeps_nothing(ask: Ttc, machine: Path) -> None:
    for _ in range(2):
        assert ours(ask("--json", "--seed", "random", SUM))["cache"] == "miss"
    assert entries(machine) == []


def test_refresh_overwrites(ask: Ttc, machine: Path) -> None:
    ask(SUM, script=from_choices(["It is 42."]))
    assert ask("--refresh", SUM, script=from_choices(["It is 43."])).out == "It is 43.\n"
    assert ask(SUM, model=False).out == "It is 43.\n"
    assert len(entries(machine)) == 1


@pytest.mark.parametrize("flag", ["--no-log", "--no-cache"])
def test_what_keeps_nothing_keeps_nothing(ask: Ttc, machine: Path, flag: str) -> None:
    ask(flag, SUM)
    assert not (machine / "home" / "cache" / "results").exists()


@pytest.mark.parametrize(
    "cap", [("--max-tokens", "3"), ("--max-tokens", "40", "-n", "9", "--no-early-stop")]
)
def test_what_a_cap_cut_is_not_kept(ask: Ttc, machine: Path, cap: tuple[str, ...]) -> None:
    assert ours(ask("--json", *cap, SUM))["stopped"] == "tokens"
    assert entries(machine) == []


def test_what_was_interrupted_is_not_kept(
    ask: Ttc, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ttc_cli.core.run import Run

    def script(_: Any) -> str:
        runs[0].interrupt()
        return REPLIES[0]

    runs: list[Run] = []
    start = Run.__init__

    def see(run: Run, *given: Any, **more: Any) -> None:
        start(run, *given, **more)
        runs.append(run)

    monkeypatch.setattr(Run, "__init__", see)
    ask(SUM, script=script)
    assert entries(machine) == []


def test_a_template_that_tells_the_date_is_asked_anew_tomorrow(
    ask: Ttc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.TEMPLATE", "{{ strftime_now('%Y') }}{{ messages[-1].content }}")
    ask(SUM)
    assert ours(ask("--json", SUM, model=False))["cache"] == "hit"
    monkeypatch.setattr("ttc_cli.session.answer._today", lambda: "2000-01-01")
    assert ours(ask("--json", SUM))["cache"] != "hit"


def test_agreement_and_its_exit_code_are_kept_too(ask: Ttc) -> None:
    flags = ("-n", "5", "--no-early-stop", "--min-agreement", "0.99", SUM)
    first, again = ask(*flags), ask(*flags, model=False)
    assert first == again
    assert first.code == 3
    ask(SUM, "-S", "direct")
    assert ask(SUM, "-S", "direct", "--min-agreement", "0.5", model=False).code == 2


def test_many_at_once_on_one_cache(ask: Ttc, child: Ttc) -> None:
    """Six processes: one in three finds the answer, the others draw with a real engine."""
    known = ask("-S", "direct", SUM)

    def one(n: int) -> Ran:
        if n % 3 == 0:
            return child("ask", "-q", "-S", "direct", SUM)
        return child("ask", "-q", "-S", "direct", "--max-tokens", "40", f"{n % 3}")

    with ThreadPoolExecutor(6) as pool:
        ran = list(pool.map(one, range(6)))
    assert {r.code for r in ran if not r.err} == {0}
    assert all("breaks off" in r.err for r in ran if r.code)  # nonsense has no end
    for n in range(6):
        assert ran[n].out == (known.out if n % 3 == 0 else ran[n % 3].out) != ""
