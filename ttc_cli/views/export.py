"""Logged runs as training data: rows in the forms that trl and axolotl document.

sft    {"messages": [...]}                         trl "language modeling", axolotl `chat_template`
dpo    {"prompt": [...], "chosen": [...], "rejected": [...]}
                                                   trl "preference" with explicit prompt, axolotl
                                                   `chat_template.default`, field_messages: prompt
steps  {"prompt": "...", "completions": ["..."], "labels": [true]}
                                                   "stepwise supervision" of both
grpo   {"prompt": [...], "answer": "...", "completions": [[...]], "rewards": [1.0]}
                                                   trl "prompt-only"; its GRPOTrainer hands the
                                                   other columns to the reward function

Only what is verified counts as right: a run that its reader rated good, a reply that every
verifier passed, or the winner of a vote that agreed enough. A run rated bad is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ttc_cli.answers import Kind, equivalent, extract, shared_worker
from ttc_cli.core.branch import BranchId
from ttc_cli.core.events import Event
from ttc_cli.prompts.message import Document, conversation, frame
from ttc_cli.prompts.thoughts import split
from ttc_cli.store.runs import Run, Turn
from ttc_cli.views.runs import messages
from ttc_cli.views.traces import Ranks, Trace, traces

FORMATS = ("sft", "dpo", "steps", "grpo")
WAYS = ("feedback", "verifier", "agreement")
FORMS = ("choice", "code")
"""Tasks whose short answer has a form of its own, as `answers.extract` names it."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What makes a trace verified: the ways that count, and how much agreement or score.

    Args:
        ranks: tells verifiers whose scores do not count, since they only rank.
    """

    ways: tuple[str, ...] = WAYS
    agreement: float = 0.75
    score: float = 0.5
    ranks: Ranks = lambda verifier: False


@dataclass(frozen=True, slots=True)
class Logged:
    """A finished run with what the log holds of it; `history` is what was said before it."""

    run: Run
    documents: tuple[tuple[str, str], ...]
    history: tuple[Turn, ...]
    result: dict[str, Any]
    events: tuple[Event, ...]


@dataclass(slots=True)
class Question:
    """All that was drawn for one question, over all runs that asked it."""

    messages: list[dict[str, str]]
    text: str
    answer: str | None = None
    right: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    steps: list[tuple[list[str], list[bool]]] = field(default_factory=list)


def rows(
    logged: Iterable[Logged], form: str, criteria: Criteria = Criteria(), *, thoughts: bool = True
) -> Iterator[dict[str, Any]]:
    """Training rows of one of FORMATS, one question after the other.

    `thoughts` keeps thoughts in the replies, between <think> tags.
    """
    make = {"sft": _sft, "dpo": _dpo, "steps": _steps, "grpo": _grpo}[form]
    for question in _questions(logged, criteria, thoughts=thoughts):
        yield from make(question)


def _sft(question: Question) -> Iterator[dict[str, Any]]:
    for reply in question.right[:1]:
        yield {"messages": [*question.messages, *_said(reply)]}


def _dpo(question: Question) -> Iterator[dict[str, Any]]:
    for chosen, rejected in zip(question.right, question.wrong, strict=False):
        pair = {"chosen": _said(chosen), "rejected": _said(rejected)}
        yield {"prompt": question.messages, **pair}


def _steps(question: Question) -> Iterator[dict[str, Any]]:
    for texts, labels in question.steps:
        yield {"prompt": question.text, "completions": texts, "labels": labels}


def _grpo(question: Question) -> Iterator[dict[str, Any]]:
    if question.right and question.answer is not None:
        replies = [*question.right, *question.wrong]
        yield {
            "prompt": question.messages,
            "answer": question.answer,
            "completions": [_said(reply) for reply in replies],
            "rewards": [1.0] * len(question.right) + [0.0] * len(question.wrong),
        }


def _said(reply: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": reply}]


def _questions(
    logged: Iterable[Logged], criteria: Criteria, *, thoughts: bool
) -> Sequence[Question]:
    found: dict[tuple[Any, ...], Question] = {}
    for one in logged:
        system = one.run.request.get("system")
        key = (one.run.prompt, one.documents, one.history, system)
        if key not in found:
            asked, documents = one.run.prompt, [Document(*named) for named in one.documents]
            sent = conversation(asked, documents, system=system, history=messages(one.history))
            told = [{"role": message.role, "content": message.content} for message in sent]
            found[key] = Question(told, frame(asked, documents))
        _sort(one, found[key], criteria, thoughts=thoughts)
    return list(found.values())


def _sort(one: Logged, question: Question, criteria: Criteria, *, thoughts: bool) -> None:
    """Put a run's replies among the right and the wrong ones."""
    message, ways = one.result["choices"][0]["message"], criteria.ways
    returned = _reply(message.get("reasoning_content") or "", message["content"], thoughts)
    found = traces(one.events, criteria.ranks)
    opened = bool(one.run.plan.get("thinking"))
    replies = {trace.id: _parts(trace, opened) for trace in found.values()}
    said = message["content"]
    chosen = next((found[i] for i, (_, text) in replies.items() if text == said), None)
    if chosen is None and one.run.ours.get("program"):
        chosen = next((t for t in found.values() if t.program and t.program.answer == said), None)
        returned = _reply(*replies[chosen.id], thoughts) if chosen else returned
    if one.run.feedback == "bad":
        _add(question.wrong, returned)
        return
    agreement = one.run.ours["agreement"]
    scores = [s for name, s in chosen.scores.items() if not criteria.ranks(name)] if chosen else []
    good = "feedback" in ways and one.run.feedback == "good"
    good = good or ("verifier" in ways and min(scores, default=-1.0) >= criteria.score)
    agrees = agreement is not None and agreement >= criteria.agreement
    if not (good or ("agreement" in ways and agrees)):
        return
    _add(question.right, returned)
    answer = one.run.ours["answer"]
    if not answer:
        return
    question.answer = answer
    kind = one.run.ours["route"]["task"]
    right = {chosen.id} if chosen else set()
    for trace in found.values():
        if trace is chosen or not trace.whole:
            continue
        thought, text = replies[trace.id]
        form = cast("Kind | None", kind if kind in FORMS else None)
        extracted = None if trace.program else extract(text, form, one.run.prompt)
        short = extracted.text if extracted else trace.program.answer if trace.program else None
        if short is None:
            continue
        same = bool(short) and equivalent(
            short, answer, question=one.run.prompt, worker=shared_worker()
        )
        if same:
            right.add(trace.id)
        _add(question.right if same else question.wrong, _reply(thought, text, thoughts))
    question.steps += _labelled(found, right, criteria)


