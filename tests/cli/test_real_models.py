"""The whole program as a child process, on real models and on files that only look like one."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import gguf
import pytest
from harness import SUM, Ttc
from openai.types.chat import ChatCompletion
from tiny_llama import write_llama

ONE = ("--max-tokens", "3", "hi")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTC_THREADS", "1")  # waiting for one another is slow on a busy machine


def test_an_unknown_file_is_tried_then_answers(child: Ttc, tiny: Path) -> None:
    ran = child("-m", str(tiny), "--json", *ONE)
    assert ran.code in (0, 6)  # cut off, as a rule
    value = ChatCompletion.model_validate_json(ran.out)
    assert value.usage is not None
    assert value.usage.completion_tokens == 3
    first, *rest = ran.err.splitlines()
    assert first == "the model has no chat template: it continues the plain text"
    assert len(rest) == (ran.code == 6)


def test_a_text_with_a_models_name(child: Ttc) -> None:
    Path("text.gguf").write_text("these are words")
    ran = child("-m", "text.gguf", "hi")
    assert (ran.code, ran.out) == (4, "")
    assert "text.gguf is not a GGUF file" in ran.err
    assert ran.err.count("\n") == 1


def test_a_model_that_crashes_llama_cpp(
    child: Ttc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # more layers than llama.cpp can hold, which it asserts and does not check
    too_many = 600

    def add(self: gguf.GGUFWriter, _: int) -> None:
        self.add_uint32("llama.block_count", too_many)

    monkeypatch.setattr(gguf.GGUFWriter, "add_block_count", add)
    deep = write_llama(tmp_path / "deep.gguf")
    ran = child("-m", str(deep), "--json", "hi")
    assert ran.code == 4
    assert json.loads(ran.out)["error"]["code"] == 4
    assert "deep.gguf cannot be loaded: llama.cpp crashed on it (GGML_ASSERT" in ran.err
    assert ran.err.count("\n") == 1


def test_a_model_that_llama_cpp_refuses(child: Ttc, tmp_path: Path) -> None:
    name = b"general.architecture"
    odd = tmp_path / "odd.gguf"
    odd.write_bytes(
        struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, len(name))
        + name + struct.pack("<IQ", 8, 5) + b"nonet"
    )  # fmt: skip
    ran = child("-m", str(odd), "hi")
    assert (ran.code, ran.out) == (4, "")
    assert "unknown model architecture: 'nonet'" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_home_that_cannot_be_written(
    child: Ttc, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTC_HOME", "/proc/ttc")  # not even root may write there
    assert child("-m", str(tiny), *ONE).code in (0, 6)  # nothing to keep, and still an answer
    ran = child("models", "alias", "small", "smollm2-135m")
    assert (ran.code, ran.out) == (1, "")
    assert "/proc/ttc" in ran.err
    assert ran.err.count("\n") == 1


def test_a_missing_model_is_not_fetched_unasked(child: Ttc) -> None:
    ran = child("-m", "smollm2-135m", "hi")
    assert (ran.code, ran.out) == (4, "")
    assert "run `ttc models pull smollm2-135m`" in ran.err
    assert child("-m", "smollm2-135m", "--yes", "--offline", "hi").code == 4


def test_a_reader_that_leaves_ends_it_quietly(child: Ttc, tiny: Path) -> None:
    for flags in ((), ("--jsonl",), ("--json",), ("-x",)):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as gone:
            ran = child("-m", str(tiny), "-q", *flags, "--max-tokens", "50", "hi", stdout=gone)
        assert (ran.code, ran.err) == (0, ""), flags


def test_a_reader_that_leaves_ends_models_too(child: Ttc) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        assert (ran := child("models", "list", stdout=gone)).code == 0
    assert ran.err == ""


def test_closed_streams(tiny: Path, machine: Path) -> None:
    ask = f'"{sys.executable}" -m ttc_cli -q -m "{tiny}" --max-tokens 3 hi'

    def shell(rest: str) -> int:
        return subprocess.run(["bash", "-c", f"{ask} {rest}"], check=False, timeout=60).returncode

    assert shell("<&- 2>&- >out") in (0, 6)  # three tokens are a part
    assert Path("out").read_bytes()
    assert shell(">&- 2>err") == 1
    assert Path("err").read_text() == "ttc: stdout is closed; give it a place, or use -o\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_its_code(tiny: Path, number: int, code: int) -> None:
    words = ["-m", str(tiny), "--jsonl", "-n", "500", "--no-early-stop", "--max-tokens", "500000"]
    with subprocess.Popen(
        [sys.executable, "-m", "ttc_cli", *words, SUM],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert b"start" in process.stdout.readline()
        process.stdout.readline()
        process.send_signal(number)
        began = time.monotonic()
        _, err = process.communicate(timeout=30)
        assert time.monotonic() - began < 5
    assert process.returncode == code
    assert b"Traceback" not in err


@pytest.mark.model
def test_seconds_are_kept_with_an_answer(child: Ttc, smollm: Path) -> None:
    began = time.monotonic()
    ran = child("-m", str(smollm), "-e", "high", "--max-seconds", "6", "-q", SUM)
    seconds = time.monotonic() - began
    assert seconds < 20  # 6.7 on a machine of one's own
    assert ran.code in (0, 6)  # a busy machine may not come to an answer
