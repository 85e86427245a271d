"""What the tests of the command line share."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ttc_cli.core.engine import BranchRequest
from ttc_cli.engine.host import Counters
from ttc_cli.engine.scripted import Script, ScriptedEngine, from_choices

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)
SUM = "What is 17 + 25?"
REPLIES = ("17 + 25 = 42, so the answer is \\boxed{42}.", "It is \\boxed{41}.")
BOTH = from_choices(REPLIES)


class Ear:
    """A script that remembers the prompts it was given."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, request: BranchRequest) -> str:
        self.heard.append(request.prompt.text)
        return "yes"

    @property
    def prompt(self) -> str:
        assert len(self.heard) == 1
        return self.heard[0]


class Speaker(ScriptedEngine):
    """The scripted engine with what a session asks of llama.cpp's besides the protocol."""

    counters = Counters()

    def __init__(self, script: Script, *, context: int, thinks: bool = False) -> None:
        super().__init__(script, context=context)
        opener = "<think>\n" if thinks else ""
        self.info = replace(self.info, template=TEMPLATE + opener)

    def reserve(self, cells: int) -> None:
        """There is always room."""

    def special_in(self, texts: Sequence[str]) -> frozenset[str]:
        return frozenset({"<|im_start|>"})


@dataclass(frozen=True)
class Ran:
    """What a run of `ttc` left behind."""

    code: int
    out: str
    err: str


Ttc = Callable[..., Ran]


def entries(machine: Path) -> list[Path]:
    return sorted((machine / "home" / "cache" / "results").glob("*.entry"))


def ours(ran: Ran) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(ran.out)["ttc"]
    return value
