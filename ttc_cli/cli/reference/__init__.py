"""What is generated from the command tree: reference page, man page, what shells complete."""

from __future__ import annotations

import json

from ttc_cli.cli.completion import NAMES, SCRIPTS
from ttc_cli.cli.reference import pages
from ttc_cli.cli.reference.tree import Command, command_tree


def generated() -> dict[str, str]:
    """The text of each generated file, by its path in a checkout."""
    root = command_tree()
    scripts = {f"completions/{n}": (SCRIPTS / n).read_text("utf-8") for n in NAMES.values()}
    return {
        **scripts,
        "completions/ttc.1": pages.man(root),
        "docs/cli.md": pages.markdown(root),
        "ttc_cli/cli/completion.json": _completion(root),
    }


def _completion(root: Command) -> str:
    """What may follow each command, a line each; see `Command.offered`."""
    offered = {command.name: json.dumps(command.offered()) for command in root.walk()}
    rows = (f"{json.dumps(name)}: {told}" for name, told in offered.items())
    return "{\n" + ",\n".join(rows) + "\n}\n"
