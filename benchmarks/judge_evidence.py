"""Judge the evidence that ships on plain replies to questions that it was not fitted on.

    python benchmarks/judge_evidence.py READ.jsonl... --data dev.jsonl --model qwen2.5-coder-0.5b \
        [--votes 4,8,16] [--json OUT]

READ is what `read_pool.py` wrote. Printed: the AUC of single replies, by the evidence, hesitation,
the probe and mean confidence, with 95% intervals (questions drawn anew 2,000 times); and for each
size of vote what is right counted and weighed, paired, with coverage and calibration. Where there
are programs too, votes with two of them among as many samples are set against counted plain ones,
and the efforts are replayed. Answers that were not read and states that were not kept
say nothing.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from evidence_model import KINDS, PAIR, Asked, Model, asked, read
from fit_evidence import replies
from read_pool import lines
from replays import judge

from ttc_cli.bench.statistics import paired, wilson
from ttc_cli.core.halves import unpack
from ttc_cli.core.programs import PLAIN
from ttc_cli.prm.measures import auc
from ttc_cli.verifiers.head import Head
from ttc_cli.verifiers.probe import OURS
from ttc_cli.voting.evidence import TABLES, Evidence
from ttc_cli.voting.mixed import order, stages

EFFORTS = ("low", "auto", "medium", "high")
Score = Callable[[Asked, int], float]


def shipped(known: Evidence) -> Model:
    """The evidence that ships, over arrays."""
    kinds = [known.kinds[name] for name in KINDS]
    slopes = np.array([of.slopes for of in kinds]).T.ravel()
    powers = [of.power for of in kinds[1:]]
    slopes_of_answers, usual = zip(*known.likely, strict=True)
    values = [*(of.usual for of in kinds), *slopes, *powers, known.none, known.spread,
              known.again, *slopes_of_answers, *known.flaws, *known.lift]  # fmt: skip
    return Model(values, np.array([of.middles for of in kinds]), np.array(usual))


def probed(rows: Sequence[dict[str, Any]], model: str) -> dict[int, float]:
    """Log odds of plain replies by the probe that ships, of those whose states were read.

    Rows get those of their answers.
    """
    path = OURS / f"{model}.npz"
    if not path.exists():
        return {}
    head = Head.load(path)
    for row in rows if head.answers else ():
        if row.get("asked"):
            state, features = (unpack(part)[None] for part in row["asked"])
            row["answer_score"] = float(head.answers.logits(state, features)[0])
    return replies(rows, head)


def singles(questions: Sequence[Asked], by: dict[str, Score]) -> dict[str, Any]:
    """AUC of single replies by each score, with intervals, and what each is short of the first."""
    groups = [(one, [i for i in one.named("plain") if one.samples[i].of >= 0]) for one in questions]
    right = [
        np.array([one.samples[i].of == one.right for i in group], float) for one, group in groups
    ]
    found = {
        name: [np.array([score(one, i) for i in group]) for one, group in groups]
        for name, score in by.items()
    }
    rng = np.random.default_rng(0)
    picks = [np.arange(len(questions)), *rng.integers(0, len(questions), (2000, len(questions)))]
    drawn = {
        name: np.array([
            auc(np.concatenate([each[i] for i in pick]), np.concatenate([right[i] for i in pick]))
            for pick in picks
        ])
        for name, each in found.items()
    }  # fmt: skip
    first = drawn[next(iter(drawn))]
    return {
        name: {
            "auc": values[0],
            "interval": np.percentile(values[1:], (2.5, 97.5)).tolist(),
            "short_of_first": np.percentile((first - values)[1:], (50, 2.5, 97.5)).tolist(),
        }
        for name, values in drawn.items()
    } | {"replies": sum(len(group) for _, group in groups)}


def counted(one: Asked, picked: Sequence[int]) -> dict[int, float]:
    """A class's share of the votes; of equals, the one that was drawn first."""
    votes = Counter(one.samples[i].of for i in picked if one.samples[i].of >= 0)
    return {of: count / len(picked) for of, count in votes.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("read", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="the questions")
    parser.add_argument("--model", required=True, help="by the catalogue's name")
    parser.add_argument("--votes", default="4,8,16")
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    rows = read(told.read)
    texts = {row["id"]: row["question"] for path in told.data for row in lines(path)}
    reads = any(row.get("likelihood") is not None for row in rows)
    questions = asked(rows, probed(rows, told.model), texts, reads=reads, pairs=False)
    model = shipped(TABLES[told.model])
    by: dict[str, Score] = {
        "evidence": lambda one, i: max(model.posterior(one, [i]).values(), default=0.0),
        "hesitation": lambda one, i: one.samples[i].sure[1],
        "the probe": lambda one, i: float(np.nan_to_num(one.samples[i].sure[0])),
        "mean confidence": lambda one, i: one.samples[i].confidence,
    }
    report: dict[str, Any] = {"questions": len(questions), "answers_read": reads}
    report["single"] = singles(questions, by)
    for many in map(int, told.votes.split(",")):
        some = [one for one in questions if len(one.named("plain")) >= many]
        if len(some) < 20:
            continue
        plan = [(many, 0.0)]
        count = judge(some, counted, [PLAIN] * many, plan, orders=32)
        weighed = judge(some, model.posterior, [PLAIN] * many, plan, orders=32)
        rng = random.Random(0)
        drawn = [(one, rng.sample(one.named("plain"), many)) for one in some]
        covered = [any(one.samples[i].of == one.right >= 0 for i in i_s) for one, i_s in drawn]
        report[f"vote of {many}"] = {
            "questions": len(some), "tokens": weighed["tokens"],
            "counted": [count["accuracy"], *wilson(round(sum(count["right"])), len(some))],
            "weighed": [weighed["accuracy"], *wilson(round(sum(weighed["right"])), len(some))],
            "paired": asdict(paired(count["right"], weighed["right"])),
            "coverage": float(np.mean(covered)), "confidence": weighed["confidence"],
        }  # fmt: skip
        some = [one for one in some if all(map(one.named, PAIR))]
        if len(some) < 20:
            continue
        count = judge(some, counted, [PLAIN] * many, plan, orders=32)
        mixed = judge(some, model.posterior, order(many), plan, orders=32)
        report[f"mixed vote of {many}"] = {
            "questions": len(some), "tokens": mixed["tokens"],
            "counted": count["accuracy"], "weighed": mixed["accuracy"],
            "paired": asdict(paired(count["right"], mixed["right"])),
            "confidence": mixed["confidence"],
        }  # fmt: skip
    whole = [one for one in questions if all(one.named(name) for name in (*PAIR, "plain"))]
    for effort in EFFORTS if len(whole) >= 20 else ():
        played = judge(whole, model.posterior, order(16), stages(effort, 6))
        right = sum(played.pop("right"))
        report[effort] = {**played, "interval": wilson(right, len(whole))}
    for name, found in report.items():
        if isinstance(found, dict):
            found = dict(found)
            calibrated = dict(found.pop("confidence", {}))
            calibrated.pop("reliability", None)
            print(name, json.dumps(found | calibrated))
    if told.json:
        told.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
