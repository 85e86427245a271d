"""What is asked: words, stdin, files; and the command that needs no name."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from harness import Ear, Ttc

from ttc_cli.cli import inputs


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (("ask", "say", "yes"), "say yes"),
        (("say yes",), "say yes"),
        (("--", "ask", "me", "--json"), "ask me --json"),
        (("ask", "models", "of", "what"), "models of what"),
        (("--max-tokens", "9", "say", "yes"), "say yes"),
        (("ask", "--", "-x", "is", "what?"), "-x is what?"),
        (("-q", "日本語 🙂 שלום"), "日本語 🙂 שלום"),
    ],
)
def test_words_are_the_question(ttc: Ttc, ear: Ear, words: tuple[str, ...], question: str) -> None:
    assert ttc(*words, script=ear).out == "yes\n"
    assert question in ear.prompt


@pytest.mark.parametrize("words", [(), ("ask",), ("ask", "-"), ("-",), ("-q",)])
def test_stdin_is_the_prompt(ttc: Ttc, ear: Ear, words: tuple[str, ...]) -> None:
    ran = ttc(*words, script=ear, stdin=b"from a pipe\n")
    assert (ran.code, ran.out) == (0, "yes\n")
    assert "from a pipe" in ear.prompt
    assert "document" not in ear.prompt


def test_stdin_with_a_prompt_is_a_document_ahead_of_it(ttc: Ttc, ear: Ear) -> None:
    ttc("sum this up", script=ear, stdin=b"a long text")
    assert ear.prompt.index("a long text") < ear.prompt.index("sum this up")
    assert "<document>\na long text\n</document>" in ear.prompt
    assert "stdin" not in ear.prompt  # a small model would take it for content


def test_a_dash_with_a_prompt_joins_them(ttc: Ttc, ear: Ear) -> None:
    ttc("ask", "translate:", "-", script=ear, stdin=b"guten Tag")
    assert "translate:\n\nguten Tag" in ear.prompt


def test_files_come_in_order_and_a_dash_among_them_is_stdin(ttc: Ttc, ear: Ear) -> None:
    Path("a.txt").write_text("first")
    Path("b.txt").write_text("third")
    ran = ttc(*["-f", "a.txt", "-f", "-", "-f", "b.txt", "compare"], script=ear, stdin=b"second")
    assert ran.code == 0
    order = [ear.prompt.index(word) for word in ("first", "second", "third", "compare")]
    assert order == sorted(order)


def test_no_stdin_does_not_read(ttc: Ttc, ear: Ear) -> None:
    assert ttc("--no-stdin", "hello", script=ear, stdin=b"never seen").code == 0
    assert "never seen" not in ear.prompt
    assert ttc("--no-stdin", script=ear, stdin=b"never seen").code == 2
    assert ttc("--no-stdin", "-", script=ear, stdin=b"never seen").code == 2


@pytest.mark.parametrize("stdin", [b"", b"\n", b"\xef\xbb\xbf \r\n"])
def test_empty_stdin_is_no_document(ttc: Ttc, ear: Ear, stdin: bytes) -> None:
    assert ttc("hello", script=ear, stdin=stdin).code == 0
    assert "document" not in ear.prompt
    assert [ttc(*words, stdin=stdin).code for words in (("ask",), ("ask", "-"))] == [2, 2]


def test_a_silent_pipe_is_waited_for_with_a_note(
    ttc: Ttc, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "PATIENCE", 0.05)
    reader, writer = os.pipe()

    def late() -> None:
        time.sleep(0.3)
        os.write(writer, b"at last")
        os.close(writer)

    thread = threading.Thread(target=late)
    thread.start()
    with os.fdopen(reader, encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        ran = ttc("ask", script=ear)
    thread.join()
    assert ran.code == 0
    assert "at last" in ear.prompt
    assert ran.err.splitlines()[:1] == ["waiting for text on stdin; --no-stdin does without"]


def test_the_deadline_covers_a_stdin_that_drips(
    ttc: Ttc, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    ended = threading.Event()

    def drip() -> None:
        while not ended.wait(0.05):
            os.write(writer, b"drop\n")
        os.close(writer)

    thread = threading.Thread(target=drip)
    thread.start()
    with os.fdopen(reader, encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        ran = ttc("ask", "--max-seconds", "0.6", script=ear)
        ended.set()
        thread.join()
    assert ran.code == 6
    assert "stdin did not come to its end in time" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("ask",), 2, "the prompt is empty"),
        (("ask", ""), 2, "the prompt is empty"),
        (("ask", " \n "), 2, "the prompt is empty"),
        (("-f", "missing.txt", "hi"), 1, "cannot read missing.txt: no such file"),
        (("-f", ".", "hi"), 1, "it is a directory"),
        (("-f", "binary", "hi"), 1, "cannot use binary: it is binary"),
        (("-f", "latin", "hi"), 1, "is not UTF-8 text"),
        (("-f", "empty", "hi"), 1, "it is empty"),
        (("-", "-f", "-"), 2, "stdin is named more than once"),
        (("--max-tokens", "0", "hi"), 2, "--max-tokens must be a whole number of at least 1"),
        (("--max-tokens", "x", "hi"), 2, "not a whole number"),
        (("--max-seconds", "0", "hi"), 2, "--max-seconds must be a number"),
        (("-n", "0", "hi"), 2, "samples must be"),
        (("-e", "hihg", "hi"), 2, "did you mean 'high'?"),
        (("-S", "self-consistancy", "hi"), 2, "did you mean 'self-consistency'?"),
        (("-S", "direct", "-O", "waits=1", "hi"), 2, "direct has no option 'waits'"),
        (("-S", "think", "-O", "waits=many", "hi"), 2, "a whole number of at least 0, not 'many'"),
        (("-O", "waits", "hi"), 2, "-O takes KEY=VALUE"),
        (("--top-p", "0", "hi"), 2, "--top-p must be a number above 0, up to 1"),
        (("--min-p", "1", "hi"), 2, "--min-p must be a number from 0 to below 1"),
        (("--temperature", "-1", "hi"), 2, "temperature must be"),
        (("--seed", "x", "hi"), 2, "seed must be a whole number of at least 0, or 'random'"),
        (("--min-agreement", "1.5", "hi"), 2, "give a number from 0 to 1"),
        (("--min-agreement", "0.5", "hi"), 2, "needs a vote"),
        (("--bogus", "hi"), 2, "no such option: --bogus"),
        (("models", "bogus"), 2, "no such command 'bogus'"),
        (("--profile", "nope", "hi"), 2, "nope"),
        (("-m", "nope", "hi"), 4, "no model is called nope"),
        (("-m", "./nope.gguf", "hi"), 4, "there is no file nope.gguf"),
        (("-m", "http://localhost:1/v1", "hi"), 1, "no answer from http://localhost:1/v1"),
        (("-o", "missing/answer.txt", "hi"), 1, "cannot write missing/answer.txt"),
        (("-o", ".", "hi"), 1, "cannot write"),
    ],
)
def test_bad_input_is_one_line_and_a_code(
    ttc: Ttc, words: tuple[str, ...], code: int, message: str
) -> None:
    Path("binary").write_bytes(b"\x00\x01\x02")
    Path("latin").write_bytes(b"caf\xe9")
    Path("empty").write_bytes(b"")
    ran = ttc(*words)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert ran.err.startswith("ttc: ")
    assert ran.err.count("\n") == 1
    told = ttc("--json", *words) if words[0] not in ("ask", "models") else None
    if told:
        error: dict[str, Any] = json.loads(told.out)["error"]
        assert error.keys() == {"code", "message", "hint"}
        assert error["code"] == told.code == code
        assert message in f"{error['message']}; {error['hint']}"


def test_a_choice_that_is_lacking_is_one_line_too(ttc: Ttc) -> None:
    ran = ttc("completion")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "'SHELL'. Choose from: bash, zsh, fish, powershell; see" in ran.err


def test_too_much_on_stdin(ttc: Ttc) -> None:
    ran = ttc("sum up", stdin=b"a" * 20_000_001)
    assert (ran.code, ran.out) == (1, "")
    assert "20,000,001 bytes, and 20,000,000 are allowed" in ran.err


def test_an_overlong_prompt_is_refused_with_both_numbers(ttc: Ttc) -> None:
    ran = ttc("word " * 200, context=100)
    assert (ran.code, ran.out) == (5, "")
    assert "tokens and the context holds 100" in ran.err
    assert ran.err.count("\n") == 1


def test_without_anything_there_are_three_examples(ttc: Ttc) -> None:
    ran = ttc()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("\n  ") == 3
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    assert "Usage: ttc" in ttc("--help").out
    assert ttc("--version").out.startswith("ttc ")


def test_help_is_plain_and_grouped(ttc: Ttc) -> None:
    out = ttc("ask", "--help").out
    assert "\x1b" not in out
    sections = [line for line in out.splitlines() if line.endswith(":") and line[0] != " "]
    assert (
        sections
        == [
            "Input:",
            "Help:",
            "Spending:",
            "Model and engine:",
            "Sampling:",
            "Output:",
        ]
        or sections[0] == "Input:"
    )
    assert "--reasoning-effort" not in out
    assert ttc("ask", "--help-options", "-S", "think").out.startswith("think\n  waits=0\t")
