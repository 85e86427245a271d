"""What `ttc ask` does once its flags are parsed."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ttc_cli.cli.answering import show
from ttc_cli.cli.checks import check_flags
from ttc_cli.cli.inputs import gather, schema_text
from ttc_cli.cli.options import Given, filled
from ttc_cli.cli.signals import INTERRUPTED, Signals
from ttc_cli.cli.start import BEGAN, draws
from ttc_cli.cli.templating import Filled, apply, named
from ttc_cli.settings import Flags, Settings, load
from ttc_cli.views.live import make
from ttc_cli.views.plain import Look, PlainView, Thoughts

if TYPE_CHECKING:
    from ttc_cli.cli.logged import Known
    from ttc_cli.models.registry import ModelFile
    from ttc_cli.session.loaded import Session
    from ttc_cli.session.remote import Served
    from ttc_cli.session.request import Request
    from ttc_cli.store.recorder import Recorder


def run(given: Given, words: tuple[str, ...], signals: Signals, known: Known | None = None) -> int:
    """Answer; returns the exit code.

    Args:
        words: of the prompt.
        known: the question where the log holds it already, instead of words, files and stdin.

    Raises:
        TtcError: what failed, with its exit code.
    """
    from ttc_cli.cli.logged import earlier, entry, recorder

    flags = given.flags
    saved = _saved(flags, words)
    before = earlier(flags, known.parent if known else None)
    said = filled(filled(given.settings, saved.settings), before.settings)
    settings = load(said, cwd=Path.cwd(), environ=os.environ)
    if known is not None:
        kept = {k: v for k, v in known.settings.items() if k not in given.settings}
        settings = replace(settings, **kept)
    if flags.min_agreement is not None and (settings.effort, settings.strategy) == ("auto", "auto"):
        settings = replace(settings, effort="medium")  # one sample that is sure agrees with nobody
    if flags.help_options:
        from ttc_cli.cli.preview import options_of

        return options_of(settings.strategy, settings.verifiers)
    check_flags(settings, flags)
    settings = replace(settings, schema=schema_text(settings.schema))
    view = make(look(settings, flags), sys.stdout, sys.stderr)
    signals.erasure = view.erasure
    try:
        if "-" in (*words, *flags.files):
            view.clear()  # somebody may be typing
        prompt, documents = (
            (known.prompt, known.documents)
            if known
            else gather(
                saved.words,
                flags.files,
                read_stdin=flags.stdin,
                needs_prompt=not saved.takes_input,
                say=view.say,
                until=None if settings.max_seconds is None else BEGAN + settings.max_seconds,
            )
        )
        prompt = saved.finish(prompt)
        view.status("loading the model")
        from ttc_cli.session.loaded import new_id
        from ttc_cli.session.request import Request, check

        run_id = (known.run if known else None) or new_id()
        request = Request.of(settings, prompt, documents=documents, history=before.turns)
        begun = entry(request, run_id, said, before.parent)
        if flags.detach:
            from ttc_cli.cli.background import detach

            check(request, unsafe=settings.unsafe_exec)
            detach(settings, begun, flags)
            view.clear()
            sys.stdout.write(f"{run_id}\n")
            return 0
        with recorder(settings, begun, BEGAN, view.say, keep=not flags.dry_run) as record:
            signals.last_words = record.leave
            try:
                record.code = _answer(settings, request, run_id, flags, view, record, signals)
            except KeyboardInterrupt:
                record.code = signals.code or INTERRUPTED
        return record.code
    finally:
        view.end()


def _saved(flags: Flags, words: tuple[str, ...]) -> Filled:
    """The template that was named, filled; without one, the words as they are."""
    template = named(flags)
    if template is None:
        return Filled(words, {}, lambda prompt: prompt, False)
    return apply(template, flags.values, words)


def _answer(
    settings: Settings,
    request: Request,
    run_id: str,
    flags: Flags,
    view: PlainView,
    record: Recorder,
    signals: Signals,
) -> int:
    from ttc_cli.cli.local import is_here
    from ttc_cli.session.answer import answer
    from ttc_cli.session.loaded import Session
    from ttc_cli.session.request import check

    named = request.strategy != "auto" or request.verifiers
    if named and not is_here(settings):
        check(request, unsafe=settings.unsafe_exec)  # ahead of a download
    with signals.raising():  # which cleans up after itself
        model = choose_model(settings, view)
    session = Session(settings, model, refresh=flags.refresh, warm=True)
    try:
        if flags.dry_run:
            return _dry_run(session, request, flags, view)
        events = answer(
            session, request, began=BEGAN, run_id=run_id, stops=signals.stops, say=view.say
        )
        return show(events, flags, view, record, signals)
    finally:
        view.clear()
        session.close()


def _dry_run(session: Session, request: Request, flags: Flags, view: PlainView) -> int:
    from ttc_cli.cli.preview import dry_run
    from ttc_cli.session.request import check

    check(request, unsafe=session.settings.unsafe_exec)
    session.begin()
    from ttc_cli.session.plan import plan  # takes a while, and the model is loading

    planned = plan(session, request, began=BEGAN)
    view.clear()
    return dry_run(planned, as_json=flags.as_json or flags.jsonl)


def look(settings: Settings, how: Flags) -> Look:
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
        answer=not (how.as_json or how.jsonl or how.extract or how.output),
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
