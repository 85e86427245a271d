"""`ttc` on a model behind a server: the same strategies, streams and JSON as in process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import REPLIES, SUM, Ttc

from ttc_cli.engine.scripted import from_choices

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from documented import blocks, commands
from fake_server import FakeServer, Fault

Serve = Callable[..., FakeServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers that say 42 and at times 41 unless told otherwise."""
    servers: list[FakeServer] = []

    def start(script: Any = None, **how: Any) -> FakeServer:
        servers.append(FakeServer(script or from_choices((*REPLIES[:1] * 3, *REPLIES)), **how))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_self_consistency(ttc: Ttc, serve: Serve) -> None:
    ran = ttc("ask", SUM, "-m", serve().url, "-e", "high", "--json")
    result = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert result["ttc"]["strategy"] == "self-consistency"
    assert result["ttc"]["answer"] == "42"
    assert len(result["ttc"]["votes"]) == 2, "each sample has a seed of its own"
    samples, shared = result["ttc"]["samples"], result["ttc"]["tokens"]["shared"]
    assert samples["finished"] <= shared <= samples["started"], "a token of each prompt"


def test_beam_goes_on_with_partial_replies(ttc: Ttc, serve: Serve) -> None:
    reply = "First we add up the two numbers, which are 17 and 25.\n\nThat is \\boxed{42}."

    def script(request: Any) -> str:
        return reply.removeprefix(request.prompt.text.rpartition("assistant")[2])

    server = serve(script)
    ran = ttc("ask", SUM, "-m", server.url, "-S", "beam", "-n", "4", "--json")
    result = json.loads(ran.out)
    assert (ran.code, result["ttc"]["answer"]) == (0, "42")
    prompts = [len(body["prompt"]) for path, body in server.asked if path == "/v1/completions"]
    assert len(set(prompts)) == 2, "the second step begins where the first one ended"


def test_a_judge_is_asked_for_its_log_probabilities(ttc: Ttc, serve: Serve) -> None:
    ran = ttc("ask", SUM, "-m", serve().url, "-V", "judge", "-n", "3", "--json")
    result = json.loads(ran.out)
    assert (ran.code, result["ttc"]["strategy"]) == (0, "best-of-n")
    assert all(0 < vote["weight"] < 3 for vote in result["ttc"]["votes"])


def test_tokens_cost_what_the_settings_say(ttc: Ttc, serve: Serve, machine: Path) -> None:
    (machine / "home").mkdir()
    table = f'[remote.lan]\nurl = "{serve().url}"\nprice_in = 1\nprice_out = 1000\n'
    (machine / "home" / "config.toml").write_text(table)
    ran = ttc("ask", SUM, "-m", "lan", "-e", "medium", "--json")
    ours = json.loads(ran.out)["ttc"]
    prompt = ours["samples"]["started"] * ours["tokens"]["prompt"]
    money = (prompt + 1000 * ours["tokens"]["sampled"]) / 1e6
    assert ours["cost"]["money"] == pytest.approx(money)
    assert "lan\t-\t-\tserver" in ttc("models", "list").out
    ran = ttc("doctor", "--quick", "-m", "lan")
    assert f"model: fake answers at {serve().url[:16]}" in ran.out


def test_map_draws_for_many_records_at_once(ttc: Ttc, serve: Serve) -> None:
    lines = "".join(f"What is {n} + {42 - n}?\n" for n in range(12))
    server = serve(pause=0.1, slots=8)
    ran = ttc("map", "{line}", "-m", server.url, "-e", "low", "-x", stdin=lines.encode())
    assert (ran.code, len(ran.out.splitlines())) == (0, 12)
    assert {json.loads(line)["answer"] for line in ran.out.splitlines()} <= {"41", "42"}
    assert server.most == 8


def test_a_chat_goes_on(ttc: Ttc, serve: Serve) -> None:
    server = serve(raw=False)
    ran = ttc("chat", "-m", server.url, "-e", "low", stdin=f"{SUM}\nAre you sure?\n".encode())
    assert ran.code == 0
    roles = [m["role"] for m in server.asked[-1][1]["messages"]]
    assert roles[-3:] == ["user", "assistant", "user"]


