"""Questions and the run log: how one was asked, kept, begun in the background and read back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.cli.inputs import kept
from ttc_cli.core.branch import Message
from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.prompts.message import Document
from ttc_cli.session.request import answer_settings
from ttc_cli.settings import Flags, Settings, log_dir
from ttc_cli.store.log import Entry, Log, LogUnusable, Run
from ttc_cli.store.processes import start_apart
from ttc_cli.store.recorder import Recorder
from ttc_cli.store.runs import FAILED
from ttc_cli.views.runs import messages

if TYPE_CHECKING:
    from ttc_cli.session.plan import Planned


def recorder(
    settings: Settings, begun: Entry, began: float, say: Callable[[str], None], *, keep: bool = True
) -> Recorder:
    """What logs this run; nothing is kept with the log off, or unless `keep`."""
    folder = settings.places.log if settings.log and keep else None
    days, most = settings.log_days, settings.log_max_mb
    return Recorder(folder, begun, began, say, days=days, megabytes=most)


@contextmanager
def recorders(
    settings: Settings, said: Mapping[str, Any], say: Callable[[str], None], command: str = "map"
) -> Iterator[Callable[[Planned], Recorder]]:
    """What logs each of many runs; a log that cannot be used is told of once.

    The log stays open all the while: SQLite writes all through to the disk whenever the last that
    has it open leaves, which takes many times as long as a run's two rows.
    """
    refused: list[str] = []

    def give_up(line: str) -> None:
        if not refused:
            say(line)
        refused.append(line)

    def make(run: Planned) -> Recorder:
        begun = run.request.entry(run.id, said, command=command)
        return recorder(settings, begun, run.began, give_up, keep=not refused)

    with ExitStack() as stack:
        if settings.log:
            try:
                stack.enter_context(Log(settings.places.log))
            except LogUnusable as error:
                give_up(f"not logged: {error}")
        yield make


@dataclass(frozen=True, slots=True)
class Known:
    """A question that the log holds.

    Args:
        settings: that decide its answer, by name. parent: the run that it went on from.
        run: its own id, where it is to be answered and not to be asked again.
    """

    prompt: str
    documents: tuple[Document, ...]
    settings: Mapping[str, Any]
    parent: str | None = None
    run: str | None = None


def asked_before(log: Log, run: Run) -> tuple[dict[str, Any], Known]:
    """What was said of how a logged run is to be run, and its question."""
    documents = tuple(kept(name, text) for name, text in log.texts(run))
    settings = answer_settings(run.request)
    return dict(run.request.get("run", {})), Known(run.prompt, documents, settings, run.parent)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A logged conversation up to where it is taken up again.

    Args:
        turns: its messages, as they are sent again.
        parent: the run that the next one goes on from; None when there is no conversation.
        settings: model and system prompt of that run, for flags that were not given.
    """

    turns: tuple[Message, ...] = ()
    parent: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


def earlier(flags: Flags, parent: str | None = None) -> Earlier:
    """The conversation to go on with.

    Args:
        flags: they name any run of it by a prefix of its id, or mean the last conversation.
        parent: a run, to go on from there and not from the conversation's end.
    """
    if parent is None and flags.cid is None and not flags.goes_on:
        return Earlier()
    with Log(log_dir(), make=False) as log:
        turns = log.turns(log.get(parent)) if parent else log.conversation(flags.cid)
        if not turns:
            hint = "`ttc logs list` shows runs"
            raise UsageError("nothing was answered in that conversation", hint)
        request = log.get(turns[-1].run).request
    settings = {n: request[n] for n in ("model", "system") if request.get(n) is not None}
    return Earlier(tuple(messages(turns)), turns[-1].run, settings)


def detach(settings: Settings, begun: Entry, flags: Flags) -> None:
    """Begin a run in the log and start a process without a terminal that works on it."""
    if not settings.log:
        raise UsageError("--detach needs the log", "leave --no-log out, or set log = true")
    if flags.as_json or flags.jsonl or flags.extract or flags.dry_run:
        why = "--detach prints the run's id and nothing else"
        raise UsageError(why, "give --json or -x to `ttc logs wait`")
    names = ("min_agreement", "min_confidence", "allow_rejected", "refresh")
    output = {name: getattr(flags, name) for name in names}
    output["output"] = flags.output and str(flags.output.absolute())
    with Log(log_dir()) as log:
        log.begin(replace(begun, request={**begun.request, "flags": output}), os.getpid())
        try:
            log.begin(begun, start_apart(["logs", "work", begun.id]).pid)
        except OSError as error:
            why = f"cannot start a process: {error.strerror or error}"
            log.finish(begun.id, FAILED, 1, error=(why, ""))
            raise TtcError(why, "run without --detach") from error


def wanted(run: Run) -> Flags:
    """How the result of a run in the background was wanted."""
    kept = run.request.get("flags", {})
    file = kept.get("output")
    return Flags(**{**kept, "output": Path(file) if file else None})
