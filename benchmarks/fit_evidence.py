"""Fit the probe that ships and the evidence model, and replay rules of votes by it.

    python benchmarks/fit_evidence.py READ.jsonl... --data train.jsonl... --json OUT \
        [--model MODEL.gguf --probe NAME.npz [--heads OLD.npz]]

READ is what `read_pool.py` wrote (of a sample that is in several, the one with more steps counts);
what it wrote with --answers has no states but those behind answers: the heads for replies and steps
are trained without it. With --heads they are those of a probe that is there already, and READ has
states of questions that it had not seen.
The evidence is fitted on the probe's scores of questions that the probe had not seen; what is
judged and replayed is fitted on other questions (five folds), and so with less known of samples
than it was fitted on. Printed: the rows of
`voting.evidence.TABLES`, calibration (ECE beside the 90th percentile of a perfect forecaster's,
Brier score beside the base rate's), and for each rule accuracy and tokens, paired with `--against`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from evidence_model import Asked, asked, fitted, read
from read_pool import lines
from replays import judge

from ttc_cli.bench.statistics import paired
from ttc_cli.core.halves import unpack
from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM
from ttc_cli.core.sampling import Stop
from ttc_cli.core.verify import log_odds
from ttc_cli.prm.fit import FOLDS, judged, train
from ttc_cli.prm.measures import auc
from ttc_cli.prm.traces import Rows, Trace
from ttc_cli.verifiers.head import Head
from ttc_cli.voting.evidence import hesitation
from ttc_cli.voting.mixed import STAGES, order, stages

FIXED = {
    "one program": (GREEDY_PROGRAM,),
    "a program of each prompt": (GREEDY_PROGRAM, PROGRAM),
    "one bare program": (PROGRAM,),
    "one plain reply": (PLAIN,),
    "four plain replies": (PLAIN,) * 4,
    "one program, two plain replies": (GREEDY_PROGRAM, PLAIN, PLAIN),
    "two programs, two plain replies": (GREEDY_PROGRAM, PROGRAM, PLAIN, PLAIN),
    "two programs, four plain replies": (GREEDY_PROGRAM, PROGRAM, *(PLAIN,) * 4),
}
"""Samples that are all drawn, replayed beside the efforts."""


def folds(questions: Sequence[Asked]) -> dict[str, int]:
    names = sorted(one.id for one in questions)
    random.Random(1).shuffle(names)
    return {name: i % FOLDS for i, name in enumerate(names)}


def trace_of(row: dict[str, Any]) -> Trace:
    """A sample's trace, with the features of its end that were not read at first."""
    trace = Trace.read(row)
    surprise = 0.1 - trace.features[-1, 4] * row["tokens"]
    trace.features[-1, 7:9] = math.log(hesitation(row["confidence"]) + 0.1), math.log(surprise)
    return trace


def probe(
    rows: Sequence[dict[str, Any]], model: Path, out: Path, heads: Path | None
) -> tuple[dict[int, float], Any]:
    """Train, save and judge the probe; returns the log odds of samples it had not seen.

    Args:
        heads: a probe whose heads for replies and steps are taken as they are.
    """
    if heads is None:
        plain = with_states(rows)
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        found = train([trace_of(rows[at]) for at in plain], digest)
        logits = dict(zip(plain, map(log_odds, map(float, found.scores)), strict=True))
        head = found.head
    else:
        head = Head.load(heads)
        logits = replies(rows, head)
    alone = answers(rows)
    facts = {**head.facts, "made": date.today().isoformat(), "name": out.stem}
    if alone is not None:
        facts |= {"auc_answers": alone.facts["auc"], "answers": alone.facts["answers"]}
    replace(head, facts=facts, answers=alone).save(out)
    return logits, facts


def with_states(rows: Sequence[dict[str, Any]]) -> list[int]:
    """Rows of plain replies whose states are known.

    What a pool tells of a program's end is not the state that is drawn.
    """
    return [
        at
        for at, row in enumerate(rows)
        if row["kind"] == PLAIN and row.get("states") and Stop(row["stop"]).whole
    ]


def replies(rows: Sequence[dict[str, Any]], head: Head) -> dict[int, float]:
    """Log odds of plain replies by a probe."""
    traces = {at: trace_of(rows[at]) for at in with_states(rows)}
    ends = head.ends or head
    return {
        at: float(ends.logits(trace.states[-1:], trace.features[-1:])[0])
        for at, trace in traces.items()
    }


def answers(rows: Sequence[dict[str, Any]]) -> Head | None:
    """The head for answers asked for alone; rows get scores by heads that had not seen theirs."""
    known = {(row["question"], row["answer"]): row for row in rows if row.get("asked")}
    if not known:
        return None
    states, features = (
        np.array([unpack(row["asked"][i]) for row in known.values()]) for i in (0, 1)
    )
    right = np.array([row["right"] for row in known.values()], np.float32)
    names = tuple(name for name, _ in known)
    found = judged(Rows(names, states, features, right, np.ones(len(right), np.float32)), 0)
    scores = dict(zip(known, map(log_odds, map(float, found.scores)), strict=True))
    for row in rows:
        row["answer_score"] = scores.get((row["question"], row["answer"]))
    facts = {"auc": round(auc(found.scores, right), 4), "answers": len(right)}
    return replace(found.head, facts=facts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("read", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="the questions")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--probe", type=Path)
    parser.add_argument("--heads", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", default="one program, two plain replies")
    told = parser.parse_args()
    rows = read(told.read)
    texts = {row["id"]: row["question"] for path in told.data for row in lines(path)}
    report: dict[str, Any] = {}
    logits: dict[int, float] = {}
    if told.model and told.probe:
        logits, report["probe"] = probe(rows, told.model, told.probe, told.heads)
        print(json.dumps({k: v for k, v in report["probe"].items() if k != "calibration"}))
    all_known = asked(rows, logits, texts, reads=True)
    fold = folds(all_known)
    held = {f: fitted([q for q in all_known if fold[q.id] != f]) for f in range(FOLDS)}
    print(f"{len(all_known)} questions", *fitted(all_known).rows(), sep="\n  ")

    def choose(one: Asked, picked: Sequence[int]) -> dict[int, float]:
        return held[fold[one.id]].posterior(one, picked)

    ways = {
        "all that is known": all_known,
        "without the probe": asked(rows, {}, texts, reads=True),
        "without answers read": asked(rows, logits, texts, reads=False),
        "by neither": asked(rows, {}, texts, reads=False),
    }
    for name, questions in ways.items():
        whole = [one for one in questions if one.named("plain")]
        print(f"{name}: {len(whole)} questions replayed")
        found = {effort: judge(whole, choose, order(16), stages(effort, 6)) for effort in STAGES}
        for title, kinds in FIXED.items():
            found[title] = judge(whole, choose, kinds, [(len(kinds), 0.0)])
        right = {effort: played.pop("right") for effort, played in found.items()}
        for effort, played in found.items():
            played["against"] = paired(right[told.against], right[effort])
            print(f"  {effort}: {100 * played['accuracy']:.1f}% at {played['tokens']:.0f} tokens")
        report[name] = found
    if told.json:
        told.json.write_text(json.dumps(report, indent=1, default=asdict) + "\n")


if __name__ == "__main__":
    main()
