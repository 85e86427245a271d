"""What each verifier looks at and says."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from stage import branch, build, finish, grades, new_run, question, write

from ttc_cli.core.branch import Branch
from ttc_cli.core.engine import EngineInfo, Request
from ttc_cli.core.errors import MissingCapability, TtcError, UsageError
from ttc_cli.core.events import Note, Score
from ttc_cli.core.sampling import Stop, Want
from ttc_cli.core.verify import Graded, Verifier
from ttc_cli.engine.scripted import ScriptedEngine
from ttc_cli.verifiers import registry
from ttc_cli.verifiers.combine import Combined

BAD_SCHEMA = '{"type": "number-ish"}'
TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}<assistant>"


def combined(*texts: str, **given: str) -> Combined:
    made = registry.assemble(texts, given, unsafe=False)
    assert made is not None
    return made


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


def judged(requests: list[Request], template: str = "") -> ScriptedEngine:
    def score(request: Request) -> tuple[float, ...]:
        requests.append(request)
        return (-0.5, -1.5)

    engine = ScriptedEngine(lambda request: "Because it is so.", scorer=score)
    engine._info = EngineInfo("scripted", template=template, capabilities=engine.info.capabilities)
    return engine


def test_the_judge_reads_the_share_of_yes() -> None:
    requests: list[Request] = []
    (one,) = grades(build("judge"), [branch("7")], question(), new_run(judged(requests)))
    assert one.score == pytest.approx(1 / (1 + 2.718281828**-1))
    assert requests[0].candidates == ("Yes", "No")


def test_the_judge_s_question_follows_the_reply_as_a_turn_of_its_own() -> None:
    requests: list[Request] = []
    asked = branch("<b>7</b>")
    grades(build("judge"), [asked], question(), new_run(judged(requests, TEMPLATE)))
    (request,) = requests
    assert request.prompt == asked.prompt
    assert request.prefix[:-1] == asked.steps  # what is in the KV cache stays as it is
    turn = request.prefix[-1].text
    assert turn.startswith("<end><user>Is this answer correct?")
    assert turn.endswith("<end><assistant>")


def test_an_open_thought_is_closed_before_the_judge_speaks() -> None:
    requests: list[Request] = []
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


# -- texts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "task", "seen"),
    [
        ("Surely \\boxed{42}, says he.", "math", "42"),
        ("```python\nx = 1\n```\nDone.", "code", "x = 1"),
        ("Here:\n```\nls -l\n```\nDone.", "plain", "ls -l"),
        ("The sea is wide.", "plain", "The sea is wide."),
        ("<think>\nno\n</think>\n\nThe sea.", "plain", "The sea."),
    ],
)
def test_what_regex_and_exec_see(text: str, task: str, seen: str) -> None:
    exact = "^" + seen.replace(".", r"\.") + "$"
    assert grades(build(f"regex:{exact}"), [branch(text)], question(task))[0].score == 1
    whole = grades(build("regex:^[Th<S`H]", input="reply"), [branch(text)], question(task))
    assert whole[0].score == 1


def test_a_pattern_that_never_ends_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ttc_cli.verifiers.regex.SECONDS", 0.05)
    slow = build(r"regex:^(\w+\s?)*$", input="reply")
    (one,) = grades(slow, [branch("aaaa " * 12 + "!" + "b" * 40 + "?")], question())
    assert one.score is None or one.score == 0.0  # the library may well be cleverer
    evil = build(r"regex:(?:a?){40}a{40}$(?<!b)", input="reply")
    (one,) = grades(evil, [branch("a" * 39 + "c")], question())
    assert one.score in (None, 0.0)


def test_a_schema_says_where_the_json_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path, "s.json", '{"properties": {"a": {"items": {"type": "integer"}}}}')
    check = build(f"schema:{path}")
    wrong, right, fenced, naught = grades(
        check,
        [branch(text) for text in ('{"a": [1, "b"]}', '{"a": [1]}', '```\n{"a": [2]}\n```', "{")],
        question("plain"),
    )
    assert (wrong.score, right.score, fenced.score, naught.score) == (0, 1, 1, 0)
    assert "$.a[1]" in wrong.note
    assert "not JSON" in naught.note


def test_a_schema_is_checked_and_never_fetched(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a JSON schema"):
        build(f"schema:{write(tmp_path, 'bad.json', BAD_SCHEMA)}")
    with pytest.raises(UsageError, match="is not JSON"):
        build(f"schema:{write(tmp_path, 'worse.json', '{')}")
    away = write(tmp_path, "away.json", '{"$ref": "http://127.0.0.1:9/other.json"}')
    (one,) = grades(build(f"schema:{away}"), [branch("{}")], question("plain"))
    assert one.score is None
    assert "cannot be applied" in one.note


# -- exec -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "score", "note"),
    [
        ("exit 0", 1.0, ""),
        ("echo working; echo 0.25", 0.25, ""),
        ("echo 72", 1.0, ""),
        ("echo nan", 1.0, ""),
        ("echo 'line 3: too long'; exit 1", 0.0, "line 3: too long"),
        ("echo 0.9; exit 4", 0.0, "0.9"),
        ("exit 127", None, "it ended with 127"),
        ("kill -9 $$", None, "it ended with -9"),
        ("sleep 20", None, "it was not done in time"),
        ("yes", None, "MiB"),
    ],
)
def test_exec(script: str, score: float | None, note: str) -> None:
    check = build(f"exec:sh -c {script!r}" if "'" not in script else f'exec:sh -c "{script}"',
                  seconds="0.5")  # fmt: skip
    began = time.monotonic()
    (one,) = grades(check, [branch("\\boxed{7}")], question())
    assert one.score == score
    assert note in one.note
    assert time.monotonic() - began < 10


def test_exec_gets_the_candidate_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    check = build("exec:sh -c 'env; cat; exit 1'")
    (one,) = grades(check, [branch("so \\boxed{7}")], question())
    assert one.note.splitlines()[-1] == "7"
    assert "PATH=" in one.note
    assert "secret" not in one.note


def test_exec_leaves_nothing_behind(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    script = write(tmp_path, "s.sh", f"sleep 30 & echo $! > {marker}; exit 0\n")
    assert grades(build(f"exec:sh {script}"), [branch("7")], question())[0].score == 1
    pid = int(marker.read_text())
    for _ in range(50):
        if not Path(f"/proc/{pid}").exists() or _state(pid) == "Z":
            return
        time.sleep(0.02)
    pytest.fail("what the command started is still there")


def _state(pid: int) -> str:
    if sys.platform != "linux":
        os.kill(pid, 0)
        return "R"
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_equal_candidates_are_judged_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = write(tmp_path, "s.sh", f"cat >> {log}; echo >> {log}\n")
    found = grades(
        build(f"exec:sh {script}"), [branch(f"{i}: \\boxed{{7}}") for i in range(5)], question()
    )
    assert [one.score for one in found] == [1.0] * 5
    assert log.read_text() == "7\n"


# -- several at once ------------------------------------------------------------------------


class Fixed:
    """A verifier that says what it was told to."""

    needs = ()

    def __init__(self, name: str, scores: list[float | None], *, gate: bool, want: Want = Want()):
        self.name, self.scores, self.gate, self.want = name, scores, gate, want
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, run, branches, question):  # type: ignore[no-untyped-def]
        yield from ()
        self.seen = [one.id for one in branches]
        scores = [self.scores[one.id[0]] for one in branches]
        return [Graded(score, "" if score else f"{self.name} objects") for score in scores]


def test_gates_multiply_and_grades_are_averaged() -> None:
    gate = Fixed("gate", [1.0, 0.0, None, 1.0, 0.5], gate=True)
    one = Fixed("one", [0.8, 0.8, 0.8, None, 0.8], gate=False, want=Want(confidence=True))
    two = Fixed("two", [0.4, 0.4, 0.4, 0.4, 0.4], gate=False, want=Want(certainty=True))
    parts: tuple[Verifier, ...] = (one, gate, two)
    both = Combined(parts)
    run = new_run()
    events, found = finish(both(run, [branch("x", i) for i in range(5)], question()))
    scores = [graded.score for graded in found]
    assert scores == [pytest.approx(0.6), 0.0, None, pytest.approx(0.4), pytest.approx(0.3)]
    assert found[1].note == "gate: gate objects"
    assert one.seen == two.seen == [(0,), (3,), (4,)]  # those that failed cost no more
    told = [(e.branch, e.verifier, e.score) for e in events if isinstance(e, Score)]
    assert ((2,), "gate", None) in told
    assert len(told) == 5 + 3 + 3
    notes = [event.message for event in events if isinstance(event, Note)]
    assert notes == [
        "gate gave no score to 1 of 5: gate objects", "one gave no score to 1 of 3: one objects",
    ]  # fmt: skip
    assert run.judged == 5
    again, _ = finish(both(run, [branch("x", i) for i in range(5)], question()))
    assert not [event for event in again if isinstance(event, Note)]  # once is enough
    assert both.want == Want(confidence=True, certainty=True)
    assert not both.gate
    assert both.name == "one+gate+two"


def test_only_a_verifier_that_scores_while_it_is_written_is_live() -> None:
    class Watcher:
        name, gate, want, needs = "watcher", False, Want(), ()

        def live(self, branch: Branch) -> Graded:
            return Graded(0.5, steps=(0.5,))

    judge = combined("judge").parts[0]
    assert Combined((judge,)).live is None
    live = Combined((judge, Watcher())).live  # type: ignore[arg-type]
    assert live is not None
    assert live(branch("7")) == Graded(0.5, steps=(0.5,))


def test_a_failed_gate_is_not_hidden_by_a_passed_one_nor_a_0_by_a_failure() -> None:
    fails, passes, none = ([score] for score in (0.0, 1.0, None))
    for scores, expected in (
        ((passes, none), None), ((fails, none), 0.0), ((none, fails), 0.0), ((passes, passes), 1.0),
    ):  # fmt: skip
        both = Combined(tuple(Fixed(f"g{i}", s, gate=True) for i, s in enumerate(scores)))
        assert finish(both(new_run(), [branch("x")], question()))[1][0].score == expected


def test_grades_that_all_failed_leave_no_score() -> None:
    both = Combined((Fixed("g", [1.0], gate=True), Fixed("h", [None], gate=False)))
    assert finish(both(new_run(), [branch("x")], question()))[1][0].score is None


def test_an_error_of_a_verifier_is_a_failure_and_not_the_end() -> None:
    class Broken(Fixed):
        def __call__(self, run, branches, question):  # type: ignore[no-untyped-def]
            yield from ()
            raise TtcError("its model is gone")

    parts = (Broken("b", [], gate=False), Fixed("f", [0.5], gate=False))
    events, (one,) = finish(Combined(parts)(new_run(), [branch("x")], question()))
    assert one == Graded(0.5, "b: its model is gone")
    assert any(isinstance(event, Note) and "its model is gone" in event.message for event in events)
