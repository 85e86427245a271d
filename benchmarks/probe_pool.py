"""A probe on samples that a bench drew: how well does the model's own state tell right from wrong?

Reads the hidden states at the step ends of the pool's samples (they are evaluated once, nothing is
drawn), trains probes on other questions than those they score, and compares, on the same
samples, votes weighted by the probe with plain and confidence-weighted votes.

    python benchmarks/probe_pool.py POOL --data svamp_dev.jsonl --model qwen2.5-coder-0.5b
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from probe_votes import pruning, votes, within

from ttc_cli.bench.questions import Item, load
from ttc_cli.bench.statistics import paired
from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.events import end_of
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, Stop, StopRule
from ttc_cli.core.steps import STEPS
from ttc_cli.prm.fit import BASELINES, fit, held_out
from ttc_cli.prm.measures import auc, brier, calibration
from ttc_cli.prm.traces import Trace, finals
from ttc_cli.verifiers.head import features_of


def samples(pool: Path, config: str, count: int) -> dict[str, list[dict[str, Any]]]:
    """The first samples of each question: the row's branch joined with its tape."""
    tape = {}
    for line in (pool / "samples.jsonl").read_text().splitlines():
        sample = json.loads(line)
        tape[sample["key"][:16]] = sample
    found = {}
    for line in (pool / "results.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["config"] == config:
            branches = sorted(row["branches"], key=lambda b: b["id"])[:count]
            found[row["id"]] = [{**b, **tape[b["samples"][0]], "row": row} for b in branches]
    return found


def steps_of(sample: dict[str, Any]) -> list[Step]:
    """The sample's steps with their tokens and confidences, cut where an engine would cut."""
    out: list[Step] = []
    before, start, texts = "", 0, sample["texts"]
    for at in range(len(sample["ids"])):
        step = "".join(texts[start : at + 1])
        last = at + 1 == len(sample["ids"])
        if last or STEPS.ends(step, before, len(step) - len(texts[at])):
            tokens = tuple(sample["ids"][start : at + 1])
            confidences = tuple(sample["confidences"][start : at + 1])
            out.append(Step(step, tokens, confidences=confidences))
            before, start = before + step, at + 1
    return out


def traces_of(
    session: Any, item: Item, drawn: list[dict[str, Any]]
) -> tuple[list[Trace], list[float | None]]:
    """Traces with states read by evaluating each beginning once, and the judge's scores.

    Beginnings share prefixes, and so does the judge's question after each reply.
    """
    from ttc_cli.session.plan import plan
    from ttc_cli.session.request import Request
    from ttc_cli.verifiers.registry import assemble

    planned = plan(session, Request.of(session.settings, item.prompt, form=item.task))
    prompt = planned.prompt
    cut = {i: steps_of(sample) for i, sample in enumerate(drawn)}
    beginnings = [
        Branch((i, n), prompt, tuple(steps[: n + 1]))
        for i, steps in cut.items()
        for n in range(len(steps))
    ]
    states = {}
    for hidden in ("end", "turn"):  # a reply's own end is judged by its end-of-turn token's state
        some = [b for b in beginnings if (b.id[1] + 1 == len(cut[b.id[0]])) == (hidden == "turn")]
        flow = Run(session.engine).extend(some, stop=StopRule(0), outputs=Outputs(hidden=hidden))
        states |= {branch.id: branch.steps[-1].hidden[0] for branch in end_of(flow)}
    judge = assemble(("judge",), {}, unsafe=False)
    assert judge is not None
    whole = [Branch((i,), prompt, tuple(steps), Stop(drawn[i]["stop"])) for i, steps in cut.items()]
    judged = end_of(judge(Run(session.engine), whole, planned.question))
    out = []
    for i, sample in enumerate(drawn):
        marked = tuple(
            Step(s.text, s.tokens, confidences=s.confidences, marks=(len(s.tokens),), hidden=(0,))
            for s in cut[i]
        )
        right = bool(sample["correct"])
        out.append(
            Trace(
                item.id,
                tuple(step.text for step in cut[i]),
                np.array([states[(i, n)] for n in range(len(cut[i]))], np.float32),
                features_of(Branch((i,), prompt, marked)),
                (float(right),) * len(cut[i]),
                right,
                sample["tokens"],
            )
        )
    return out, [grade.score for grade in judged]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pool", type=Path)
    parser.add_argument("--config", default="self-consistency-n16-t0.7-fixed")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--probe", help="one that was trained on other questions, by name")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--traces", type=Path, required=True, help="where states are kept")
    options = parser.parse_args()
    groups = samples(options.pool, options.config, options.count)
    items = {item.id: item for item in load(options.data) if item.id in groups}
    traces, judged = read_states(options, items, groups)
    scores, cell = by_probe(options.probe, traces) if options.probe else held_out(traces)
    truth = np.array([trace.right for trace in traces], float)
    flat = [sample for name in items for sample in groups[name]]
    for sample, score, grade in zip(flat, scores, judged, strict=True):
        sample["probe"] = float(score)
        sample["judge"] = 0.0 if grade is None else grade
    asked = [groups[name] for name in items]
    ways = {
        "majority": lambda s: 1.0,
        "confidence": lambda s: s["confidence"],
        "judge": lambda s: s["judge"],
        "probe": lambda s: s["probe"],
        "probe squared": lambda s: s["probe"] ** 2,
        "probe odds": lambda s: s["probe"] / (1.001 - s["probe"]),
    }
    found = {way: votes(asked, weigh) for way, weigh in ways.items()}
    best = [float(max(g, key=lambda s: s["probe"])["correct"]) for g in asked]
    found["best by probe"] = best
    found["best by judge"] = [float(max(g, key=lambda s: s["judge"])["correct"]) for g in asked]
    found["best by confidence"] = [
        float(max(g, key=lambda s: s["confidence"])["correct"]) for g in asked
    ]
    confidence = np.array([sample["confidence"] for sample in flat])
    result = {
        "questions": len(items),
        "samples": options.count,
        "cell": cell,
        "auc": auc(scores, truth),
        "auc_confidence": auc(confidence, truth),
        "auc_judge": auc([s["judge"] for s in flat], truth),
        "judge_failed": sum(grade is None for grade in judged),
        "auc_shortness": auc([-s["tokens"] for s in flat], truth),
        "brier": brier(scores, truth),
        "brier_of_share": brier([float(truth.mean())] * len(truth), truth),
        "calibration": calibration(scores, truth),
        "baselines": sorted(BASELINES),
        "within": within(asked),
        "accuracy": {way: float(np.mean(right)) for way, right in found.items()},
        "against_majority": {
            way: paired(found["majority"], right)
            for way, right in found.items()
            if way != "majority"
        },
        "coverage": float(np.mean([any(s["correct"] for s in g) for g in asked])),
        "prune": pruning(asked, traces, options.count),
    }
    text = json.dumps(result, indent=1, default=str)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")
    fit(traces, traces_model(options)).save(options.traces.with_suffix(".npz"))


