"""PRMs of every form end to end: GGUFs whose scores are known, and those that must be refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flow import finish
from stage import branch, build, new_run, question
from tiny_prm import CONTEXT, ERRORS, LATER, forget, two_class, value, vouch, write_prm

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import ModelError, UsageError
from ttc_cli.core.events import Note
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.hub import drive
from ttc_cli.verifiers.prm.forms import StepHead
from ttc_cli.verifiers.prm.selftest import PAIRS, verdict, verdicts_file
from ttc_cli.verifiers.prm.verifier import Prm

FORMS = ("math-shepherd", "rlhflow", "generative", "two-class", "value")
STEPS = (
    "Step 1: Eight pens cost 8 * 7 = 56 coins.\n\n",
    "Step 2: With the bag it is 56 + 7 = 63 coins.\n\n",  # 63: what the tiny PRMs call wrong
    "Step 3: So the answer is 30 and no more.",
)
GOOD = 1 / (1 + np.exp(-2 * 0.4 * np.sqrt(32)))
"""What a line without a bad token scores: the logits are ±0.4 of a state of √32."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TTC_HOME", str(tmp_path))
    yield tmp_path
    forget()


def prm(home: Path, form: str, **weights: float) -> Prm:
    """A tiny PRM of a form; the head of a classifier has the weights that the LM head has."""
    path = vouch(write_prm(home / "prm.gguf", **weights), home)
    given = {"form": form}
    if form in ("two-class", "value"):
        shares = {k: v for k, v in weights.items() if k in ("sure", "steep")}
        tensors = (two_class if form == "two-class" else value)(**shares)
        StepHead.of(tensors, "test").save(home / "prm.head.npz")
        given = {}
    built = build(f"prm:{path}", **given)
    assert isinstance(built, Prm)
    return built


def grow(count: int, number: int = 0) -> Branch:
    return branch("".join(STEPS[:count]), number)


def tokens(text: str) -> int:
    """How many the tiny vocabulary makes of a text: one a byte, and a space has three."""
    return len(text.replace(" ", "▁").encode())


@pytest.mark.parametrize("form", FORMS)
def test_each_form_scores_each_step_as_its_weights_say(home: Path, form: str) -> None:
    verifier = prm(home, form)
    run = new_run()
    events, (right, wrong) = finish(verifier(run, [grow(1), grow(3, 1)], question()))
    assert right.steps == pytest.approx((GOOD,), abs=1e-3)
    assert wrong.steps[0] == right.steps[0]
    assert max(wrong.steps[1:]) < 0.01
    assert right.score is not None
    assert wrong.score is not None
    assert right.score > wrong.score
    (note,) = [event for event in events if isinstance(event, Note)]
    tested = int(note.message.rpartition(", ")[2].split()[0])
    first = run.ledger.usage.evaluated - tested  # the self-test is paid by who caused it
    assert tested > first > 0
    later = new_run()
    finish(verifier(later, [grow(2, 2)], question()))
    assert later.ledger.usage.evaluated < first
    assert later.ledger.usage.prefilled == run.ledger.usage.prefilled == 0  # by the generator
    assert "6 of 6 pairs" in note.message
    assert "tokens evaluated" in note.message


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"sure": 2.0, "steep": 0.0}, "ranks above its corrupted twin in 0 of 6"),
        ({"sure": -0.4, "steep": -100.0}, "ranks above its corrupted twin in 0 of 6"),
        ({"bad": LATER}, "the wrong step in 0 of 6 (6 a step late, 0 a step early)"),
    ],
    ids=["always 1", "the opposite", "off by a step"],
)
def test_a_prm_that_is_wrong_is_refused_with_the_numbers(
    home: Path, form: str, fault: dict[str, float], says: str
) -> None:
    verifier = prm(home, form, **fault)
    with pytest.raises(ModelError) as refused:
        verifier.fits(new_run().engine.info)
    assert says in refused.value.message
    assert "mean score" in refused.value.message
    # The verdict is kept: the next process refuses it too, and loads nothing to know.
    forget()
    again = build(verifier.name, **({"form": form} if form not in ("two-class", "value") else {}))
    assert isinstance(again, Prm)
    with pytest.raises(ModelError) as twice:
        again.fits(new_run().engine.info)
    assert twice.value.message == refused.value.message
    assert "engine" not in vars(again.scorer)


