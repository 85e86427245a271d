"""Chat templates are programs that come with a model file: run one without trusting it.

The template sees what `transformers` gives it, since that is what templates are written
against: https://huggingface.co/docs/transformers/chat_templating_writing

Limits: no attribute that starts with an underscore, no change to what it was given, ranges
of at most 100,000, and caps on what it writes, makes and runs (see `rations`).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from jinja2 import Template, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.filters import do_indent
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ttc_cli.core.errors import ModelError
from ttc_cli.prompts import rations

MAX_SOURCE = 1_000_000  # characters of a template; the longest known has 17 thousand
_MAX_VALUE = 1_000_000  # items or characters that one operator may make
_PADDING = ("center", "expandtabs", "ljust", "rjust", "zfill")


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
        with rations.rationed():
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
    code_generator_class = rations.Counted
    joined = staticmethod(rations.joined)
    sliced = staticmethod(rations.sliced)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise SecurityError(f"the operator {operator} is not allowed here")
        if operator == "*":
            _check_product(left, right)
        if operator == "+":
            rations.spend(rations.size(left) + rations.size(right))
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> Any:
        rations.check_format(value)
        return super().wrap_str_format(value)

    def call(self, context: Context, obj: Any, *args: Any, **more: Any) -> Any:
        rations.check_call(obj, args)
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
    environment.filters |= {**rations.FILTERS, "tojson": _to_json, "indent": _indent}
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
