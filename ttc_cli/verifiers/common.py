"""What several verifiers share: the candidate that they look at, and work done beside the run."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ttc_cli.answers import extract
from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import UsageError
from ttc_cli.core.events import Flow, Tick, turned
from ttc_cli.core.extension import POLL_SECONDS
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs
from ttc_cli.core.verify import Graded
from ttc_cli.drawing.replies import ended, reply, short_answer

T = TypeVar("T")
CUT_OFF = Graded(None, "the reply was cut off: there is nothing to check")
OUT_OF_TIME = Graded(None, "no time was left")
INPUT: dict[str, Any] = {
    "help": "what it sees: the extracted answer, or the reply", "words": ("answer", "reply"),
}  # fmt: skip
"""Of the option `input`."""
NOTE_CHARS = 600  # of a note: it may be shown to the model


def answer(branch: Branch, question: Question) -> str:
    """The short form: the extracted answer, else the last fenced block, else the reply."""
    said = reply(branch)[1].strip()
    if found := short_answer(branch, question):
        return found.text
    code = extract(said, "code")
    return code.text if code else said


def picker(chosen: str) -> Callable[[Branch, Question], str]:
    """What `-O input=answer|reply` lets a verifier see."""
    return answer if chosen == "answer" else lambda branch, question: reply(branch)[1].strip()


def require_argument(argument: str, usage: str) -> None:
    """Raise when a verifier was named without its argument."""
    if not argument:
        raise UsageError(
            f"{usage.partition(':')[0]} says nothing of what to check", f"write {usage}"
        )


@dataclass(frozen=True)
class Check:
    """A verifier that passes or fails a text by itself, outside the model.

    Args:
        name: as the command line names it.
        pick: the candidate of a branch that came to its end.
        check: grades one candidate of a question, on a thread of its own; it should return soon
            once the event is set. Equal candidates are graded once.
    """

    name: str
    pick: Callable[[Branch, Question], str]
    check: Callable[[str, Question, threading.Event], Graded]
    gate: bool = True
    outputs: Outputs = Outputs()
    needs: tuple[str, ...] = ()

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        """One `Graded` a branch, in order; branches that were cut off get no score."""
        texts = [self.pick(branch, question) if ended(branch) else None for branch in branches]
        known: dict[str | None, Graded] = {None: CUT_OFF}
        unique = list(dict.fromkeys(text for text in texts if text is not None))

        def check(text: str, stopped: threading.Event) -> Graded:
            return self.check(text, question, stopped)

        graded = yield from in_threads(run, check, unique)
        known.update(zip(unique, graded, strict=True))
        return [known[text] for text in texts]


def in_threads(
    run: Run, work: Callable[[str, threading.Event], Graded], items: Sequence[str]
) -> Flow[list[Graded]]:
    """Work on threads, as many as there are processors, while the run ticks on."""
    stopped = threading.Event()

    def one(item: str) -> Graded:
        return OUT_OF_TIME if stopped.is_set() else work(item, stopped)

    if not items:
        return []
    with ThreadPoolExecutor(min(len(items), os.cpu_count() or 1)) as pool:
        futures = [pool.submit(one, item) for item in items]
        try:
            left = set(futures)
            while left := wait(left, timeout=POLL_SECONDS).not_done:
                if run.late:
                    stopped.set()
                yield Tick()
        finally:
            stopped.set()
    return [future.result() for future in futures]


def unheard(flow: Flow[T]) -> Flow[T]:
    """A flow whose events are the verifier's own business; views still breathe."""
    return turned(flow, lambda _: (Tick(),))


def share(yes: float, no: float) -> float:
    """p(yes) / (p(yes) + p(no)) from log-probabilities."""
    return 1 / (1 + math.exp(min(no - yes, 700)))


def opens_nothing(argument: str) -> tuple[Path, ...]:
    """The files of a verifier that goes by nothing but the reply."""
    return ()