def test_the_items_of_the_self_test_can_tell() -> None:
    """The tokens by which the tiny PRMs judge stand where they should and nowhere else."""
    for pair in PAIRS:
        assert not any(word in text for text in (pair.question, *pair.right) for word in ERRORS)
        assert not any(word in text for text in (pair.question, *pair.right) for word in LATER)
        assert any(word in pair.wrong[pair.error] for word in ERRORS)
        assert not any(word in pair.wrong[pair.error] for word in LATER)
        assert any(word in pair.wrong[pair.error + 1] for word in LATER)


def test_scores_that_come_a_step_early_are_refused() -> None:
    right = [[0.9, 0.9, 0.9]] * 6
    wrong = [[0.1 if i >= pair.error - 1 else 0.9 for i in range(3)] for pair in PAIRS]
    found = verdict(right, wrong, min)
    late_enough = sum(pair.error > 0 for pair in PAIRS)
    assert found.early == late_enough
    assert not found.passed


def test_one_pair_may_fail_and_no_more() -> None:
    right = [[0.9, 0.9, 0.9]] * 6
    wrong = [[0.1 if i >= pair.error else 0.9 for i in range(3)] for pair in PAIRS]
    assert verdict(right, wrong, min).sound == 6
    assert verdict(right, [right[0], *wrong[1:]], min).passed
    assert not verdict(right, [*right[:2], *wrong[2:]], min).passed


def test_a_line_that_grew_pays_for_its_new_step_only(home: Path) -> None:
    verifier = prm(home, "math-shepherd")
    finish(verifier(new_run(), [grow(2)], question()))
    run = new_run()
    finish(verifier(run, [grow(3)], question()))
    assert run.ledger.usage.evaluated == tokens(f"\n{STEPS[2]} ") + 1  # and the tag
    run = new_run()
    finish(verifier(run, [grow(3)], question()))
    assert run.ledger.usage.evaluated == 0


def test_branches_share_what_they_have_in_common(home: Path) -> None:
    verifier = prm(home, "math-shepherd")
    finish(verifier(new_run(), [grow(1)], question()))
    ends = [f"Step 3: so it is {n} in the end." for n in range(8)]
    lines = [branch("".join(STEPS[:2]) + end, n) for n, end in enumerate(ends)]
    run = new_run()
    finish(verifier(run, lines, question()))
    once = tokens(question().text + "".join(STEPS[:2]))
    assert run.ledger.usage.evaluated <= once + 8 * (tokens(ends[0]) + 5)


def test_runs_side_by_side_get_what_each_gets_alone(home: Path) -> None:
    verifier = prm(home, "rlhflow")
    asked = [question(text=f"What is {n} + 4?") for n in range(3)]
    flows = (verifier(new_run(), [grow(3)], one) for one in asked)
    together = {n: found for n, _, found in drive(flows, most=lambda: 3) if found is not None}
    forget()
    again = prm(home, "rlhflow")
    for n, one in enumerate(asked):
        (alone,) = finish(again(new_run(), [grow(3)], one))[1]
        assert together[n][0].steps == pytest.approx(alone.steps, abs=1e-5)


def test_a_flow_that_is_closed_leaves_the_model_to_others(home: Path) -> None:
    verifier = prm(home, "math-shepherd")
    verifier.fits(new_run().engine.info)
    flow = verifier(new_run(), [grow(3)], question())
    next(flow)  # the note of the self-test
    next(flow)
    flow.close()
    run = new_run()
    _, (graded,) = finish(verifier(run, [grow(3)], question()))
    assert len(graded.steps) == 3


