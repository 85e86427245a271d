"""Make docs/pictures/live.svg: the real program in a real terminal (tmux), in the middle of a vote.

usage: python benchmarks/picture.py [MODEL]
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

PLACE = Path(__file__).parents[1] / "docs" / "pictures" / "live.svg"
COLUMNS, ROWS = 92, 20
QUESTION = "A shirt costs 40 dollars. It is 25% off, and then 10% more is taken off. What is paid?"
DONE = 3
"""Branches that have ended when the picture is taken."""
SECONDS = 400


def tmux(*words: str) -> str:
    """Run tmux on a server of its own."""
    command = ["tmux", "-L", f"ttc-picture-{os.getpid()}", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def take(model: str) -> str:
    """The screen with its colours, once some branches have ended and others have not."""
    words = ["-m", model, "-n", "8", "--no-early-stop", "--no-log", QUESTION]
    shown = f'$ ttc -n 8 --no-early-stop "{QUESTION}"'
    program = f"{shlex.quote(sys.executable)} -m ttc_cli {shlex.join(words)}"
    shell = f"printf '%s\\n' {shlex.quote(shown)}; {program}; sleep 60"
    tmux("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), f"sh -c {shlex.quote(shell)}")
    until = time.monotonic() + SECONDS
    try:
        while time.monotonic() < until:
            screen = tmux("capture-pane", "-p", "-e")
            if screen.count("✓") >= DONE and "writing" in screen:
                return screen
            time.sleep(0.2)
    finally:
        tmux("kill-server")
    raise SystemExit("no vote was seen")


def main() -> None:
    """Take the picture."""
    text = Text.from_ansi(take(sys.argv[1] if len(sys.argv) > 1 else "qwen2.5-coder-0.5b").rstrip())
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(text)
    PLACE.parent.mkdir(exist_ok=True)
    svg = console.export_svg(title="ttc", theme=MONOKAI, unique_id="ttc")
    PLACE.write_text(re.sub(r"\s*@font-face \{[^}]*\}", "", svg))  # nothing is fetched for it
    print(text.plain)
    print(PLACE)


if __name__ == "__main__":
    main()
