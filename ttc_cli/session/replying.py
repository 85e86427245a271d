"""What is said to the person: a reply to their own words, made of what a run decided.

Reasoning that was asked for by us is thought. The reply is a short statement of the answer that
the reasoning came to, taken from it where that is sure to be right, and else drawn in one short
closing turn after it. A form that the person's words fix is checked; a reply without it is mended
where a part of it has the form, drawn once more where none has, and told of where that fails too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import ContextOverflow
from ttc_cli.core.events import Flow, Note, Tick, turned
from ttc_cli.core.outcome import Outcome, Plan, Question, Reply
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import StopRule
from ttc_cli.drawing import replies
from ttc_cli.prompts.forms import Constraint, brief, failing, grammar, language, mended, shortened
from ttc_cli.prompts.message import asked_again, closing
from ttc_cli.session.statements import amount, neutral, readable, statements, values

CLOSING_TOKENS = 128
"""Tokens that a closing turn may take, and more after a long question and a long reasoning."""
SECOND = 1  # number of the draw that follows one which failed
_SHORT = 30  # words of reasoning up to which it is a reply, where no answer was found in it
_SENTENCE = 5  # words from which a reply may be a sentence, and not a name
_STATING = {"upper", "lower", "bare", "plain", "unfenced", "lines", "sentences", "characters"}
"""Forms that a sentence with the answer can have; others are written by the model."""


def replied(
    run: Run, question: Question, plan: Plan, outcome: Outcome, wanted: Sequence[Constraint], *,
    drafted: bool,
) -> Flow[Outcome]:  # fmt: skip
    """The outcome with what is said to the person.

    Args:
        wanted: the form that the person's words fix; empty for none.
        drafted: reasoning was asked for by us, so that no reply is what the person wants.
    """
    branch = outcome.branch
    whole = branch is not None and branch.stop is not None and branch.stop.whole
    if branch is None or question.form is not None or not whole:
        return outcome  # nothing, an answer under a schema, or a piece that was cut off
    own = replies.reply(branch)[1].strip()
    if not own or not (drafted or wanted) or (not wanted and _one_sentence(own)):
        return outcome
    if drafted:
        shown = _at_hand(own, outcome.answer, question, wanted)
    else:
        shown = _name_alone(own, outcome.answer, wanted) or mended(own, wanted)
    if shown is not None:
        return outcome if shown == own and not drafted else _saying(run, outcome, shown)
    return (yield from _drawn(run, question, plan, outcome, own, wanted, drafted=drafted))


def _name_alone(own: str, answer: str | None, wanted: Sequence[Constraint]) -> str | None:
    """The answer of a sentence that says no more, where a name or value alone is wanted."""
    asked = any(one.kind == "short" for one in wanted)
    if not (asked and answer and answer in own) or len(own.split()) < _SENTENCE:
        return None
    return mended(answer, wanted)


def _one_sentence(own: str) -> bool:
    """Whether a reply reasons so little that it is said as it is: one plain sentence."""
    ends = own.endswith((".", "!")) and "\n" not in own and not re.search(r"[.!?]\s|[\\*`=]", own)
    return ends and len(own.split()) <= _SHORT


def _at_hand(
    own: str, answer: str | None, question: Question, wanted: Sequence[Constraint]
) -> str | None:
    """A reply that needs no further token, where it is sure to be what was asked for."""
    if not answer:
        return None if len(own.split()) > _SHORT else mended(own, wanted)
    told = next((one.of for one in wanted if one.kind == "language"), None)
    tongue, said = told or language(question.text), list[str]()
    if brief(wanted):
        number = amount(answer) if any(one.kind == "number" for one in wanted) else None
        said = [*filter(None, [number]), *reversed(list(values(own, answer, question.text)))]
    elif all(one.kind in _STATING or one.of == told for one in wanted):
        said = [*statements(own, answer, question.text)]
    else:
        shown = mended("\n".join(map(readable, own.split("\n"))), wanted)
        return shown if shown and answer in shown else None  # the reasoning has the form itself
    for one in said:
        alike = tongue in (None, language(one)) or (tongue == "en" and not told)
        fits = alike or ((brief(wanted) or not told) and neutral(one, question.text))
        shown = mended(one, wanted) if fits else None
        if shown is not None:
            return shown
    return None


def _drawn(
    run: Run, question: Question, plan: Plan, outcome: Outcome, own: str,
    wanted: Sequence[Constraint], *, drafted: bool,
) -> Flow[Outcome]:  # fmt: skip
    """The reply from a closing turn: drawn again, once, where it has not the form asked for."""
    assert outcome.branch is not None
    forms, best, spent = [str(one) for one in wanted], None if drafted else own, 0
    first = 0 if drafted else SECOND
    for number in range(first, SECOND + 1):
        lacks = [one.lacking(best) for one in failing(best, wanted)] if best else []
        said = asked_again(best, lacks) if best else closing(outcome.answer, forms)
        held = grammar(wanted) if number == SECOND else ""
        turn = Branch((*outcome.branch.id, number), question.follow(own, said))
        drawn = yield from _turn(run, plan, turn, held)
        spent += drawn.tokens_sampled if drawn else 0
        text = replies.reply(drawn)[1].strip() if drawn and replies.ended(drawn) else ""
        shown = mended(text, wanted) if text else None
        if shown is not None:
            return _saying(run, outcome, shown, spent)
        if text and (not best or len(failing(text, wanted)) <= len(lacks)):
            best = text
        if not text:
            break  # no token, no second, no room left
    if best and (shown := shortened(best, wanted)):
        return _saying(run, outcome, shown, spent)
    if brief(wanted) and outcome.answer:
        best = outcome.answer  # a value is nearer to what was asked for than talk about it
    return _lacking(run, outcome, best or outcome.answer or own, wanted, spent)


def _turn(run: Run, plan: Plan, turn: Branch, held: str) -> Flow[Branch | None]:
    """One closing turn, of which nobody hears until it is known to be the reply.

    `held` is a grammar for a turn that follows one which failed; empty for none.
    """
    usual = max(CLOSING_TOKENS * (1 + 2 * bool(held)), len(turn.prompt.text) // 8)
    most = min(plan.branch_tokens, usual)
    drawing = run.extend(
        [turn], stop=StopRule(most), salt="reply",
        sampling=plan.sampled if turn.id[-1] == SECOND else plan.greedy,
        grammar=held if "grammar" in run.engine.info.capabilities else "",
    )  # fmt: skip
    try:
        (done,) = yield from turned(
            drawing, lambda event: (event,) if isinstance(event, Note | Tick) else ()
        )
    except ContextOverflow:
        return None
    return done


def _lacking(
    run: Run, outcome: Outcome, text: str, wanted: Sequence[Constraint], spent: int
) -> Outcome:
    lacks = ", ".join(str(one) for one in failing(text, wanted))
    note = f"the reply is not as it was asked for: {lacks}" if lacks else ""
    told = "; ".join(filter(None, (outcome.note, note)))
    return replace(_saying(run, outcome, text, spent), note=told)


def _saying(run: Run, outcome: Outcome, text: str, spent: int = 0) -> Outcome:
    """The outcome with its reply; one that was not drawn counts what its words are worth."""
    return replace(outcome, reply=Reply(text, spent or len(text.split())))
