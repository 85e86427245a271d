"""What each verifier looks at and says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flow import finish
from stage import branch, build, combined, grades, new_run, question

from ttc_cli.core.engine import BranchRequest, EngineInfo
from ttc_cli.core.errors import MissingCapability, TtcError, UsageError
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.scripted import ScriptedEngine
from ttc_cli.verifiers import probe, registry
from ttc_cli.verifiers.head import FEATURES, Head

TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}<assistant>"


# -- names and options ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("juge", "no verifier is called 'juge'; did you mean 'judge'?"),
        ("xyzzy", "one of confidence, "),
        ("judge:hard", "judge takes no argument"),
        ("regex", "write regex:PATTERN"),
        ("regex:", "write regex:PATTERN"),
        ("regex:(", "is no regular expression"),
        ("schema:", "write schema:FILE"),
        ("schema:none.json", "cannot read none.json"),
        ("exec: ", "write exec:CMD"),
        ("exec:no-such-command-here x", "there is no command 'no-such-command-here'"),
        ("exec:sh -c 'x", "check the quotes"),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(TtcError) as caught:
        build(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("judge", {"rationales": "-1"}),
        ("judge", {"rationales": "many"}),
        ("confidence", {"over": "median"}),
        ("regex:x", {"input": "thought"}),
        ("regex:x", {"rationales": "1"}),
    ],
)
def test_options_are_checked(text: str, options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        build(text, **options)


def test_options_of_an_unknown_strategy_pass_for_its_own() -> None:
    given = {"rounds": "3", "input": "reply"}
    made = registry.assemble(["regex:x"], given, unsafe=False)
    assert made is not None
    assert grades(made.parts[0], [branch("an x in \\boxed{7}")], question())[0].score == 1


def test_an_engine_that_lacks_what_it_needs_is_named() -> None:
    info = EngineInfo("server", capabilities=frozenset({"continue"}))
    with pytest.raises(MissingCapability, match="the verifier judge needs score, which server"):
        registry.check(combined("judge", "regex:x"), info)
    registry.check(combined("regex:x"), info)
    registry.check(None, info)


def test_those_that_only_rank_say_so() -> None:
    named = ("confidence", "self-certainty", "judge", "tests:a.py", "gone:x")
    assert [registry.ranks_only(name) for name in named] == [True, True, False, False, False]


# -- confidence and self-certainty ----------------------------------------------------------


def test_surer_is_better() -> None:
    sure, unsure = branch("b" * 5), branch("a" * 2)
    assert sure.confidences > unsure.confidences
    for name in ("confidence", "self-certainty"):
        one, other = grades(build(name), [sure, unsure], question())
        assert one.score > other.score


def test_without_numbers_there_is_no_score() -> None:
    bare = branch("x")
    bare = type(bare)(bare.id, bare.prompt, (type(bare.steps[0])("x"),), Stop.END)
    for name in ("confidence", "self-certainty"):
        (one,) = grades(build(name), [bare], question())
        assert one.score is None
        assert "drawn without" in one.note


# -- judge ----------------------------------------------------------------------------------


def judged(requests: list[BranchRequest], template: str = "") -> ScriptedEngine:
    def score(request: BranchRequest) -> tuple[float, ...]:
        requests.append(request)
        return (-0.5, -1.5)

    return ScriptedEngine(lambda request: "Because it is so.", scorer=score, template=template)


def test_the_judge_reads_the_share_of_yes() -> None:
    requests: list[BranchRequest] = []
    (one,) = grades(build("judge"), [branch("7")], question(), new_run(judged(requests)))
    assert one.score == pytest.approx(1 / (1 + 2.718281828**-1))
    assert requests[0].candidates == ("Yes", "No")


def test_the_judge_s_question_follows_the_reply_as_a_turn_of_its_own() -> None:
    requests: list[BranchRequest] = []
    asked = branch("<b>7</b>")
    grades(build("judge"), [asked], question(), new_run(judged(requests, TEMPLATE)))
    (request,) = requests
    assert request.prompt == asked.prompt
    assert request.prefix[:-1] == asked.steps  # what is in the KV cache stays as it is
    turn = request.prefix[-1].text
    assert turn.startswith("<end><user>Is this answer correct?")
    assert turn.endswith("<end><assistant>")


def test_an_open_thought_is_closed_before_the_judge_speaks() -> None:
    requests: list[BranchRequest] = []
    half = branch("<think>\nthree and", stop=Stop.BUDGET)
    grades(build("judge"), [half], question(), new_run(judged(requests, TEMPLATE)))
    assert requests[0].prefix[-1].text.startswith("\n</think>\n\n<end>")


def test_reasons_are_averaged_and_are_the_verifier_s() -> None:
    votes = iter([(-0.1, -9.0), (-9.0, -0.1)])
    engine = ScriptedEngine(lambda request: "So it is.", scorer=lambda request: next(votes))
    run = new_run(engine)
    events, (one,) = finish(build("judge", rationales="2")(run, [branch("7")], question()))
    assert one.score == pytest.approx(0.5)
    assert run.ledger.usage.verifier > 0
    assert not [event for event in events if type(event).__name__ in ("Open", "Text", "Close")]


def test_a_probe_that_comes_with_the_package_is_found_by_the_models_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = 8 + len(FEATURES)
    zero, one = np.zeros(n, np.float32), np.ones(n, np.float32)
    Head("a" * 64, zero, one, zero, 0.0).save(tmp_path / "qwen2.5-coder-0.5b.npz")
    Head("c" * 64, zero, one, zero, 0.0, {"auc_under_way": 0.7}).save(tmp_path / "other.npz")
    monkeypatch.setattr(probe, "OURS", tmp_path)
    probe.shipped.cache_clear()
    found = probe.shipped("a" * 64)
    assert found is not None
    assert found.name == "probe:qwen2.5-coder-0.5b"
    assert probe.shipped("b" * 64) is None
    assert [probe.step_scorer(model * 64) for model in "abc"] == ["", "", "probe:other"]
    other = EngineInfo("Qwen2.5 Coder 0.5B Q8", "b" * 64, capabilities=frozenset({"hidden"}))
    assert "made for another file" in probe.mismatch(other)
    assert probe.mismatch(EngineInfo("Llama 3", "b" * 64, capabilities=other.capabilities)) == ""
    probe.shipped.cache_clear()


def test_probes_that_come_with_the_package_can_be_read() -> None:
    for path in probe.OURS.glob("*.npz"):
        head = Head.load(path)
        assert head.ends is not None
        assert head.answers is not None
        assert {"auc", "brier", "made", "questions"} <= set(head.facts)
        assert path.stat().st_size < 300_000
