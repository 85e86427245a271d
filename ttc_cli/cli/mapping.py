"""What `ttc map` does once its flags are parsed."""

from __future__ import annotations

import heapq
import io
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ttc_cli.bench.progress import span
from ttc_cli.cli import asking, output
from ttc_cli.cli.checks import check_flags, check_options
from ttc_cli.cli.signals import Signals
from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.settings import Settings, load
from ttc_cli.store.part import Part
from ttc_cli.views.plain import PlainView

if TYPE_CHECKING:
    from ttc_cli.session.loaded import Session
    from ttc_cli.session.mapping import Row, Task
    from ttc_cli.session.records import Reader, Record

REDRAW_SECONDS = 0.5


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


class Place(Protocol):
    """Where rows go."""

    def put(self, row: Row) -> None:
        """Take a finished row."""
        ...

    def end(self, whole: bool, ordered: bool) -> None:
        """No more rows come; `whole` says whether these are all."""
        ...


class Stdout:
    """Rows on stdout, in input order or as they come.

    Args:
        ordered: hold rows back until those before them are there.
        clear: called before something is written.
    """

    def __init__(self, ordered: bool, clear: Callable[[], None]) -> None:
        self._ordered = ordered
        self._clear = clear
        self._next = 0
        self._held: list[tuple[int, str]] = []

    def put(self, row: Row) -> None:
        """Write the row and those that waited for it, or hold it back."""
        heapq.heappush(self._held, (row.record.number, _line(row.line)))
        while self._held and (not self._ordered or self._held[0][0] == self._next):
            self._next += 1
            self._write()

    def end(self, whole: bool, ordered: bool) -> None:
        """Write what was held back, gaps or not."""
        while self._held:
            self._write()

    def _write(self) -> None:
        self._clear()
        sys.stdout.write(heapq.heappop(self._held)[1])
        sys.stdout.flush()


class Filed:
    """Rows in a file that is there when all are."""

    def __init__(self, part: Part, view: PlainView) -> None:
        self._part = part
        self._view = view

    def put(self, row: Row) -> None:
        """Keep the row."""
        self._part.add(row.record.number, row.record.digest, row.line, bad=row.bad)

    def end(self, whole: bool, ordered: bool) -> None:
        """Make the file, or say where the rows are."""
        if whole:
            lines = map(_line, self._part.rows(ordered=ordered))
            output.write_file(self._part.path, lines)
            self._part.drop()
        else:
            self._view.say(f"{self._part.count} results are kept; --resume goes on with them")


class Progress:
    """How far it is, on the status line.

    `done` counts finished records and `bad` those with an error, earlier runs' included.
    """

    def __init__(self, view: PlainView, reader: Reader, part: Part | None) -> None:
        self._view = view
        self._reader = reader
        self._before = self.done = part.count if part is not None else 0
        self.bad = part.bad if part is not None else 0
        self._began = self._drawn = time.monotonic()
        status = os.fstat(reader.file.fileno())
        self._size = status.st_size if stat.S_ISREG(status.st_mode) else None

    def __call__(self, row: Row | None) -> None:
        """Count a row; None when only time went by."""
        if row is not None:
            self.done += 1
            self.bad += row.bad
        now = time.monotonic()
        if now - self._drawn >= REDRAW_SECONDS:
            self._drawn = now
            self._view.status(self.line(now - self._began))

    def line(self, seconds: float) -> str:
        """What is done, how quickly, and how long the rest will take, where that is known."""
        new = self.done - self._before
        parts = [f"{self.done} done"]
        total = self._total
        if total is not None:
            parts[0] = f"{self.done} of {'' if self._reader.ended else '~'}{total} done"
        if self.bad:
            parts.append(f"{self.bad} failed")
        if new:
            parts.append(f"{new / seconds:.1f}/s")
            if total is not None:
                parts.append(f"{span(seconds / new * max(0, total - self.done))} left")
        return " · ".join(parts)

    @property
    def _total(self) -> int | None:
        """Records in all, guessed from the bytes read until all are; None for a pipe."""
        reader = self._reader
        if reader.ended or self._size is None or not reader.taken:
            return reader.read if reader.ended else None
        return round(reader.read * max(1.0, self._size / reader.taken))