def by_probe(name: str, traces: list[Trace]) -> tuple[Any, str]:
    """Scores of the traces' ends by a trained probe of the home."""
    from ttc_cli.settings import home
    from ttc_cli.verifiers.head import Head

    head = Head.load(home() / "probes" / f"{name}.npz")
    states, features, _ = finals(traces)
    return (head.ends or head).score(states, features), name


def traces_model(options: argparse.Namespace) -> str:
    header = json.loads((options.pool / "run.json").read_text())
    return str(header["model"]["sha256"])


def read_states(
    options: argparse.Namespace, items: dict[str, Item], groups: dict[str, Any]
) -> tuple[list[Trace], list[float | None]]:
    """Traces and judge's scores of all questions; what was read before is not read again."""
    kept: dict[str, list[Trace]] = {}
    grades: dict[str, list[float | None]] = {}
    if options.traces.exists():
        for line in options.traces.read_text().splitlines():
            record = json.loads(line)
            kept[record["id"]] = [Trace.read(t) for t in record["traces"]]
            grades[record["id"]] = record["judge"]
    if set(items) - set(kept):
        from ttc_cli.models.registry import resolve
        from ttc_cli.session.loaded import Session
        from ttc_cli.settings import home
        from ttc_cli.settings import load as load_settings

        given = {"model": options.model, "threads": options.threads}
        settings = load_settings(given, cwd=Path.cwd(), environ=os.environ)
        session = Session(settings, resolve(options.model, home()))
        session.engine.reserve(8192)
        began = time.monotonic()
        with options.traces.open("a") as file:
            for n, (name, item) in enumerate(items.items()):
                if name in kept:
                    continue
                kept[name], grades[name] = traces_of(session, item, groups[name])
                records = [trace.record() for trace in kept[name]]
                record = {"id": name, "traces": records, "judge": grades[name]}
                file.write(json.dumps(record) + "\n")
                file.flush()
                print(f"{n + 1} of {len(items)}, {time.monotonic() - began:.0f} s", flush=True)
        session.close()
    return (
        [trace for name in items for trace in kept[name]],
        [grade for name in items for grade in grades[name]],
    )


if __name__ == "__main__":
    main()
