"""A grammar for the forms that one can hold a model to: so many list items, so many lines."""

from __future__ import annotations

from collections.abc import Sequence

from ttc_cli.prompts.forms.constraint import Constraint

_MOST = 40
"""Items beyond which counting them is left to the model."""


def grammar(wanted: Sequence[Constraint]) -> str:
    """GBNF with the rule `root`; empty where no form wanted is of these."""
    for one in wanted:
        if one.kind not in ("items", "lines") or one.least > _MOST or one.within(0):
            continue
        mark = '"- " ' if one.kind == "items" else ""
        more = f"{one.least - 1},{min(one.most, _MOST) - 1}"
        return f'root ::= line ("\\n" line){{{more}}}\nline ::= {mark}[^\\n]{{1,160}}'
    return ""
