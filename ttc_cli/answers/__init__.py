"""Short answers: found in replies, brought to one form, grouped into classes that can vote."""

from ttc_cli.answers.equivalence import AnswerClass, Classes, classes, equivalent
from ttc_cli.answers.extract import extract
from ttc_cli.answers.finds import Extracted, Kind, Rule
from ttc_cli.answers.normalise import canonical
from ttc_cli.answers.prose import medoid, similarity
from ttc_cli.answers.worker import Comparer, Worker, shared_worker

__all__ = [
    "AnswerClass",
    "Classes",
    "Comparer",
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