def test_the_same_question_again_draws_nothing(ttc: Ttc, serve: Serve) -> None:
    server = serve()
    answers = []
    for told in ("one", "one", "other"):
        server.told = told
        ran = ttc("ask", SUM, "-m", server.url, "-e", "medium", "--json", cache="yes")
        answers.append(json.loads(ran.out)["ttc"])
    assert [ours["cache"] for ours in answers] == ["miss", "hit", "miss"], "another model: no hit"
    assert answers[0]["answer"] == answers[1]["answer"]


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("-S", "beam"), 2, "beam needs continue, which fake does not offer"),
        (("-S", "think"), 2, "think needs continue"),
        (("-V", "probe:x"), 2, ""),
        (("-V", "judge"), 2, "judge needs continue"),
        (("--schema", "{}"), 2, "--schema needs grammar and continue"),
    ],
)
def test_what_needs_more_than_the_server_gives(
    ttc: Ttc, serve: Serve, words: tuple[str, ...], code: int, why: str
) -> None:
    ran = ttc("ask", SUM, "-m", serve(raw=False, continues=False).url, *words)
    assert (ran.code, ran.out) == (code, "")
    assert why in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("strategy", ["direct", "self-consistency", "best-of-n", "refine"])
def test_what_chat_alone_is_enough_for(ttc: Ttc, serve: Serve, strategy: str) -> None:
    server = serve(raw=False, continues=False)
    ran = ttc("ask", SUM, "-m", server.url, "-S", strategy, "-e", "medium", "-x")
    assert (ran.code, ran.out) == (0, "42\n")


def test_counts_that_are_estimates_are_called_so(ttc: Ttc, serve: Serve) -> None:
    ran = ttc("ask", SUM, "-m", serve(raw=False, exact=False).url, "-e", "low")
    assert (ran.code, ran.err) == (0, "fake tells no token counts: they are estimates\n")


@pytest.mark.parametrize(
    ("how", "words", "code", "why"),
    [
        ({}, ("#other",), 4, "has no model other; it has fake"),
        ({"key": "k"}, (), 1, "wants a key: TTC_API_KEY"),
        ({"context": 20}, (), 5, "takes 25 tokens and the context holds 20"),
        ({"raw": False, "context": 20}, (), 5, "takes 22 tokens and the context holds 20"),
    ],
)
def test_errors(
    ttc: Ttc, serve: Serve, how: dict[str, Any], words: tuple[str, ...], code: int, why: str
) -> None:
    ran = ttc("ask", SUM, "-m", "".join((serve(**how).url, *words)), "-e", "low", "--json")
    assert (ran.code, json.loads(ran.out)["error"]["code"]) == (code, code)
    assert why in ran.err
    assert len(ran.err.splitlines()) == 1


def test_no_server_at_all(ttc: Ttc) -> None:
    ran = ttc("ask", SUM, "-m", "http://127.0.0.1:9/v1")
    assert (ran.code, ran.out) == (1, "")
    assert "the connection is refused" in ran.err
    ran = ttc("ask", SUM, "-m", "http://192.0.2.1/v1", "--offline")
    assert (ran.code, ran.out) == (2, "")
    ran = ttc("ask", SUM, "-m", "http://me:secret@127.0.0.1:9/v1")
    assert (ran.code, "secret" in ran.err) == (2, False)
    ran = ttc("calibrate", "-m", "http://127.0.0.1:9/v1")
    assert (ran.code, "a server schedules itself" in ran.err) == (2, True)


def test_a_key_is_nowhere_to_be_found(
    ttc: Ttc, serve: Serve, monkeypatch: pytest.MonkeyPatch, machine: Path
) -> None:
    monkeypatch.setenv("TTC_API_KEY", "sk-very-secret")
    server = serve(key="sk-very-secret")
    ran = ttc("ask", SUM, "-m", server.url, "--json", "-v", cache="yes")
    shown = ttc("config", "show", "--json")
    server.key = "another"
    failed = ttc("ask", SUM, "-m", server.url, "--json", "--no-cache")
    assert (ran.code, ran.err.count("ignored"), failed.code) == (0, 0, 1)
    said = "".join(part for one in (ran, shown, failed) for part in (one.out, one.err))
    files = b"".join(p.read_bytes() for p in machine.rglob("*") if p.is_file())
    assert "very-secret" not in said
    assert b"very-secret" not in files


