"""Short answers: found in replies, parsed to typed values, compared, grouped into classes.

One pipeline: `find` (a reply's answer, and the rule that found it) with `asked` (what the question
wants), `restated` (what a sentence adds to it) and `scan` (values in a sentence), `parse` (text to
a typed `value`), `compare` (two values) and `group` (a pool of them). Names are imported when first
used: the program starts without paying for patterns and tables that `--help` does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ttc_cli.answers.compare import equivalent
    from ttc_cli.answers.find import Extracted, Rule, extract
    from ttc_cli.answers.group import AnswerClass, Classes, Exact, classes
    from ttc_cli.answers.parse import canonical
    from ttc_cli.answers.reply import Kind
    from ttc_cli.answers.worker import Comparer, Worker, shared_worker

_HOMES = {
    "group": ("AnswerClass", "Classes", "Exact", "classes"), "compare": ("equivalent",),
    "find": ("Extracted", "Rule", "extract"), "parse": ("canonical",), "reply": ("Kind",),
    "worker": ("Comparer", "Worker", "shared_worker"),
}  # fmt: skip
__all__ = [
    "AnswerClass", "Classes", "Comparer", "Exact", "Extracted", "Kind", "Rule", "Worker",
    "canonical", "classes", "equivalent", "extract", "shared_worker",
]  # fmt: skip


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            value: object = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
