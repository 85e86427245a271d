"""From a question to a plan: route, wording, prompt, budget, estimate. Nothing is generated."""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from ttc_cli.answers import Kind
from ttc_cli.core.branch import Message, Prompt
from ttc_cli.core.errors import ContextOverflow, UsageError
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.sampling import Sampling
from ttc_cli.core.verify import Verifier
from ttc_cli.data.profile import Profile
from ttc_cli.data.program import told as program_told
from ttc_cli.engine.host import Host
from ttc_cli.engine.machine import memory_bytes
from ttc_cli.prompts.documents import conversation
from ttc_cli.prompts.forms import constraints
from ttc_cli.prompts.template import ChatTemplate, Rendered
from ttc_cli.prompts.wording import Task, formed, wording
from ttc_cli.routing.policy import Facts, Route, route
from ttc_cli.session import datafiles, programs
from ttc_cli.session.datafiles import computed_over
from ttc_cli.session.estimate import LEVELS, estimate
from ttc_cli.session.loaded import Ask, Session
from ttc_cli.session.prepared import Prepared
from ttc_cli.session.tuned import cell_bytes
from ttc_cli.settings import Settings
from ttc_cli.strategies import common as _common  # noqa: F401 - early: a model may be loading
from ttc_cli.strategies import effort as efforts
from ttc_cli.strategies import registry
from ttc_cli.verifiers import registry as verifiers

if TYPE_CHECKING:
    from ttc_cli.answers.schema.answer import AnswerSchema

KINDS: dict[str, Kind] = {"choice": "choice", "code": "code"}
"""The form of a task's short answer, as `answers.extract` names it."""
Render = Callable[..., Rendered]
MOST_KV_SHARE = 0.25
"""Of the memory this process may use, for the KV cache."""
UNTOLD_MEMORY = 8 << 30
"""Bytes to go by where a system does not tell what it has."""


def prepare(session: Session, ask: Ask) -> Prepared:
    """Route, plan and render.

    Raises:
        UsageError: an empty prompt, an unknown strategy, verifier or option.
        ContextOverflow: the prompt does not fit, with both numbers.
    """
    settings = session.settings
    if not ask.prompt.strip() and not ask.documents:
        raise UsageError("the prompt is empty", "say what you want to know")
    texts = (ask.prompt, settings.system or "", *(d.text for d in ask.documents))
    if any("\ud800" <= char <= "\udfff" for text in texts for char in text if not text.isascii()):
        raise UsageError("the prompt is no text: it holds half a character", "is it UTF-8?")
    room = memory_cells(session)  # reads the header, while the model may still be loading
    asked = ask.verifiers or _scorer(settings.strategy)
    verifier = verifiers.assemble(asked, ask.options, unsafe=ask.unsafe_exec)
    engine, named = session.engine, settings.strategy == "program"
    original = ask
    documents, files = tuple(ask.documents), tuple[Profile, ...]()
    if settings.programs != "off" and not ask.schema:
        documents, files = computed_over(ask.prompt, ask.documents)
    ask = replace(ask, documents=documents)
    trusted, untold = programs.trusted(
        engine.info.name,
        wanted=settings.programs,
        named=named or bool(files),
        unsafe=ask.unsafe_exec,
    )
    way = _route(session, ask, verifier, programs=trusted, data=datafiles.told(files))
    task, wanted = way.form, constraints(ask.prompt) if not ask.schema else ()
    seed = secrets.randbelow(2**31) if settings.seed == "random" else int(settings.seed)
    notes: list[str] = [*settings.warnings, *filter(None, [session.speeds.problem])]
    if "exact-usage" not in session.engine.info.capabilities:
        notes.append(f"{session.model.name} tells no token counts: they are estimates")
    if asked and not ask.verifiers:
        notes.append(f"{settings.strategy} scores steps by {asked[0]}: -V names another scorer")
    if untold and way.program.yes:
        notes.append(untold)
    form = _form(session.engine, ask)
    kinds = "plain"
    if trusted and form is None and (way.program.yes or named or settings.programs == "only"):
        kinds = "programs" if settings.programs == "only" or files else "mixed"
        task = "short" if task in ("plain", "fact") else task  # a value is a short answer
    fixed = any(one.kind != "language" for one in wanted)
    added = functools.partial(_wording, session.engine, task, settings, form, fixed=fixed)
    render = renderer(session.engine, ask, settings, notes, added)
    rendered = render(0, False)
    question = Question(
        ask.prompt,
        task,
        KINDS.get(task),
        lambda variant, think: render(variant, think).prompt,
        lambda reply, said: render(0, False, (reply, said)).prompt,
        thinks=rendered.prompt.thinking or "<think>" in session.engine.info.template,
        form=form,
        programs=() if kinds == "plain" else _programs(engine, ask, settings, notes),
        data=program_told(files) if files else "",
    )
    given = settings.temperature is not None
    base = Sampling()
    sampling = Sampling(
        base.temperature if settings.temperature is None else settings.temperature,
        base.top_k if settings.top_k is None else settings.top_k,
        base.top_p if settings.top_p is None else settings.top_p,
        base.min_p if settings.min_p is None else settings.min_p,
    )
    verifiers.check(verifier, session.engine.info)
    plan_at = functools.partial(
        efforts.plan,
        question,
        strategy=settings.strategy,
        samples=settings.samples,
        sampling=sampling,
        temperature_given=given,
        early_stop=ask.early_stop,
        diverse=ask.diverse,
        max_tokens=settings.max_tokens,
        thinking_budget=settings.thinking_budget,
        verifier=verifier,
        kinds=kinds,
    )
    plan = plan_at(effort=_level(way, settings))
    levels = {level: plan_at(effort=level) for level in LEVELS}
    strategy = registry.find(plan.strategy)
    session.engine.info.require(*strategy.needs, by=strategy.name)
    if form is not None and strategy.name not in registry.UNDER_SCHEMA:
        raise UsageError(
            f"{strategy.name} cannot answer under a schema",
            "one that can: " + ", ".join(registry.UNDER_SCHEMA),
        )
    options = verifiers.strategy_options(strategy.name, strategy.options, asked, ask.options)
    tokens = session.engine.gauge(rendered.prompt)
    context = session.engine.info.context
    if tokens + 1 > context:
        hint = "give a larger --ctx-size" if settings.ctx_size else "choose another model"
        raise ContextOverflow(
            f"the prompt takes {tokens} tokens and the context holds {context}",
            f"shorten it, or {hint}",
        )
    plan = replace(plan, branch_tokens=min(plan.branch_tokens, context - tokens))
    return Prepared(
        session,
        original,
        question,
        plan,
        rendered.prompt,
        tokens,
        seed,
        {
            "task": way.task,
            "path": way.path,
            "reason": way.reason,
            "program": kinds != "plain",
            "program_reason": way.program.reason,
        },
        estimate(session, question, levels, plan, tokens, ask.began),
        tuple(notes),
        strategy,
        options,
        _cells(plan, tokens, room),
        time.monotonic(),
        wanted,
        added(0, False),
        files,
    )


