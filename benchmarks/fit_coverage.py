"""How often the fit's 95% intervals cover a known truth, of 200 repetitions a world.

python benchmarks/fit_coverage.py [--repeats 200] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "bench"))
from synthetic import world

from ttc_cli.bench.scaling import fit

WORLDS = [(60, 0.057, 0.0), (60, 0.03, 0.3), (120, 0.05, 0.1), (300, 0.02, 0.5), (60, 0.0, 0.5)]
"""Questions, a, b."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rows = []
    for number, (n, a, b) in enumerate(WORLDS):
        rng = np.random.default_rng(number)
        laws = [fit(*world(rng, n, a, b)) for _ in range(given.repeats)]
        row = {
            "questions": n, "a": a, "b": b, "repeats": given.repeats,
            "covers_a": float(np.mean([law.a.low <= a <= law.a.high for law in laws])),
            "covers_b": float(np.mean([law.b.low <= b <= law.b.high for law in laws])),
            "false_misfits": float(np.mean([law.misfit < 0.05 for law in laws])),
        }  # fmt: skip
        rows.append(row)
        print(row)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
