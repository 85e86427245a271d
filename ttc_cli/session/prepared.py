"""A question with its plan: running it, and the facts that the result reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ttc_cli.answers import canonical
from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.engine import Engine
from ttc_cli.core.errors import BranchesFailed, BudgetSpent, ContextOverflow, NoAnswer, TtcError
from ttc_cli.core.events import Done, Event, Flow, Note, Said, Spent, Start, watch
from ttc_cli.core.growth import Pool
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop
from ttc_cli.prompts.forms import Constraint
from ttc_cli.prompts.wording import REASONED
from ttc_cli.session import datafiles, prompt_cache
from ttc_cli.session.learning import learn, plain_answer
from ttc_cli.session.loaded import Ask, Session
from ttc_cli.session.programs import runner
from ttc_cli.session.replying import replied
from ttc_cli.session.verdict import Gates, doubt, fault, said
from ttc_cli.strategies import registry
from ttc_cli.strategies.common import answer_of
from ttc_cli.strategies.grading import Grades
from ttc_cli.views import result

if TYPE_CHECKING:
    from ttc_cli.data.profile import Profile
    from ttc_cli.engine.host import Counters

EXIT_MARGIN = 0.15
"""Seconds of --max-seconds left for printing and leaving."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question with its plan, ready to run.

    Args:
        planned: monotonic seconds of the estimate.
        wanted: the form that the person's words fix for the reply; empty for none.
        wording: what was added to the person's words.
        files: that programs compute the answer from.
    """

    session: Session
    ask: Ask
    question: Question
    plan: Plan
    prompt: Prompt
    prompt_tokens: int
    seed: int
    route: dict[str, Any]
    estimate: dict[str, Any]
    notes: tuple[str, ...]
    strategy: registry.Strategy
    options: Any
    cells: int
    planned: float
    wanted: tuple[Constraint, ...] = ()
    wording: str = ""
    files: tuple[Profile, ...] = ()

    def start(self, engine: Engine | None = None, pool: Pool | None = None) -> Run:
        """The run, with its ledger and deadline.

        Args:
            engine: a view of the session's that has room; by default its own, where room is made.
            pool: of finished branches; for the session's own engine as the settings say.
        """
        limit = self.session.settings.max_seconds
        deadline = None if limit is None else self.ask.began + limit - EXIT_MARGIN
        if engine is None:
            began = time.monotonic()
            engine = self.session.engine
            engine.reserve(self.cells)
            self.session.load_seconds += time.monotonic() - began
            pool = self.session.pool(refresh=self.ask.refresh)
        return Run(
            engine,
            ledger=Ledger(self.plan.budget),
            seed=self.seed,
            deadline=deadline,
            pool=pool,
            answer=self._answer,
            programs=runner(self.question.text, unsafe=self.ask.unsafe_exec, data=self.files)
            if self.question.programs
            else None,
        )

    def flow(self, run: Run) -> Flow[Outcome]:
        """Everything a sink sees, from Start to Done; returns the outcome.

        Raises:
            NoAnswer, BudgetSpent: nothing usable came back.
        """
        yield Start(
            {"prompt": self.ask.prompt, "model": self.session.model.name, "seed": self.seed},
            self.describe(),
            self.estimate,
        )
        before = self.session.engine.counters.copy()
        if run.engine is self.session.engine and not self.ask.refresh:
            prompt_cache.restore(self.session, self.prompt)
        for note in self.notes:
            yield Note(note)
        solving = self.strategy.solve(run, self.question, self.plan, self.options)
        gates = Gates(self.plan.verifier)
        outcome = yield from watch(gates.listen(solving), self._spending(run, before))
        if self.files and outcome.program is not None and outcome.program.code:
            source = datafiles.told(self.files, outcome.program.code)
            outcome = replace(outcome, program=replace(outcome.program, data=source))
            yield Note(f"computed by a program over {source}")
        for note in filter(None, (outcome.note, doubt(outcome))):
            yield Note(note)
        outcome = yield from gates.listen(self._judged(run, outcome, gates))
        outcome = yield from self._replied(run, outcome)
        failed = outcome.branch is not None and outcome.branch.stop is Stop.FAILED
        if failed or not result.texts(outcome)[1].strip():  # or thoughts without an answer
            raise nothing(outcome)
        spent = self.session.engine.counters.since(before)
        learn(self.session.speeds, self.question, self.plan, outcome, run, spent, self.planned)
        facts = self._facts(outcome, run, spent)
        yield Spent(asdict(run.ledger.usage), facts.timings["wall_s"], facts.money)
        yield Done(result.build(outcome, self.plan, run.ledger.usage, facts))
        return outcome

    def _replied(self, run: Run, outcome: Outcome) -> Flow[Outcome]:
        """The outcome with what is said to the person; nothing is, of what a gate rejected."""
        if outcome.verified is False:
            return outcome
        answered = yield from replied(
            run, self.question, self.plan, outcome, self.wanted, drafted=self._draft
        )
        if answered.note != outcome.note:
            yield Note(answered.note.removeprefix(f"{outcome.note}; "))
        if answered.reply is not None:
            yield Said(answered.reply.text)
        return answered

    def _judged(self, run: Run, outcome: Outcome, gates: Gates) -> Flow[Outcome]:
        """The outcome with the gates' verdict; what no verifier has seen yet is shown to it."""
        grades, chosen = Grades(self.plan, self.question), outcome.branch
        if outcome.branches and not run.judged:
            yield from grades.take(run, outcome.branches)
            if grades.report:
                yield Note(grades.report)
        elif chosen is not None and gates and not any(b is chosen for b in outcome.branches):
            yield from grades.take(run, [chosen])  # it was made of others
        if chosen is None:
            return outcome
        verified, why = gates.verified(chosen)
        return replace(outcome, branch=said(chosen), verified=verified, rejection=why)

    def _spending(self, run: Run, before: Counters) -> Callable[[Event], Iterator[Event]]:
        """What it cost so far, about once a second."""
        told = time.monotonic()

        def react(_event: Event) -> Iterator[Event]:
            nonlocal told
            now = time.monotonic()
            if now - told >= 1:
                told = now
                seconds, usage = now - self.ask.began, run.ledger.usage
                rows = self.session.engine.counters.since(before).rows
                money = self.session.settings.price(rows, seconds, usage)
                yield Spent(asdict(usage), round(seconds, 3), money)

        return react

    def _answer(self, branch: Branch) -> str | None:
        found = answer_of(branch, self.question)
        return canonical(found.text) if found else None

    def describe(self) -> dict[str, Any]:
        """The plan as sinks and `--dry-run` show it."""
        return {
            "strategy": self.plan.strategy,
            "effort": self.plan.effort,
            "samples": self.plan.samples,
            "budget": self.plan.budget,
            "branch_tokens": self.plan.branch_tokens,
            "route": self.route,
            "thinking": self.prompt.thinking,
            "streams": self._streams,
            "draft": self._draft,
            "wording": self.wording,
            "form": [str(one) for one in self.wanted],
            "prompt_tokens": self.prompt_tokens,
            "verifier": self.plan.verifier.name if self.plan.verifier else None,
        }

    @property
    def _streams(self) -> bool:
        """Whether what is drawn is shown from its first word on: one branch, nothing to check.

        A draft is shown as thought, whatever is checked of the reply that follows it.
        """
        alone = self.plan.strategy in ("direct", "think") and not self.question.form
        return alone and not Gates(self.plan.verifier) and (self._draft or not self.wanted)

    @property
    def _draft(self) -> bool:
        """Whether reasoning was asked for by us, so that what is drawn is thought."""
        return self.question.task in REASONED and self.question.form is None

    def _escalated(self, outcome: Outcome) -> dict[str, int]:
        """How many samples an effort that escalates came to."""
        return {"escalated": len(outcome.branches)} if self.plan.effort == "auto" else {}

    def _facts(self, outcome: Outcome, run: Run, spent: Counters) -> result.Facts:
        session = self.session
        wall = time.monotonic() - self.ask.began
        return result.Facts(
            id=self.ask.id,
            created=int(time.time()),
            model=session.model.name,
            sha256=session.identity,
            prompt_tokens=run.engine.count(self.prompt),  # a server may tell it afterwards only
            seed=self.seed,
            route=self.route | self._escalated(outcome),
            estimate=self.estimate,
            timings={
                "load_s": round(session.load_seconds, 3),
                "prefill_s": round(spent.prefill_seconds + spent.restore_seconds, 3),
                "decode_s": round(spent.decode_seconds, 3),
                "verify_s": round(run.verify_seconds, 3),
                "wall_s": round(wall, 3),
            },
            plain_answer=plain_answer(outcome, float(self.estimate["plain_answer"])),
            money=session.settings.price(
                spent.rows + run.ledger.usage.evaluated, wall, run.ledger.usage
            ),
            cache="partial" if run.reused else "miss",
            error=fault(outcome),
        )


def nothing(outcome: Outcome) -> TtcError:
    """The error for a run that brought nothing usable."""
    if full := [b.error for b in outcome.branches if b.stop is Stop.CONTEXT and b.error]:
        return ContextOverflow(full[0])  # told by a server that did not say it before
    if errors := [branch.error for branch in outcome.branches if branch.error]:
        return BranchesFailed(f"every branch failed: {errors[0]}")
    if outcome.stopped in ("tokens", "seconds"):
        limit = "--max-tokens" if outcome.stopped == "tokens" else "--max-seconds"
        return BudgetSpent("the budget was spent before any answer", f"give a larger {limit}")
    if outcome.branch is None and any(branch.text.strip() for branch in outcome.branches):
        return NoAnswer("no reply had the form that was asked for", "try -e high, or --seed 1")
    return NoAnswer("the model came back with nothing", "rephrase the question, or try --seed 1")
