"""The report's figures, worked out by hand on small results."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from ttc_cli.bench import charts, report, tables, votes
from ttc_cli.bench.report import Results, build, load, points
from ttc_cli.core.errors import UnreadableFile, UsageError

FIELDS = {
    "config", "strategy", "effort", "samples", "n", "accuracy", "accuracy_ci", "sampled_tokens",
    "verifier_tokens", "wasted_tokens", "seconds", "tokens_per_correct", "coverage", "vs_first",
}  # fmt: skip


def row(
    name: str,
    answers: str,
    *,
    right: str = "a",
    tokens: int = 10,
    strategy: str = "self-consistency",
    samples: int | None = None,
    correct: bool | None = None,
    stop: str = "end",
) -> dict[str, Any]:
    """A question whose samples gave `answers`, a letter each; `-` for none."""
    letters = sorted(set(answers))
    branches = [
        {
            "id": [i],
            "answer": None if c == "-" else c,
            "correct": c == right,
            "stop": stop,
            "class": None if c == "-" else letters.index(c),
            "tokens": tokens,
            "text": c,
        }
        for i, c in enumerate(answers)
    ]
    counts = [c for c in letters if c != "-"]
    winner = max(counts, key=lambda c: (answers.count(c), -ord(c)), default=None)
    return {
        "config": "x", "id": name, "answer": winner, "branches": branches, "seconds": 2.0,
        "plan": {"strategy": strategy, "effort": "high", "samples": samples or len(answers)},
        "correct": winner == right if correct is None else correct,
        "tokens": {"sampled": tokens * len(answers), "verifier": 0, "wasted": 0},
    }  # fmt: skip


def results(name: str, *rows: dict[str, Any], data: str = "d") -> Results:
    return Results(name, {row["id"]: row for row in rows}, data, "m")


FOUR = results("four", row("1", "aaab"), row("2", "abbb"), row("3", "bbbb"), row("4", "ab--"))
ONE = results(
    "one",
    *(row(str(i), c, strategy="direct", tokens=10) for i, c in zip("1234", "abba", strict=True)),
)


def test_one_configuration() -> None:
    (told,) = build([FOUR])["rows"]
    assert told.keys() >= FIELDS
    assert (told["n"], told["accuracy"], told["coverage"]) == (4, 0.5, 0.75)
    assert told["selection_gap"] == 0.25
    assert told["random_pick"] == pytest.approx((0.75 + 0.25 + 0 + 0.25) / 4)
    assert (told["sampled_tokens"], told["tokens_per_correct"], told["seconds"]) == (40, 80, 2)
    assert told["accuracy_ci"] == pytest.approx([0.150, 0.850], abs=1e-3)
    assert told["vs_first"] is None
    assert (told["strategy"], told["effort"], told["samples"]) == ("self-consistency", "high", 4)


def test_curves_are_expectations_over_choices_of_samples() -> None:
    assert FOUR.curves["1"][0] == pytest.approx(0.75, abs=0.15)  # over 64 orders
    assert FOUR.curves["1"][3] == 1
    assert FOUR.curves["2"][3] == 0
    assert FOUR.curves["3"] == [0, 0, 0, 0]
    assert FOUR.curves["4"][3] == 0.5  # a tie scores the share that is right
    many = votes.Ballots((0,) * 60 + (1,) * 40, frozenset({0}))
    curve = votes.curve(many)
    assert curve[0] == pytest.approx(0.6, abs=0.2)
    assert curve[99] == 1


def test_between_two_sizes_scores_lie_on_a_line() -> None:
    assert votes.at_size([[0.2, 0.6, 1.0]], 2.25) == [pytest.approx(0.7)]
    assert votes.at_size([[0.2, 0.6, 1.0]], 3.0) == [1.0]
    assert votes.at_size([[0.2, 0.6, 1.0]], 1) == [0.2]


def test_as_run_it_is_mcnemar() -> None:
    first = results("first", *(row(str(i), "b") for i in range(10)))
    better = results("better", *(row(str(i), "a" if i < 7 else "b") for i in range(10)))
    found = build([first, better])["rows"][1]["vs_first"]
    assert found["difference"] == pytest.approx(0.7)
    assert found["p"] == pytest.approx(2 / 2**7)
    assert found["ci"][0] < 0.7 < found["ci"][1]
    assert found["n"] == 10


@pytest.mark.parametrize("order", [1, -1])
def test_the_larger_vote_is_cut_whichever_comes_first(order: int) -> None:
    told = build([FOUR, ONE][::order])["rows"][1]
    ones = [FOUR.curves[i][0] for i in "1234"]
    direct = [1, 0, 0, 1]
    expected = sum(b - a for a, b in zip(ones, direct, strict=True)) / 4 * order
    for way, fact in (
        ("vs_first_equal_samples", {"samples": 1}),
        ("vs_first_equal_tokens", {"tokens": 10}),
    ):
        assert told[way]["difference"] == pytest.approx(expected)
        assert fact.items() <= told[way].items()


def test_equal_tokens_falls_between_two_sizes() -> None:
    dear = results("dear", *(row(str(i), "a", strategy="direct", tokens=25) for i in "1234"))
    told = build([FOUR, dear])["rows"][1]["vs_first_equal_tokens"]
    assert told["tokens"] == 25
    cut = votes.at_size([FOUR.curves[i] for i in "1234"], 2.5)
    assert told["difference"] == pytest.approx(1 - sum(cut) / 4)


def test_equal_spending_is_compared_as_run() -> None:
    same = results("same", *(row(i, "aaaa") for i in "1234"))
    told = build([FOUR, same])["rows"][1]
    assert told["vs_first_equal_tokens"]["difference"] == told["vs_first"]["difference"] == 0.5


@pytest.mark.parametrize(
    "rows",
    [
        [row("1", "aab", samples=8)],  # stopped early
        [row("1", "aabb", stop="budget")],
        [row("1", "aabb", strategy="beam")],
    ],
)
def test_what_is_no_plain_vote_cannot_be_cut(rows: list[dict[str, Any]]) -> None:
    one = results("one", *rows)
    assert one.curves == {}
    cheap = results("cheap", row("1", "a", strategy="direct", tokens=1))
    told = build([cheap, one])["rows"][1]
    assert told["vs_first_equal_tokens"] is None
    assert told["vs_first"] is not None


def test_less_than_one_sample_is_no_vote() -> None:
    cheap = results("cheap", *(row(i, "a", strategy="direct", tokens=5) for i in "1234"))
    assert build([FOUR, cheap])["rows"][1]["vs_first_equal_tokens"] is None


def test_only_common_questions_are_paired() -> None:
    part = results("part", row("1", "b", strategy="direct"), row("9", "a", strategy="direct"))
    other = results("other", row("1", "a"), data="another")
    assert build([FOUR, other])["rows"][1]["vs_first"] is None
    assert build([FOUR, part])["rows"][1]["vs_first"]["n"] == 1
    assert build([FOUR, part])["rows"][1]["vs_first"]["difference"] == -1


def test_nothing_right_costs_no_number() -> None:
    (told,) = build([results("x", row("1", "b"))])["rows"]
    assert told["tokens_per_correct"] is None
    assert "-" in tables.text({"rows": [told]})


def write(folder: Path, *configs: Results) -> Path:
    folder.mkdir()
    header = {
        "schema_version": 1,
        "data": {"name": "d.jsonl", "sha256": "d"},
        "seed": 0,
        "model": {"name": "m", "sha256": "s"},
        "configs": [{"name": c.name} for c in configs],
    }
    (folder / "run.json").write_text(json.dumps(header))
    lines = [json.dumps({**r, "config": c.name}) for c in configs for r in c.rows.values()]
    (folder / "results.jsonl").write_text("".join(f"{line}\n" for line in lines) + '{"torn')
    return folder


def test_folders_are_read_and_names_kept_apart(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one", FOUR, ONE), write(tmp_path / "two", FOUR)
    assert [r.name for r in load([one])] == ["four", "one"]
    assert [r.name for r in load([one, two])] == ["one:four", "one", "two:four"]
    assert load([one])[0].rows["1"]["correct"] is True
    with pytest.raises(UnreadableFile, match="no folder of a bench"):
        load([tmp_path])
    empty = write(tmp_path / "empty", results("none"))
    with pytest.raises(UsageError, match="no results"):
        load([empty])


def test_tables() -> None:
    report = build([FOUR, ONE])
    text, markdown = tables.text(report), tables.markdown(report)
    assert "four" in text
    assert "50.0 (15.0–85.0)" in text
    assert "Against four:" in text
    assert max(map(len, text.split("\n\n")[0].splitlines())) < 140
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines[:4]}) == 1
    assert re.match(r"\| --- \| ---: ", lines[1])


def test_pictures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    drawn = report.chart([FOUR, ONE], build([FOUR, ONE]))
    assert [tokens for tokens, _ in points(FOUR)] == [10, 20, 40]
    for name, start in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml")):
        charts.write(drawn, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(UsageError, match=r"a\.gif"):
        charts.write(drawn, tmp_path / "a.gif")
    with pytest.raises(UnreadableFile, match="No such file"):
        charts.write(drawn, tmp_path / "none" / "a.png")


def test_a_picture_in_the_terminal() -> None:
    pytest.importorskip("plotext")
    drawn = report.chart([FOUR, ONE], build([FOUR, ONE]))
    picture = charts.terminal(drawn, width=80)
    assert "\x1b" not in picture
    assert "tokens per question" in picture
    assert "four" in picture
    assert max(map(len, picture.splitlines())) <= 80
    assert "\x1b" in charts.terminal(drawn, width=80, color=True)


@pytest.mark.parametrize("missing", ["plotext", "matplotlib.figure"])
def test_a_missing_extra_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    drawn = report.chart([FOUR], build([FOUR]))
    draw = {
        "plotext": lambda: charts.terminal(drawn, width=80),
        "matplotlib.figure": lambda: charts.write(drawn, tmp_path / "a.png"),
    }
    with pytest.raises(UsageError, match=r"not installed; pip install 'ttc-cli\[plots\]'"):
        draw[missing]()


def test_a_question_that_could_not_be_asked_is_wrong_at_any_size() -> None:
    failed = {"config": "x", "id": "2", "error": "too long", "correct": False, "seconds": 0.0,
              "branches": [], "tokens": {"sampled": 0, "verifier": 0, "wasted": 0}}  # fmt: skip
    some = results("some", row("1", "aaab"), failed)
    assert some.curves["2"] == [0, 0, 0, 0]
    (told,) = build([some])["rows"]
    assert (told["n"], told["failed"], told["accuracy"]) == (2, 1, 0.5)
    assert "1 could not be asked" in tables.text({"rows": [told]})


@pytest.mark.parametrize("letter", ["a", "b"])
def test_a_picture_of_all_or_nothing(tmp_path: Path, letter: str) -> None:
    pytest.importorskip("matplotlib")
    one = results("one", *(row(str(i), letter * 2) for i in range(3)))
    charts.write(report.chart([one], build([one])), tmp_path / "a.png")
    pytest.importorskip("plotext")
    assert charts.terminal(report.chart([one], build([one])), width=60)
