"""Chat templates are programs that come with a model file: run one without trusting it.

The template sees what `transformers` gives it, since that is what templates are written
against: https://huggingface.co/docs/transformers/chat_templating_writing

Limits: no attribute that starts with an underscore, no change to what it was given, ranges
of at most 100,000, and caps on what it writes, on the lines that it runs, and on what it makes in
memory: it may double a text that it never prints, or count in empty loops for ever.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any

from jinja2 import Template, TemplateError, nodes, pass_environment, pass_eval_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.filters import do_indent, do_join, do_replace, sync_do_sum
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ttc_cli.core.errors import ModelError

MAX_SOURCE = 1_000_000  # characters of a template; the longest known has 17 thousand
_MAX_VALUE = 1_000_000  # items or characters that one operator may make
_PADDING = ("center", "expandtabs", "ljust", "rjust", "zfill")
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


def _replaced(text: str, old: Any, new: Any) -> int:
    found = text.count(old) if isinstance(old, str) else 0
    return len(text) + found * size(new)


@pass_eval_context
def replace(context: Any, text: Any, old: Any, new: Any, count: Any = None) -> Any:
    """Jinja's `replace`, counted."""
    spend(_replaced(str(text), str(old), str(new)))
    return do_replace(context, text, old, new, count)


@pass_eval_context
def join(context: Any, value: Any, d: str = "", attribute: Any = None) -> Any:
    """Jinja's `join`, counted."""
    parts = list(value)
    spend(sum(size(part) + len(str(d)) for part in parts))
    return do_join(context, parts, d, attribute)


@pass_environment
def total(environment: Any, values: Any, attribute: Any = None, start: Any = 0) -> Any:
    """Jinja's `sum`, of numbers only."""
    if size(start):
        raise SecurityError("it adds up lists")
    return sync_do_sum(environment, values, attribute, start)


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


class RefusedError(TemplateError):
    """The template called `raise_exception`: it does not take this conversation."""


def run(source: str, variables: Mapping[str, Any], *, limit: int) -> str:
    """Render a template with variables.

    Args:
        source: the template.
        variables: what it sees.
        limit: the most characters it may write.

    Raises:
        RefusedError: the template itself said no.
        ModelError: it is not a template, it failed, or it wrote too much.
    """
    parts: list[str] = []
    size = 0
    try:
        template = _compile(source)
        with rationed():
            for part in template.generate(variables):
                size += len(part)
                if size > limit:
                    raise SecurityError(f"it writes more than {limit:,} characters")
                parts.append(part)
    except RefusedError:
        raise
    # the code that ran is the template's, and it can raise whatever Python can
    except Exception as error:
        raise _failed(error) from None
    return "".join(parts)


def _failed(error: Exception) -> ModelError:
    reason = (str(error).splitlines() or [""])[0].rstrip(".")[:200]
    if not isinstance(error, TemplateError):
        reason = f"{type(error).__name__}: {reason}"
    return ModelError(
        f"the model's chat template failed: {reason}",
        "its file may be damaged, or made for another program; try another build of the model",
    )


class _Environment(ImmutableSandboxedEnvironment):
    # these make a long value from a short program, at once and before anything is written
    intercepted_binops = frozenset(("*", "**", "%", "+"))
    code_generator_class = Counted
    joined = staticmethod(joined)
    sliced = staticmethod(sliced)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise SecurityError(f"the operator {operator} is not allowed here")
        if operator == "*":
            _check_product(left, right)
        if operator == "+":
            spend(size(left) + size(right))
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> Any:
        text, name = getattr(value, "__self__", None), getattr(value, "__name__", "")
        formats = isinstance(text, str) and name in ("format", "format_map")  # of all attributes
        if formats and re.search(r"\d{5}", str(text)):
            raise SecurityError("it pads to a great width")
        return super().wrap_str_format(value)

    def call(self, context: Context, obj: Any, *args: Any, **more: Any) -> Any:
        check_call(obj, args)
        return super().call(context, obj, *args, **more)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        padding = isinstance(obj, str) and attr in _PADDING
        return not padding and super().is_safe_attribute(obj, attr, value)


def _check_product(left: Any, right: Any) -> None:
    for value, times in ((left, right), (right, left)):
        size = len(value) * times if hasattr(value, "__len__") and isinstance(times, int) else 0
        if size > _MAX_VALUE:
            raise SecurityError(f"it makes a value of {size:,} items")


class _Generation(Extension):
    """`{% generation %}` marks the reply for training code; here it changes nothing."""

    tags = {"generation"}  # noqa: RUF012 - Jinja declares it as a plain set

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Take the marker away and keep what it holds."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@functools.cache
def _environment() -> _Environment:
    environment = _Environment(  # the output is a prompt, not a page
        trim_blocks=True, lstrip_blocks=True, autoescape=False,
        extensions=["jinja2.ext.loopcontrols", _Generation],
    )  # fmt: skip
    environment.globals["raise_exception"] = _refuse
    environment.filters |= {**FILTERS, "tojson": _to_json, "indent": _indent}
    for name in ("center", "format"):  # they pad to any width
        del environment.filters[name]
    del environment.globals["lipsum"]  # filler text, of any length
    return environment


@functools.lru_cache(maxsize=8)
def _compile(source: str) -> Template:
    if len(source) > MAX_SOURCE:
        raise SecurityError(f"it has {len(source):,} characters, of {MAX_SOURCE:,} allowed")
    return _environment().from_string(source)


def _refuse(message: object) -> None:
    raise RefusedError(" ".join(str(message)[:400].split()))


def _indent(text: str, width: int = 4, first: bool = False, blank: bool = False) -> str:
    return do_indent(text, min(width, 100), first, blank)


def _to_json(
    value: Any, ensure_ascii: bool = False, indent: int | str | None = None,
    separators: tuple[str, str] | None = None, sort_keys: bool = False,
) -> str:  # fmt: skip
    # Jinja's own escapes <, > and &, which are no danger here and not what models have seen
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )
