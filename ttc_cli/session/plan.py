"""From a question to a plan: route, wording, prompt, budget, estimate. Nothing is generated."""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ttc_cli.answers import Kind
from ttc_cli.core.branch import Message, Prompt
from ttc_cli.core.errors import UsageError
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.verify import Verifier
from ttc_cli.data import program as reading
from ttc_cli.data.profile import Profile
from ttc_cli.drawing import replies
from ttc_cli.engine.host import Host
from ttc_cli.programs.opening import opening
from ttc_cli.prompts.forms import Constraint, constraints
from ttc_cli.prompts.message import REASONED, Task, conversation, formed, wording
from ttc_cli.prompts.template import ChatTemplate, Rendered
from ttc_cli.routing.policy import Facts, Route, route
from ttc_cli.session import effort as efforts
from ttc_cli.session import programs
from ttc_cli.session.loaded import Session, memory_cells, new_id
from ttc_cli.session.request import Request
from ttc_cli.session.verdict import Gates
from ttc_cli.strategies import registry
from ttc_cli.voting.evidence import measurable, measured

if TYPE_CHECKING:
    from ttc_cli.answers.schema.answer import AnswerSchema

KINDS: dict[str, Kind] = {"choice": "choice", "code": "code"}
"""The form of a task's short answer, as `answers.extract` names it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A question with its plan, ready to run.

    Args:
        id: of the run, in the result and in the log.
        began: monotonic seconds from which limits on time count.
        planned: monotonic seconds of the estimate.
        wanted: the form that the person's words fix for the reply; empty for none.
        wording: what was added to the person's words.
        files: that programs compute the answer from.
    """

    session: Session
    request: Request
    id: str
    began: float
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

    def describe(self) -> dict[str, Any]:
        """The plan as sinks and `--dry-run` show it."""
        return {
            "strategy": self.plan.strategy, "effort": self.plan.effort,
            "samples": self.plan.samples, "budget": self.plan.budget,
            "branch_tokens": self.plan.branch_tokens, "route": self.route,
            "thinking": self.prompt.thinking, "streams": self._streams,
            "votes": self.strategy.votes, "draft": self.draft, "wording": self.wording,
            "form": [str(one) for one in self.wanted], "prompt_tokens": self.prompt_tokens,
            "verifier": self.plan.verifier.name if self.plan.verifier else None,
        }  # fmt: skip

    @property
    def _streams(self) -> bool:
        """Whether what is drawn is shown from its first word on: one branch, nothing to check.

        A draft is shown as thought, whatever is checked of the reply that follows it.
        """
        alone = self.strategy.streams and not self.question.form
        return alone and not Gates(self.plan.verifier) and (self.draft or not self.wanted)

    @property
    def draft(self) -> bool:
        """Whether reasoning was asked for by us, so that what is drawn is thought."""
        return self.question.task in REASONED and self.question.form is None


