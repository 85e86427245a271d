"""A planned request on its way through the engine: run, verified, replied to, reported."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, cast

from ttc_cli.answers import canonical
from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.engine import Engine
from ttc_cli.core.events import Done, Event, Flow, Note, Said, Spent, Start, watch
from ttc_cli.core.growth import Pool
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.outcome import Outcome
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop
from ttc_cli.drawing.replies import answer_of
from ttc_cli.session import programs
from ttc_cli.session.effort import learn, plain_answer
from ttc_cli.session.model import Served
from ttc_cli.session.plan import Planned
from ttc_cli.session.replying import replied
from ttc_cli.session.verdict import Gates, doubt, fault, nothing, said
from ttc_cli.settings import MEGABYTE
from ttc_cli.views import result
from ttc_cli.voting.ballot import confidence
from ttc_cli.voting.grading import Grades

if TYPE_CHECKING:
    from ttc_cli.engine.host import Counters, Stateful, States
    from ttc_cli.session.loaded import Session
    from ttc_cli.store.prompts import Prompts

EXIT_MARGIN = 0.15  # seconds of --max-seconds left for printing and leaving


def start(
    planned: Planned, engine: Engine | None = None, pool: Pool | None = None,
    above: Ledger | None = None,
) -> Run:  # fmt: skip
    """The run, with its ledger and deadline.

    Args:
        engine: a view of the session's that has room; by default its own, where room is made.
        pool: of finished branches; for the session's own engine as the settings say.
        above: what is charged too, and whose limit also binds.
    """
    limit = planned.request.max_seconds
    deadline = None if limit is None else planned.began + limit - EXIT_MARGIN
    if engine is None:
        began = time.monotonic()
        engine = planned.session.engine
        engine.reserve(planned.cells)
        planned.session.load_seconds += time.monotonic() - began
        pool = planned.session.pool()
    affinity = ""
    if isinstance(planned.session.model, Served):  # one for all turns of a conversation
        said = (message.content for message in planned.prompt.messages if message.role == "user")
        first = next(said, planned.prompt.text).encode("utf-8", "replace")
        affinity = hashlib.blake2b(first, digest_size=8).hexdigest()
    unsafe = planned.session.settings.unsafe_exec
    runner = None
    if planned.question.programs:
        runner = programs.runner(planned.question.text, unsafe=unsafe, data=planned.files)
    return Run(
        engine, ledger=Ledger(planned.plan.budget, parent=above), seed=planned.seed,
        deadline=deadline, pool=pool, answer=functools.partial(_answer, planned),
        programs=runner,
        affinity=affinity,
    )  # fmt: skip


def answering(planned: Planned, run: Run) -> Flow[Outcome]:
    """Everything a sink sees, from Start to Done; NoAnswer or BudgetSpent where that is nothing."""
    name = planned.session.model.name
    asked = {"prompt": planned.request.prompt, "model": name, "seed": planned.seed}
    yield Start(asked, planned.describe(), planned.estimate)
    before = planned.session.engine.counters.copy()
    if run.engine is planned.session.engine and not planned.session.refresh:
        restore_prompt(planned.session, planned.prompt)
    for note in planned.notes:
        yield Note(note)
    solving = planned.strategy.solve(run, planned.question, planned.plan, planned.options)
    gates = Gates(planned.plan.verifier)
    outcome = yield from watch(gates.listen(solving), _spending(planned, run, before))
    if planned.files and outcome.program is not None and outcome.program.code:
        found = outcome.program
        source = "; ".join(filter(None, (programs.told(planned.files, found.code), found.data)))
        outcome = replace(outcome, program=replace(found, data=source))
        agreed = f"; {found.agreed} of {found.ran} programs agree" if found.ran > 1 else ""
        yield Note(f"computed by a program over {source}{agreed}")
    sure = confidence(run.engine.info.name, planned.question, planned.plan, outcome)
    outcome = replace(outcome, confidence=sure)
    for note in filter(None, (outcome.note, doubt(outcome))):
        yield Note(note)
    outcome = yield from gates.listen(_judged(planned, run, outcome, gates))
    outcome = yield from _replied(planned, run, outcome)
    failed = outcome.branch is not None and outcome.branch.stop is Stop.FAILED
    if failed or not result.texts(outcome)[1].strip():  # or thoughts without an answer
        raise nothing(outcome, run.interrupted)
    if lost := [branch for branch in outcome.branches if branch.stop is Stop.FAILED]:
        yield Note(f"{len(lost)} of {len(outcome.branches)} samples failed: {lost[0].error}")
    spent = planned.session.engine.counters.since(before)
    speeds, question = planned.session.speeds, planned.question
    learn(speeds, question, planned.plan, outcome, run, spent, planned.planned)
    facts = _facts(planned, outcome, run, spent)
    yield Spent(asdict(run.ledger.usage), facts.timings["wall_s"], facts.money)
    yield Done(result.build(outcome, planned.plan, run.ledger.usage, facts))
    return outcome


def _replied(planned: Planned, run: Run, outcome: Outcome) -> Flow[Outcome]:
    """The outcome with what is said to the person; nothing is, of what a gate rejected."""
    if outcome.verified is False:
        return outcome
    answered = yield from replied(
        run, planned.question, planned.plan, outcome, planned.wanted, drafted=planned.draft
    )
    if answered.note != outcome.note:
        yield Note(answered.note.removeprefix(f"{outcome.note}; "))
    if answered.reply is not None:
        yield Said(answered.reply.text)
    return answered


def _judged(planned: Planned, run: Run, outcome: Outcome, gates: Gates) -> Flow[Outcome]:
    """The outcome with the gates' verdict; what no verifier has seen yet is shown to it."""
    grades, chosen = Grades(planned.plan, planned.question), outcome.branch
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


