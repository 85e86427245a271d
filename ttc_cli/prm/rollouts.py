"""Drawing traces and labelling their steps by Monte Carlo rollouts.

From the end of a step, K replies are drawn; the share that comes out right is the step's label
(Math-Shepherd, arXiv 2312.08935). To save rollouts, a wrong trace's first wrong step is looked for
by bisection (OmegaPRM, arXiv 2406.06592), and the trace itself counts as a rollout from each of
its own steps: every step of a right one can be gone on from.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ttc_cli.answers import canonical
from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Sampling, StopRule
from ttc_cli.core.seeds import branch_seed
from ttc_cli.core.steps import STEPS
from ttc_cli.prm.corrupt import corrupted
from ttc_cli.prm.traces import Trace
from ttc_cli.strategies.common import answer_of
from ttc_cli.verifiers.head import features_of, states_of
from ttc_cli.verifiers.probe import WANT, with_states

Right = Callable[[str], bool]
"""Whether a short answer is right."""


@dataclass(frozen=True, slots=True)
class Labour:
    """How much to draw for one question.

    Args:
        traces: replies. rollouts: from the end of a step that is looked at; 0: the reply's own
            outcome is the label of all its steps.
        every: look at every step instead of bisecting.
        tokens: most tokens of one reply.
    """

    traces: int = 4
    rollouts: int = 4
    every: bool = False
    tokens: int = 1024
    sampling: Sampling = Sampling()


def draw(
    run: Run, question: Question, name: str, right: Right | None, labour: Labour
) -> Flow[list[Trace]]:
    """Traces of one question with their labels; those without a short answer count as wrong.

    Args:
        name: the question's id.
        right: None without a reference: then the answer of most traces counts as right.
    """
    prompt = question.render(0, False)
    done = yield from run.extend(
        [Branch((i,), prompt) for i in range(labour.traces)],
        stop=StopRule(labour.tokens, steps=STEPS),
        sampling=labour.sampling,
        want=WANT,
    )
    answers = {branch.id: answer_of(branch, question) for branch in done}
    if right is None:
        right = majority([found.text for found in answers.values() if found])
    out = []
    for branch in sorted(done, key=lambda branch: branch.id):
        if not len(states_of(branch)):
            continue
        found = answers[branch.id]
        outcome = found is not None and right(found.text)
        labels, spent = yield from _labels(run, question, branch, outcome, right, labour)
        out.append(trace_of(name, branch, labels, outcome, branch.tokens_sampled + spent))
    return out


def spoil(run: Run, question: Question, traces: Sequence[Trace]) -> Flow[list[Trace]]:
    """Twins of the right traces with a number spoilt from some step on; only evaluated."""
    prompt = question.render(0, False)
    spoilt: dict[tuple[int, ...], tuple[Trace, int]] = {}
    branches = []
    for i, trace in enumerate(traces):
        rng = random.Random(branch_seed(run.seed, (i,), "spoil"))  # noqa: S311 - not a secret
        if trace.right and (found := corrupted("".join(trace.steps), rng)):
            steps, at = found
            branches.append(Branch((i,), prompt, (Step("".join(steps)),)))
            spoilt[(i,)] = trace, at
    out = []
    for branch in (yield from with_states(run, branches)):
        trace, at = spoilt[branch.id]
        n = len(states_of(branch))
        if n:
            labels = [1.0] * min(at, n) + [0.0] * (n - min(at, n))
            out.append(trace_of(trace.question, branch, labels, False, 0))
    return out


def majority(answers: Sequence[str]) -> Right:
    """Right is what most say; the canonical form breaks ties, so that the order does not."""
    counts = Counter(canonical(answer) for answer in answers)
    best = max(counts, key=lambda answer: (counts[answer], answer), default=None)
    return lambda answer: canonical(answer) == best


def trace_of(name: str, branch: Branch, labels: Sequence[float], right: bool, tokens: int) -> Trace:
    """A branch drawn with `WANT` as a trace; where states and steps differ, states decide."""
    states = states_of(branch)
    pieces = STEPS.cut(branch.text)[: len(states)]
    pieces += [""] * (len(states) - len(pieces))
    fitted = [*labels[: len(states)], *[float(right)] * (len(states) - len(labels))]
    return Trace(name, tuple(pieces), states, features_of(branch), tuple(fitted), right, tokens)


def _labels(
    run: Run, question: Question, branch: Branch, outcome: bool, right: Right, labour: Labour
) -> Flow[tuple[list[float], int]]:
    """A label for each step, and the tokens that finding them took."""
    pieces = STEPS.cut(branch.text)
    labels = [float(outcome)] * len(pieces)
    if not labour.rollouts or len(pieces) < 2 or (outcome and not labour.every):
        return labels, 0
    spent = 0
    if labour.every:
        for n in range(1, len(pieces)):
            share, cost = yield from _share(run, question, branch, pieces[:n], right, labour)
            own = float(outcome)  # the trace is a rollout too
            labels[n - 1] = (share * labour.rollouts + own) / (labour.rollouts + 1)
            spent += cost
        return labels, spent
    good, bad = 0, len(pieces)  # steps that can be gone on from; steps that cannot
    shares = {0: 1.0}
    while bad - good > 1:
        middle = (good + bad) // 2
        share, cost = yield from _share(run, question, branch, pieces[:middle], right, labour)
        spent += cost
        shares[middle] = share
        good, bad = (middle, bad) if share else (good, middle)
    for n in range(1, bad):
        labels[n - 1] = shares[max(known for known in shares if known <= n and shares[known])]
    return labels, spent


def _share(
    run: Run,
    question: Question,
    branch: Branch,
    begun: Sequence[str],
    right: Right,
    labour: Labour,
) -> Flow[tuple[float, int]]:
    """The share of rollouts from here that come out right, and their tokens."""
    start = replace(branch, steps=tuple(Step(piece) for piece in begun), stop=None)
    depth = len(begun)
    seeds = [
        replace(start, id=(*branch.id, depth, k), tokens_sampled=0) for k in range(labour.rollouts)
    ]
    rule = StopRule(labour.tokens)
    done = yield from run.extend(seeds, stop=rule, sampling=labour.sampling)
    hits = 0
    for rollout in done:
        found = answer_of(rollout, question)
        hits += found is not None and right(found.text)
    return hits / max(1, len(done)), sum(rollout.tokens_sampled for rollout in done)
