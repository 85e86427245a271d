"""What one rendering of a chat template may use: lines that run, and what it makes in memory.

A template is somebody else's program. It may double a text that it never prints, or count in
empty loops for ever; both end here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.filters import do_join, do_replace, sync_do_sum

LINES = 300_000
"""Lines of a template that run in one rendering; a long conversation takes some thousand."""
MADE = 64_000_000  # characters, and items of lists, that are made in one rendering

_made: ContextVar[list[int]] = ContextVar("made")


@contextmanager
def rationed() -> Iterator[None]:
    """Count what the template code inside runs and makes.

    Raises SecurityError: it runs, or makes, too much.
    """
    token = _made.set([0])
    left = LINES

    def line(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise SecurityError(f"it is not done after {LINES:,} lines")
        return line

    def call(frame: FrameType, _event: str, _argument: Any) -> Any:
        return line if frame.f_code.co_filename == "<template>" else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)
        _made.reset(token)


def spend(count: int) -> None:
    """Count characters or items that are about to be made."""
    made = _made.get([0])
    made[0] += count
    if made[0] > MADE:
        raise SecurityError(f"it makes more than {MADE:,} characters")


def size(value: Any) -> int:
    """Characters or items of a value; 0 of a number."""
    return len(value) if isinstance(value, str | bytes | list | tuple | dict) else 0


def check_call(function: Any, args: Sequence[Any]) -> None:
    """Count what a method of a text would make."""
    text, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if not isinstance(text, str):
        return
    if name == "replace" and len(args) >= 2:
        spend(_replaced(text, *args[:2]))
    elif name == "join" and args and isinstance(args[0], list | tuple):
        spend(sum(size(part) + len(text) for part in args[0]))
    else:
        spend(len(text))


def check_format(method: Any) -> None:
    """Refuse the `format` of a text that pads to any width."""
    text, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
    formats = isinstance(text, str) and name in ("format", "format_map")  # of all attributes
    if formats and re.search(r"\d{5}", str(text)):
        raise SecurityError("it pads to a great width")


def _replaced(text: str, old: Any, new: Any) -> int:
    found = text.count(old) if isinstance(old, str) else 0
    return len(text) + found * size(new)


def replace(context: Any, text: Any, old: Any, new: Any, count: Any = None) -> Any:
    """Jinja's `replace`, counted."""
    spend(_replaced(str(text), str(old), str(new)))
    return do_replace(context, text, old, new, count)


replace.jinja_pass_arg = do_replace.jinja_pass_arg  # type: ignore[attr-defined]


def join(context: Any, value: Any, d: str = "", attribute: Any = None) -> Any:
    """Jinja's `join`, counted."""
    parts = list(value)
    spend(sum(size(part) + len(str(d)) for part in parts))
    return do_join(context, parts, d, attribute)


join.jinja_pass_arg = do_join.jinja_pass_arg  # type: ignore[attr-defined]


def total(environment: Any, values: Any, attribute: Any = None, start: Any = 0) -> Any:
    """Jinja's `sum`, of numbers only."""
    if size(start):
        raise SecurityError("it adds up lists")
    return sync_do_sum(environment, values, attribute, start)


total.jinja_pass_arg = sync_do_sum.jinja_pass_arg  # type: ignore[attr-defined]

FILTERS: dict[str, Callable[..., Any]] = {"replace": replace, "join": join, "sum": total}


def joined(parts: Sequence[Any]) -> str:
    """What `~` makes, counted."""
    texts = [str(part) for part in parts]
    spend(sum(map(len, texts)))
    return "".join(texts)


def sliced(value: Any, part: slice) -> Any:
    """A slice, counted."""
    found = value[part]
    spend(size(found))
    return found


class Counted(CodeGenerator):
    """Writes `~` and slices as calls that are counted."""

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """Write the call for a slice; all else as Jinja does."""
        if not isinstance(node.arg, nodes.Slice):
            super().visit_Getitem(node, frame)
            return
        self.write("environment.sliced(")
        self.visit(node.node, frame)
        self.write(", slice(")
        for bound in (node.arg.start, node.arg.stop, node.arg.step):
            self.visit(bound or nodes.Const(None), frame)
            self.write(", ")
        self.write("))")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """Write the call."""
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")
