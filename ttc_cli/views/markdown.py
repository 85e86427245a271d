"""Markdown and code for a terminal of sixteen colours.

What a model writes is shown as it is meant, and nothing of it may get lost on the way: a block
without any Markdown stays as it is, line ends in a paragraph stay line ends, backslashes stay
(they are LaTeX more often than escapes), HTML is text, and `3*4*5` is a product. Code keeps its
lines, so that it can be copied.
"""

from __future__ import annotations

import io
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`\n]*)$")
_MARKED = re.compile(
    r"^ {0,3}(#{1,6} |>|[-+*] |\d{1,9}[.)] |\|.*\||([-*_] ?){3,}$)"  # what starts a line
    r"|\*\*\S|__\S|`[^`\n]+`|\[[^\]\n]+\]\(",
    re.MULTILINE,
)
_INDENTED = re.compile(r"^(?: {2,}|\t)(?![-+*] |\d+[.)] )\S", re.MULTILINE)
_LIST = re.compile(r" {0,3}([-+*]|\d{1,9}[.)]) ")


def blocks(text: str) -> list[str]:
    """A text cut into blocks that can be shown by themselves; the last may not be whole yet.

    Blocks end at blank lines and around fenced code; what is indented stays with what it is
    indented under. The blank lines between blocks are dropped.
    """
    lines = text.split("\n")
    starts = [0]
    fence = ""
    blank = False
    for at, line in enumerate(lines):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
                starts.append(at + 1)
            continue
        fence = mark[1] if mark else ""
        if line.strip() and (mark or (blank and not line.startswith((" ", "\t")))):
            starts.append(at)
        blank = not line.strip()
    done = ["\n".join(lines[a:b]) for a, b in zip(starts, [*starts[1:], None], strict=True)]
    return [block.strip("\n") for block in done[:-1] if block.strip()] + done[-1:]


def render(block: str, columns: int) -> str:
    """A block as lines with escape codes, without a line end after the last."""
    lines = block.strip("\n").split("\n")
    if mark := _FENCE.match(lines[0]):
        closed = len(lines) > 1 and lines[-1].strip().startswith(mark[1])
        return _code("\n".join(lines[1 : len(lines) - closed]), mark[2].strip().split(" ")[0])
    if not _MARKED.search(block) or (_INDENTED.search(block) and not _LIST.match(lines[0])):
        return "\n".join(lines)
    return _markdown("\n".join(lines), columns)


def _code(text: str, language: str) -> str:
    from pygments import highlight
    from pygments.formatters import TerminalFormatter
    from pygments.lexers import TextLexer, get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    return str(highlight(text, lexer, TerminalFormatter())).rstrip("\n")


def _markdown(text: str, columns: int) -> str:
    from rich.console import Console
    from rich.markdown import Markdown

    shown = Markdown("", hyperlinks=False, code_theme="ansi_dark")
    shown.parsed = _parser().parse(text)
    for token in shown.parsed:
        if token.children:
            token.children = _literal(token.children)
    paper = io.StringIO()
    console = Console(
        file=paper, force_terminal=True, color_system="standard", width=max(10, columns),
        legacy_windows=False, highlight=False,
    )  # fmt: skip
    console.print(shown)
    return "\n".join(line.rstrip() for line in paper.getvalue().strip("\n").split("\n"))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return parser.disable(["escape", "entity", "code", "lheading", "reference"])


def _literal(tokens: list[Token]) -> list[Token]:
    """Inline tokens with line ends kept, and a `*` or `_` inside a word or a formula left alone."""
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.type == "softbreak":
            token.type = "hardbreak"
        elif token.type == "em_open":
            opened.append(at)
        elif token.type == "em_close" and opened:
            start = opened.pop()
            before = tokens[start - 1].content[-1:] if start else ""
            after = tokens[at + 1].content[:1] if at + 1 < len(tokens) else ""
            if before.isalnum() or after.isalnum() or before == ")" or after == "(":
                for end in (start, at):
                    tokens[end].type, tokens[end].content = "text", tokens[end].markup
                    tokens[end].nesting = 0
    return tokens
