"""Questions and the run log: how one was asked, kept and read back to be asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from ttc_cli.core.branch import Message
from ttc_cli.core.errors import UsageError
from ttc_cli.prompts.documents import Document, frame
from ttc_cli.settings import Settings, log_dir
from ttc_cli.store.log import Entry, Log, LogUnusable, Run
from ttc_cli.store.recorder import Recorder

if TYPE_CHECKING:
    from ttc_cli.cli.asking import Flags
    from ttc_cli.session.loaded import Ask

_OF_THE_MOMENT = (
    "words", "files", "read_stdin", "template", "values", "given", "dry_run", "help_options",
    "detach", "run", "goes_on", "parent",
)  # fmt: skip
"""Flags that say nothing of how a question is asked again: its prompt is kept as it was made."""


def recorder(
    settings: Settings,
    ask: Ask,
    flags: Mapping[str, object],
    asked: Flags,
    say: Callable[[str], None],
) -> Recorder:
    """What logs this run; nothing is kept with the log off, or when nothing is generated."""
    return Recorder(
        log_dir() if settings.log and not asked.dry_run else None,
        entry(settings, ask, flags, asked),
        ask.began,
        say,
        days=settings.log_days,
        megabytes=settings.log_max_mb,
    )


@contextmanager
def recorders(
    settings: Settings,
    flags: Mapping[str, object],
    asked: Flags,
    say: Callable[[str], None],
) -> Iterator[Callable[[Ask], Recorder]]:
    """What logs each of many runs; a log that cannot be used is told of once.

    The log stays open all the while: SQLite writes all through to the disk whenever the last that
    has it open leaves, which takes many times as long as a run's two rows.
    """
    refused: list[str] = []

    def give_up(line: str) -> None:
        if not refused:
            say(line)
        refused.append(line)

    def make(ask: Ask) -> Recorder:
        log = settings.log and not refused
        return recorder(replace(settings, log=log), ask, flags, asked, give_up)

    with ExitStack() as stack:
        if settings.log:
            try:
                stack.enter_context(Log(log_dir()))
            except LogUnusable as error:
                give_up(f"not logged: {error}")
        yield make


def entry(settings: Settings, ask: Ask, flags: Mapping[str, object], asked: Flags) -> Entry:
    """A run as it begins, with how it was asked."""
    names = [item.name for item in fields(asked) if item.name not in _OF_THE_MOMENT]
    request = {
        "settings": {name: value for name, value in flags.items() if value is not None},
        "flags": {name: getattr(asked, name) for name in names},
        "system": settings.system,
    }
    texts = tuple((document.name, document.text) for document in ask.documents)
    return Entry(ask.id, ask.prompt, texts, request, asked.parent)


def asked_before(log: Log, run: Run) -> tuple[dict[str, Any], Flags]:
    """(settings, flags) of a logged run; flags of another version are left out."""
    from ttc_cli.cli.asking import Flags

    known = {item.name for item in fields(Flags)} - set(_OF_THE_MOMENT)
    kept: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in run.request.get("flags", {}).items()
        if name in known
    }
    given = (run.prompt, tuple(Document(name, text) for name, text in log.texts(run)))
    return dict(run.request.get("settings", {})), Flags(given=given, parent=run.parent, **kept)


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


def earlier(goes_on: str | None, parent: str | None = None) -> Earlier:
    """The conversation to go on with.

    Args:
        goes_on: a prefix of the id of any run in it; "" is the last conversation, None is none.
        parent: a run, to go on from there and not from the conversation's end.

    Raises:
        UsageError: there is no such run.
    """
    if goes_on is None and parent is None:
        return Earlier()
    with Log(log_dir(), make=False) as log:
        turns = log.turns(log.get(parent)) if parent else log.conversation(goes_on or None)
        if not turns:
            raise UsageError(
                "nothing was answered in that conversation", "`ttc logs list` shows runs"
            )
        request = log.get(turns[-1].run).request
    messages: list[Message] = []
    for turn in turns:
        documents = [Document(name, text) for name, text in turn.documents]
        messages += [
            Message("user", frame(turn.prompt, documents)),
            Message("assistant", turn.reply),
        ]
    chosen = {"model": request.get("settings", {}).get("model"), "system": request.get("system")}
    settings = {name: value for name, value in chosen.items() if value is not None}
    return Earlier(tuple(messages), turns[-1].run, settings)
