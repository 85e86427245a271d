"""What `ttc ask` does once its flags are parsed."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.cli.answering import answer
from ttc_cli.cli.checks import check_flags, check_options
from ttc_cli.cli.inputs import gather, schema_text
from ttc_cli.cli.options import filled
from ttc_cli.cli.signals import INTERRUPTED, Signals
from ttc_cli.cli.start import BEGAN, draws
from ttc_cli.cli.templating import Filled, apply, named
from ttc_cli.core.errors import UsageError
from ttc_cli.settings import Settings, load
from ttc_cli.views.live import make
from ttc_cli.views.plain import Look, PlainView, Thoughts

if TYPE_CHECKING:
    from ttc_cli.models.registry import ModelFile
    from ttc_cli.prompts.documents import Document
    from ttc_cli.session.loaded import Ask
    from ttc_cli.session.remote import Served
    from ttc_cli.store.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags of one question that are not settings."""

    words: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    read_stdin: bool = False
    options: tuple[str, ...] = ()
    early_stop: bool = True
    diverse: bool = False
    dry_run: bool = False
    help_options: bool = False
    refresh: bool = False
    template: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    """Of the template's variables."""
    goes_on: str | None = None
    """A run of the conversation to go on with; empty for the last conversation."""
    parent: str | None = None
    """The run to go on from, wherever its conversation went afterwards."""
    given: tuple[str, tuple[Document, ...]] | None = None
    """Prompt and documents when they are known already, instead of words, files and stdin."""
    verifiers: tuple[str, ...] = ()
    unsafe_exec: bool = False
    detach: bool = False
    run: str | None = None
    """The id of a run that the log holds already, begun in another process."""
    schema: str = ""
    """A JSON schema, or the name of a file of one."""


@dataclass(frozen=True, slots=True)
class Output:
    """How the result is wanted."""

    json: bool = False
    jsonl: bool = False
    extract: bool = False
    file: Path | None = None
    quiet: bool = False
    verbose: bool = False
    min_agreement: float | None = None
    allow_rejected: bool = False


def run(flags: Mapping[str, object], asked: Flags, how: Output, signals: Signals) -> int:
    """Answer; returns the exit code.

    Raises:
        TtcError: what failed, with its exit code.
    """
    from ttc_cli.cli.logged import earlier, recorder

    saved = _saved(asked)
    before = earlier(asked.goes_on, asked.parent)
    asked = replace(
        asked,
        verifiers=asked.verifiers or saved.verifiers,
        schema=asked.schema or saved.schema,
        parent=before.parent,
    )
    for given in (saved.settings, before.settings):
        flags = filled(flags, given)
    settings = load(flags, cwd=Path.cwd(), environ=os.environ)
    if how.min_agreement is not None and (settings.effort, settings.strategy) == ("auto", "auto"):
        settings = replace(settings, effort="medium")  # one sample that is sure agrees with nobody
    if asked.help_options:
        from ttc_cli.cli.preview import options_of

        return options_of(settings.strategy, asked.verifiers)
    options = check_flags(settings, asked, how)
    asked = replace(asked, schema=schema_text(asked.schema))
    view = make(look(settings, how), sys.stdout, sys.stderr)
    signals.erasure = view.erasure
    try:
        if "-" in (*asked.words, *asked.files):
            view.clear()  # somebody may be typing
        prompt, documents = asked.given or gather(
            saved.words,
            asked.files,
            read_stdin=asked.read_stdin,
            needs_prompt=not saved.takes_input,
            say=view.say,
        )
        prompt = saved.finish(prompt)
        view.status("loading the model")
        from ttc_cli.session.loaded import Ask, new_id

        ask = Ask(
            prompt,
            documents,
            options,
            early_stop=asked.early_stop,
            diverse=asked.diverse,
            refresh=asked.refresh,
            verifiers=asked.verifiers,
            unsafe_exec=asked.unsafe_exec,
            schema=asked.schema,
            began=BEGAN,
            history=before.turns,
            id=asked.run or new_id(),
        )
        if asked.detach:
            from ttc_cli.cli.background import detach

            check_options(settings, ask)
            detach(settings, ask, flags, asked, how)
            view.clear()
            sys.stdout.write(f"{ask.id}\n")
            return 0
        with recorder(settings, ask, flags, asked, view.say) as record:
            signals.last_words = record.leave
            try:
                record.code = _with_model(settings, ask, asked.dry_run, how, view, record, signals)
            except KeyboardInterrupt:
                record.code = signals.code or INTERRUPTED
        return record.code
    finally:
        view.end()


