"""Stopping rules of self-consistency compared on a pool of samples that is drawn already.

    python benchmarks/stopping_replay.py POOL REFERENCES.jsonl [--n 16] [--json out.json]

POOL is the folder of a `ttc bench run` with --no-early-stop, or a file with rows of id, tokens,
text and confidence (one number a token). References: id, answer. Every
rule sees the same random orders of the same samples, so differences of a point are visible;
intervals are 95%, by bootstrap over questions.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from stopping_pool import Pool, Result, Rule, load, replay
from stopping_rules import beta, fixed, rules

from ttc_cli.voting.evidence import KINDS


def interval(values: np.ndarray, draws: np.ndarray, over: np.ndarray | None = None) -> list[float]:
    """95% by bootstrap over questions; of a ratio of sums where `over` is given."""
    means = values[draws].sum(1) / (len(values) if over is None else over[draws].sum(1))
    return [float(x) for x in np.quantile(means, (0.025, 0.975))]


def row(name: str, got: Result, base: Result, rival: Result, draws: np.ndarray) -> dict[str, Any]:
    difference = got.correct - base.correct
    return {
        "rule": name,
        "accuracy": float(got.correct.mean()),
        "accuracy_interval": interval(got.correct, draws),
        "difference": float(difference.mean()),
        "difference_interval": interval(difference, draws),
        "tokens_of_fixed": float(got.tokens.sum() / base.tokens.sum()),
        "tokens_of_fixed_interval": interval(got.tokens, draws, base.tokens),
        "tokens_of_beta": float(got.tokens.sum() / rival.tokens.sum()),
        "samples": float(got.samples.mean()),
        "steps": float(got.steps.mean()),
    }


def show(r: dict[str, Any]) -> None:
    low, high = (100 * x for x in r["accuracy_interval"])
    less, more = (100 * x for x in r["difference_interval"])
    print(
        f"{r['rule']:42s} {100 * r['accuracy']:5.1f} [{low:4.1f} {high:4.1f}]"
        f" {100 * r['difference']:+6.2f} [{less:+5.1f} {more:+5.1f}]"
        f" {100 * r['tokens_of_fixed']:6.1f}% {100 * r['tokens_of_beta']:6.1f}%"
        f" {r['samples']:6.2f} {r['steps']:7.0f}",
        flush=True,
    )


def evidence(pools: list[Pool]) -> dict[str, list[float]]:
    """AUC of a whole sample being right by each kind of merit: over all, and within questions."""

    def wins(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
        return (good[:, None] > bad) + 0.5 * (good[:, None] == bad)

    ids = [[i for i, c in enumerate(pool.classes) if c >= 0] for pool in pools]
    both = list(zip(pools, ids, strict=True))
    right = [np.array([p.right[p.classes[i]] for i in seen]) for p, seen in both]
    out = {}
    for kind in KINDS:
        merits = [np.array([p.merits[kind][i] for i in seen]) for p, seen in both]
        all_merits, all_right = np.concatenate(merits), np.concatenate(right)
        pairs = [wins(m[r], m[~r]).ravel() for m, r in zip(merits, right, strict=True)]
        overall = wins(all_merits[all_right], all_merits[~all_right]).mean()
        out[kind] = [float(overall), float(np.concatenate(pairs).mean())]
    return out


def text(about: dict[str, Any], table: list[dict[str, Any]]) -> str:
    """As JSON, a rule a line, numbers to four places."""

    def dump(value: Any) -> str:
        short = json.loads(json.dumps(value), parse_float=lambda x: round(float(x), 4))
        return json.dumps(short)

    return dump(about)[:-1] + ', "rules": [\n' + ",\n".join(map(dump, table)) + "\n]}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("references", type=Path)
    parser.add_argument("--n", type=int, default=0, help="samples of the fixed rule; all of them")
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--kind", default="number")
    parser.add_argument("--cap", type=int, default=512, help="tokens of a sample that was cut off")
    parser.add_argument("--only", default="", help="rules whose name holds this")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    pools = load(options.pool, options.references, options.kind, options.cap)
    n = options.n or min(len(pool.tokens) for pool in pools)
    orders = options.orders
    draws = np.random.default_rng(0).integers(0, len(pools), (4000, len(pools)))
    base = replay(pools, Rule("", fixed(n), width=n), n, orders)
    rival = replay(pools, Rule("", beta(0.95)), n, orders)
    single = np.mean(
        [pool.correct((i,), "none") for pool in pools for i in range(len(pool.tokens))]
    )
    print(
        f"{len(pools)} questions, {n} samples, {orders} orders;"
        f" one sample right {100 * single:.1f}%"
    )
    aucs = evidence(pools)
    for kind, (overall, within) in aucs.items():
        print(f"AUC of {kind}: {overall:.3f}, within questions {within:.3f}")
    print(f"{'rule':42s} accuracy      difference           of N   of Beta samples  steps")
    table = []
    for rule in rules(n):
        if options.only in rule.name:
            table.append(row(rule.name, replay(pools, rule, n, orders), base, rival, draws))
            show(table[-1])
    if options.json:
        about = {"questions": len(pools), "samples": n, "orders": orders, "single": float(single)}
        about |= {"auc": aucs}
        options.json.write_text(text(about, table))


if __name__ == "__main__":
    main()
