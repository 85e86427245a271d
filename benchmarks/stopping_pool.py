"""A pool of drawn samples, and its replay token by token under a stopping rule.

Live samples advance one token a step each, as they do in a batch; one finishes at its length.
Whatever is under way when a rule stops, or is cut before, has cost what it had drawn by then.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from ttc_cli.answers import Classes, equivalent, extract
from ttc_cli.voting import stopping
from ttc_cli.voting.evidence import KINDS, merit, relative
from ttc_cli.voting.stopping import Standing

NEVER = 10**9
TIES = " in ties"
"""Suffix of a weight that only breaks ties."""


@dataclass(frozen=True)
class Pool:
    """One question's samples: class of the answer (-1 for none), tokens, what speaks for each."""

    id: str
    classes: list[int]
    tokens: list[int]
    confidences: list[np.ndarray]
    merits: dict[str, list[float]]
    right: dict[int, bool]

    def ballot(self, seen: tuple[int, ...], weight: str) -> dict[int, float]:
        """Weights of the classes; `seen` holds samples, those cut off as ~sample."""
        voters = [i for i in seen if i >= 0 and self.classes[i] >= 0]
        weights = relative([self.merits[weight.removesuffix(TIES)][i] for i in voters], 1.0)
        power = KINDS.get(weight, 0.001)  # in ties: too weak to outvote
        weights = [w**power for w in weights]
        votes: dict[int, float] = defaultdict(float)
        for i, w in zip(voters, weights, strict=True):
            votes[self.classes[i]] += w
        return votes

    def standing(self, seen: tuple[int, ...]) -> Standing:
        counts = Counter(self.classes[i] for i in seen if i >= 0 and self.classes[i] >= 0)
        return Standing(tuple(counts.values()), len(seen) - sum(counts.values()))

    def correct(self, seen: tuple[int, ...], weight: str) -> float:
        """Whether the vote is right; classes that tie share the credit, whatever the order."""
        votes = self.ballot(seen, weight)
        most = max(votes.values(), default=0.0)
        first = [c for c in votes if votes[c] > most - 1e-9]
        return sum(self.right[c] for c in first) / len(first) if first else 0.0


def load(path: Path, references: Path, kind: str, cap: int) -> list[Pool]:
    """Pools by question, from a file of samples or the folder of a `ttc bench`.

    In a file, a sample of `cap` tokens or more was cut off: it has no vote.
    """
    answers = {r["id"]: r["answer"] for r in lines(references)}
    rows = defaultdict(list)
    for row in folder_rows(path) if path.is_dir() else lines(path):
        if "answer" not in row:
            found = extract(row["text"], kind) if row["tokens"] < cap else None
            row["answer"] = found.text if found else None
        rows[row["id"]].append(row)
    return [_pool(key, rows[key], str(answers[key])) for key in rows]


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def folder_rows(path: Path) -> Iterator[dict]:
    """Rows of a bench's folder; only branches with a record of their tokens."""
    tapes = {tape["key"][:16]: tape for tape in lines(path / "samples.jsonl")}
    for result in lines(path / "results.jsonl"):
        for branch in result["branches"]:
            if branch["samples"] and (tape := tapes.get(branch["samples"][0])):
                yield {
                    "id": result["id"],
                    "answer": branch["answer"] if tape["stop"] in ("end", "string") else None,
                    "tokens": tape["tokens"],
                    "confidence": tape.get("confidences", []),
                }


def _pool(key: str, rows: list[dict], answer: str) -> Pool:
    classes = Classes()
    ids = [classes.add(row["answer"]) for row in rows]
    ids = [-1 if c is None else classes.find(c) for c in ids]
    right = {c: equivalent(classes.label(c), answer) for c in set(ids) if c >= 0}
    traces = [row["confidence"] for row in rows]
    tokens = [row["tokens"] for row in rows]
    merits = {
        how: [merit(how, n, trace) for n, trace in zip(tokens, traces, strict=True)]
        for how in KINDS
    }
    return Pool(key, ids, tokens, [np.array(t) for t in traces], merits, right)


