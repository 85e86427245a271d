"""`ttc completion`: a script that completes commands, flags and values in a shell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from ttc_cli.cli.app import arg, tree

app = tree()
SCRIPTS = Path(__file__).parent / "shells"
NAMES = {"bash": "ttc.bash", "zsh": "_ttc", "fish": "ttc.fish", "powershell": "ttc.ps1"}


@app.command()
def completion(
    shell: Annotated[Literal["bash", "zsh", "fish", "powershell"], arg("SHELL", "The shell.")],
) -> None:
    """Print the completion script of a shell.

    bash: ttc completion bash > ~/.local/share/bash-completion/completions/ttc

    zsh: ttc completion zsh > ~/.zfunc/_ttc (a folder of $fpath, before compinit runs)

    fish: ttc completion fish > ~/.config/fish/completions/ttc.fish

    powershell: ttc completion powershell >> $PROFILE
    """
    sys.stdout.write((SCRIPTS / NAMES[shell]).read_text("utf-8"))
