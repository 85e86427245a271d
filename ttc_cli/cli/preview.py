"""What would be done, and with which options: nothing is generated."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ttc_cli.cli.output import print_json
from ttc_cli.views.text import plain

if TYPE_CHECKING:
    from ttc_cli.session.plan import Planned


def options_of(strategy: str, verifiers: Sequence[str]) -> int:
    """`--help-options`: of the strategy and verifiers named, or of all; returns the exit code."""
    from ttc_cli.core.options import describe
    from ttc_cli.strategies import registry
    from ttc_cli.verifiers import registry as judges

    every = strategy == "auto" and not verifiers
    chosen = [strategy] if strategy != "auto" else registry.REGISTRY.working() if every else []
    owners = [(found.name, found.options) for found in map(registry.find, chosen)]
    named = map(judges.find, judges.REGISTRY.working() if every else verifiers)
    owners += [(one.module.USAGE, one.options) for one in named]
    for name, kind in owners:
        rows = describe(kind)
        sys.stdout.write(f"{name}{'' if rows else ': no options'}\n")
        for option, default, help_text in rows:
            sys.stdout.write(f"  {option}={default}\t{help_text}\n")
    return 0


def dry_run(prepared: Planned, *, as_json: bool) -> int:
    """`--dry-run`: route, plan, prompt and estimate; returns the exit code."""
    plan, estimate = prepared.describe(), prepared.estimate
    if as_json:
        model = prepared.session.model.name
        print_json({"plan": plan, "estimate": estimate, "model": model})
        return 0
    sys.stdout.write("\n".join(lines(prepared.session.model.name, plan, estimate)) + "\n")
    sys.stderr.write("".join(f"{plain(note)}\n" for note in prepared.notes))
    return 0


def lines(model: str, plan: dict[str, Any], estimate: dict[str, Any]) -> list[str]:
    """Model, route, plan, prompt and estimate, a line each."""
    seconds, samples = estimate["seconds"], plan["samples"]
    return [
        f"model     {model}",
        f"route     {plan['route']['reason']}",
        f"plan      {plan['strategy']} ({plan['effort']}), up to {samples}"
        f" sample{'s' * (samples > 1)}"
        f" of at most {plan['branch_tokens']} tokens, budget {plan['budget'] or 'none'}",
        f"prompt    {plan['prompt_tokens']} tokens",
        *added(plan),
        f"estimate  {estimate['tokens']} tokens, "
        + (f"{seconds} s" if seconds is not None else "seconds not known before a first run"),
        *_levels(estimate.get("levels", {})),
    ]


def added(plan: dict[str, Any]) -> list[str]:
    """What was added to the person's words, and what form they fix for the reply."""
    wording, form = " ".join(plan.get("wording", "").split()), "; ".join(plan.get("form", []))
    named = (("added", wording), ("form", form))
    return [f"{name:<10}{value}" for name, value in named if value]


def _levels(levels: dict[str, dict[str, Any]]) -> list[str]:
    """What each effort would probably take; nothing for an estimate without them."""
    parts = [
        f"{name} {one['tokens']} tokens"
        + ("" if one["seconds"] is None else f" {one['seconds']} s")
        for name, one in levels.items()
    ]
    return [f"efforts   {' · '.join(parts)}"] if parts else []