def plan(
    session: Session, request: Request, *, began: float | None = None, run_id: str = ""
) -> Planned:
    """Route, plan and render; ContextOverflow for a prompt that does not fit, with both numbers.

    Args:
        began: monotonic seconds from which limits on time count; by default now.
        run_id: of the run, in the result and in the log; by default a new one.
    """
    began = time.monotonic() if began is None else began
    _check_words(request)
    room = memory_cells(session)  # reads the header, while the model may still be loading
    unsafe = session.settings.unsafe_exec
    named = request.strategy != "auto"
    scorer = registry.find(request.strategy).scorer if named else ""  # of steps, when nobody says
    if scorer and request.probe and not request.verifiers:
        from ttc_cli.verifiers.probe import step_scorer  # numpy: for searches alone

        scorer = step_scorer(session.identity) or scorer
    asked = request.verifiers or ((scorer,) if scorer else ())
    verifier = None
    if asked or request.options:
        from ttc_cli.verifiers import registry as verifiers  # most questions name none

        verifier = verifiers.assemble(asked, request.options, unsafe=unsafe)
    engine, original = session.engine, request
    use = programs.use(request, engine.info.name, unsafe=unsafe)
    request, files = replace(request, documents=use.documents), use.files
    way = _route(session, request, began, verifier, use)
    task, wanted = way.form, constraints(request.prompt) if not request.schema else ()
    notes = _notes(session, engine, request, asked)
    if use.note and way.program.yes:
        notes.append(use.note)
    form = _form(engine, request)
    kinds = "plain"
    if use.trusted and form is None and (way.program.yes or use.asked):
        kinds = "programs" if request.programs == "only" or files else "mixed"
        task = "short" if task in ("plain", "fact") else task  # a value is a short answer
    fixed = any(one.kind != "language" for one in wanted)
    added = functools.cache(partial(_added_words, engine, task, request, form, fixed=fixed))
    render = _renderer(engine, request, notes, added)
    rendered = render(0, False)
    begun, written = "", tuple[Prompt, ...]()
    can = engine.info.capabilities
    if kinds != "plain":
        begun = opening(request.prompt, way.program.reason)
        # asked for in few words, and bare; in more words where none is begun for the model
        asks = (wording("program"), "") if "continue" in can else (wording("program", 1),)
        written = _worded(engine, request, notes, asks)
    question = Question(
        request.prompt, task, KINDS.get(task), lambda variant, think: render(variant, think).prompt,
        lambda reply, said: render(0, False, (reply, said)).prompt,
        thinks=rendered.prompt.thinking or "<think>" in engine.info.template, form=form,
        programs=written, data=reading.told(files) if files else "",
        reads=reading.reads(files, request.prompt) if files else begun,
    )  # fmt: skip
    known = measurable(question) and measured(engine.info.name)
    if (known or written) and {"likelihood", "continue"} <= can and not files:
        (bare,) = _worded(engine, request, notes, [wording("bare")])
        question = replace(question, bare=bare)  # the engine can read answers
    check = None
    if task == "code" and not (named or asked or form):
        check, unchecked = programs.examples_check(request, unsafe=unsafe)
        notes += filter(None, [unchecked])
    escalates = not named and request.samples is None
    auto = "medium" if way.auto == "auto" and not escalates else way.auto
    auto = "auto" if check else auto
    level = auto if request.effort == "auto" else way.effort
    plan_at = partial(efforts.plan, question, request, verifier=verifier, kinds=kinds, check=check)
    plans = {name: plan_at(name) for name in efforts.EFFORTS}
    chosen = plans[level]
    strategy = registry.find(chosen.strategy)
    options = strategy.options()
    if asked or request.options:
        verifiers.check(verifier, engine.info)
        kind, given = strategy.options, request.options
        options = verifiers.strategy_options(strategy.name, kind, asked, given)
    if request.probe and known:
        from ttc_cli.verifiers.probe import mismatch, shipped  # numpy: not for what none judges

        chosen = replace(chosen, probe=shipped(engine.info.sha256))
        notes += filter(None, [] if chosen.probe else [mismatch(engine.info)])
    if form is not None and not strategy.schema:
        able = ", ".join(registry.under_schema())
        raise UsageError(f"{strategy.name} cannot answer under a schema", f"one that can: {able}")
    tokens = engine.gauge(rendered.prompt)
    engine.info.require(*strategy.needs, by=strategy.name)
    most = min(chosen.branch_tokens, efforts.left(engine, request, tokens))
    chosen = replace(chosen, branch_tokens=most)
    told = {
        "task": way.task, "path": way.path, "reason": way.reason, "program": kinds != "plain",
        "program_reason": way.program.reason,
    }  # fmt: skip
    return Planned(
        session, original, run_id or new_id(), began, question, chosen, rendered.prompt, tokens,
        secrets.randbelow(2**31) if request.seed == "random" else int(request.seed), told,
        efforts.estimate(
            session, question, plans, level, auto, tokens, began, request.max_seconds
        ),
        tuple(notes), strategy, options, efforts.cells(chosen, tokens, room), time.monotonic(),
        wanted, added(0, False), files,
    )  # fmt: skip


