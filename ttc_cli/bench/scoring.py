"""Whether an answer is right, and the line of results of a question with all its branches.

Right is told against the reference, by the set's own scorer, or by its tests. Code is tested as
HumanEval's harness does (Chen et al. 2021, arXiv 2107.03374): the tests call `check` on the entry
point, and the code passes if they come to their end within the time limit. It is locked in where
that can be, and never shares a process with the tests."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ttc_cli import jail
from ttc_cli.answers import classes, equivalent
from ttc_cli.bench.questions import Item
from ttc_cli.bench.replay import ReplayClient
from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.errors import TtcError
from ttc_cli.core.outcome import Outcome, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import branch_seed
from ttc_cli.drawing.replies import answer_of, reply
from ttc_cli.jail.examine import examine
from ttc_cli.session.plan import Planned
from ttc_cli.verifiers.unit_tests import python_blocks
from ttc_cli.voting.ballot import confidence
from ttc_cli.voting.evidence import mean_confidence

SECONDS = 3.0  # of processor time for one program; HumanEval's own default, of the clock
MEMORY = 1 << 30


def require(items: Sequence[Item], *, unsafe_exec: bool) -> None:
    """Refuse code that would have to be run, cannot be locked in, and that nobody allowed."""
    if any(item.task == "code" for item in items):
        jail.require(unsafe=unsafe_exec)


def right(item: Item, answer: str | None, reply: str) -> bool:
    """Whether a reply is right.

    Args:
        answer: its short answer, where it has one.
        reply: the whole reply without thoughts; what is run for code.
    """
    if item.task == "code":
        return check_code(program(item.more["prompt"], reply, item.more["entry_point"]), item.more)
    if answer is None:
        return False
    if "gym" in item.more:
        from ttc_cli.bench.sources import gym_score

        return gym_score(item.more["gym"], answer)
    if item.task == "choice":
        return answer.strip("().: ").upper() == item.reference.strip("().: ").upper()
    known = [item.reference, *item.more.get("also", ())]  # any of them, or all
    forms = dict.fromkeys([*known, ", ".join(known)])
    return any(equivalent(answer, one, question=item.prompt) for one in forms)


def program(prompt: str, reply: str, entry_point: str) -> str:
    """The code to test: the function that a reply completes or writes anew.

    Args:
        prompt: the head of the function, as HumanEval gives it.
        reply: a chat model's; its fenced block that defines the entry point counts, else its last
            one, else the reply itself.
    """
    blocks = python_blocks(reply)
    defines = re.compile(rf"^(?:async[ \t]+)?def[ \t]+{re.escape(entry_point)}\b", re.MULTILINE)
    code = next((b for b in reversed(blocks) if defines.search(b)), blocks[-1] if blocks else reply)
    if not defines.search(code):
        return prompt + code
    # The prompt's imports and helpers stand above the function that is asked for.
    head = defines.search(prompt)
    return (prompt[: head.start()] if head else "") + "\n" + code


def check_code(code: str, tests: Mapping[str, str], *, seconds: float = SECONDS) -> bool:
    """Whether a program passes its tests; TtcError where they cannot be run whatever the program.

    Args:
        code: defines the entry point.
        tests: "test" defines `check(candidate)`; "entry_point" names what it is called with.
        seconds: of processor time.
    """
    entry = tests["entry_point"]
    limits, checks = jail.Limits(seconds, MEMORY), f"{tests['test']}\ncheck({entry})"
    layer = jail.require(unsafe=True)
    graded = examine(code, checks, layer=layer, limits=limits, names=(entry,))
    if graded.score is None:
        raise TtcError(f"the tests of {entry} cannot be run: {graded.note}")
    return graded.score == 1


Scores = dict[BranchId, dict[str, float | None]]  # what each verifier said of each branch


def failed(config: str, item: Item, error: TtcError) -> dict[str, Any]:
    """The row of a question that could not be answered at all; it counts as wrong."""
    return {"config": config, "id": item.id, "reference": item.reference, "error": error.message,
            "answer": None, "correct": False, "tokens": _tokens(None, 0), "seconds": 0.0,
            "branches": []}  # fmt: skip


def row(
    config: str, item: Item, prepared: Planned, outcome: Outcome, run: Run, client: ReplayClient,
    scores: Scores,
) -> dict[str, Any]:  # fmt: skip
    """The row of an answered question with what verifiers said, all but what `score` adds."""
    plan, question = prepared.plan, prepared.question
    branches = {branch.id: branch for branch in outcome.branches}
    if outcome.branch is not None:  # as it was in the end, a forced answer included
        branches[outcome.branch.id] = outcome.branch
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
            for _, branch in sorted(branches.items())
        ],
    }


def score(row: dict[str, Any], item: Item) -> dict[str, Any]:
    """The row with what is right, of the answer given and of each branch, and who votes alike."""
    code = item.task == "code"
    once = functools.cache(functools.partial(right, item))

    def correct(answer: str | None, text: str) -> bool:
        return once(None if code else answer, text if code else "")

    groups = classes([branch["answer"] for branch in row["branches"]], question=item.prompt)
    number = {i: group.members[0] for group in groups for i in group.members}
    for index, branch in enumerate(row["branches"]):
        branch["class"] = number.get(index)
        ended = branch.pop("whole")
        whole = branch["answer"] is not None or (code and ended)
        branch["correct"] = whole and correct(branch["answer"], branch["text"])
    return row | {"correct": correct(row["answer"], row.pop("reply"))}


def _tokens(run: Run | None, prompt: int) -> dict[str, int]:
    usage = run.ledger.usage if run else None
    kinds = ("sampled", "verifier", "wasted")
    return {"prompt": prompt} | {kind: getattr(usage, kind) if usage else 0 for kind in kinds}


def _branch(
    branch: Branch, question: Question, outcome: Outcome, run: Run, client: ReplayClient
) -> dict[str, Any]:
    seed = branch_seed(run.seed, branch.id)
    found = answer_of(branch, question)
    answer = found.text if found else None
    if answer is None and outcome.branch is branch and question.votable:
        answer = outcome.answer
    return {
        "id": list(branch.id), "text": branch.text, "answer": answer, "stop": str(branch.stop),
        "whole": branch.stop is not None and branch.stop.whole, "tokens": branch.tokens_sampled,
        "confidence": round(mean_confidence(branch), 4), "seconds": round(client.spent[seed], 3),
        "samples": [key[:16] for key in client.used.get(seed, ())],
    }  # fmt: skip
