"""`tests:FILE`: Python code passes where a test file does; `tests:doctest` takes the question's own
examples instead of a file: `>>>` with what it shows, `assert`, and lines like `f(2) -> 4` or
`f(2) == 4`. The code runs locked in; see `ttc_cli.jail`.
"""

from __future__ import annotations

import ast
import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from ttc_cli.core.branch import Branch
from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.options import option
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
_ASSERT = re.compile(r"^[ \t]*(?:[-*] |\d+\. )?`?(assert .+?)`?[ \t]*$", re.MULTILINE)
_SHOWN = re.compile(
    r"(?<![\w.])(?=(?P<call>[A-Za-z_]\w*\([^\n]*?\))`?\s*"
    r"(?:==|->|=>|[→⇒➞]|(?:should |must |will )?(?:returns?|gives?|equals?|be|is)\b:?)\s*"
    r"`?(?P<value>[^\n`]{1,200}))"
)
_AFTER = re.compile(
    r"[.)!?]*(?:$|[;,]|\s+(?:and|or|but|while|because|since|as|for)\b|\s+[#(])|[.)!?]+\s"
)
"""What may stand after a value in a sentence."""


@dataclass(frozen=True, slots=True)
class Options:
    """Of the verifier."""

    seconds: float = option(5.0, "time limit for one candidate")
    memory: int = option(512, "MiB that its code may use")


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
    """Tests made of the examples in a text; empty when there are none."""
    return "\n".join((*_session(text), *dict.fromkeys((*_asserts(text), *_shown(text)))))


def _session(text: str) -> Iterator[str]:
    """Of an interpreter's session."""
    for source, shown in _EXAMPLE.findall(text):
        want = shown.strip()
        if _parsed(source) is None:
            if not want:
                yield source  # a statement that the examples after it need
            continue
        if _value(want) is None:
            yield f"assert repr({source}) == {want!r}" if want else source
        else:
            yield f"assert ({source}) == ({want})"


def _asserts(text: str) -> Iterator[str]:
    for found in _ASSERT.findall(text):
        with contextlib.suppress(SyntaxError, ValueError):
            ast.parse(found)
            yield found


def _shown(text: str) -> Iterator[str]:
    """Of calls with their values beside them; whatever is not plainly both is no example."""
    for found in _SHOWN.finditer(_ASSERT.sub("", text)):
        call, value = _parsed(found["call"]), _literal(found["value"])
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        if value and all(_value(ast.unparse(given)) for given in call.args):
            yield f"assert ({found['call']}) == ({value})"


def _literal(text: str) -> str:
    """The longest literal that a text begins with and that a sentence could end after; or empty."""
    ends = (end for end in range(len(text), 0, -1) if _AFTER.match(text, end))
    found = (_parsed(text[:end].strip()) for end in ends if _value(text[:end].strip()))
    return next((ast.unparse(one) for one in found if one is not None), "")


def _parsed(source: str) -> ast.expr | None:
    try:
        return ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _value(source: str) -> tuple[object] | None:
    """The value of a literal, in a tuple of its own; None for anything else."""
    try:
        return (ast.literal_eval(source),)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UnreadableFile(f"cannot read {path}: it is not UTF-8 text") from None
