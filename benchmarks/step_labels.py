"""Which labels make the better step verifier at equal tokens, and who finds the first wrong step?

    ttc prm train -d train.jsonl --skip 240 --limit 40 --traces 2 --rollouts 4 --name steps
    python benchmarks/step_labels.py --rollouts steps.4.jsonl --outcomes READ.jsonl [--json OUT]

The replies in `--rollouts` (kept by `ttc prm train`) are judged: their steps were labelled by
rollouts. A head trained on them is judged by folds of questions; one trained on replies whose own
outcome labels all their steps (`read_pool.py --steps`; other questions, as many tokens) sees none
of them. Beside them: sums done again, the confidence of a step, and chance. F1 is ProcessBench's
(arXiv 2412.06559); each scorer's bar is chosen on the other folds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from read_pool import lines

from ttc_cli.answers.equations import sums
from ttc_cli.prm.fit import FOLDS, fit
from ttc_cli.prm.measures import auc, first_error_f1
from ttc_cli.prm.traces import Trace
from ttc_cli.verifiers.head import FEATURES, OF_STEPS, Head

CONFIDENCE = FEATURES.index("confidence of the step")
Scores = list[float]


def by_head(head: Head, trace: Trace) -> Scores:
    """Scores of a reply's steps: the last by the head for ends."""
    features = trace.features[-1:].copy()
    features[:, OF_STEPS] = np.nan
    ends = head.ends or head
    on_the_way = head.score(trace.states[:-1], trace.features[:-1]) if len(trace.labels) > 1 else []
    return [*map(float, on_the_way), float(ends.score(trace.states[-1:], features)[0])]


def summed(trace: Trace) -> Scores:
    """0 from the first step on that has a wrong sum."""
    wrong = np.cumsum([sums(step).wrong for step in trace.steps])
    return [float(not many) for many in wrong]


def errors_of(traces: Sequence[Trace]) -> list[int]:
    """The first step of each that no rollout could go on from; -1 for a right reply."""
    return [
        -1 if t.right else next((i for i, x in enumerate(t.labels) if x == 0), len(t.labels) - 1)
        for t in traces
    ]


def f1(scores: Sequence[Scores], errors: Sequence[int], fold: Sequence[int]) -> float:
    """F1 of all, by bars that were chosen on other folds."""
    bars = np.unique(np.quantile(np.concatenate(scores), np.linspace(0, 1, 60)))
    shifted = [np.array(one) for one in scores]
    for f in range(FOLDS):
        rest = [i for i, at in enumerate(fold) if at != f]
        known = [
            first_error_f1([scores[i] for i in rest], [errors[i] for i in rest], bar)
            for bar in bars
        ]
        best = bars[int(np.nanargmax(known))]
        for i in (i for i, at in enumerate(fold) if at == f):
            shifted[i] = shifted[i] - best  # so that one bar, 0, is each fold's own
    return first_error_f1([list(one) for one in shifted], errors, 0.0)


def chance(traces: Sequence[Trace], errors: Sequence[int]) -> float:
    """The best F1 of one who calls a share of the replies sound and draws a step of the others."""
    hit = np.mean([1 / len(t.labels) for t, e in zip(traces, errors, strict=True) if e >= 0])
    return max(2 * q * (1 - q) * hit / (q + (1 - q) * hit) for q in np.linspace(0.01, 0.99, 99))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rollouts", type=Path, required=True)
    parser.add_argument("--outcomes", type=Path, nargs="+", required=True)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    drawn = [Trace.read(t) for line in lines(told.rollouts) for t in line["traces"]]
    whole = [trace for trace in drawn if not trace.begun]
    tokens = sum(trace.tokens for trace in drawn)
    names = sorted({trace.question for trace in whole})
    fold_of = {name: i % FOLDS for i, name in enumerate(names)}
    fold = [fold_of[trace.question] for trace in whole]
    other: list[Trace] = []
    for row in (row for path in told.outcomes for row in lines(path)):
        if row["kind"] == "plain" and len(row["labels"]) and row["question"] not in fold_of:
            if sum(trace.tokens for trace in other) >= tokens:
                break
            other.append(Trace.read({"begun": 0, **row}))
    outcome = fit(other, "")
    held = [fit([t for t in drawn if fold_of[t.question] != f], "") for f in range(FOLDS)]
    by: dict[str, Callable[[Trace], Scores]] = {
        "rollout labels": lambda trace: by_head(held[fold_of[trace.question]], trace),
        "outcome labels": lambda trace: by_head(outcome, trace),
        "sums done again": summed,
        "confidence of the step": lambda trace: trace.features[:, CONFIDENCE].tolist(),
    }
    errors = errors_of(whole)
    labels = np.concatenate([trace.labels[:-1] for trace in whole]) > 0
    right = [float(trace.right) for trace in whole]
    report: dict[str, Any] = {
        "replies": len(whole), "right": float(np.mean(right)), "questions": len(names),
        "tokens": tokens, "tokens_of_outcomes": sum(trace.tokens for trace in other),
        "replies_of_outcomes": len(other), "f1_of_chance": chance(whole, errors),
    }  # fmt: skip
    for name, score in by.items():
        found = [score(trace) for trace in whole]
        report[name] = {
            "f1": f1(found, errors, fold),
            "auc_of_steps": auc(np.concatenate([one[:-1] for one in found]), labels),
            "auc_of_replies": auc([one[-1] for one in found], right),
        }
    print(json.dumps(report, indent=1))
    if told.json:
        told.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