def _saved(asked: Flags) -> Filled:
    """The template that was named, filled; without one, the words as they are."""
    template = named(asked)
    if template is None:
        return Filled(asked.words, {}, lambda prompt: prompt, False)
    return apply(template, asked.values, asked.words)


def _with_model(
    settings: Settings,
    ask: Ask,
    dry_run: bool,
    how: Output,
    view: PlainView,
    record: Recorder,
    signals: Signals,
) -> int:
    from ttc_cli.cli.local import is_here
    from ttc_cli.session.loaded import Session

    if not is_here(settings):
        check_options(settings, ask)  # ahead of a download
    with signals.raising():  # which cleans up after itself
        model = choose_model(settings, view)
    session = Session(settings, model)
    try:
        from ttc_cli.session.recall import recall, recorded

        if not dry_run and (known := recall(session, ask)):
            _announce(model.name, known.start.plan, known.start.estimate, how, view)
            return answer(known.flow(), how, view, record, signals)
        check_options(settings, ask)
        session.begin()
        from ttc_cli.session import prompt_cache
        from ttc_cli.session.prepare import prepare  # takes a while, and the model is loading

        prepared = prepare(session, ask)
        if dry_run:
            from ttc_cli.cli.preview import dry_run as preview

            view.clear()
            return preview(prepared, as_json=how.json or how.jsonl)
        _announce(model.name, prepared.describe(), prepared.estimate, how, view)
        run = prepared.start()
        signals.stops(run.interrupt)
        refused: list[str] = []
        flow = recorded(prepared, prepared.flow(run), refused.append)
        code = answer(flow, how, view, record, signals)
        if not signals.code:  # somebody who wants to leave does not wait for the disk
            with signals.raising():
                prompt_cache.keep(session, prepared.prompt, refused.append)
        for line in refused[:1]:  # one is enough
            view.say(line)
        return code
    finally:
        view.clear()
        session.close()


def _announce(
    model: str, plan: dict[str, Any], estimate: dict[str, Any], how: Output, view: PlainView
) -> None:
    """Say what is to be done where that is wanted, and refuse what the plan cannot give.

    Raises:
        UsageError: an agreement is asked for and there is no vote.
    """
    alone = plan["strategy"] in ("direct", "think", "refine") or plan["samples"] == 1
    if how.min_agreement is not None and alone:
        raise UsageError(
            f"--min-agreement needs a vote, and {plan['strategy']} holds none here",
            "give -e medium or -n 8",
        )
    if how.verbose:
        from ttc_cli.cli.preview import lines

        for line in lines(model, plan, estimate):
            view.say(line)


def look(settings: Settings, how: Output) -> Look:
    """How to show a run here: what settings, flags and the streams' kinds come to."""
    terminal = draws()
    color = settings.color == "yes" or (settings.color == "auto" and terminal)
    person = sys.stderr.isatty()
    shown: dict[str, Thoughts] = {"yes": "full", "no": "none"}
    onto_terminal = sys.stdout.isatty()
    return Look(
        terminal=terminal,
        spoken=person and not terminal,
        color=color,
        thoughts=shown.get(settings.show_reasoning, "folded" if person else "none"),
        program=settings.show_program,
        stream=settings.stream,
        quiet=how.quiet,
        answer=not (how.json or how.jsonl or how.extract or how.file),
        onto_terminal=onto_terminal,
        onto_pipe=_into_pipe(),
        render=onto_terminal and settings.color != "no",
    )


def _into_pipe() -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):  # closed, or no file at all
        return False


def choose_model(settings: Settings, view: PlainView) -> ModelFile | Served:
    """The model that the settings name; a person is asked before one is fetched."""
    from ttc_cli.cli.local import any_model

    def confirm(question: str) -> bool:
        import typer

        view.clear()
        return typer.confirm(question, default=True, err=True)

    person = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    return any_model(settings, notify=view.say, confirm=confirm if person else None)
