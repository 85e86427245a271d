"""`ttc ask`: one question, one answer."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ttc_cli.cli.app import Grouped, tree
from ttc_cli.cli.options import Given, filled, takes
from ttc_cli.cli.process import BEGAN, INTERRUPTED, Signals, caught, hello
from ttc_cli.settings.options import INPUT

if TYPE_CHECKING:
    from ttc_cli.cli.logged import Known
    from ttc_cli.models.registry import ModelFile
    from ttc_cli.session.model import Served
    from ttc_cli.session.request import Request
    from ttc_cli.settings import Flags, Settings
    from ttc_cli.store.recorder import Recorder
    from ttc_cli.views.plain import PlainView

app = tree()


@app.command(cls=Grouped)
@takes("ask")
def ask(
    given: Given,
    prompt: Annotated[list[str] | None, typer.Argument(
        metavar="[PROMPT]...", help="The question; `-` is stdin.", show_default=False,
        rich_help_panel=INPUT)] = None,
) -> None:  # fmt: skip
    """Answer a question.

    stdout gets the answer and nothing else; piped text is attached ahead of the question.

    Examples: ttc "What is 17 * 23?" · ttc -e high "..." · cat notes.txt | ttc "Summarise this"
    """
    with caught() as signals:  # from here on: an import takes a while, and Ctrl-C may come
        if not (given.flags.quiet or given.flags.help_options):
            hello()
        raise typer.Exit(run(given, tuple(prompt or ()), signals))


def run(given: Given, words: tuple[str, ...], signals: Signals, known: Known | None = None) -> int:
    """Answer; returns the exit code. `known`: a logged question, in place of words and files."""
    from ttc_cli.cli.delivery import check_flags, viewed
    from ttc_cli.cli.inputs import filled_words, gather, schema_text
    from ttc_cli.cli.logged import earlier, recorder
    from ttc_cli.settings import load

    flags = given.flags
    saved = filled_words(flags, words)
    before = earlier(flags, known.parent if known else None)
    said = filled(filled(given.settings, saved.settings), before.settings)
    settings = load(said)
    if known is not None:
        kept = {k: v for k, v in known.settings.items() if k not in given.settings}
        settings = replace(settings, **kept)
    if flags.min_agreement is not None and (settings.effort, settings.strategy) == ("auto", "auto"):
        settings = replace(settings, effort="medium")  # one sample that is sure agrees with nobody
    if flags.help_options:
        from ttc_cli.cli.preview import options_of

        return options_of(settings.strategy, settings.verifiers)
    check_flags(flags)
    settings = replace(settings, schema=schema_text(settings.schema))
    view = viewed(settings, flags)
    signals.erasure, signals.resumed = view.erasure, view.forget
    try:
        if "-" in (*words, *flags.files):
            view.clear()  # somebody may be typing
        if known:
            prompt, documents = known.prompt, known.documents
        else:
            until = None if settings.max_seconds is None else BEGAN + settings.max_seconds
            prompt, documents = gather(
                saved.words, flags.files, read_stdin=flags.stdin, say=view.say, until=until,
                needs_prompt=not saved.takes_input,
            )  # fmt: skip
        prompt = saved.finish(prompt)
        view.status("loading the model")
        from ttc_cli.session.loaded import new_id
        from ttc_cli.session.request import Request, check

        run_id = (known.run if known else None) or new_id()
        request = Request.of(settings, prompt, documents=documents, history=before.turns)
        begun = request.entry(run_id, said, before.parent)
        if flags.detach:
            from ttc_cli.cli.logged import detach

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


def _answer(
    settings: Settings, request: Request, run_id: str, flags: Flags, view: PlainView,
    record: Recorder, signals: Signals,
) -> int:  # fmt: skip
    from ttc_cli.cli.delivery import show
    from ttc_cli.session import warm
    from ttc_cli.session.answer import answer
    from ttc_cli.session.loaded import Session
    from ttc_cli.session.model import present
    from ttc_cli.session.request import check

    model: ModelFile | Served | None = present(settings)
    if model is None:
        from ttc_cli.cli.pulling import choose_for

        check(request, unsafe=settings.unsafe_exec)  # ahead of a download
        model = choose_for(settings, view, signals)
    session = Session(settings, model, refresh=flags.refresh, warm=warm)
    try:
        if flags.dry_run:
            from ttc_cli.cli.preview import dry_run

            check(request, unsafe=settings.unsafe_exec)
            session.begin()
            from ttc_cli.session.plan import plan  # takes a while, and the model is loading

            planned = plan(session, request, began=BEGAN)
            view.clear()
            return dry_run(planned, as_json=flags.as_json or flags.jsonl)
        events = answer(
            session, request, began=BEGAN, run_id=run_id, stops=signals.stops, say=view.say
        )
        return show(events, flags, view, record, signals)
    finally:
        view.clear()
        session.close()
