"""Short answers: found in replies, brought to one form, grouped into classes that can vote.

Names are imported when first used: the program starts without paying for patterns and tables
that `--help` does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ttc_cli.answers.equivalence import AnswerClass, Classes, Exact, classes, equivalent
    from ttc_cli.answers.extraction import extract
    from ttc_cli.answers.finds import Extracted, Kind, Rule
    from ttc_cli.answers.normalise import canonical
    from ttc_cli.answers.prose import medoid, similarity
    from ttc_cli.answers.worker import Comparer, Worker, shared_worker

__all__ = [
    "AnswerClass",
    "Classes",
    "Comparer",
    "Exact",
    "Extracted",
    "Kind",
    "Rule",
    "Worker",
    "canonical",
    "classes",
    "equivalent",
    "extract",
    "medoid",
    "shared_worker",
    "similarity",
]

_HOMES = {
    "equivalence": ("AnswerClass", "Classes", "Exact", "classes", "equivalent"),
    "extraction": ("extract",),
    "finds": ("Extracted", "Kind", "Rule"),
    "normalise": ("canonical",),
    "prose": ("medoid", "similarity"),
    "worker": ("Comparer", "Worker", "shared_worker"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            value: object = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