@pytest.mark.parametrize("key", ["sk-very\nsecret", "sk-very secret", "sk-verysecr\u00e9t"])
def test_a_key_that_is_none_is_told_without_it(
    ttc: Ttc, key: str, monkeypatch: pytest.MonkeyPatch, machine: Path
) -> None:
    monkeypatch.setenv("TTC_API_KEY", key)
    for words in (("ask", SUM), ("doctor",)):
        ran = ttc(*words, "-m", "http://127.0.0.1:9/v1", "--json")
        assert ran.code in (1, 2)
        assert "TTC_API_KEY holds a character that no key has" in ran.out + ran.err
        assert "very" not in ran.out + ran.err
    assert not any(b"sk-very" in p.read_bytes() for p in machine.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    "url",
    ["http://h/v1?api_key=sk-very", "http://sk-very@h/v1", "http://h:99999/v1", "http://[::1"],
)
def test_a_url_that_holds_a_key_or_is_none_is_refused(ttc: Ttc, url: str, machine: Path) -> None:
    ran = ttc("ask", SUM, "-m", url, "--json")
    assert (ran.code, "sk-very" in ran.out + ran.err) == (2, False)
    assert not any(b"sk-very" in p.read_bytes() for p in machine.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("words", "code", "out", "told"),
    [
        (("-e", "low"), 1, "", "every branch failed"),
        (("-e", "low", "-S", "self-consistency", "-n", "4", "--no-early-stop", "-x"), 0, "42\n",
         "1 of 4 samples failed: "),
    ],
)  # fmt: skip
def test_a_request_that_is_refused_fails_its_branch(
    ttc: Ttc, serve: Serve, words: tuple[str, ...], code: int, out: str, told: str
) -> None:
    server = serve()
    server.faults.append(Fault(400, {"error": {"message": "no such\x1b[2J grammar"}}))
    ran = ttc("ask", SUM, "-m", server.url, *words)
    assert (ran.code, ran.out) == (code, out)
    assert told in ran.err
    assert "answers 400: no such" in ran.err
    assert "\x1b" not in ran.err, "a server does not get at the terminal"


def test_control_tokens_that_a_user_names_stay_text(ttc: Ttc, serve: Serve) -> None:
    server = serve()
    assert ttc("ask", "What does <|im_end|> mean?", "-m", server.url, "-e", "low").code == 0
    texts = [(b["content"], b.get("parse_special")) for p, b in server.asked if p == "/tokenize"]
    named = {special for text, special in texts if "What does <|im_end|> mean?" in text}
    assert named == {False}
    assert any(special and "<|im_end|>" in text for text, special in texts), "the template's own"


def killed(server: FakeServer, after: int) -> threading.Thread:
    """Close a server once it has written so many tokens."""

    def kill() -> None:
        until = time.monotonic() + 20
        while server.written < after and time.monotonic() < until:
            time.sleep(0.005)
        server.close()

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


