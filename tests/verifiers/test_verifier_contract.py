"""One contract for every verifier, on the scripted engine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flow import finish
from stage import branch, build, grades, new_run, question, write
from tiny_prm import forget, vouch, write_prm

from ttc_cli.core.branch import Branch
from ttc_cli.core.outcome import Question
from ttc_cli.core.sampling import Stop
from ttc_cli.core.verify import Verifier
from ttc_cli.engine.scripted import ScriptedEngine
from ttc_cli.jail import available
from ttc_cli.verifiers import registry
from ttc_cli.verifiers.head import FEATURES, Head

JSON = ['{"sum": 7}', '{"sum": "seven"}', "no JSON at all", '```json\n{"sum": 8}\n```']
ADD = "```python\ndef add(a, b):\n    return a {} b\n```"
SUMS = ["So \\boxed{7}.", "3 + 4 makes \\boxed{8}.", "\\boxed{7}", "I cannot say."]
WRITTEN_OUT = ["3 + 4 = 7", "3 + 4 = 8 apples", "I cannot say.", "3 * 4 = \\boxed{7}"]
REPLIES = {"schema": JSON, "sums": WRITTEN_OUT, "tests": [ADD.format(sign) for sign in "+-+*"]}


@pytest.fixture(params=["judge reasoned", *registry.BUILTIN])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def some_probe(home: Path) -> None:
    """A head of made-up weights on the scripted engine's eight-wide states."""
    n = 8 + len(FEATURES)
    weights = np.linspace(-2, 2, n, dtype=np.float32)
    zero, one = np.zeros(n, np.float32), np.ones(n, np.float32)
    Head("scripted", zero, one, weights, 0.0).save(home / "probes" / "some.npz")


@pytest.fixture
def verifier(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Verifier]:
    monkeypatch.setenv("TTC_HOME", str(tmp_path))
    if kind == "probe":
        some_probe(tmp_path)
    step_scorer = tmp_path / "prm.gguf"
    if kind == "prm":
        vouch(write_prm(step_scorer, name="Math-Shepherd"), tmp_path)
    schema = '{"properties": {"sum": {"type": "integer"}}, "required": ["sum"]}'
    checker = write(tmp_path, "check.py", "import sys\nsys.exit(sys.stdin.read() != '7')\n")
    arguments = {
        "regex": ":^7$",
        "schema": f":{write(tmp_path, 'sum.json', schema)}",
        "probe": ":some",
        "prm": f":{step_scorer}",
        "exec": f":{sys.executable} -S {checker}",
        "tests": f":{write(tmp_path, 'test_add.py', 'assert add(2, 3) == 5')}",
    }
    if kind == "judge reasoned":
        yield build("judge", rationales="2", rationale_tokens="8")
    else:
        yield build(kind + arguments.get(kind, ""), unsafe=bool(available()))
    forget()


@pytest.fixture
def asked() -> Question:
    return question()


@pytest.fixture
def branches(kind: str) -> list[Branch]:
    return [branch(text, i) for i, text in enumerate(REPLIES.get(kind, SUMS))]


def test_one_score_in_the_unit_interval_each_in_order(
    verifier: Verifier, branches: list[Branch], asked: Question
) -> None:
    found = grades(verifier, branches, asked)
    scores = [one.score for one in found]
    assert all(score is not None and 0 <= score <= 1 for score in scores)
    assert len(set(scores)) > 1
    assert [one.score for one in grades(verifier, branches[::-1], asked)] == scores[::-1]


def test_a_gate_passes_or_fails_and_says_why(
    verifier: Verifier, branches: list[Branch], asked: Question
) -> None:
    found = grades(verifier, branches, asked)
    if verifier.gate:
        assert {one.score for one in found} == {0.0, 1.0}
        assert all(one.note for one in found if one.score == 0)


def test_a_batch_is_as_good_as_one_by_one(
    verifier: Verifier, branches: list[Branch], asked: Question
) -> None:
    alone = [grades(verifier, [one], asked)[0] for one in branches]
    assert grades(verifier, branches, asked) == alone


def test_nothing_to_judge(verifier: Verifier, asked: Question) -> None:
    events, found = finish(verifier(new_run(), [], asked))
    assert found == []
    assert events == []


@pytest.mark.parametrize("stop", [None, Stop.BUDGET, Stop.CULLED, Stop.FAILED])
def test_unfinished_branches_are_graded_or_left_without_a_score(
    verifier: Verifier, asked: Question, stop: Stop | None
) -> None:
    (one,) = grades(verifier, [branch("Three and four are 7", stop=stop)], asked)
    if verifier.gate:
        assert one.score is None
        assert "cut off" in one.note
    else:
        assert one.score is not None
        assert 0 <= one.score <= 1


def test_a_run_that_is_late_gives_no_score_and_does_not_fail(
    verifier: Verifier, branches: list[Branch], asked: Question
) -> None:
    run = new_run()
    run.interrupt()
    found = grades(verifier, branches, asked, run)
    assert len(found) == len(branches)
    assert all(one.score is None or 0 <= one.score <= 1 for one in found)
    if set(verifier.needs) & {"score"}:
        assert all(one.score is None and one.note for one in found)


def test_closing_at_any_event_leaves_nothing_running(
    verifier: Verifier, branches: list[Branch], asked: Question
) -> None:
    engine = ScriptedEngine(lambda request: "It adds up. " * 9)
    flow = verifier(new_run(engine), branches, asked)
    if next(flow, None) is not None:
        flow.close()
    assert not engine.poll(0)


def test_sampled_tokens_are_the_verifier_s(
    verifier: Verifier, branches: list[Branch], asked: Question, kind: str
) -> None:
    run = new_run()
    grades(verifier, branches, asked, run)
    usage = run.ledger.usage
    assert usage.sampled == 0
    assert (usage.verifier > 0) == (kind == "judge reasoned")
    # The branches were drawn without hidden states, so the probe has to evaluate them.
    assert (usage.prefilled > 0) == kind.startswith(("judge", "probe"))
    assert (usage.evaluated > 0) == kind.startswith("prm")


def test_a_budget_binds(verifier: Verifier, branches: list[Branch], asked: Question) -> None:
    run = new_run(limit=3)
    found = grades(verifier, branches, asked, run)
    assert run.ledger.spent <= 3
    assert all(one.score is None or 0 <= one.score <= 1 for one in found)


def test_names_are_as_given(verifier: Verifier, kind: str) -> None:
    assert verifier.name.partition(":")[0] == kind.partition(" ")[0]


@pytest.fixture(autouse=True)
def _no_leak(kind: str) -> Iterator[None]:
    """Threads of one test do not outlive it."""
    import threading

    before = threading.active_count()
    yield
    assert threading.active_count() <= before