@pytest.mark.parametrize(
    ("aggregate", "fold"),
    [("last", lambda s: s[-1]), ("min", min), ("prod", np.prod), ("mean", np.mean)],
)
def test_aggregates(home: Path, aggregate: str, fold: object) -> None:
    path = vouch(write_prm(home / "prm.gguf", name="RLHFlow PRM"), home)
    (graded,) = finish(build(f"prm:{path}", aggregate=aggregate)(new_run(), [grow(3)], question()))[
        1
    ]
    assert graded.score == pytest.approx(fold(graded.steps))  # type: ignore[operator]


def test_a_solution_that_does_not_fit_is_refused_whole(home: Path) -> None:
    verifier = prm(home, "math-shepherd")
    long = branch("Step 1: again and again. " * (CONTEXT // 20), 1)
    _, (short, refused) = finish(verifier(new_run(), [grow(1), long], question()))
    assert short.score is not None
    assert refused.score is None
    assert not refused.steps
    assert f"context holds {CONTEXT - 1}" in refused.note


def test_nothing_said_is_not_scored(home: Path) -> None:
    verifier = prm(home, "rlhflow")
    _, found = finish(verifier(new_run(), [branch("", stop=Stop.BUDGET), grow(1, 1)], question()))
    assert [one.score is None for one in found] == [True, False]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Math-Shepherd Mistral 7B PRM", "math-shepherd, by the name"),
        ("Llama3.1 8B PRM Deepseek Data", "rlhflow, by the name"),
    ],
)
def test_forms_are_known_by_the_name_in_the_file(home: Path, name: str, form: str) -> None:
    built = build(f"prm:{write_prm(home / 'x.gguf', name=name)}")
    assert isinstance(built, Prm)
    assert built.form.startswith(form)


def test_a_form_nobody_knows_is_not_guessed(home: Path) -> None:
    path = write_prm(home / "x.gguf", tags=False)
    with pytest.raises(UsageError, match=r"-O form="):
        build(f"prm:{path}")
    with pytest.raises(UsageError, match="no form of PRM is called 'x'"):
        build(f"prm:{path}", form="x")


@pytest.mark.parametrize("name", ["tiny", "Qwen2.5 Math PRM 7B"])
def test_a_classifier_without_its_head_is_refused(home: Path, name: str) -> None:
    path = write_prm(home / "x.gguf", name=name)
    with pytest.raises(ModelError, match=r"x\.head\.npz") as refused:
        build(f"prm:{path}")
    assert "ttc prm convert" in refused.value.hint


def test_a_form_that_the_vocabulary_does_not_bear_is_refused(home: Path) -> None:
    path = vouch(write_prm(home / "x.gguf", tags=False), home)
    StepHead.of(two_class(), "test").save(home / "x.head.npz")
    with pytest.raises(ModelError, match="<extra_0>"):
        build(f"prm:{path}").fits(new_run().engine.info)  # type: ignore[attr-defined]


def test_a_head_of_another_width_is_refused(home: Path) -> None:
    path = write_prm(home / "x.gguf")
    tensors = {"v_head.summary.weight": np.ones((1, 8), np.float32)}
    head = StepHead.of(tensors | {"v_head.summary.bias": np.zeros(1, np.float32)}, "test")
    head.save(home / "x.head.npz")
    with pytest.raises(ModelError, match="8 wide"):
        build(f"prm:{path}")


def test_verdicts_are_kept_by_file_and_form(home: Path) -> None:
    for form in ("math-shepherd", "rlhflow"):
        prm(home, form).fits(new_run().engine.info)
    rows = json.loads(verdicts_file().read_text())
    assert [row["form"] for row in rows.values()] == ["math-shepherd", "rlhflow"]
    assert all(row["passed"] for row in rows.values())
