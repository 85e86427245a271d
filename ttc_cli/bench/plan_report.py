"""`ttc plan` as one JSON value, and as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ttc_cli.bench import planning
from ttc_cli.bench.charts import Chart, Mark, Series
from ttc_cli.bench.planning import Model, Option, Requirements, against
from ttc_cli.bench.tables import aligned

SCHEMA_VERSION = 1
NEXT = (
    "These are defaults, not measurements. Measure your own: `ttc bench run -d questions.jsonl -n "
    "16 --no-early-stop`, then `ttc plan --from DIR --requests N --quality Q`; or type in what "
    "you know: `ttc plan --model name=small,params=0.5B,quality=45%@229,62%@687`."
)


def seeds(split: float) -> dict[str, Any]:
    """Build the table for when nothing is known."""
    return {"schema_version": SCHEMA_VERSION, "split": split, "seed": planning.seed_table(split)}


def seeds_text(report: dict[str, Any]) -> str:
    """Format the table for a terminal."""
    simple = f"{100 * report['split']:g}% at 1x"
    head = ["question", "effort", "cost", f"mean with {simple}", "of it for the rest"]
    rows = [
        [row["class"], row["effort"], f"{row['multiplier']}x", f"{row['mean']:.2f}x",
         f"{100 * row['spent']:.0f}%"]
        for row in report["seed"]
    ]  # fmt: skip
    return f"{aligned([head, *rows])}\n\n{NEXT}\n"


def build(
    models: Sequence[Model], wants: Requirements, *, unit: str | None = None,
    notes: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """The plan: every option priced, the choice, break-evens, the Pareto front.

    `unit` is of costs; the best that is known of all models by default.
    """
    unit = unit or planning.unit_of(models)
    found = planning.options(models, unit)
    fit = [option for option in found if not against(option, wants)]
    limits = Requirements(wants.requests, 0.0, wants.seconds, wants.memory)
    front = planning.pareto([one for one in found if not against(one, limits)], wants.requests)
    choice = planning.choose(found, wants)
    return {
        "schema_version": SCHEMA_VERSION, "unit": unit, "wants": asdict(wants),
        "options": [_option(one, wants, one in front, one is choice) for one in found],
        "choice": choice.name if choice else None, "verdict": _verdict(choice, found, wants),
        "regimes": [{"from_requests": at, "option": one.name} for at, one in planning.regimes(fit)],
        "break_even": _break_even(choice, fit), "notes": [*notes, *_doubts(choice, wants)],
    }  # fmt: skip


def _option(one: Option, wants: Requirements, front: bool, chosen: bool) -> dict[str, Any]:
    right = one.per_right(wants.requests)
    return {
        "option": one.name, "model": one.model.name, "point": one.point.label,
        "quality": one.point.quality, "quality_ci": one.point.interval, "tokens": one.point.tokens,
        "seconds": one.seconds, "memory": one.model.memory, "training": one.training,
        "each": one.each, "total": one.total(wants.requests),
        "per_correct": right if math.isfinite(right) else None, "misses": against(one, wants),
        "pareto": front, "chosen": chosen,
    }  # fmt: skip


def _verdict(choice: Option | None, found: Sequence[Option], wants: Requirements) -> str:
    if choice is None:
        best = max(found, key=lambda one: one.point.quality)
        missed = ", ".join(sorted({why for one in found for why in against(one, wants)}))
        return (f"Nothing here meets what is asked ({missed}); the best is {best.name} with "
                f"{_percent(best.point.quality)}.")  # fmt: skip
    asked = f" and reaches the {_percent(wants.quality)} wanted" if wants.quality else ""
    kind = _kind(choice, found)
    return f"{choice.name}: {kind}. It costs least for {_count(wants.requests)} requests{asked}."


def _kind(choice: Option, found: Sequence[Option]) -> str:
    """Say whether training, a larger model or more compute was chosen."""
    least = min(one.each for one in found if one.model == choice.model)
    more = choice.each > least * 1.0001
    if choice.training:
        return "training pays" + (", with more compute a request" if more else "")
    others = [one for one in found if one.model != choice.model]
    size = choice.model.params or 0.0
    larger = bool(others) and size > min(one.model.params or math.inf for one in others)
    if larger:
        return "the larger model, with more compute a request" if more else (
            "the larger model in one pass")  # fmt: skip
    return "this model with more compute a request" if more else "this model in one pass"


def _break_even(choice: Option | None, fit: Sequence[Option]) -> list[dict[str, Any]]:
    """Find where the choice and every other fit option cost the same."""
    out: list[dict[str, Any]] = []
    for other in fit:
        if choice is None or other is choice:
            continue
        for cheap, dear in ((choice, other), (other, choice)):
            at = planning.break_even(cheap, dear)
            if at is not None:
                out.append({"below": cheap.name, "above": dear.name, "requests": at})
    return sorted(out, key=lambda row: row["requests"])


def _doubts(choice: Option | None, wants: Requirements) -> list[str]:
    notes = ["only sampled tokens are counted; evaluating the prompt is not"]
    if choice and choice.point.interval and choice.point.interval[0] < wants.quality:
        low, high = choice.point.interval
        notes.append(
            f"the 95% interval of {choice.name} is {_percent(low)}–{_percent(high)}: it may as "
            f"well be below the {_percent(wants.quality)} wanted"
        )
    return notes


def chart(report: dict[str, Any]) -> Chart:
    """Draw every option by its cost in all, and the Pareto front."""
    series = []
    for model in dict.fromkeys(one["model"] for one in report["options"]):
        marks = [_mark(one) for one in report["options"] if one["model"] == model]
        series.append(Series(model, tuple(marks)))
    front = sorted((one["total"], 100 * one["quality"]) for one in report["options"]
                   if one["pareto"])  # fmt: skip
    requests = _count(report["wants"]["requests"])
    label = f"cost in all, {report['unit']}, {requests} requests"
    series.append(Series("Pareto front", line=tuple(front)))
    return Chart("Quality and cost", label, "right answers, %", tuple(series))


def _mark(one: dict[str, Any]) -> Mark:
    low, high = one["quality_ci"] or (one["quality"], one["quality"])
    return Mark(one["total"], 100 * one["quality"], 100 * low, 100 * high)


def text(report: dict[str, Any]) -> str:
    """Format the plan for a terminal: the front first, then what is not on it."""
    unit = "FLOPs" if report["unit"] == "flops" else report["unit"]
    head = ["  option", "quality", "tokens", "s", "training", "a request", "in all",
            "a right answer", "misses"]  # fmt: skip
    rows = sorted(report["options"], key=lambda one: (not one["pareto"], one["total"]))
    parts = [report["verdict"], aligned([head, *map(_row, rows)])]
    parts.append(f"* chosen, + on the Pareto front of quality and total cost; costs in {unit}.")
    if len(report["regimes"]) > 1:
        parts.append("\n".join(
            f"from {_count(one['from_requests'])} requests: {one['option']}"
            for one in report["regimes"]))  # fmt: skip
    if report["break_even"]:
        parts.append("\n".join(
            f"break-even at {_count(one['requests'])} requests: below {one['below']}, "
            f"above {one['above']}" for one in report["break_even"]))  # fmt: skip
    parts.append("\n".join(f"Note: {note}." for note in report["notes"]))
    return "\n\n".join(parts) + "\n"


def _row(one: dict[str, Any]) -> list[str]:
    quality, right = _percent(one["quality"]), one["per_correct"]
    if one["quality_ci"]:
        low, high = one["quality_ci"]
        quality += f" ({100 * low:.0f}–{100 * high:.0f})"
    mark = "*" if one["chosen"] else "+" if one["pareto"] else " "
    return [
        f"{mark} {one['option']}", quality, f"{one['tokens']:.0f}",
        "-" if one["seconds"] is None else f"{one['seconds']:.1f}",
        *(_count(one[name]) for name in ("training", "each", "total")),
        "-" if right is None else _count(right), ", ".join(one["misses"]),
    ]  # fmt: skip


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%"


def _count(value: float) -> str:
    """Format a number with four digits, grouped or with an exponent."""
    return f"{value:,.0f}" if 1000 <= value < 1e7 else f"{value:.4g}"
