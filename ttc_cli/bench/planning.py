"""Test-time compute, a larger model, or training: C_total = C_train + N·C_inference. Pure maths.

Costs are in one unit, whichever can be told for every model: money, else FLOPs (2·params·tokens to
answer, 6·params·tokens to train; Kaplan et al. 2020, arXiv 2001.08361), else seconds, else tokens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ttc_cli.core.errors import UsageError

SEED = (("easy", "low", 1), ("medium", "medium", 4), ("hard", "high", 16), ("extreme", "max", 64))
"""Class of question, its effort, and its cost in plain answers."""
SPLIT = 0.7  # share of traffic that one plain answer does for
ANSWER, TRAIN = 2, 6  # FLOPs per parameter and token
UNITS = ("money", "flops", "seconds", "tokens")


@dataclass(frozen=True, slots=True)
class Point:
    """What a model reaches at one effort: a share of right answers, and tokens a request.

    Args:
        interval: of the quality, 95%; None for a number that was typed in.
        seconds: a request; None where it is not known.
    """

    label: str
    quality: float
    tokens: float
    interval: tuple[float, float] | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """What is known of a model: quality at each effort, size, prices.

    Args:
        params: parameters. price: money for a million tokens. speed: tokens a second.
        memory: bytes. train: money to train it. train_tokens: tokens it would be trained on.
    """

    name: str
    points: tuple[Point, ...] = ()
    params: float | None = None
    price: float | None = None
    speed: float | None = None
    memory: float | None = None
    train: float | None = None
    train_tokens: float | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A model at an effort, priced: `training` once, `each` for a request."""

    model: Model
    point: Point
    training: float
    each: float

    @property
    def name(self) -> str:
        """Name of the option for people."""
        return f"{self.model.name} {self.point.label}"

    @property
    def seconds(self) -> float | None:
        """Seconds that a request takes, None when not known."""
        return _seconds(self.model, self.point)

    def total(self, requests: float) -> float:
        """Total cost of training and requests: C_train + N·C_inference."""
        return self.training + requests * self.each

    def per_right(self, requests: float) -> float:
        """Cost of a right answer, training shared out; infinite where none is right."""
        right = requests * self.point.quality
        return self.total(requests) / right if right else math.inf


@dataclass(frozen=True, slots=True)
class Requirements:
    """Requirements that an option must meet.

    Args:
        requests: over the time that training is to pay in. quality: share of right answers.
        seconds: of a request, at most. memory: bytes, at most.
    """

    requests: float = 1.0
    quality: float = 0.0
    seconds: float | None = None
    memory: float | None = None


def seed_table(split: float = SPLIT) -> list[dict[str, Any]]:
    """The multiplier of each class, and the mean when the share `split` stays at one answer.

    `spent` is the share of all compute that goes to the rest.
    """
    rows = []
    for name, effort, multiplier in SEED:
        mean = split + (1 - split) * multiplier
        rows.append({"class": name, "effort": effort, "multiplier": multiplier, "mean": mean,
                     "spent": (1 - split) * multiplier / mean})  # fmt: skip
    return rows


def unit_of(models: Sequence[Model]) -> str:
    """Choose the best unit in which every model can be priced; UsageError where there is none."""
    if all(model.price is not None for model in models):
        return "money"
    if all(model.params for model in models):
        return "flops"
    if all(_seconds(model, point) is not None for model in models for point in model.points):
        return "seconds"
    if len(models) == 1:
        return "tokens"
    priced = any(model.price is not None for model in models)
    unpriced = next(one.name for one in models if (one.price is None if priced else not one.params))
    raise UsageError(
        f"the cost of {unpriced} cannot be compared",
        f"give every model params=... or price=..., as in --model name={unpriced},params=1.5B",
    )


def options(models: Sequence[Model], unit: str) -> list[Option]:
    """Price every model at every effort; UsageError where something for that is not known."""
    return [
        Option(model, point, _training(model, unit), _each(model, point, unit))
        for model in models
        for point in model.points
    ]


def _each(model: Model, point: Point, unit: str) -> float:
    seconds = _seconds(model, point)
    found = {
        "money": None if model.price is None else model.price * point.tokens / 1e6,
        "flops": None if not model.params else ANSWER * model.params * point.tokens,
        "seconds": seconds,
        "tokens": point.tokens,
    }[unit]
    if found is None:
        needs = {"money": "price", "flops": "params", "seconds": "speed"}[unit]
        raise UsageError(f"{needs} of {model.name} is not known", f"add {needs}=... to its --model")
    return found


def _training(model: Model, unit: str) -> float:
    if unit == "money" and (model.train is not None or model.train_tokens is None):
        return model.train or 0.0
    if unit == "flops" and (model.train_tokens is not None or model.train is None):
        return TRAIN * (model.params or 0.0) * (model.train_tokens or 0.0)
    if model.train is None and model.train_tokens is None:
        return 0.0
    needs = {"money": "train=MONEY", "flops": "train-tokens=N"}.get(unit)
    raise UsageError(
        f"the training of {model.name} cannot be told in {unit}",
        f"give {needs}" if needs else "give prices, or parameters, to every model",
    )


def _seconds(model: Model, point: Point) -> float | None:
    if point.seconds is not None:
        return point.seconds
    return point.tokens / model.speed if model.speed else None


def break_even(one: Option, other: Option) -> float | None:
    """Requests from which `other`, dearer to train and cheaper to ask, costs less; else None."""
    saved, spent = one.each - other.each, other.training - one.training
    return spent / saved if saved > 0 and spent > 0 else None


def against(option: Option, wants: Requirements) -> list[str]:
    """List the requirements that an option misses; empty when it is fit."""
    out = []
    if option.point.quality < wants.quality:
        out.append("quality")
    if wants.seconds is not None and (option.seconds is None or option.seconds > wants.seconds):
        out.append("seconds" if option.seconds is not None else "seconds unknown")
    memory = option.model.memory
    if wants.memory is not None and (memory is None or memory > wants.memory):
        out.append("memory" if memory is not None else "memory unknown")
    return out


def pareto(found: Sequence[Option], requests: float) -> list[Option]:
    """Those that no other beats in both quality and total cost, by rising cost."""
    out: list[Option] = []
    for option in sorted(found, key=lambda one: (one.total(requests), -one.point.quality)):
        if not out or option.point.quality > out[-1].point.quality:
            out.append(option)
    return out


def regimes(found: Sequence[Option]) -> list[tuple[float, Option]]:
    """Which is cheapest from how many requests on: the lower envelope of the lines of cost."""
    if not found:
        return []
    best = min(found, key=lambda one: (one.total(1), one.each))
    out = [(1.0, best)]
    while True:
        later = [(at, other) for other in found if (at := break_even(best, other)) is not None]
        later = [(at, other) for at, other in later if at > out[-1][0]]
        if not later:
            return out
        at, best = min(later, key=lambda pair: (pair[0], pair[1].each))
        out.append((at, best))


def choose(found: Sequence[Option], wants: Requirements) -> Option | None:
    """Choose the cheapest option in all that meets every requirement."""
    fit = [option for option in found if not against(option, wants)]
    return min(fit, key=lambda one: (one.total(wants.requests), -one.point.quality), default=None)
