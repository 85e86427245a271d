"""`ttc map`: one prompt over many records."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from ttc_cli.cli.app import Grouped, arg, opt, tree
from ttc_cli.cli.options import Given, filled, takes
from ttc_cli.cli.output import silence
from ttc_cli.cli.process import Signals, caught, hello
from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.ledger import Usage
from ttc_cli.settings.options import INPUT, OUTPUT

if TYPE_CHECKING:
    from ttc_cli.engine.host import Host
    from ttc_cli.session.mapping import Mapping as Mapper
    from ttc_cli.session.mapping import Recorders
    from ttc_cli.session.records import Reader, Record, Task
    from ttc_cli.settings import Flags, Settings
    from ttc_cli.store.part import Part
    from ttc_cli.views.plain import PlainView

app = tree()
LIMITS = ("max_tokens", "max_seconds")  # of one record


@dataclass(frozen=True, slots=True)
class Over:
    """What a map goes over, and how: what its own flags say."""

    prompt: str
    file: str
    jsonl: bool | None
    field: str
    resume: bool
    unordered: bool
    fail_fast: bool


@app.command(cls=Grouped)
@takes("map")
def map(  # noqa: A001 - the command's name
    given: Given,
    prompt: Annotated[str | None, arg(
        "[PROMPT]", "With {line}, or {name} for a field of a JSON record; {{name}} is not filled."
        " With -t it may be left out.", show_default=False, rich_help_panel=INPUT)] = None,
    file: Annotated[str | None, arg(
        "[FILE]", "Lines or JSON records; `-`, the default, is stdin.", show_default=False,
        rich_help_panel=INPUT)] = None,
    jsonl_input: Annotated[bool | None, opt(
        "--jsonl-input/--line-input", "What the lines are; by default JSON if the name ends in"
        " .jsonl or the first character is {.", INPUT)] = None,
    field: Annotated[str, opt(
        "--field", "Name of the answer in a result.", OUTPUT, metavar="NAME")] = "answer",
    resume: Annotated[bool, opt(
        "--resume", "Go on with the -o file of a run that ended.", OUTPUT)] = False,
    unordered: Annotated[bool, opt(
        "--unordered", "Results as they come, not in input order.", OUTPUT)] = False,
    fail_fast: Annotated[bool, opt("--fail-fast", "Stop at the first bad record.", OUTPUT)] = False,
) -> None:  # fmt: skip
    """Ask one prompt about every line or JSON record of FILE.

    With -t the prompt is a saved one: -p gives its variables, or else a record's fields do, and
    PROMPT, or else the line, its {input}.

    Many records are answered at once. Each gives a line of JSON on stdout, in input order: its
    fields and the answer, or an error, which makes the exit code 1. Blank lines are left out.
    With -o a run that was killed goes on with --resume; nothing is lost or done twice.

    Examples: ttc map "Translate to French: {line}" words.txt ·
    ttc map -x -o out.jsonl "{question}" gsm8k.jsonl
    """
    with caught() as signals:
        if not given.flags.quiet:
            hello()
        if given.flags.template is not None and file is None:
            prompt, file = None, prompt  # one word: the template is the prompt
        over = Over(prompt or "", file or "-", jsonl_input, field, resume, unordered, fail_fast)
        raise typer.Exit(run(given, over, signals))


def run(given: Given, over: Over, signals: Signals) -> int:
    """Map; returns the exit code."""
    from ttc_cli.cli.delivery import check_flags, look
    from ttc_cli.cli.inputs import named, schema_text
    from ttc_cli.cli.logged import recorders
    from ttc_cli.settings import load
    from ttc_cli.store.templates import over_records
    from ttc_cli.views.plain import PlainView

    flags, said = given.flags, given.settings
    template = named(flags)
    if template is not None:
        prompt, brought = over_records(template, dict(flags.values), over.prompt)
        said, over = filled(said, brought), replace(over, prompt=prompt)
    settings = load(said)
    view = PlainView(look(settings, replace(flags, as_json=True)), sys.stdout, sys.stderr)
    try:
        check_flags(flags)
        settings = replace(settings, schema=schema_text(settings.schema))
        task = _task(settings, flags, over, dict(template.defaults) if template else {})
        kept = recorders(settings, said, view.say)
        with _opened(over.file, flags) as file, kept as record:
            return _with_model(settings, flags, over, task, file, view, record, signals)
    except BrokenPipeError:
        silence(sys.stdout)
        return 0
    finally:
        view.end()


def _task(settings: Settings, flags: Flags, over: Over, defaults: dict[str, str]) -> Task:
    """What to do with each record; all that needs no model is refused here."""
    from ttc_cli.session.records import Task
    from ttc_cli.session.request import Request, check

    if over.resume and flags.output is None:
        raise UsageError("--resume goes on with a file", "name it with -o")
    if not over.prompt:
        hint = 'say ttc map "... {line}" FILE, or name one with -t'
        raise UsageError("no prompt was given", hint)
    request = Request.of(settings)
    check(request, unsafe=settings.unsafe_exec)
    return Task(over.prompt, request, over.field, flags.extract, dict(flags.values), defaults)


def _opened(name: str, flags: Flags) -> io.FileIO:
    try:
        if name != "-":
            return io.FileIO(name)
        if sys.stdin.isatty():
            sys.stderr.write("reading lines from the terminal; Ctrl-D ends them\n")
        return io.FileIO(sys.stdin.fileno(), closefd=False)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "a PROMPT with -t needs a FILE after it; `-` is stdin" if flags.template else ""
        raise UnreadableFile(f"cannot read {name}: {reason}", hint) from error


def _with_model(
    settings: Settings, flags: Flags, over: Over, task: Task, file: io.FileIO, view: PlainView,
    record: Recorders, signals: Signals,
) -> int:  # fmt: skip
    from ttc_cli.cli.pulling import choose_for
    from ttc_cli.session import warm
    from ttc_cli.session.batch import budget, spent
    from ttc_cli.session.loaded import Session
    from ttc_cli.session.mapping import Mapping as Mapper
    from ttc_cli.session.records import Reader
    from ttc_cli.store.part import Part

    view.status("loading the model")
    model = choose_for(settings, view, signals)
    session = Session(settings, model, refresh=flags.refresh, warm=warm)
    session.begin()
    task = replace(task, request=task.request.identified(session.identity))
    named = over.file.endswith((".jsonl", ".ndjson"))
    reader = Reader(file, over.file, True if over.jsonl is None and named else over.jsonl)
    part: Part | None = None
    try:
        if flags.output is not None:
            known = settings.places.log / "maps" if settings.log else None
            part = Part(flags.output, _header(task), over.resume, known)
        for warning in settings.warnings:
            view.say(warning)
        before = Usage(prefilled=part.prompt, sampled=part.sampled) if part else None
        allowed = budget(session.settings, before)
        ordered = part is None and not over.unordered
        mapping = Mapper(session, task, ordered=ordered, record=record, budget=allowed)
        code = _work(session.engine, mapping, over, reader, part, view, signals)
        if mapping.short and not signals.code:
            raise spent(allowed, kept=part is not None)
        return code
    finally:
        view.clear()
        if part is not None:
            part.close()
        session.close()


def _header(task: Task) -> dict[str, object]:
    """What decides the results; the model and files by what they hold.

    Limits do not count: what they cut is an error, and tried again.
    """
    values = task.request.values()
    decides = {name: value for name, value in values.items() if name not in LIMITS}
    return {
        "prompt": task.prompt, "given": task.given, "defaults": task.defaults, "field": task.field,
        "extract": task.extract, **decides, "model": None,
    }  # fmt: skip


def _work(
    engine: Host, mapping: Mapper, over: Over, reader: Reader, part: Part | None, view: PlainView,
    signals: Signals,
) -> int:  # fmt: skip
    from ttc_cli.cli.rows import Filed, Progress, Stdout
    from ttc_cli.core.text import counted
    from ttc_cli.views.text import by_replica

    def skip(record: Record) -> bool:
        return part is not None and part.has(record.number, record.digest)

    place: Filed | Stdout
    place = Filed(part, view) if part is not None else Stdout(not over.unordered, view.clear)
    progress = Progress(view, reader, part, lambda: engine.outage)
    signals.stops(lambda: None)  # a first Ctrl-C sets `signals.code`, and the rows end
    rows = mapping.rows(reader, skip=skip, stopped=lambda: bool(signals.code))
    whole = False
    try:
        for row in rows:
            progress(row)
            if row is not None:
                place.put(row)
                if row.bad and over.fail_fast:
                    break
        else:
            if part is not None and reader.ended:
                part.check_end(reader.read)
            whole = not (signals.code or mapping.short)
    finally:
        rows.close()
        view.clear()
        place.end(whole, not over.unordered)
    if len(engine.served) > 1:
        view.say(by_replica(engine.served))
    if signals.code:
        view.say(f"interrupted after {counted(progress.done, 'record')}")
    elif progress.bad:
        view.say(f"{progress.bad} of {progress.done} records failed; their lines say why")
    return signals.code or int(progress.bad > 0)
