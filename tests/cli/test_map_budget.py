"""One budget for a whole `ttc map` or `ttc bench run`."""

from __future__ import annotations

import json
from pathlib import Path

from harness import Ttc
from mapped import asked, lines, names, rows

from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.ledger import Budget, Usage

MANY = [f"n{n}" for n in range(60)]


def script(request: BranchRequest) -> str:
    return asked(request) + " so" * 8


def used(path: str) -> int:
    """Sampled tokens of all rows that are kept."""
    return sum(row.get("used", [0, 0])[1] for row in rows(Path(path).read_text()))


def test_a_map_ends_with_its_budget_and_goes_on_with_a_larger_one(ttc: Ttc) -> None:
    words = ("map", "Say {line}", lines("in", *MANY), "-e", "low")
    whole = rows(ttc(*words, script=script).out)
    filed = (*words, "-o", "out")
    ran = ttc(*filed, "--max-total-tokens", "200", script=script)
    assert ran.code == 6
    assert "the budget of all answers together is spent: " in ran.err
    assert "of 200 tokens; a larger --max-total-tokens goes on, with --resume" in ran.err
    kept = len(rows(Path("out.part").read_text())) - 1
    assert 5 < kept < 60
    assert used("out.part") <= 200
    again = ttc(*filed, "--max-total-tokens", "200", "--resume", script=script)
    assert again.code == 6
    assert used("out.part") <= 200, "what was spent before counts"
    assert ttc(*filed, "--max-total-tokens", "5000", "--resume", script=script).code == 0
    assert rows(Path("out").read_text()) == whole


def test_rows_that_the_budget_cut_are_not_printed(ttc: Ttc) -> None:
    ran = ttc(
        "map", "Say {line}", lines("in", *MANY), "-e", "low", "--max-total-tokens", "200",
        script=script,
    )  # fmt: skip
    assert ran.code == 6
    assert "and -o" in ran.err
    assert all(row["answer"].endswith(" so" * 8) for row in rows(ran.out))
    assert names(ran.out) == MANY[: len(names(ran.out))]


def test_a_budget_that_suffices_is_not_told_of(ttc: Ttc) -> None:
    words = ("map", "Say {line}", lines("in", *MANY[:3]), "--max-total-tokens", "5000")
    ran = ttc(*words, script=script)
    assert (ran.code, ran.err, names(ran.out)) == (0, "", MANY[:3])


def test_money_needs_prices(ttc: Ttc) -> None:
    words = ("map", "Say {line}", lines("in", *MANY), "--max-cost", "1")
    ran = ttc(*words, script=script)
    assert ran.code == 2
    assert "no prices to go by" in ran.err
    Path(".ttc.toml").write_text("price_per_mtok = 1000.0\n")
    ran = ttc(*words[:-1], "0.5", script=script)
    assert ran.code == 6
    assert "of 0.5 in money" in ran.err


def test_a_bench_ends_with_its_budget_and_goes_on(ttc: Ttc) -> None:
    texts = (f'{{"question": "What is {n} + 1?", "answer": "{n + 1}"}}\n' for n in range(20))
    Path("q.jsonl").write_text("".join(texts))
    words = ("bench", "run", "-d", "q.jsonl", "-n", "2", "--quiet")
    assert ttc(*words, "--out", "whole").code == 0
    ran = ttc(*words, "--out", "out", "--max-total-tokens", "150")
    assert ran.code == 6
    assert "spent: 150 of 150 tokens" in ran.err
    kept = rows(Path("out/results.jsonl").read_text())
    assert 0 < len(kept) < 20
    assert ttc(*words, "--out", "out", "--resume").code == 0
    both = [json.loads(ttc("bench", "report", d, "--json").out)["rows"] for d in ("whole", "out")]
    for key in ("n", "accuracy", "sampled_tokens"):
        assert both[0][0][key] == both[1][0][key]


def test_a_budget_says_what_it_was(ttc: Ttc) -> None:
    budget = Budget(100, usage=Usage(sampled=40))
    run = budget.child(50)
    assert (run.take(50), budget.left, budget.over) == (True, 10, False)
    other = budget.child()
    assert not other.take(11), "a draw of several tokens may not fit"
    assert (budget.over, other.refused, str(budget)) == (True, False, "90 of 100 tokens")