def _spending(planned: Planned, run: Run, before: Counters) -> Callable[[Event], Iterator[Event]]:
    """What it cost so far, about once a second."""
    told = time.monotonic()

    def react(_event: Event) -> Iterator[Event]:
        nonlocal told
        now = time.monotonic()
        if now - told >= 1:
            told = now
            seconds, usage = now - planned.began, run.ledger.usage
            rows = planned.session.engine.counters.since(before).rows
            money = planned.session.settings.price(rows, seconds, usage)
            yield Spent(asdict(usage), round(seconds, 3), money)

    return react


def _answer(planned: Planned, branch: Branch) -> str | None:
    found = answer_of(branch, planned.question)
    return canonical(found.text) if found else None


def _facts(planned: Planned, outcome: Outcome, run: Run, spent: Counters) -> result.Facts:
    session, usage = planned.session, run.ledger.usage
    wall = time.monotonic() - planned.began
    escalated = {"escalated": len(outcome.branches)} if planned.plan.effort == "auto" else {}
    timings = {
        "load_s": session.load_seconds,
        "prefill_s": spent.prefill_seconds + spent.restore_seconds,
        "decode_s": spent.decode_seconds,
        "verify_s": run.verify_seconds,
        "wall_s": wall,
    }
    return result.Facts(
        id=planned.id,
        created=int(time.time()),
        model=session.model.name,
        sha256=session.identity,
        prompt_tokens=run.engine.count(planned.prompt),  # a server may tell it afterwards only
        seed=planned.seed,
        route=planned.route | escalated,
        estimate=planned.estimate,
        timings={name: round(seconds, 3) for name, seconds in timings.items()},
        plain_answer=plain_answer(outcome, float(planned.estimate["plain_answer"])),
        money=session.settings.price(spent.rows + usage.evaluated, wall, usage),
        cache="partial" if run.reused else "miss",
        error=fault(outcome, run.interrupted),
    )


LONG = 512  # tokens from which a prompt is worth keeping
WORTH = 256  # tokens that a state must spare, to be read or to be written


def restore_prompt(session: Session, prompt: Prompt) -> None:
    """Make resident what an earlier process evaluated of a prompt, if that spares enough."""
    if (kept := _long(session, prompt)) is None:
        return
    states, store, tokens = kept
    found = store.find(tokens)
    if found is None or found.shared - states.resident(tokens) < WORTH:
        return
    state = store.read(found)
    if state and states.restore(found.tokens.tolist(), state, found.shared):
        store.files.used(found.key)


def keep_prompt(session: Session, prompt: Prompt, refused: Callable[[str], None]) -> None:
    """Write down what is evaluated of a long prompt, unless most of it is kept already.

    The next question over it starts at once. `refused` gets one line about why it could not be.
    """
    if (kept := _long(session, prompt)) is None:
        return
    states, store, tokens = kept
    found = store.find(tokens)
    known = found.shared if found else 0
    if len(tokens) < known + WORTH:
        return
    saved = states.save(tokens)
    if saved is None or saved[0] < max(LONG, known + WORTH):
        return
    length, state = saved
    try:
        store.put(tokens[:length], state)
    except OSError as error:
        refused(session.unwritten(error))


def _long(session: Session, prompt: Prompt) -> tuple[States, Prompts, Sequence[int]] | None:
    """(the engine's evaluated prompts, those on disk, the tokens of a long prompt).

    None for a short one, and where the engine has none or they may not be kept.
    """
    limit = session.settings.prompt_cache_mb * MEGABYTE
    if not (session.keeps and limit and "state" in session.engine.info.capabilities):
        return None
    states = cast("Stateful", session.engine).states
    if len(tokens := states.tokens(prompt)) < LONG:
        return None
    from ttc_cli.store.prompts import Prompts  # numpy: not for a short prompt

    return states, Prompts(session.settings.places.cache, limit, states.key()), tokens
