"""The model that settings name, on this machine: found, or fetched before somebody's eyes."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import typer

from ttc_cli.cli.start import BEGAN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ttc_cli.models.catalogue import Progress
    from ttc_cli.models.registry import ModelFile
    from ttc_cli.session.remote import Served
    from ttc_cli.settings import Settings
    from ttc_cli.settings.remotes import NamedRemote


def say(line: str) -> None:
    """One line for the user, on stderr."""
    typer.echo(line, err=True)


@contextmanager
def pull_progress() -> Iterator[Progress]:
    """A callback that shows a pull on stderr: a bar on a terminal, else a line every tenth."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _progress_lines()
        return
    with ExitStack() as stack:
        bars: list[Progress] = []

        def progress(done: int, total: int, label: str) -> None:
            if not bars:  # not before it is needed: most runs find the model here
                bars.append(_bar(stack))
            bars[0](done, total, label)

        yield progress


def _bar(stack: ExitStack) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    bars = Bars(*columns, TimeRemainingColumn(), console=Console(stderr=True))
    task = stack.enter_context(bars).add_task("starting", total=None)
    return lambda done, total, label: bars.update(
        task, completed=done, total=total, description=label
    )


def _progress_lines() -> Progress:
    from ttc_cli.models.disk import size_text

    said: set[tuple[bool, int]] = set()

    def progress(done: int, total: int, label: str) -> None:
        tenth = 10 * done // max(total, 1)
        checking = label == "checking"
        if tenth and (checking, tenth) not in said:
            said.add((checking, tenth))
            if not checking or tenth == 10:
                say(f"{tenth * 10}% of {size_text(total)}, {label}")

    return progress


def is_here(settings: Settings) -> bool:
    """Whether there is a model that the settings name, and it needs no fetching."""
    from ttc_cli.core.errors import TtcError
    from ttc_cli.models.catalogue import Entry
    from ttc_cli.models.registry import default_ref, installed, locate
    from ttc_cli.settings import home

    try:
        target = locate(settings.model or default_ref(home()), home())
    except TtcError:
        return False
    return not isinstance(target, Entry) or installed(target, home()) is not None


def local_model(
    settings: Settings, *, notify: Callable[[str], None], confirm: Callable[[str], bool] | None
) -> ModelFile:
    """The model that the settings name, fetched if need be and allowed.

    Args:
        confirm: asks a person; None when there is nobody to ask.

    Raises:
        ModelMissing: not here, and not allowed or not possible to fetch.
        UsageError: it is a server's.
    """
    from ttc_cli.core.errors import UsageError
    from ttc_cli.models.registry import ModelFile

    found = _found(settings, notify=notify, confirm=confirm)
    if not isinstance(found, ModelFile):
        raise UsageError(
            f"{found.url} is a server, and this takes the model itself",
            "give the name of a model (`ttc models list`) or a file",
        )
    return found


def any_model(
    settings: Settings, *, notify: Callable[[str], None], confirm: Callable[[str], bool] | None
) -> ModelFile | Served:
    """The model that the settings name: here, fetched, or behind a server that answers.

    Raises:
        ModelMissing: as `local_model`, or the server has no such model.
        TtcError: the server does not answer, or refuses.
    """
    from ttc_cli.models.registry import ModelFile
    from ttc_cli.session.remote import reach

    found = _found(settings, notify=notify, confirm=confirm)
    if isinstance(found, ModelFile):
        return found
    deadline = None if settings.max_seconds is None else BEGAN + settings.max_seconds
    return reach(settings, found, notify, deadline=deadline)


def _found(
    settings: Settings, *, notify: Callable[[str], None], confirm: Callable[[str], bool] | None
) -> ModelFile | NamedRemote:
    from ttc_cli.models.pull import ensure
    from ttc_cli.models.registry import ModelFile
    from ttc_cli.session.remote import chosen
    from ttc_cli.settings import home

    if (remote := chosen(settings)) is not None:
        return remote
    with pull_progress() as progress:
        found = ensure(
            settings.model or "",
            home=home(),
            yes=settings.yes or settings.auto_pull,
            interactive=confirm is not None,
            offline=settings.offline,
            ask=confirm or (lambda _: False),
            notify=notify,
            progress=progress,
        )
    assert isinstance(found, ModelFile)
    return found
