"""`ttc _values KIND`: what a completion script asks while somebody waits at a prompt.

Handled ahead of the command line's own machinery; what cannot be read is left out.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable

NEWEST = 100  # runs that are offered: of a long log nobody wants all


def _models() -> Iterable[str]:
    from ttc_cli.models.catalogue import catalogue, scan
    from ttc_cli.models.registry import names
    from ttc_cli.settings import home

    return [*names(home()), *catalogue(), *(found.name for found in scan())]


def _strategies() -> Iterable[str]:
    from ttc_cli.strategies.registry import names

    return ["auto", *names()]


def _verifiers() -> Iterable[str]:
    from ttc_cli.verifiers.registry import USAGES, names

    takes = {usage.partition(":")[0] for usage in USAGES if ":" in usage}
    return [f"{name}:" if name in takes else name for name in names()]


def _templates() -> Iterable[str]:
    from ttc_cli.settings import home
    from ttc_cli.store.templates import names

    return names(home())


def _runs() -> Iterable[str]:
    import sqlite3

    from ttc_cli.settings import log_dir
    from ttc_cli.store.database import FILE

    log = sqlite3.connect(f"{(log_dir() / FILE).as_uri()}?mode=ro", uri=True, timeout=0.05)
    with contextlib.closing(log):
        rows = log.execute(f"SELECT id FROM runs ORDER BY began DESC LIMIT {NEWEST}")  # noqa: S608 - a constant
        return [row[0] for row in rows]


def _settings() -> Iterable[str]:
    from ttc_cli.settings import RULES

    return RULES


def _profiles() -> Iterable[str]:
    from pathlib import Path

    from ttc_cli.settings import Document, config_path, project_path

    paths = filter(None, (project_path(Path.cwd()), config_path()))
    return [name for path in paths for name in Document(path).values.get("profile", {})]


KINDS = {
    "models": _models, "profiles": _profiles, "runs": _runs, "settings": _settings,
    "strategies": _strategies, "templates": _templates, "verifiers": _verifiers,
}  # fmt: skip


def print_values(kinds: list[str]) -> int:
    """The values of each kind, one a line; returns the exit code, which is always 0."""
    with contextlib.suppress(Exception):  # an error would be drawn over what is being typed
        for kind in kinds:
            sys.stdout.writelines(f"{value}\n" for value in dict.fromkeys(KINDS[kind]()))
    return 0
