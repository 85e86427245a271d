"""PRMs from the command line: as verifiers, judged, listed, and their heads converted."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import SUM, Ttc

from ttc_cli.engine.scripted import from_choices

sys.path.insert(0, str(Path(__file__).parents[1] / "verifiers"))
from tiny_prm import forget, value, vouch, write_prm

RIGHT = "Step 1: I take 6 and multiply it by 7.\n\nStep 2: So the answer is \\boxed{42}."
WRONG = "Step 1: I take 9 and multiply it by 7.\n\nStep 2: So the answer is \\boxed{63}."


@pytest.fixture
def good(machine: Path) -> Iterator[Path]:
    yield made(machine)
    forget()


def made(machine: Path, **weights: float) -> Path:
    (machine / "home").mkdir(exist_ok=True)
    return vouch(write_prm(machine / "prm.gguf", **weights), machine / "home")


def test_the_reply_whose_steps_score_higher_is_chosen(ttc: Ttc, good: Path) -> None:
    asked = ("ask", SUM, "-n", "4", "-V", f"prm:{good}", "-O", "form=rlhflow", "--jsonl")
    ran = ttc(*asked, "-S", "best-of-n", script=from_choices([WRONG, RIGHT]))
    assert ran.code == 0, ran.err
    events = [json.loads(line) for line in ran.out.splitlines()]
    scores = {e["score"] > 0.9 for e in events if e["type"] == "score"}
    assert scores == {True, False}
    result = events[-1]["result"]
    assert "42" in result["choices"][0]["message"]["content"]
    (note,) = [e["message"] for e in events if e["type"] == "note" and "self-test" in e["message"]]
    assert "rlhflow, as -O form says" in note
    assert "tokens evaluated" in note
    again = ttc(*asked, "-S", "best-of-n", script=from_choices([WRONG, RIGHT]))
    assert "self-test" not in again.out  # said once


def test_one_that_fails_its_self_test_is_refused(ttc: Ttc, machine: Path) -> None:
    path = made(machine, sure=2.0, steep=0.0)
    ran = ttc("ask", SUM, "-V", f"prm:{path}", "-O", "form=generative")
    forget()
    assert (ran.code, ran.out) == (4, "")
    assert "fails its self-test" in ran.err
    assert "0 of 6" in ran.err
    listed = json.loads(ttc("prm", "list", "--json").out)
    assert listed[f"prm:{path}"] == {"aggregate": "", "form": "generative", "self_test": False}


def test_a_form_nobody_knows_is_told_before_anything_is_loaded(ttc: Ttc, good: Path) -> None:
    write_prm(good, tags=False)
    ran = ttc("ask", SUM, "-V", f"prm:{good}", "-m", "no-such-model-anywhere")
    assert ran.code == 2
    assert "-O form=" in ran.err


def test_a_known_prm_is_listed_and_asked_for_by_name(ttc: Ttc, machine: Path) -> None:
    listed = json.loads(ttc("prm", "list", "--json").out)
    known = listed["prm:rlhflow-prm-8b"]
    assert known == {"form": "rlhflow", "aggregate": "last", "self_test": None}
    assert "rlhflow form" in ttc("prm", "list").out
    ran = ttc("ask", SUM, "-V", "prm:rlhflow-prm-8b")
    assert ran.code == 4
    assert "ttc models pull rlhflow-prm-8b" in ran.err


def test_eval_judges_a_prm_on_labelled_steps(ttc: Ttc, good: Path) -> None:
    rows = [
        {"problem": SUM, "steps": RIGHT.split("\n\n"), "label": -1},
        {"problem": SUM, "steps": WRONG.split("\n\n"), "label": 1},
    ]
    Path("steps.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = ("prm", "eval", "-V", f"prm:{good}", "-d", "steps.jsonl", "--json")
    ran = ttc(*asked, "-O", "form=math-shepherd")
    assert ran.code == 0, ran.err
    figures = json.loads(ran.out)
    assert (figures["scored"], figures["auc"], figures["first_error_f1"]) == (2, 1.0, 1.0)
    assert ttc(*asked, "-O", "fork=x").code == 2


def test_convert_makes_a_head_that_is_used(ttc: Ttc, good: Path) -> None:
    header, data = {}, b""
    for name, tensor in value().items():
        at = [len(data), len(data) + tensor.nbytes]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": at}
        data += tensor.tobytes()
    text = json.dumps(header).encode()
    Path("model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    side = good.with_suffix(".head.npz")
    ran = ttc("prm", "convert", "model.safetensors", "--out", str(side))
    assert ran.code == 0, ran.err
    assert "a value head on states 32 wide" in ran.err
    ran = ttc("ask", SUM, "-S", "direct", "-V", f"prm:{good}", script=from_choices([WRONG]))
    assert ran.code == 0, ran.err
    assert "classifier, by its side file" in ran.err
