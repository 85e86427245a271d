"""`tests:FILE`: Python code passes where a test file does; `tests:doctest` takes the question's own
`>>>` examples instead of a file. The code runs locked in; see `ttc_cli.jail`.
"""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.outcome import Question
from ttc_cli.core.verify import Graded
from ttc_cli.drawing.replies import reply
from ttc_cli.jail import Limits, require
from ttc_cli.jail.boxed.testfile import fault
from ttc_cli.jail.examine import examine
from ttc_cli.verifiers.common import Check, require_argument

USAGE = "tests:FILE"
DOCTEST = "doctest"
_FENCE = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_PYTHON = ("", "python", "python3", "py")
_IMPORT = re.compile(r"^(?:from [\w.]+ import [\w, *]+|import [\w., ]+)$", re.MULTILINE)
_EXAMPLE = re.compile(
    r"^[ \t]*>>> (.+)\n"  # the call
    r"((?:(?![ \t]*(?:>>>|\"\"\"|'''|```))[ \t]*\S.*(?:\n|\Z))*)",  # what it shows, to a blank line
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Options:
    """Of the verifier."""

    seconds: float = field(default=5.0, metadata={"help": "time limit for one candidate"})
    memory: int = field(default=512, metadata={"help": "MiB that its code may use"})


def opens(argument: str) -> tuple[Path, ...]:
    """The file of tests."""
    return () if argument == DOCTEST else (Path(argument),)


def build(argument: str, options: Options, *, unsafe: bool) -> Check:
    """The verifier.

    Raises:
        UnreadableFile: the file cannot be read.
        UsageError: no file, no tests in it that can judge code, or code cannot be locked in here.
    """
    require_argument(argument, USAGE)
    tests = None if argument == DOCTEST else _read(argument)
    if why := tests and fault(tests, installed=lambda name: bool(find_spec(name))):
        raise UsageError(f"{argument} cannot be used: {why}", "see docs/sandbox.md")
    limits = replace(Limits(), seconds=options.seconds, memory=options.memory << 20)
    layer = require(unsafe=unsafe)

    def check(code: str, question: Question, stopped: threading.Event) -> Graded:
        given = examples(question.text) if tests is None else tests
        if not given:
            return Graded(None, "the question holds no `>>>` examples")
        own = tests is not None  # a question may be anybody's text
        return examine(code, given, layer=layer, limits=limits, own=own, cancel=stopped)

    return Check(f"tests:{argument}", program, check)


def python_blocks(text: str) -> list[str]:
    """The fenced blocks of a reply that may hold Python."""
    return [code for kind, code in _FENCE.findall(text) if kind.lower() in _PYTHON]


def program(branch: Branch, question: Question) -> str:
    """A reply's code: its last block that defines something, else its last one, else all of it.

    What the question imports is imported: a reply that completes a function counts on that.
    """
    said = reply(branch)[1]
    blocks = python_blocks(said)
    defining = [code for code in blocks if re.search(r"^(?:async )?(?:def|class) ", code, re.M)]
    code = (defining or blocks or [said])[-1]
    return "\n".join([*_IMPORT.findall(question.text), code])


def examples(text: str) -> str:
    """Tests made of the `>>>` examples in a text; empty when there are none."""
    return "\n".join(_asserted(text))


def _asserted(text: str) -> Iterator[str]:
    for source, shown in _EXAMPLE.findall(text):
        want = shown.strip()
        try:
            ast.parse(source, mode="eval")
        except (SyntaxError, ValueError):
            if not want:
                yield source  # a statement that the examples after it need
            continue
        try:
            ast.literal_eval(want)
        except (SyntaxError, ValueError):
            yield f"assert repr({source}) == {want!r}" if want else source
        else:
            yield f"assert ({source}) == ({want})"


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UnreadableFile(f"cannot read {path}: it is not UTF-8 text") from None
