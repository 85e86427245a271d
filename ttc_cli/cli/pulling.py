"""Choosing the model that settings name, and how a fetch of it is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

import typer

from ttc_cli.cli.process import BEGAN, Signals, draws
from ttc_cli.core.errors import UsageError

if TYPE_CHECKING:
    from ttc_cli.models.catalogue import Progress
    from ttc_cli.models.registry import ModelFile
    from ttc_cli.session.model import Served
    from ttc_cli.settings import Settings
    from ttc_cli.views.plain import PlainView


def say(line: str) -> None:
    """One line for the user, on stderr."""
    typer.echo(line, err=True)


def choose_model(
    settings: Settings, *, notify: Callable[[str], None] = say,
    confirm: Callable[[str], bool] | None = None,
) -> ModelFile | Served:  # fmt: skip
    """The model that the settings name; one that is not here is fetched before somebody's eyes."""
    from ttc_cli.session.model import any_model

    until = None if settings.max_seconds is None else BEGAN + settings.max_seconds
    with pull_progress() as progress:
        return any_model(
            settings, notify=notify, confirm=confirm, progress=progress, deadline=until
        )


def choose_file(settings: Settings) -> ModelFile:
    """The same, for those who need the model itself; UsageError for a server's."""
    from ttc_cli.session.model import Served, chosen

    if (remote := chosen(settings)) is not None:
        raise UsageError(
            f"{remote.url} is a server, and this takes the model itself",
            "give the name of a model (`ttc models list`) or a file",
        )
    found = choose_model(settings)
    assert not isinstance(found, Served)
    return found


def choose_for(settings: Settings, view: PlainView, signals: Signals) -> ModelFile | Served:
    """The same, told in a view; a person is asked before a model is fetched."""

    def confirm(question: str) -> bool:
        view.clear()
        return typer.confirm(question, default=True, err=True)

    person = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    with signals.raising():  # a download cleans up after itself
        return choose_model(settings, notify=view.say, confirm=confirm if person else None)


@contextmanager
def pull_progress() -> Iterator[Progress]:
    """Shows a pull on stderr: a bar, or off a terminal every tenth."""
    with ExitStack() as stack:

        @cache  # not before it is needed: most runs find the model here
        def shown() -> Progress:
            return _bar(stack) if draws() else _progress_lines()

        yield lambda done, total, label: shown()(done, total, label)


def _bar(stack: ExitStack) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    bars = Bars(*columns, TimeRemainingColumn(), console=Console(stderr=True))
    task = stack.enter_context(bars).add_task("starting", total=None)
    return lambda at, most, what: bars.update(task, completed=at, total=most, description=what)


def _progress_lines() -> Progress:
    from ttc_cli.models.disk import size_text

    said: set[tuple[bool, int]] = set()

    def progress(done: int, total: int, label: str) -> None:
        step = label == "checking", 10 * done // max(total, 1)
        if step[1] and step not in said:
            said.add(step)
            if not step[0] or step[1] == 10:
                say(f"{step[1] * 10}% of {size_text(total)}, {label}")

    return progress