def _line(row: Mapping[str, object]) -> str:
    line = json.dumps(row, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # half a character, written as an escape in the input
        line = json.dumps(row)
    return line + "\n"


def run(flags: Mapping[str, object], asked: Flags, signals: Signals) -> int:
    """Map; returns the exit code.

    Raises:
        TtcError: what failed, with its exit code.
    """
    settings = load(flags, cwd=Path.cwd(), environ=os.environ)
    how = asking.Output(json=True, quiet=asked.quiet)
    view = PlainView(asking.look(settings, how), sys.stdout, sys.stderr)
    try:
        task = _task(settings, asked)
        with _opened(asked) as file:
            return _with_model(settings, asked, task, file, view, signals)
    except BrokenPipeError:
        output.silence(sys.stdout)
        return 0
    finally:
        view.end()


def _task(settings: Settings, asked: Flags) -> Task:
    """What to do with each record; all that needs no model is refused here.

    Raises:
        UsageError: flags that exclude each other, an unknown strategy, verifier or option.
    """
    from ttc_cli.session.loaded import Ask
    from ttc_cli.session.mapping import Task

    if asked.resume and asked.output is None:
        raise UsageError("--resume goes on with a file", "name it with -o")
    question = asked.question
    ask = Ask(
        "",
        options=check_flags(settings, question, asking.Output(file=asked.output)),
        early_stop=question.early_stop,
        diverse=question.diverse,
        refresh=question.refresh,
        verifiers=question.verifiers,
        unsafe_exec=question.unsafe_exec,
    )
    check_options(settings, ask)
    return Task(asked.prompt, ask, asked.field, asked.extract)


def _opened(asked: Flags) -> io.FileIO:
    try:
        if asked.file != "-":
            return io.FileIO(asked.file)
        if sys.stdin.isatty():
            sys.stderr.write("reading lines from the terminal; Ctrl-D ends them\n")
        return io.FileIO(sys.stdin.fileno(), closefd=False)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UnreadableFile(f"cannot read {asked.file}: {reason}") from error


def _with_model(
    settings: Settings, asked: Flags, task: Task, file: io.FileIO, view: PlainView, signals: Signals
) -> int:
    from ttc_cli.session.loaded import Session
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
            part = Part(asked.output, _header(asked, settings, session.identity), asked.resume)
        for warning in settings.warnings:
            view.say(warning)
        return _work(session, asked, task, reader, part, view, signals)
    finally:
        view.clear()
        if part is not None:
            part.close()
        session.close()


def _header(asked: Flags, settings: Settings, model: str) -> dict[str, object]:
    """What decides the results; in the words of the flags."""
    names = (
        "effort", "strategy", "samples", "max_tokens", "max_seconds", "thinking_budget", "system",
        "temperature", "top_p", "top_k", "min_p", "seed",
    )  # fmt: skip
    question = asked.question
    return {
        "prompt": asked.prompt, "field": asked.field, "extract": asked.extract, "model": model,
        "options": list(question.options), "verifiers": list(question.verifiers),
        "early_stop": question.early_stop, "diverse": question.diverse,
        **{name: getattr(settings, name) for name in names},
    }  # fmt: skip


def _work(
    session: Session,
    asked: Flags,
    task: Task,
    reader: Reader,
    part: Part | None,
    view: PlainView,
    signals: Signals,
) -> int:
    from ttc_cli.session.mapping import Mapping

    def skip(record: Record) -> bool:
        return part is not None and part.has(record.number, record.digest)

    if part is not None and part.finished:
        view.say(f"{part.path} is finished already")
        return 0
    place = Filed(part, view) if part is not None else Stdout(not asked.unordered, view.clear)
    progress = Progress(view, reader, part)
    signals.stops(lambda: None)  # a first Ctrl-C sets `signals.code`, and the rows end
    mapping = Mapping(session, task, ordered=part is None and not asked.unordered)
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
