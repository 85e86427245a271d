"""What scored samples are worth: weighted votes, ranks within a question, what giving up saves."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from ttc_cli.bench.statistics import paired, wilson
from ttc_cli.prm.traces import Trace
from ttc_cli.voting.step_pruner import lost


def votes(groups: list[list[dict[str, Any]]], weigh: Any) -> list[float]:
    """Whether the heaviest class of each question is right; ties go to the class drawn first."""
    out = []
    for drawn in groups:
        weight: dict[int, float] = defaultdict(float)
        right = {}
        for sample in drawn:
            if sample["answer"] is not None and sample.get("class") is not None:
                weight[sample["class"]] += weigh(sample)
                right[sample["class"]] = sample["correct"]
        best = max(weight, key=lambda c: weight[c], default=None)
        out.append(float(bool(best is not None and right[best])))
    return out


def within(asked: list[list[dict[str, Any]]]) -> dict[str, float]:
    """AUC among samples of the same question: pairs of a right and a wrong one."""
    wins: dict[str, list[float]] = {"probe": [], "confidence": [], "judge": []}
    for drawn in asked:
        for good in (s for s in drawn if s["correct"]):
            for bad in (s for s in drawn if not s["correct"]):
                for way, seen in wins.items():
                    seen.append(0.5 if good[way] == bad[way] else float(good[way] > bad[way]))
    return {way: float(np.mean(seen)) for way, seen in wins.items()} | {"pairs": len(wins["probe"])}


def step_scores(traces: list[Trace]) -> list[list[float]]:
    """Scores of each trace's steps, by a head that was trained on other questions."""
    from ttc_cli.prm.fit import FOLDS, _train
    from ttc_cli.prm.traces import under_way

    names = sorted({trace.question for trace in traces})
    fold = {name: at % FOLDS for at, name in enumerate(names)}
    heads = [
        _train(under_way([t for t in traces if fold[t.question] != out]), "", 48, 0.1, 0)
        for out in range(FOLDS)
    ]
    return [[float(x) for x in heads[fold[t.question]].score(t.states, t.features)] for t in traces]


def given_up(drawn: list[Trace], scores: list[list[float]], bar: float) -> dict[int, float]:
    """Samples of a question that `-O give-up` would stop: number, and tokens they had by then.

    They are drawn side by side, a token each at a time; a step's tokens are told by its length.
    """
    ends = []
    for i, trace in enumerate(drawn):
        lengths = np.cumsum([len(step) for step in trace.steps])
        ends += [(trace.tokens * n / lengths[-1], i, k) for k, n in enumerate(lengths, 1)]
    seen = dict.fromkeys(range(len(drawn)), 0)
    gone: dict[int, float] = {}
    whole: list[int] = []
    for now, i, k in sorted(ends):
        if i not in seen:
            continue
        seen[i] = k
        if k == len(drawn[i].steps):
            whole.append(k)
            del seen[i]
        for j in [j for j, n in seen.items() if lost(scores[j][:n], whole, bar)]:
            gone[j] = now
            del seen[j]
    return gone


def pruning(asked: list[list[dict[str, Any]]], traces: list[Trace], count: int) -> list[Any]:
    """What `-O give-up` saves and costs at some bars: a replay of the rule itself.

    `false`: of the samples given up, those that would have been right, with Wilson's interval;
    `saved`: share of tokens; `accuracy`: of the majority of the others.
    """
    scores = step_scores(traces)
    total = sum(trace.tokens for trace in traces)
    out = []
    for bar in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        saved, stopped, wrongly = 0.0, 0, 0
        kept: list[list[dict[str, Any]]] = []
        for at, drawn in zip(range(0, len(traces), count), asked, strict=True):
            gone = given_up(traces[at : at + count], scores[at : at + count], bar)
            saved += sum(drawn[j]["tokens"] - now for j, now in gone.items())
            stopped += len(gone)
            wrongly += sum(drawn[j]["correct"] for j in gone)
            kept.append([sample for j, sample in enumerate(drawn) if j not in gone])
        out.append(
            {
                "bar": bar,
                "saved": saved / total,
                "given_up": stopped,
                "false": {
                    "count": wrongly,
                    "rate": wrongly / stopped if stopped else None,
                    "interval": wilson(wrongly, stopped),
                },
                "right_samples": int(sum(trace.right for trace in traces)),
                "accuracy": float(np.mean(votes(kept, lambda s: 1.0))),
                "against_no_pruning": paired(
                    votes(asked, lambda s: 1.0), votes(kept, lambda s: 1.0)
                ),
            }
        )
    return out
