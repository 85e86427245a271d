"""The result object: an OpenAI chat completion with one object of ours (schema_version 1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ttc_cli.core.errors import TtcError
from ttc_cli.core.ledger import Usage
from ttc_cli.core.outcome import Outcome, Plan
from ttc_cli.core.programs import ran
from ttc_cli.core.sampling import Stop
from ttc_cli.prompts import thoughts

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """What the session knows besides the outcome.

    Args:
        id, created, model, sha256: of the run and its model.
        route: task, path and reason; where the run could escalate, to how many samples it did.
        estimate: as given before the run ("tokens", "seconds").
        timings: seconds: load_s, prefill_s, decode_s, verify_s, wall_s.
        plain_answer: tokens of one plain answer, for the cost multiplier.
        money: in the user's currency, or None without prices.
        error: what the reply lacks; None when it is whole and no gate rejected it.
    """

    id: str
    created: int
    model: str
    sha256: str
    prompt_tokens: int
    seed: int
    route: dict[str, Any]
    estimate: dict[str, Any]
    timings: dict[str, float]
    plain_answer: float
    money: float | None = None
    cache: str = "miss"
    error: TtcError | None = None


def texts(outcome: Outcome) -> tuple[str, str]:
    """(thought, reply): of the chosen branch, or all that it says and what is said instead."""
    if outcome.branch is None:
        return "", ""
    thought, reply = thoughts.parts(outcome.branch)
    if outcome.reply is None:
        return thought, reply
    said = "" if ran(outcome.branch) else reply.strip()  # a program's value is in the reply
    return "\n\n".join(filter(None, (thought, said))), outcome.reply.text


def short_form(answer: str | None, reply: str) -> str:
    """What `-x` prints: the extracted answer, else the last fenced block, else the reply."""
    if answer is not None:
        return answer
    parts = reply.split("```")
    if len(parts) >= 3:
        block = parts[-2] if len(parts) % 2 else parts[-3]
        return block.partition("\n")[2].rstrip("\n")
    return reply.strip()


def build(outcome: Outcome, plan: Plan, usage: Usage, facts: Facts) -> dict[str, Any]:
    """The object that `--json` prints."""
    thought, reply = texts(outcome)
    completion = usage.sampled + usage.verifier
    thinks = outcome.branch is None or ran(outcome.branch) is not None  # its value is the reply
    kept = 0 if thinks or outcome.branch is None else outcome.branch.tokens_sampled
    kept = outcome.reply.tokens if outcome.reply else kept
    message: dict[str, Any] = {"role": "assistant", "content": reply}
    if thought:
        message["reasoning_content"] = thought
    stop = outcome.branch.stop if outcome.branch else None
    prompt, ended = facts.prompt_tokens, "stop" if stop is None or stop.whole else "length"
    choice = {"index": 0, "finish_reason": ended, "message": message, "logprobs": None}
    return {
        "id": facts.id,
        "object": "chat.completion",
        "created": facts.created,
        "model": facts.model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": max(0, prompt - usage.prefilled)},
            "completion_tokens_details": {"reasoning_tokens": max(0, completion - kept)},
        },
        "ttc": _ours(outcome, plan, usage, facts),
        **({"error": error_body(facts.error)} if facts.error else {}),
    }


def error_body(error: TtcError) -> dict[str, Any]:
    """An error as JSON has it."""
    return {"code": error.exit_code, "message": error.message, "hint": error.hint}


def _ours(outcome: Outcome, plan: Plan, usage: Usage, facts: Facts) -> dict[str, Any]:
    branches = outcome.branches
    culled = sum(b.stop in (Stop.CULLED, Stop.CANCELLED) for b in branches)
    late = [b for b in branches if b.stop in (Stop.BUDGET, Stop.TIME)]
    cut = sum(not branch.meta.get("closed") for branch in late)
    spent = usage.sampled + usage.verifier
    counts = ("sampled", "verifier", "wasted", "shared", "evaluated")
    more = {
        "program": outcome.program and asdict(outcome.program),
        "rule": outcome.rule,
        "note": outcome.note,
        "tree": [asdict(step) for step in outcome.tree],
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "strategy": plan.strategy,
        "effort": plan.effort,
        "route": facts.route,
        "answer": outcome.answer,
        "agreement": outcome.agreement,
        "confidence": None if outcome.confidence is None else round(outcome.confidence, 4),
        "verified": outcome.verified,
        "stopped": outcome.stopped,
        "samples": {
            "started": len(branches),
            "finished": len(branches) - culled - cut,
            "culled": culled,
            "answered": outcome.answered,
            "counted": outcome.counted,
        },
        "votes": [asdict(vote) for vote in outcome.votes],
        "tokens": {"prompt": facts.prompt_tokens} | {n: getattr(usage, n) for n in counts},
        "cost": {
            "multiplier": round(spent / facts.plain_answer, 2) if facts.plain_answer else None,
            "estimated_seconds": facts.estimate.get("seconds"),
            "seconds": facts.timings["wall_s"],
            "money": facts.money,
        },
        "timings": facts.timings,
        "cache": facts.cache,
        "seed": facts.seed,
        "model": {"name": facts.model, "sha256": facts.sha256},
        **{name: value for name, value in more.items() if value},
    }
