"""`ttc serve` on an engine that adds two numbers: `python benchmarks/serve_scripted.py --port 0`.

Takes the flags of `ttc serve`. For load and fuzzing: nothing is decoded, all else is the product's.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from tiny_llama import write_llama  # noqa: E402 - from the tests

from ttc_cli import __main__  # noqa: E402
from ttc_cli.core.engine import BranchRequest  # noqa: E402
from ttc_cli.engine.host import Counters  # noqa: E402
from ttc_cli.engine.scripted import ScriptedEngine  # noqa: E402
from ttc_cli.session import loaded  # noqa: E402

TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: "
QUESTION = re.compile(r"What is (\d+) \+ (\d+)\?")


def adds(request: BranchRequest) -> str:
    """What is asked, added; the shortest thing that a grammar may want."""
    if request.grammar:
        return "{}"
    asked = QUESTION.findall(request.prompt.text)
    if not asked:
        return "I only add numbers."
    total = sum(map(int, asked[-1]))
    return f"Adding them gives {total}, so the answer is \\boxed{{{total}}}."


class Adder(ScriptedEngine):
    """The scripted engine with what a session asks of llama.cpp's besides the protocol."""

    counters = Counters()

    def __init__(self, *_: Any) -> None:
        super().__init__(adds, context=8192)
        self.info = replace(self.info, template=TEMPLATE)

    def reserve(self, cells: int) -> None:
        """There is always room."""

    def special_in(self, texts: Any) -> frozenset[str]:
        """None."""
        return frozenset()


def main() -> None:
    """Serve."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["TTC_HOME"] = home
        model = write_llama(Path(home) / "tiny.gguf")
        loaded.load_llama = Adder  # type: ignore[assignment,misc]
        sys.exit(__main__.run(["serve", "-m", str(model), *sys.argv[1:]]))


if __name__ == "__main__":
    main()
