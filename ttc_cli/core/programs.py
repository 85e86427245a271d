"""Programs as samples: a branch that writes one, what running it gives, and who runs it."""

from __future__ import annotations

import ast
import contextlib
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.events import Flow, ProgramRun, Tick
from ttc_cli.core.sampling import Stop

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

GREEDY_PROGRAM, PROGRAM, PLAIN = "greedy-program", "program", "plain"
"""Kinds of samples: they go wrong in different places and are right with different frequency."""
ANSWER = "answer"
"""Kind of a reply that is no sample: an answer of some, put in the model's mouth to be read."""
FENCE = "```python\n"
ENTRY = "solution"  # the function that a program defines and whose value is its answer
LAG = 4
"""Steps of the engine after which a program's value is taken in, so that what else is drawn does
not depend on how fast this machine runs it."""
WAIT_SECONDS = 0.005  # other runs on the same engine stand still meanwhile


@dataclass(frozen=True, slots=True)
class Ran:
    """What running a program gave.

    Args:
        answer: the value as an answer; empty when the program failed.
        error: the last line of what went wrong, or empty.
        seconds: on the clock.
        note: what a person should know of how it ran; empty for nothing.
        left_out: numbers of the question that the value does not depend on, as written there.
        sums: what it computes with, alike for programs that do the same; empty where unknown.
    """

    answer: str = ""
    error: str = ""
    seconds: float = 0.0
    note: str = ""
    left_out: tuple[str, ...] = ()
    sums: str = ""


Runner = Callable[[str, threading.Event], Ran]
"""Runs a program, locked in, until it ends or is cancelled, on the thread that calls it: what it
gives; a program that fails is a `Ran` with an error, never an exception."""


def kind(branch: Branch) -> str:
    """What kind of sample a branch is."""
    return str(branch.meta.get("kind", PLAIN))


def ran(branch: Branch) -> Ran | None:
    """What the program of a branch gave; None when it has none, or it did not come to run."""
    found = branch.meta.get("ran")
    return found if isinstance(found, Ran) else None


def source(text: str) -> str:
    """The program in a reply: its last fenced block, without what stands beside definitions.

    Small models add checks and calls of their own, which fail or ask for input. A function of
    another name that takes nothing is taken for the one that was asked for.
    """
    code = text.rpartition(FENCE)[2].partition("\n```")[0]
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
    functions = [part for part in tree.body if isinstance(part, ast.FunctionDef)]
    if not functions:
        return code
    kept = [part for part in tree.body if not isinstance(part, ast.Expr | ast.Assert | ast.If)]
    bare = [part.name for part in functions if not part.args.args]
    if len(kept) == len(tree.body) and ENTRY in bare:
        return code
    renamed = [f"{ENTRY} = {bare[-1]}"] if bare and ENTRY not in bare else []
    return "\n\n".join([*(ast.unparse(part) for part in kept), *renamed])


@dataclass(slots=True, eq=False)
class _Job:
    branch: Branch
    future: Future[Ran]
    cancel: threading.Event
    due: int


class Running:
    """Programs under way beside the engine, taken in the order they were begun.

    Args:
        runner: runs one; None where programs cannot be run.
    """

    def __init__(self, runner: Runner | None) -> None:
        self._runner = runner
        self._jobs: list[_Job] = []
        self._step = 0
        self._threads: ThreadPoolExecutor | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def branches(self) -> Sequence[Branch]:
        """Those whose programs run."""
        return [job.branch for job in self._jobs]

    def takes(self, branch: Branch) -> bool:
        """Begin to run the program of a branch that came to its end; False when it has none."""
        whole = branch.stop is not None and branch.stop.whole
        if self._runner is None or kind(branch) == PLAIN or not whole or ran(branch) is not None:
            return False
        from concurrent.futures import ThreadPoolExecutor  # most runs have no programs

        self._threads = self._threads or ThreadPoolExecutor(2)
        cancel = threading.Event()
        future = self._threads.submit(self._runner, source(branch.text), cancel)
        self._jobs.append(_Job(branch, future, cancel, self._step + LAG))
        return True

    def drop(self, which: Collection[BranchId] | None, stop: Stop) -> list[Branch]:
        """Give up what is under way: those branches, or all."""
        dropped = [job for job in self._jobs if which is None or job.branch.id in which]
        self._jobs = [job for job in self._jobs if job not in dropped]
        for job in dropped:
            job.cancel.set()
        return [replace(job.branch, stop=stop) for job in dropped]

    def take(self, *, stepped: bool, alone: bool, late: Callable[[], bool]) -> Flow[list[Branch]]:
        """The branches whose programs are due, each with what its program gave.

        Args:
            stepped: the engine made a step since the last call.
            alone: nothing else is under way: the first program is due now.
            late: whether to wait no longer.
        """
        self._step += stepped
        done: list[Branch] = []
        while self._jobs and (self._jobs[0].due <= self._step or (alone and not done)):
            job = self._jobs[0]
            while _waiting(job.future):
                if late():
                    return done
                yield Tick()
            self._jobs.pop(0)
            found = job.future.result()
            yield ProgramRun(job.branch.id, found.answer, found.error, round(found.seconds, 3))
            done.append(replace(job.branch, meta={**job.branch.meta, "ran": found}))
        return done

    def close(self) -> None:
        """Stop everything; idempotent."""
        self.drop(None, Stop.CANCELLED)
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)


def _waiting(future: Future[Ran]) -> bool:
    """Wait a moment; whether it is still under way."""
    with contextlib.suppress(Exception):
        future.exception(WAIT_SECONDS)
    return not future.done()
