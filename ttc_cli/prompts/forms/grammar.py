"""A grammar for the forms that one can hold a model to: so many list items, so many lines."""

from __future__ import annotations

from collections.abc import Sequence

from ttc_cli.prompts.forms.constraint import Constraint

_MOST = 40
"""Items beyond which counting them is left to the model."""


_CELLS = r"""row ::= "|" (" " [^|\n]{1,60} " |"){2,6}
rule ::= "|" ("---|"){2,6}"""
_MARKS = {"-": '"- " ', "": '"- " ', "1": '[1-9] [0-9]? ". " '}


def grammar(wanted: Sequence[Constraint]) -> str:
    """GBNF with the rule `root`; empty where no form wanted is of these."""
    rows = next((one for one in wanted if one.kind == "rows"), None)
    if any(one.kind == "table" for one in wanted) and (rows is None or 0 < rows.least <= _MOST):
        many = f"{rows.least},{min(rows.most, _MOST)}" if rows else f"1,{_MOST}"
        return f'root ::= row "\\n" rule ("\\n" row){{{many}}}\n{_CELLS}'
    for one in wanted:
        if one.kind not in ("items", "lines") or one.least > _MOST or one.within(0):
            continue
        mark = _MARKS[one.of] if one.kind == "items" else ""
        more = f"{one.least - 1},{min(one.most, _MOST) - 1}"
        return f'root ::= line ("\\n" line){{{more}}}\nline ::= {mark}[^\\n]{{1,160}}'
    return ""