def _programs(engine: Host, ask: Ask, settings: Settings, notes: list[str]) -> tuple[Prompt, ...]:
    """Prompts of programs: asked for in few words, and bare; in more words where none is begun."""
    begins = "continue" in engine.info.capabilities
    said = (wording("program"), "") if begins else (wording("program", 1),)
    render = renderer(engine, ask, settings, notes, lambda nth, _think: said[nth])
    return tuple(render(nth, False).prompt for nth in range(len(said)))


def _form(engine: Host, ask: Ask) -> AnswerSchema | None:
    if not ask.schema:
        return None
    from ttc_cli.answers.schema.answer import AnswerSchema

    engine.info.require("grammar", "continue", by="--schema")
    return AnswerSchema.read(ask.schema)


def _scorer(strategy: str) -> tuple[str, ...]:
    """What a search scores its steps by when nobody says."""
    scorer = "" if strategy == "auto" else registry.find(strategy).scorer
    return (scorer,) if scorer else ()


def _route(
    session: Session, ask: Ask, verifier: Verifier | None, *, programs: bool, data: str
) -> Route:
    settings = session.settings
    rushed = False
    if settings.max_seconds is not None:
        left = settings.max_seconds - (time.monotonic() - ask.began)
        rushed = left * session.speeds.at(1) < 2 * efforts.EXPECTED_TOKENS["math"]
    return route(
        ask.prompt,
        Facts(
            verifier=verifier is not None,
            gate=verifier is not None and verifier.gate,
            rushed=rushed and session.speeds.at(1) > 0,
            programs=programs,
            data=data,
        ),
        attached=ask.documents,
        effort=settings.effort,
        task=settings.task,
        path=settings.path,
        form=cast("Task | None", ask.task),
        rules=settings.routes,
    )


def _level(way: Route, settings: Settings) -> str:
    """The route's effort; a strategy or a number of samples that was named does not escalate."""
    named = settings.strategy != "auto" or settings.samples is not None
    return "medium" if way.effort == "auto" and named else way.effort


def _wording(
    engine: Host,
    task: Task,
    settings: Settings,
    form: AnswerSchema | None,
    variant: int,
    think: bool,
    *,
    fixed: bool,
) -> str:
    """What is added to the person's words; a schema has a wording of its own."""
    if form is None:
        return wording(task, variant, think=think, fixed=fixed)
    alone = "<think>" in engine.info.template  # it thinks without being asked to
    return formed(form.text, think=settings.thinking_budget != 0 and not alone)


def renderer(
    engine: Host,
    ask: Ask,
    settings: Settings,
    notes: list[str],
    added: Callable[[int, bool], str],
) -> Render:
    """A function that renders the question; notes go to `notes` once.

    It takes a wording variant, whether to ask for thoughts, and a reply with what is said to it
    for a next turn, or nothing for the first.

    Args:
        added: what follows the person's words, from variant and thoughts.
    """
    info = engine.info
    texts = [ask.prompt, settings.system or "", *(d.text for d in ask.documents)]
    texts += [message.content for message in ask.history]

    @functools.cache
    def render(variant: int, think: bool, turn: tuple[str, ...] = ()) -> Rendered:
        messages = conversation(
            ask.prompt,
            ask.documents,
            wording=added(variant, think),
            system=settings.system,
            history=ask.history,
        )
        special = engine.special_in([*texts, *turn])
        template = ChatTemplate(info.template, info.bos, info.eos, special)
        messages += [Message(*m) for m in zip(("assistant", "user"), turn, strict=False)]
        rendered = template.render(messages, enable_thinking=settings.thinking_budget != 0)
        if rendered.note and rendered.note not in notes:
            notes.append(rendered.note)
        return rendered

    return render


def _cells(plan: Plan, prompt: int, room: int) -> int:
    """Room for the prompt once and for every branch that may be live at once."""
    live = min(plan.samples, 32)
    wanted = prompt + live * (plan.branch_tokens + 64) + 64
    return max(prompt + 64, min(wanted, room))


def memory_cells(session: Session) -> int:
    """The most tokens of KV cache that this machine's memory should hold."""
    as_f16 = session.model.kv_bytes_per_token
    per_token = cell_bytes(session.settings, session.speeds, as_f16) or 1
    memory = memory_bytes()[0] or UNTOLD_MEMORY
    return int(memory * MOST_KV_SHARE / per_token)
