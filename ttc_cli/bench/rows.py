"""One line of results: a question under a configuration, with all its branches."""

from __future__ import annotations

from typing import Any

from ttc_cli.answers import classes
from ttc_cli.bench import scoring
from ttc_cli.bench.questions import Item
from ttc_cli.bench.replay import ReplayClient
from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.errors import TtcError
from ttc_cli.core.outcome import Outcome, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import branch_seed
from ttc_cli.drawing.replies import answer_of, reply
from ttc_cli.session.plan import Planned
from ttc_cli.voting.ballot import confidence, mean_confidence

Scores = dict[BranchId, dict[str, float | None]]
"""What each verifier said of each branch."""


def failed(config: str, item: Item, error: TtcError) -> dict[str, Any]:
    """The row of a question that could not be answered at all; it counts as wrong."""
    return {"config": config, "id": item.id, "reference": item.reference, "error": error.message,
            "answer": None, "correct": False, "tokens": _tokens(None, 0), "seconds": 0.0,
            "branches": []}  # fmt: skip


def row(
    config: str,
    item: Item,
    prepared: Planned,
    outcome: Outcome,
    run: Run,
    client: ReplayClient,
    scores: Scores,
) -> dict[str, Any]:
    """The row of an answered question, all but what is right: `score` adds that.

    Args:
        scores: what verifiers said of branches.
    """
    plan, question = prepared.plan, prepared.question
    sure = confidence(run.engine.info.name, question, plan, outcome)
    return {
        "config": config,
        "id": item.id,
        "plan": {
            "strategy": plan.strategy,
            "effort": plan.effort,
            "samples": 1 if prepared.strategy.streams else plan.samples,
        },
        "reference": item.reference,
        "answer": outcome.answer,
        "reply": reply(outcome.branch)[1] if outcome.branch else "",
        "agreement": None if outcome.agreement is None else round(outcome.agreement, 4),
        "confidence": None if sure is None else round(sure, 4),
        "stopped": outcome.stopped,
        "votes": [[vote.answer, vote.count, round(vote.weight, 4)] for vote in outcome.votes],
        "seed": run.seed,
        "tokens": _tokens(run, prepared.prompt_tokens),
        "seconds": round(client.seconds, 3),
        **({"verify_seconds": round(run.verify_seconds, 3)} if run.judged else {}),
        "branches": [
            _branch(branch, question, outcome, run, client)
            | ({"scores": scores[branch.id]} if branch.id in scores else {})
            for branch in _branches(outcome)
        ],
    }


def score(row: dict[str, Any], item: Item) -> dict[str, Any]:
    """The row with what is right, of the answer given and of each branch, and who votes alike."""
    known: dict[Any, bool] = {}

    def right(answer: str | None, text: str) -> bool:
        key = text if item.task == "code" else answer
        if key not in known:
            known[key] = scoring.right(item, answer, text)
        return known[key]

    groups = classes([branch["answer"] for branch in row["branches"]])
    number = {i: group.members[0] for group in groups for i in group.members}
    for index, branch in enumerate(row["branches"]):
        branch["class"] = number.get(index)
        whole = branch["answer"] is not None or (item.task == "code" and branch.pop("whole"))
        branch.pop("whole", None)
        branch["correct"] = whole and right(branch["answer"], branch["text"])
    correct = right(row["answer"], row.pop("reply"))
    return row | {"correct": correct}


def _tokens(run: Run | None, prompt: int) -> dict[str, int]:
    usage = run.ledger.usage if run else None
    kinds = ("sampled", "verifier", "wasted")
    return {"prompt": prompt} | {kind: getattr(usage, kind) if usage else 0 for kind in kinds}


def _branches(outcome: Outcome) -> list[Branch]:
    """All branches by id; the chosen one as it was in the end, a forced answer included."""
    found = {branch.id: branch for branch in outcome.branches}
    if outcome.branch is not None:
        found[outcome.branch.id] = outcome.branch
    return [found[key] for key in sorted(found)]


def _branch(
    branch: Branch, question: Question, outcome: Outcome, run: Run, client: ReplayClient
) -> dict[str, Any]:
    seed = branch_seed(run.seed, branch.id)
    found = answer_of(branch, question)
    answer = found.text if found else None
    if answer is None and outcome.branch is branch and question.votable:
        answer = outcome.answer
    return {
        "id": list(branch.id),
        "text": branch.text,
        "answer": answer,
        "stop": str(branch.stop),
        "whole": branch.stop is not None and branch.stop.whole,
        "tokens": branch.tokens_sampled,
        "confidence": round(mean_confidence(branch), 4),
        "seconds": round(client.spent[seed], 3),
        "samples": [key[:16] for key in client.used.get(seed, ())],
    }
