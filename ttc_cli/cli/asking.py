"""What `ttc ask` does once its flags are parsed."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.cli.answering import answer
from ttc_cli.cli.checks import check_flags, check_options
from ttc_cli.cli.inputs import gather, schema_text
from ttc_cli.cli.options import Given, filled
from ttc_cli.cli.signals import INTERRUPTED, Signals
from ttc_cli.cli.start import BEGAN, draws
from ttc_cli.cli.templating import Filled, apply, named
from ttc_cli.core.errors import UsageError
from ttc_cli.settings import Flags, Settings, load
from ttc_cli.views.live import make
from ttc_cli.views.plain import Look, PlainView, Thoughts

if TYPE_CHECKING:
    from ttc_cli.cli.logged import Known
    from ttc_cli.models.registry import ModelFile
    from ttc_cli.prompts.documents import Document
    from ttc_cli.session.loaded import Ask
    from ttc_cli.session.remote import Served
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
            )
        )
        prompt = saved.finish(prompt)
        view.status("loading the model")
        from ttc_cli.session.loaded import new_id

        run_id = (known.run if known else None) or new_id()
        ask = asked(settings, prompt, documents, refresh=flags.refresh, began=BEGAN, id=run_id,
                    history=before.turns)  # fmt: skip
        begun = entry(ask, said, settings, before.parent)
        if flags.detach:
            from ttc_cli.cli.background import detach

            check_options(settings, ask)
            detach(settings, begun, flags)
            view.clear()
            sys.stdout.write(f"{ask.id}\n")
            return 0
        with recorder(settings, begun, BEGAN, view.say, keep=not flags.dry_run) as record:
            signals.last_words = record.leave
            try:
                record.code = _with_model(settings, ask, flags, view, record, signals)
            except KeyboardInterrupt:
                record.code = signals.code or INTERRUPTED
        return record.code
    finally:
        view.end()


def asked(settings: Settings, prompt: str, documents: tuple[Document, ...], **more: Any) -> Ask:
    """The question under the settings in force."""
    from ttc_cli.session.loaded import Ask

    return Ask(
        prompt, documents, dict(settings.options), early_stop=settings.early_stop,
        diverse=settings.diverse, verifiers=settings.verifiers, unsafe_exec=settings.unsafe_exec,
        schema=settings.schema, **more,
    )  # fmt: skip


def _saved(flags: Flags, words: tuple[str, ...]) -> Filled:
    """The template that was named, filled; without one, the words as they are."""
    template = named(flags)
    if template is None:
        return Filled(words, {}, lambda prompt: prompt, False)
    return apply(template, flags.values, words)


def _with_model(
    settings: Settings,
    ask: Ask,
    how: Flags,
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

        if not how.dry_run and (known := recall(session, ask)):
            _announce(model.name, known.start.plan, known.start.estimate, how, view)
            return answer(known.flow(), how, view, record, signals)
        check_options(settings, ask)
        session.begin()
        from ttc_cli.session import prompt_cache
        from ttc_cli.session.prepare import prepare  # takes a while, and the model is loading

        prepared = prepare(session, ask)
        if how.dry_run:
            from ttc_cli.cli.preview import dry_run as preview

            view.clear()
            return preview(prepared, as_json=how.as_json or how.jsonl)
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
    model: str, plan: dict[str, Any], estimate: dict[str, Any], how: Flags, view: PlainView
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
