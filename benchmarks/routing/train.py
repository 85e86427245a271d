"""Train the router's classifier, and report it on prompts that it has not seen.

    python benchmarks/routing/train.py [--dev PROMPTS.jsonl] [--json out.json] [--write]

Needs scikit-learn (the extra `router`). Figures are cross-validated over the prompts of this
folder, in ten folds grouped by template, and by leaving out one file or one language at a time;
beside them stand the baselines "always simple" and "long is complex". --dev adds a file with rows
of prompt, task and path. --write trains on everything and writes ttc_cli/routing/weights.tsv.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from data import HERE, Example, examples, read
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from ttc_cli.bench.statistics import wilson
from ttc_cli.routing.features import features
from ttc_cli.routing.policy import WEIGHTS

STRENGTH = 2.0
"""Inverse of the L2 penalty; accuracy is flat from 1 to 3."""
SEEN = 2
"""A feature counts when this many prompts have it."""
SMALL = 0.05
"""Features whose largest weight is below this are left out of the file."""
LONG = 160
"""Characters from which the baseline calls a prompt complex; the best on the training prompts."""


class Model:
    """A multinomial logistic regression over (task, path) pairs."""

    def __init__(self, found: list[dict[str, float]], labels: list[str]) -> None:
        seen = Counter(name for one in found for name in one)
        kept = [{k: v for k, v in one.items() if seen[k] >= SEEN} for one in found]
        self.vectors = DictVectorizer()
        self.model = LogisticRegression(C=STRENGTH, max_iter=3000)
        self.model.fit(self.vectors.fit_transform(kept), labels)

    def __call__(self, found: list[dict[str, float]]) -> np.ndarray:
        """Probabilities, a row a prompt, in the order of `classes`."""
        return self.model.predict_proba(self.vectors.transform(found))

    @property
    def classes(self) -> list[str]:
        return list(self.model.classes_)

    def write(self, path: Path) -> None:
        """Weights in hundredths, centred (a softmax does not see the mean), a feature a line."""
        weights = self.model.coef_ - self.model.coef_.mean(0)
        bias = self.model.intercept_ - self.model.intercept_.mean()
        rows = [("", bias), *zip(self.vectors.feature_names_, weights.T, strict=True)]
        lines = ["\t".join(["feature", *self.classes])]
        for name, row in rows:
            if not name or np.abs(row).max() >= SMALL:
                lines.append("\t".join([name, *(f"{100 * w:.0f}" for w in row)]))
        path.write_text("\n".join(lines) + "\n", "utf-8")


def share(hits: Iterable[bool]) -> dict[str, Any]:
    values = list(hits)
    return {
        "share": sum(values) / len(values),
        "interval": list(wilson(sum(values), len(values))),
        "n": len(values),
    }


def figures(rows: list[Example], got: np.ndarray, classes: list[str]) -> dict[str, Any]:
    """Shares of right tasks and paths, and what went down the wrong path."""
    tasks = sorted({name.split()[0] for name in classes})
    by_task = [got[:, [c.split()[0] == task for c in classes]].sum(1) for task in tasks]
    task = [tasks[i] for i in np.argmax(by_task, 0)]
    complex_ = got[:, [c.endswith("complex") for c in classes]].sum(1) >= 0.5
    found = list(zip(rows, task, complex_, strict=True))
    return {
        "task": share(r.task == t for r, t, _ in found),
        "path": share((r.path == "complex") == c for r, _, c in found),
        "complex_down_simple": share(not c for r, _, c in found if r.path == "complex"),
        "simple_down_complex": share(c for r, _, c in found if r.path == "simple"),
    }


def baselines(rows: list[Example]) -> dict[str, Any]:
    return {
        "always_simple": share(r.path == "simple" for r in rows),
        "long_is_complex": share((len(r.prompt) >= LONG) == (r.path == "complex") for r in rows),
    }


def cross_validated(
    rows: list[Example], found: list[dict[str, float]], folds: Iterable[tuple[Any, Any]]
) -> dict[str, Any]:
    """Figures on the parts left out, all together."""
    got, order, classes = [], [], []
    for train, test in folds:
        model = Model([found[i] for i in train], [label(rows[i]) for i in train])
        got.append(model([found[i] for i in test]))
        order += [rows[i] for i in test]
        classes = model.classes
    return figures(order, np.concatenate(got), classes)


def label(row: Example) -> str:
    return f"{row.task} {row.path}"


def languages(rows: list[Example]) -> Iterable[tuple[Any, Any]]:
    """One language left out at a time, for those with more than 20 prompts."""
    every = np.array([row.language for row in rows])
    for name, count in Counter(every).items():
        if count > 20 and name != "en":
            yield np.flatnonzero(every != name), np.flatnonzero(every == name)


def files(rows: list[Example]) -> Iterable[tuple[Any, Any]]:
    """One file, and so one style of prompts, left out at a time."""
    every = np.array([row.group.split()[0] for row in rows])
    for name in sorted(set(every)):
        yield np.flatnonzero(every != name), np.flatnonzero(every == name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows = examples()
    found = [features(row.prompt, row.attached) for row in rows]
    labels, groups = [label(row) for row in rows], [row.group for row in rows]
    folds = StratifiedGroupKFold(10, shuffle=True, random_state=0).split(rows, labels, groups)
    model = Model(found, labels)
    sets = {"held_out": list(read(HERE / "held_out.txt"))}
    if options.dev:
        dev = map(json.loads, options.dev.read_text("utf-8").splitlines())
        sets["dev"] = [Example(d["prompt"], d["task"], d["path"], d["lang"], "") for d in dev]
    out = {
        "cross_validated": cross_validated(rows, found, folds) | baselines(rows),
        "file_left_out": cross_validated(rows, found, files(rows)),
        "language_left_out": cross_validated(rows, found, languages(rows)),
    }
    for name, those in sets.items():
        got = model([features(row.prompt, row.attached) for row in those])
        out[name] = figures(those, got, model.classes) | baselines(those)
    for name, report in out.items():
        for what, value in report.items():
            low, high = value["interval"]
            print(
                f"{name:18} {what:20} {value['share']:.3f} [{low:.3f}, {high:.3f}] n={value['n']}"
            )
    if options.json:
        options.json.write_text(json.dumps(out, indent=1) + "\n", "utf-8")
    if options.write:
        model.write(WEIGHTS)


if __name__ == "__main__":
    main()