def _parts(trace: Trace, opened: bool) -> tuple[str, str]:
    """(thought, reply) of a trace; a program is all of its reply, its fence closed."""
    if trace.program is not None:
        return split(f"{trace.text.rstrip()}\n```", opened)
    return split(trace.text, opened)


def _reply(thought: str, text: str, thoughts: bool) -> str:
    text = text.strip()
    return f"<think>\n{thought}\n</think>\n\n{text}" if thought and thoughts else text


def _add(replies: list[str], reply: str) -> None:
    if reply and reply not in replies:
        replies.append(reply)


def _labelled(
    found: dict[BranchId, Trace], right: set[BranchId], criteria: Criteria
) -> list[tuple[list[str], list[bool]]]:
    """Step labels of the branches that came to their end in steps.

    A step is right if its score passes; one without a score if some branch that has it comes
    to the right answer (hard estimation of Math-Shepherd, arXiv 2312.08935).
    """
    ends = [t for t in found.values() if t.whole and t.steps]
    reach = {
        tuple(text for text, _ in trace.steps[:length])
        for trace in ends
        if trace.id in right
        for length in range(1, len(trace.steps) + 1)
    }
    rows = []
    for trace in ends:
        texts = [text for text, _ in trace.steps]
        labels = [
            tuple(texts[: i + 1]) in reach if score is None else score >= criteria.score
            for i, (_, score) in enumerate(trace.steps)
        ]
        rows.append(([text.strip() for text in texts], labels))
    return rows