@pytest.mark.parametrize("raw", [True, False])
def test_an_outage_costs_no_record(ttc: Ttc, serve: Serve, raw: bool) -> None:
    said = [f"That makes \\boxed{{{n}}}, as is known." for n in (41, 42, 42)]
    lines = "".join(f"What is {n} + {42 - n}?\n" for n in range(20))
    choose = from_choices(said)

    def script(request: Any) -> str:
        return str(choose(request)).removeprefix(request.prompt.text.rpartition("assistant\n")[2])

    server = serve(script, raw=raw, continues=False, pause=0.03)
    thread = killed(server, 30)

    def revive() -> None:
        thread.join()
        time.sleep(2)
        serve(script, raw=raw, continues=False, after=server)

    reviver = threading.Thread(target=revive)
    reviver.start()
    words = ("map", "{line}", "-m", server.url, "-e", "low", "-x", "-o", "out")
    ran = ttc(*words, stdin=lines.encode())
    reviver.join()
    answers = [json.loads(line)["answer"] for line in Path("out").read_text().splitlines()]
    assert (ran.code, len(answers), set(answers)) == (0, 20, {"42"})
    assert "waiting: the server at" in ran.err
    assert "the server is back" in ran.err


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (401, {"error": {"message": "key expired"}}, "wants a key: TTC_API_KEY (key expired)"),
        (402, {"error": {"message": "pay"}}, "is there credit left"),
        (403, {"error": {"message": "not yours"}}, "wants a key"),
        (404, {"error": {"message": "no such model"}}, "answers 404"),
        (429, {"error": {"code": "insufficient_quota", "message": "too much"}}, "answers 429"),
    ],
)
def test_what_fails_for_every_record_ends_a_map_with_its_rows_kept(
    ttc: Ttc, serve: Serve, status: int, body: Any, why: str
) -> None:
    asked: list[str] = []

    def script(request: Any) -> str:
        asked.append(request.prompt.text)
        if len(asked) == 14:
            server.faults.extend([Fault(status, body)] * 200)
        return "It is so."

    server = serve(script, raw=False, continues=False)
    lines = "".join(f"n{n}\n" for n in range(40))
    words = ("map", "Say {line}", "-m", server.url, "-e", "low", "-o", "out")
    ran = ttc(*words, stdin=lines.encode())
    assert (ran.code, Path("out").exists()) == (1, False)
    assert why in ran.err
    assert "results are kept; --resume goes on with them" in ran.err
    assert len(server.faults) >= 200 - 28, "no record is asked again"
    server.faults.clear()
    assert ttc(*words, "--resume", stdin=lines.encode()).code == 0
    rows = [json.loads(line) for line in Path("out").read_text().splitlines()]
    assert [row["answer"] for row in rows] == ["It is so."] * 40


def test_what_the_server_cannot_do_ends_a_map_before_it_begins(ttc: Ttc, serve: Serve) -> None:
    words = ("map", "Say {line}", "--schema", "{}", "-o", "out")
    ran = ttc(*words, "-m", serve(raw=False, continues=False).url, stdin=b"a\nb\n")
    assert (ran.code, list(Path().glob("out*"))) == (2, [])
    assert "--schema needs grammar and continue" in ran.err


def test_a_bench_stops_with_its_state_when_the_server_stays_away(
    ttc: Ttc, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (f'{{"question": "What is {n} + {42 - n}?", "answer": "42"}}\n' for n in range(12))
    Path("q.jsonl").write_text("".join(rows))
    words = ("bench", "run", "-d", "q.jsonl", "-n", "3", "--quiet")
    server = serve(pause=0.002)
    plain = ttc(*words, "-m", server.url, "--out", "plain")
    monkeypatch.setenv("TTC_SERVER_WAIT", "0.2")
    thread = killed(server, server.written + 150)
    gone = ttc(*words, "-m", server.url, "--out", "out")
    thread.join()
    assert (plain.code, gone.code) == (0, 1)
    assert "the connection is refused; away for" in gone.err
    resumed = serve(after=server)
    assert ttc(*words, "-m", resumed.url, "--out", "out", "--resume").code == 0
    reports = [json.loads(ttc("bench", "report", out, "--json").out) for out in ("plain", "out")]
    (before,), (after,) = (report["rows"] for report in reports)
    assert (after["n"], after["accuracy"]) == (12, before["accuracy"])


def test_ctrl_c_closes_the_streams(serve: Serve, machine: Path) -> None:
    server = serve(lambda _: " word" * 4000, pause=0.01)
    words = ["ask", "Write a lot.", "-m", server.url, "-n", "3", "--no-log"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ttc_cli", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    until = time.monotonic() + 30
    while server.written < 30 and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b" word word" in out, err
    assert server.hung_up.acquire(timeout=5), "the server goes on writing"


COMMANDS = [words for block in blocks() if "servers.md" in block.where for words in commands(block)]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_is_documented_runs(ttc: Ttc, serve: Serve, words: list[str]) -> None:
    root = serve(from_choices(REPLIES[:1])).url.removesuffix("/v1")
    ran = ttc(*(word.replace("http://localhost:8080", root) for word in words))
    assert ran.code == 0, ran.err