def _notes(session: Session, engine: Host, request: Request, asked: Sequence[str]) -> list[str]:
    """What a person should know of the settings, the speeds, the server and the scorer."""
    notes = [*session.settings.warnings, *filter(None, [session.speeds.problem])]
    if "exact-usage" not in engine.info.capabilities:
        notes.append(f"{session.model.name} tells no token counts: they are estimates")
    if asked and not request.verifiers:
        notes.append(f"{request.strategy} scores steps by {asked[0]}: -V names another scorer")
    return notes


def _form(engine: Host, request: Request) -> AnswerSchema | None:
    if not request.schema:
        return None
    from ttc_cli.answers.schema.answer import AnswerSchema

    engine.info.require("grammar", "continue", by="--schema")
    return AnswerSchema.read(request.schema)


def _route(
    session: Session, request: Request, began: float, verifier: Verifier | None, use: programs.Use
) -> Route:
    rushed = False
    if request.max_seconds is not None:
        left, speed = request.max_seconds - (time.monotonic() - began), session.speeds.at(1)
        rushed = speed > 0 and left * speed < 2 * replies.EXPECTED_TOKENS["math"]
    facts = Facts(
        verifier is not None, verifier is not None and verifier.gate, rushed, use.trusted,
        programs.told(use.files),
    )  # fmt: skip
    form = cast("Task | None", request.form)
    return route(
        request.prompt, facts, attached=request.documents, effort=request.effort,
        task=request.task, path=request.path, form=form, rules=request.routes,
    )  # fmt: skip


def _check_words(request: Request) -> None:
    """UsageError for a prompt that is empty, or no text."""
    if not request.prompt.strip() and not request.documents:
        raise UsageError("the prompt is empty", "say what you want to know")
    texts = (request.prompt, request.system or "", *(d.text for d in request.documents))
    if any("\ud800" <= char <= "\udfff" for text in texts for char in text if not text.isascii()):
        raise UsageError("the prompt is no text: it holds half a character", "is it UTF-8?")


def _added_words(
    engine: Host, task: Task, request: Request, form: AnswerSchema | None, variant: int,
    think: bool, *, fixed: bool,
) -> str:  # fmt: skip
    """What is added to the person's words; a schema has a wording of its own."""
    if form is None:
        return wording(task, variant, think=think, fixed=fixed)
    alone = "<think>" in engine.info.template  # it thinks without being asked to
    return formed(form.text, think=request.thinking_budget != 0 and not alone)


def _renderer(
    engine: Host, request: Request, notes: list[str], added: Callable[[int, bool], str]
) -> Callable[..., Rendered]:
    """A function that renders the question; notes go to `notes` once.

    It takes a wording variant, whether to request for thoughts, and a reply with what is said to it
    for a next turn, or nothing for the first. `added` is what follows the person's words.
    """
    info = engine.info
    texts = [request.prompt, request.system or "", *(d.text for d in request.documents)]
    texts += [message.content for message in request.history]

    @functools.cache
    def render(variant: int, think: bool, turn: tuple[str, ...] = ()) -> Rendered:
        messages = conversation(
            request.prompt, request.documents, wording=added(variant, think),
            system=request.system, history=request.history,
        )  # fmt: skip
        special = engine.special_in([*texts, *turn])
        template = ChatTemplate(info.template, info.bos, info.eos, special)
        messages += map(Message, ("assistant", "user"), turn)
        rendered = template.render(messages, enable_thinking=request.thinking_budget != 0)
        if rendered.note and rendered.note not in notes:
            notes.append(rendered.note)
        return rendered

    return render


def _worded(
    engine: Host, request: Request, notes: list[str], said: Sequence[str]
) -> tuple[Prompt, ...]:
    """The question's prompts with each of these words behind it, in place of the usual wording."""
    render = _renderer(engine, request, notes, lambda nth, _think: said[nth])
    return tuple(render(nth, False).prompt for nth in range(len(said)))
