"""What `ttc map` does once its flags are parsed."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ttc_cli.cli import asking, options, output
from ttc_cli.cli.checks import check_flags, check_options
from ttc_cli.cli.inputs import schema_text
from ttc_cli.cli.logged import recorders
from ttc_cli.cli.mapped import Filed, Progress, Stdout
from ttc_cli.cli.signals import Signals
from ttc_cli.cli.templating import named, over_records
from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.settings import Settings, load
from ttc_cli.store.part import Part
from ttc_cli.views.plain import PlainView

if TYPE_CHECKING:
    from ttc_cli.session.loaded import Session
    from ttc_cli.session.mapping import Mapping as Mapper
    from ttc_cli.session.mapping import Recorders, Task
    from ttc_cli.session.records import Reader, Record
    from ttc_cli.store.templates import Template


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags of a map that are not settings.

    Args:
        question: those that each question shares; words and files are not looked at.
    """

    prompt: str
    file: str
    jsonl: bool | None
    question: asking.Flags
    field: str
    extract: bool
    output: Path | None
    resume: bool
    unordered: bool
    fail_fast: bool
    quiet: bool


def run(flags: Mapping[str, object], asked: Flags, signals: Signals) -> int:
    """Map; returns the exit code.

    Raises:
        TtcError: what failed, with its exit code.
    """
    template = named(asked.question)
    if template is not None:
        flags, asked = _under(template, flags, asked)
    settings = load(flags, cwd=Path.cwd(), environ=os.environ)
    how = asking.Output(json=True, quiet=asked.quiet)
    view = PlainView(asking.look(settings, how), sys.stdout, sys.stderr)
    try:
        schema = schema_text(asked.question.schema)
        asked = replace(asked, question=replace(asked.question, schema=schema))
        task = _task(settings, asked, dict(template.defaults) if template else {})
        kept = recorders(settings, flags, asked.question, view.say)
        with _opened(asked) as file, kept as record:
            return _with_model(settings, asked, task, file, view, record, signals)
    except BrokenPipeError:
        output.silence(sys.stdout)
        return 0
    finally:
        view.end()


def _under(
    template: Template, flags: Mapping[str, object], asked: Flags
) -> tuple[Mapping[str, object], Flags]:
    """Settings and flags with what a template brings along for those that were not given."""
    question = asked.question
    prompt, brought = over_records(template, dict(question.values), asked.prompt)
    question = replace(
        question,
        verifiers=question.verifiers or template.verifiers,
        schema=question.schema or template.schema or "",
    )
    return options.filled(flags, brought), replace(asked, prompt=prompt, question=question)


def _task(settings: Settings, asked: Flags, defaults: dict[str, str]) -> Task:
    """What to do with each record; all that needs no model is refused here.

    Raises:
        UsageError: flags that exclude each other, an unknown strategy, verifier or option.
    """
    from ttc_cli.session.loaded import Ask
    from ttc_cli.session.mapping import Task

    if asked.resume and asked.output is None:
        raise UsageError("--resume goes on with a file", "name it with -o")
    if not asked.prompt:
        raise UsageError(
            "no prompt was given", 'say ttc map "... {line}" FILE, or name one with -t'
        )
    question = asked.question
    ask = Ask(
        "",
        options=check_flags(settings, question, asking.Output(file=asked.output)),
        early_stop=question.early_stop,
        diverse=question.diverse,
        refresh=question.refresh,
        verifiers=question.verifiers,
        unsafe_exec=question.unsafe_exec,
        schema=question.schema,
    )
    check_options(settings, ask)
    given = dict(question.values)
    return Task(asked.prompt, ask, asked.field, asked.extract, given, defaults)


def _opened(asked: Flags) -> io.FileIO:
    try:
        if asked.file != "-":
            return io.FileIO(asked.file)
        if sys.stdin.isatty():
            sys.stderr.write("reading lines from the terminal; Ctrl-D ends them\n")
        return io.FileIO(sys.stdin.fileno(), closefd=False)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = (
            "a PROMPT with -t needs a FILE after it; `-` is stdin"
            if asked.question.template
            else ""
        )
        raise UnreadableFile(f"cannot read {asked.file}: {reason}", hint) from error


def _with_model(
    settings: Settings,
    asked: Flags,
    task: Task,
    file: io.FileIO,
    view: PlainView,
    record: Recorders,
    signals: Signals,
) -> int:
    from ttc_cli.session.loaded import Session
    from ttc_cli.session.mapping import Mapping as Mapper
    from ttc_cli.session.records import Reader

    view.status("loading the model")
    with signals.raising():  # a download cleans up after itself
        model = asking.choose_model(settings, view)
    session = Session(settings, model)
    session.begin()
    named = asked.file.endswith((".jsonl", ".ndjson"))
    reader = Reader(file, asked.file, True if asked.jsonl is None and named else asked.jsonl)
    part: Part | None = None
    try:
        if asked.output is not None:
            part = Part(asked.output, _header(asked, task, settings, session), asked.resume)
        for warning in settings.warnings:
            view.say(warning)
        mapping = Mapper(session, task, ordered=part is None and not asked.unordered, record=record)
        return _work(mapping, asked, reader, part, view, signals)
    finally:
        view.clear()
        if part is not None:
            part.close()
        session.close()


def _header(asked: Flags, task: Task, settings: Settings, session: Session) -> dict[str, object]:
    """What decides the results; in the words of the flags."""
    names = (
        "effort", "strategy", "samples", "max_tokens", "max_seconds", "thinking_budget", "system",
        "temperature", "top_p", "top_k", "min_p", "seed",
    )  # fmt: skip
    question = asked.question
    return {
        "prompt": asked.prompt, "given": task.given, "defaults": task.defaults,
        "schema": question.schema, "field": asked.field, "extract": asked.extract,
        "model": session.identity,
        "options": list(question.options), "verifiers": list(question.verifiers),
        "early_stop": question.early_stop, "diverse": question.diverse,
        **{name: getattr(settings, name) for name in names},
    }  # fmt: skip


def _work(
    mapping: Mapper,
    asked: Flags,
    reader: Reader,
    part: Part | None,
    view: PlainView,
    signals: Signals,
) -> int:
    def skip(record: Record) -> bool:
        return part is not None and part.has(record.number, record.digest)

    if part is not None and part.finished:
        view.say(f"{part.path} is finished already")
        return 0
    place = Filed(part, view) if part is not None else Stdout(not asked.unordered, view.clear)
    progress = Progress(view, reader, part)
    signals.stops(lambda: None)  # a first Ctrl-C sets `signals.code`, and the rows end
    rows = mapping.rows(reader, skip=skip, stopped=lambda: bool(signals.code))
    whole = False
    try:
        for row in rows:
            progress(row)
            if row is not None:
                place.put(row)
                if row.bad and asked.fail_fast:
                    break
        else:
            whole = not signals.code
    finally:
        rows.close()
        view.clear()
        place.end(whole, not asked.unordered)
    if signals.code:
        view.say(f"interrupted after {progress.done} records")
    elif progress.bad:
        view.say(f"{progress.bad} of {progress.done} records failed; their lines say why")
    return signals.code or int(progress.bad > 0)
