"""What is generated from the command tree: reference page, man page, shell completions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ttc_cli.cli.reference import bash, fish, pages, powershell, zsh
from ttc_cli.cli.reference.tree import Command, command_tree

SHELLS: Mapping[str, tuple[str, Callable[[Command], str]]] = {
    "bash": ("completions/ttc.bash", bash.script),
    "zsh": ("completions/_ttc", zsh.script),
    "fish": ("completions/ttc.fish", fish.script),
    "powershell": ("completions/ttc.ps1", powershell.script),
}  # by shell: its file in a checkout, and the function that makes it


def generated() -> dict[str, str]:
    """The text of each generated file, by its path in a checkout."""
    root = command_tree()
    texts = {path: script(root) for path, script in SHELLS.values()}
    return {**texts, "completions/ttc.1": pages.man(root), "docs/cli.md": pages.markdown(root)}
