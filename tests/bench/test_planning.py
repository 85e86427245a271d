"""The plan's arithmetic, by hand; and `ttc plan` from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import bench_stage as stage
import pytest

from ttc_cli.bench.plan_models import joined, number, parsed, share
from ttc_cli.bench.plan_report import build
from ttc_cli.bench.planning import (
    Model,
    Option,
    Point,
    Requirements,
    against,
    break_even,
    options,
    pareto,
    regimes,
    seed_table,
    unit_of,
)
from ttc_cli.core.errors import UsageError

Ttc = Callable[..., tuple[int, str, str]]
SMALL = "name=small,params=0.5B,quality=45%@229,62%@687"


def option(name: str, training: float, each: float, quality: float = 0.5) -> Option:
    return Option(Model(name), Point("", quality, each), training, each)


def test_break_even_of_twice_the_training() -> None:
    # half the price a request for a training of 1,000 more: 1,000 / (2 - 1) requests
    plain, trained = option("plain", 1000, 2), option("trained", 2000, 1)
    assert break_even(plain, trained) == 1000
    assert break_even(trained, plain) is None
    assert plain.total(1000) == trained.total(1000) == 3000
    assert break_even(plain, option("dear", 3000, 3)) is None
    assert plain.per_right(100) == (1000 + 200) / 50


def test_regimes_are_the_lower_envelope() -> None:
    a, b, c = option("a", 0, 4), option("b", 100, 2), option("c", 1000, 1)
    # a and b meet at 100 / 2, b and c at 900 / 1; a and c (333) never are the cheapest two
    found = [(at, one.model.name) for at, one in regimes([c, a, b])]
    assert found == [(1, "a"), (50, "b"), (900, "c")]
    assert regimes([]) == []


def test_the_seed_table() -> None:
    rows = seed_table()
    assert [row["multiplier"] for row in rows] == [1, 4, 16, 64]
    # 0.7 + 0.3 * 4 and so on
    assert [row["mean"] for row in rows] == pytest.approx([1.0, 1.9, 5.5, 19.9])
    assert [row["spent"] for row in rows] == pytest.approx([0.3, 1.2 / 1.9, 4.8 / 5.5, 19.2 / 19.9])


def test_a_small_model_with_compute_against_a_large_one() -> None:
    large = "name=large,params=3B,quality=65%@200"
    models = joined([], [parsed(SMALL), parsed(large)])
    plan = build(models, Requirements(1e6, 0.6))
    # 2 * 0.5e9 * 687 = 6.87e11 against 2 * 3e9 * 200 = 1.2e12
    assert [one["each"] for one in plan["options"]] == [2.29e11, 6.87e11, 1.2e12]
    assert plan["choice"] == "small at 687 tokens"
    assert "more compute" in plan["verdict"]
    assert plan["options"][1]["per_correct"] == pytest.approx(6.87e11 / 0.62)
    assert [one["pareto"] for one in plan["options"]] == [True, True, True]
    # a larger model of 1.5B takes 2 * 1.5e9 * 200 = 6e11: now it is the one
    models = joined([], [parsed(SMALL), parsed(large.replace("3B", "1.5B"))])
    plan = build(models, Requirements(1e6, 0.6))
    assert plan["choice"] == "large at 200 tokens"
    assert "the larger model in one pass" in plan["verdict"]
    assert [one["pareto"] for one in plan["options"]] == [True, False, True]


def test_training_pays_from_some_number_of_requests_on() -> None:
    tuned = "name=tuned,params=0.5B,train-tokens=1e9,quality=62%@229"
    models = joined([], [parsed(SMALL), parsed(tuned)])
    # 6 * 0.5e9 * 1e9 = 3e18, over the 6.87e11 - 2.29e11 that a request saves
    wants = Requirements(1e6, 0.6)
    plan = build(models, wants)
    (even,) = plan["break_even"]
    assert even["requests"] == pytest.approx(3e18 / 4.58e11)
    assert plan["choice"] == "small at 687 tokens"
    plan = build(models, Requirements(1e7, 0.6))
    assert plan["choice"] == "tuned at 229 tokens"
    assert plan["verdict"].startswith("tuned at 229 tokens: training pays.")
    assert [one["option"] for one in plan["regimes"]] == ["small at 687 tokens",
                                                          "tuned at 229 tokens"]  # fmt: skip


def test_limits() -> None:
    model = parsed("name=m,speed=100,memory=2G,quality=50%@100,60%@1000@4")
    one, many = options([model], "tokens")
    assert (one.seconds, many.seconds) == (1, 4)
    assert against(many, Requirements(1, 0.7, 3, 1e9)) == ["quality", "seconds", "memory"]
    assert against(one, Requirements(1, 0.5, 3, 3e9)) == []
    unknown = Option(Model("x"), Point("", 1, 1), 0, 1)
    assert against(unknown, Requirements(1, 0, 1, 1)) == ["seconds unknown", "memory unknown"]


def test_the_front_leaves_out_what_is_beaten() -> None:
    cheap, beaten, best = option("a", 0, 1, 0.4), option("b", 0, 2, 0.4), option("c", 0, 3, 0.6)
    assert pareto([best, beaten, cheap], 1) == [cheap, best]


def test_units() -> None:
    priced, sized = parsed("name=a,price=1,quality=50%@10"), parsed(SMALL)
    assert unit_of([priced]) == "money"
    assert options([priced], "money")[0].each == pytest.approx(1e-5)
    assert unit_of([sized]) == "flops"
    assert unit_of([parsed("name=a,quality=50%@10")]) == "tokens"
    with pytest.raises(UsageError, match="cannot be compared"):
        unit_of([priced, sized])
    with pytest.raises(UsageError, match="speed of small"):
        options([sized], "seconds")
    with pytest.raises(UsageError, match="training of a"):
        options([parsed("name=a,train=5,params=1B,quality=50%@10")], "flops")


@pytest.mark.parametrize(
    "text",
    ["params=1B", "name=a,size=3", "oops", "name=a,quality=50%", "name=a,quality=150%@3",
     "name=a,params=x", "name=a,quality=1@0", "name=a,params=1.2.3"],
)  # fmt: skip
def test_what_is_not_a_model(text: str) -> None:
    with pytest.raises(UsageError, match="--model"):
        parsed(text)


def test_numbers() -> None:
    assert [number(text, "") for text in ("0.5e9", "0.5B", "20k", "1e6")] == [5e8, 5e8, 2e4, 1e6]
    assert (share("45%", ""), share("0.45", "")) == (0.45, 0.45)


def test_nothing_given(ttc: Ttc) -> None:
    code, out, err = ttc("plan")
    assert (code, err) == (0, "")
    assert "1.90x" in out
    assert "ttc bench run" in out
    assert json.loads(ttc("plan", "--json")[1])["seed"][1]["mean"] == pytest.approx(1.9)
    assert ttc("plan", "--split", "50%")[1].count("32.50x") == 1


def test_plan_from_a_bench(ttc: Ttc, tmp_path: Path) -> None:
    data = stage.sums(tmp_path / "sums.jsonl", 12)
    stage.bench(data, tmp_path / "out", stage.configs("name=plain,samples=4,early_stop=false"))
    code, out, _ = ttc("plan", "--from", str(tmp_path / "out"), "-n", "100", "--json")
    told = json.loads(out)
    assert (code, told["unit"]) == (0, "seconds")
    labels = [one["point"] for one in told["options"]]
    assert [label for label in labels if "vote" in label] == [
        f"plain: vote N={n}" for n in (1, 2, 4)
    ]
    assert all(one["quality_ci"] for one in told["options"])
    assert told["notes"][0].endswith("was measured on 12 questions")


def test_nothing_meets_the_wish(ttc: Ttc, tmp_path: Path) -> None:
    code, out, _ = ttc("plan", "--model", SMALL, "--quality", "99%")
    assert code == 3
    assert out.startswith("Nothing here meets what is asked (quality); the best is small at 687")
    picture = tmp_path / "front.svg"
    assert ttc("plan", "--model", SMALL, "--picture", str(picture))[0] == 0
    assert "<svg" in picture.read_text()
    code, _, err = ttc("plan", "--model", "name=ghost")
    assert (code, err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    "words",
    [("-n", "abc"), ("-n", "0"), ("--quality", "150%"), ("--memory", "lots"), ("--split", "2")],
)
@pytest.mark.parametrize("model", [(), ("--model", SMALL)])
def test_what_is_wanted_is_checked_with_and_without_a_model(
    ttc: Ttc, model: tuple[str, ...], words: tuple[str, str]
) -> None:
    code, out, err = ttc("plan", *model, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
