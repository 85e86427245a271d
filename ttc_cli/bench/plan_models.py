"""Models for the plan: from numbers typed in, and from folders of a bench."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ttc_cli.bench.planning import Model, Point
from ttc_cli.core.errors import UsageError
from ttc_cli.core.text import did_you_mean

_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9, "t": 1e12}
_NUMBER = re.compile(r"([0-9.]+(?:e[+-]?[0-9]+)?)([kmgbt]?)", re.IGNORECASE)
FIELDS = ("params", "price", "speed", "memory", "train", "train_tokens")


def number(text: str, where: str) -> float:
    """Parse a number such as `0.5e9`, `0.5B` or `20k`; UsageError for none."""
    found = _NUMBER.fullmatch(text.strip())
    try:
        if found:
            return float(found[1]) * _UNITS[found[2].lower()]
    except ValueError:
        pass
    raise UsageError(f"{where}: {text!r} is not a number", "write 0.5e9, 0.5B or 20k")


def share(text: str, where: str) -> float:
    """Parse a share such as `0.45` or `45%`; in [0, 1]."""
    percent = text.strip().endswith("%")
    found = number(text.strip().removesuffix("%"), where) / (100 if percent else 1)
    if found > 1:
        raise UsageError(f"{where}: {text!r} is no share", "write 0.45 or 45%")
    return found


def parsed(text: str) -> Model:
    """Parse a model from `name=..,params=..,quality=0.45@229,0.617@687,price=..`.

    A quality is `SHARE@TOKENS` or `SHARE@TOKENS@SECONDS`; what follows a comma without a name
    goes on with the name before.
    """
    values: dict[str, list[str]] = {}
    key = ""
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, value = part.partition("=")
        if equals:
            key, known = name.strip().replace("-", "_"), ("name", "quality", *FIELDS)
            if key not in known:
                hint = did_you_mean(key, known) or "see ttc plan -h"
                raise UsageError(f"--model: there is no {name.strip()!r}", hint)
        if not key:
            raise UsageError(f"--model takes key=value,key=value, not {part!r}")
        values.setdefault(key, []).append(value if equals else part)
    if "name" not in values:
        raise UsageError(f"--model {text!r} has no name", "add name=...")
    given: dict[str, Any] = {
        field: number(values[field][-1], f"--model {field}") for field in FIELDS if field in values
    }
    points = [_point(one) for one in values.get("quality", [])]
    return Model(values["name"][-1], tuple(points), **given)


def _point(text: str) -> Point:
    quality, at, rest = text.partition("@")
    tokens, _, took = rest.partition("@")
    where = "--model quality"
    if not at:
        raise UsageError(f"{where}: {text!r} has no tokens", "write SHARE@TOKENS, as 0.45@229")
    spent = number(tokens, where)
    if spent <= 0:
        raise UsageError(f"{where}: {text!r}: an answer takes tokens")
    seconds = number(took, where) if took else None
    return Point(f"at {spent:.0f} tokens", share(quality, where), spent, seconds=seconds)


def measured(folders: Sequence[Path]) -> tuple[list[Model], list[str]]:
    """The models of some folders with what they reached, and what to be careful about."""
    from ttc_cli.bench.report import load

    results = load(folders)
    models: dict[str, list[Point]] = {}
    for model, point in _points(results):
        models.setdefault(model, []).append(point)
    asked = {model: min(len(one.rows) for one in results if one.model == model) for model in models}
    notes = [f"{model} was measured on {n} questions" for model, n in asked.items()]
    if len({one.data for one in results}) > 1:
        notes.insert(0, "measured on different questions: these qualities cannot be compared")
    return [_known(name, points) for name, points in models.items()], notes


def _points(results: Any) -> list[tuple[str, Point]]:
    from ttc_cli.bench.curves import read
    from ttc_cli.bench.report import right, spent
    from ttc_cli.bench.scaling import fit
    from ttc_cli.bench.statistics import wilson

    out: list[tuple[str, Point]] = []
    curves = [curve for curve in read(results) if curve.pool]
    for curve in curves:
        law, seconds = fit(curve.tokens, curve.score), curve.seconds.mean(axis=0)
        for i, (label, quality) in enumerate(zip(curve.labels, law.quality, strict=True)):
            interval = (quality.low, quality.high)
            name = f"{curve.name} {label}"
            point = Point(name, quality.value, law.tokens[i], interval, float(seconds[i]))
            out.append((curve.model, point))
    for one in results:
        if not one.curves or one.samples == 1:
            n, mean = len(one.rows), one.mean(right)
            if tokens := one.mean(spent):
                seconds = one.mean(lambda row: row["seconds"])
                out.append((one.model, Point(one.name, mean, tokens, wilson(mean * n, n), seconds)))
    return out


def _known(name: str, points: Sequence[Point]) -> Model:
    """Add what the catalogue knows of a model."""
    from ttc_cli.models.catalogue import catalogue

    entry = catalogue().get(name)
    if entry is None:
        return Model(name, tuple(points))
    params = number(entry.parameters, name)
    return Model(name, tuple(points), params=params, memory=float(entry.memory))


def joined(measured_: Sequence[Model], typed: Sequence[Model]) -> list[Model]:
    """What was typed is laid over what was measured of a model of that name."""
    models = {model.name: model for model in measured_}
    for model in typed:
        before = models.get(model.name, Model(model.name))
        given = {f: value for f in FIELDS if (value := getattr(model, f)) is not None}
        models[model.name] = replace(before, points=before.points + model.points, **given)
    for model in models.values():
        if not model.points:
            hint = "add quality=SHARE@TOKENS, or --from a folder of `ttc bench run`"
            raise UsageError(f"nothing is known of what {model.name} reaches", hint)
    return list(models.values())
