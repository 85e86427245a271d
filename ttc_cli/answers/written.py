"""Values that a program returned, as the texts of typed answers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from fractions import Fraction

from ttc_cli.answers.parse import canonical_json


def written(value: object) -> str:
    """A value as an answer that parses to its type.

    Numbers in plain digits, fractions as `3/4`, dates as ISO 8601, durations in seconds, sequences
    in brackets (sets in braces), mappings as JSON, True and False as yes and no.
    """
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{Fraction(value / timedelta(microseconds=1)) / 1_000_000} seconds"
    if isinstance(value, dict):
        return canonical_json({str(key): item for key, item in value.items()})
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(written, value))) + "}"
    if isinstance(value, list | tuple):
        inner = ", ".join(map(written, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    return str(value)