Needed = Callable[[Standing, int], int]
"""(votes so far, samples that may still be drawn) -> how many more are needed; 0 stops."""
Cut = Callable[[Pool, tuple[int, ...], int], int]
"""(pool, samples seen, sample) -> tokens at which that sample is given up, if still unfinished."""


@dataclass(frozen=True)
class Rule:
    name: str
    needed: Needed
    weight: str = "none"
    width: int = 1
    cut: Cut | None = None
    alpha: float | None = None  # replaces what the vote model learns

    @contextmanager
    def model(self) -> Iterator[None]:
        """The vote model with the rule's own α."""
        grid = stopping.CONCENTRATIONS
        try:
            if self.alpha is not None:
                stopping.CONCENTRATIONS = (self.alpha,)
                forget()
            yield
        finally:
            stopping.CONCENTRATIONS = grid
            if self.alpha is not None:
                forget()


def forget() -> None:
    stopping.familiarity.cache_clear()
    stopping._after.cache_clear()


@dataclass
class Result:
    """Means over orders, one number a question."""

    correct: np.ndarray
    tokens: np.ndarray
    samples: np.ndarray
    steps: np.ndarray


def replay(pools: list[Pool], rule: Rule, n: int, orders: int, seed: int = 0) -> Result:
    """Play a rule on `orders` random orders of each question's samples, `n` of them at most."""
    with rule.model():
        return _replay(pools, rule, n, orders, seed)


def _replay(pools: list[Pool], rule: Rule, n: int, orders: int, seed: int) -> Result:
    sums = np.zeros((4, len(pools)))
    for q, pool in enumerate(pools):
        shuffle = np.random.default_rng((seed, q))  # the same orders for every rule
        memo: dict[tuple[int, ...], int] = {}
        credit: dict[tuple[int, ...], float] = {}
        for _ in range(orders):
            order = shuffle.permutation(len(pool.tokens))[:n].tolist()
            seen, spent, now = _play(pool, rule, order, memo)
            if seen not in credit:
                credit[seen] = pool.correct(seen, rule.weight)
            sums[:, q] += credit[seen], spent, len(seen), now
    return Result(*(sums / orders))


def _play(
    pool: Pool, rule: Rule, order: list[int], memo: dict[tuple[int, ...], int]
) -> tuple[tuple[int, ...], int, int]:
    """One run: what was seen (sorted), the tokens it cost, and the steps it took."""
    seen: list[int] = []
    live: list[tuple[int, int]] = []  # (sample, step it began at)
    started = spent = now = 0
    while True:
        key = tuple(sorted(seen))
        if key not in memo:
            memo[key] = rule.needed(pool.standing(key), len(order) - len(key))
        if len(seen) == len(order) or not memo[key]:
            return key, spent + sum(now - began for _, began in live), now
        while started < len(order) and len(live) < max(memo[key], rule.width):
            live.append((order[started], now))
            started += 1
        ends = []
        for at, (i, began) in enumerate(live):
            limit = rule.cut(pool, key, i) if rule.cut else NEVER
            ends.append((began + min(pool.tokens[i], max(limit, now - began)), at))
        now, at = min(ends)
        i, began = live.pop(at)
        spent += now - began
        seen.append(i if now - began == pool.tokens[i] else ~i)


def long_cut(times: float, after: int = 2) -> Cut:
    """Give up a sample once it is `times` the median length of those finished."""

    def cut(pool: Pool, seen: tuple[int, ...], i: int) -> int:
        lengths = [pool.tokens[j] for j in seen if j >= 0]
        return int(times * median(lengths)) if len(lengths) >= after else NEVER

    return cut


def hesitation_cut(times: float, after: int = 2) -> Cut:
    """Give up a sample once it has hesitated `times` as much as the median of those finished."""

    def cut(pool: Pool, seen: tuple[int, ...], i: int) -> int:
        totals = [1 / pool.merits["hesitation"][j] for j in seen if j >= 0]
        if len(totals) < after:
            return NEVER
        at = np.searchsorted(np.cumsum(np.exp(-pool.confidences[i] / 3)), times * median(totals))
        return int(at) + 1

    return cut
