"""`ttc _values KIND`: what a completion script asks while somebody waits at a prompt.

Handled ahead of the command line's own machinery; what cannot be read is left out.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable

NEWEST = 100  # runs that are offered: of a long log nobody wants all


def values(kind: str) -> Iterable[str]:
    """The values of a kind, such as the names of models; none of a kind that is not known."""
    match kind:  # what a kind does not need is not imported
        case "strategies":
            from ttc_cli.strategies.registry import names as strategies

            return ["auto", *strategies()]
        case "verifiers":
            from ttc_cli.verifiers.registry import USAGES
            from ttc_cli.verifiers.registry import names as verifiers

            takes = {usage.partition(":")[0] for usage in USAGES if ":" in usage}
            return [f"{name}:" if name in takes else name for name in verifiers()]
    from ttc_cli import settings

    if kind.startswith("value:"):
        return _of_setting(kind.removeprefix("value:"))
    match kind:
        case "models":
            from ttc_cli.models.catalogue import catalogue, scan
            from ttc_cli.models.registry import names as own

            return [*own(settings.home()), *catalogue(), *(found.name for found in scan())]
        case "templates":
            from ttc_cli.store.templates import names as templates

            return templates(settings.home())
        case "runs":
            import sqlite3

            from ttc_cli.store.database import FILE

            log = f"{(settings.log_dir() / FILE).as_uri()}?mode=ro"
            newest = f"SELECT id FROM runs ORDER BY began DESC LIMIT {NEWEST}"  # noqa: S608 - a constant
            with contextlib.closing(sqlite3.connect(log, uri=True, timeout=0.05)) as runs:
                return [name for (name,) in runs.execute(newest)]
        case "settings":
            return settings.RULES
        case "profiles":
            paths = filter(None, (settings.project_path(), settings.config_path()))
            tables = (settings.Document(path).values.get("profile", {}) for path in paths)
            return [name for table in tables for name in table]
    return ()


def _of_setting(key: str) -> Iterable[str]:
    """What a key of the settings files may be set to, where that can be listed."""
    from ttc_cli.settings.files import key_parts, rules_at
    from ttc_cli.settings.options import SETTINGS

    *tables, name = key_parts(key)
    rule = rules_at(tuple(tables))[name]
    if rule.words:
        return rule.words
    if rule.kind == "switch":
        return "true", "false"
    complete = SETTINGS[name].complete if name in SETTINGS else ""
    return values(complete) if complete else ()


def print_values(kinds: list[str]) -> int:
    """The values of each kind, one a line; returns the exit code, which is always 0."""
    with contextlib.suppress(Exception):  # an error would be drawn over what is being typed
        for kind in kinds:
            sys.stdout.writelines(f"{value}\n" for value in dict.fromkeys(values(kind)))
    return 0
