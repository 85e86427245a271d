"""Effort auto's escalation replayed on a pool: accuracy and tokens against fixed 16 and `high`.

    python benchmarks/escalation.py POOL REFERENCES.jsonl [--orders 200]

POOL is the folder of a `ttc bench run` with --no-early-stop. One half of the questions (a fixed
draw) was there to choose the bounds, the other to report them; both are printed. Samples come in
random orders, one at a time: what a batch starts beside the sample that ends a run is not counted.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from stopping_pool import Pool, load

from ttc_cli.voting.adaptive import SURE, Options
from ttc_cli.voting.stopping import further


def play(pool: Pool, order: list[int], sure: float, loss: float) -> tuple[float, int, int]:
    """(right, tokens, samples) of one run; without `sure` it is the value rule alone."""
    seen: list[int] = []
    while len(seen) < len(order):
        if len(seen) == 1 and pool.classes[seen[0]] >= 0:
            merit = pool.merits["hesitation"][seen[0]]
            if merit and 1 / merit <= sure:
                break
        if len(seen) > 1 and not further(pool.standing(tuple(seen)), len(order) - len(seen), loss):
            break
        seen.append(order[len(seen)])
    return pool.correct(tuple(seen), "hesitation"), sum(pool.tokens[i] for i in seen), len(seen)


def means(pools: list[Pool], sure: float, loss: float, orders: int) -> np.ndarray:
    """A row a question: accuracy, tokens, samples."""
    rows = []
    for at, pool in enumerate(pools):
        shuffle = np.random.default_rng((0, at))
        plays = [
            play(pool, shuffle.permutation(len(pool.tokens)).tolist(), sure, loss)
            for _ in range(orders)
        ]
        rows.append(np.mean(plays, 0))
    return np.array(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("references", type=Path)
    parser.add_argument("--orders", type=int, default=200)
    options = parser.parse_args()
    pools = load(options.pool, options.references, "number", 1024)
    half = np.random.default_rng(5).permutation(len(pools))
    draws = np.random.default_rng(0).integers(0, len(pools), (4000, len(pools)))
    loss = Options().loss
    fixed = np.array([[p.correct((*range(len(p.tokens)),), "none"), sum(p.tokens)] for p in pools])
    high, auto = (means(pools, *how, options.orders) for how in ((0, loss), (SURE, 2 * loss)))
    gap = 100 * (auto[:, 0] - fixed[:, 0])
    cut = len(pools) // 2
    for name, of in (("all", half), ("tuned on", half[:cut]), ("reported on", half[cut:])):
        print(
            f"{name:12} fixed {100 * fixed[of, 0].mean():.1f}  high {100 * high[of, 0].mean():.1f}"
            f"  auto {100 * auto[of, 0].mean():.1f} ({gap[of].mean():+.1f})"
            f"  tokens of fixed: high {high[of, 1].sum() / fixed[of, 1].sum():.1%},"
            f" auto {auto[of, 1].sum() / fixed[of, 1].sum():.1%}"
            f"  auto of high: {auto[of, 1].sum() / high[of, 1].sum():.1%}"
            f"  samples {auto[of, 2].mean():.1f}"
        )
    low, top = np.quantile(gap[draws].mean(1), (0.025, 0.975))
    print(
        f"auto less fixed: [{low:+.1f}, {top:+.1f}], 95% by bootstrap over {len(pools)} questions"
    )


if __name__ == "__main__":
    main()
