"""Votes on JSON objects field by field: the object that most samples agree on in each part."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import replace
from typing import Any

from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.outcome import Form, Outcome

FIELDS_HELP = "with --schema: vote on each field of an object by itself"
ABSENT = ""
"""The vote of an object that has not the field; no JSON value is spelled so."""


def by_field(outcome: Outcome, form: Form | None) -> Outcome:
    """The outcome of the same votes, counted for each field by itself.

    Its agreement is that of the field which is agreed on least. The whole-object vote stands where
    answers are not objects, and where the object put together does not have the form.
    """
    values = [json.loads(votes.answer) for votes in outcome.votes] if form is not None else []
    if form is None or outcome.branch is None or not values:
        return outcome
    if not all(isinstance(value, dict) for value in values):
        return outcome
    weighed = any(votes.weight for votes in outcome.votes)
    tallies: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for name in {name: None for value in values for name in value}:
        for value, votes in zip(values, outcome.votes, strict=True):
            spelled = json.dumps(value[name], sort_keys=True) if name in value else ABSENT
            tallies[name][spelled] += votes.weight if weighed else votes.count
    chosen = {name: max(tally, key=lambda s: (tally[s], s)) for name, tally in tallies.items()}
    made = {name: json.loads(text) for name, text in chosen.items() if text != ABSENT}
    answer = form.valid(json.dumps(made, ensure_ascii=False))
    if answer is None:
        return replace(outcome, note="fields voted on one by one do not fit the schema together")
    shares = [tally[chosen[name]] / math.fsum(tally.values()) for name, tally in tallies.items()]
    given = outcome.answered / max(outcome.answered, outcome.counted)
    agreement = min(shares, default=1.0) * given if outcome.agreement is not None else None
    if answer == outcome.answer:
        return replace(outcome, agreement=agreement)
    return replace(
        outcome,
        branch=_saying(outcome.branch, made),
        answer=answer,
        agreement=agreement,
        note="put together from several samples, field by field",
    )


def _saying(branch: Branch, value: Any) -> Branch:
    """The branch with another answer after its thought."""
    text = json.dumps(value, ensure_ascii=False)
    return replace(branch, steps=(*branch.steps[:-1], Step(text, sampled=False)))
