"""Code as an answer: recognised by its shape, compared by its tokens."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Hashable

FENCE = re.compile(
    r"^[ \t]*```[ \t]*([\w+#.-]*)[^\n]*\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE
)
_STATEMENT = re.compile(
    r"^[ \t]*(?:def \w+\s*\(|class \w+|import \w+|from [\w.]+ import|return\b|print\s*\(|@\w+"
    r"|(?:for|while|if) .+[:{][ \t]*$|#include|function \w+|(?:const|let|var) \w+\s*="
    r"|public \w+|fn \w+|func \w+|(?i:select) .+ (?i:from) |[a-z_]\w* = )",
    re.MULTILINE,
)
_ONE_LINER = re.compile(
    r"def \w+\s*\(.*\)|lambda\b.*:|print\s*\(.*\)|import \w+|from [\w.]+ import "
)
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}
_BLOCK = {tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE}


def unfence(text: str) -> str:
    """The last fenced block of `text` without its fences; `text` itself when there is none."""
    blocks = FENCE.findall(text)
    return str(blocks[-1][1]) if blocks else text


def looks_like_code(text: str) -> bool:
    """Whether `text` is fenced, or some line of it is a statement of a common language."""
    if "```" in text:
        return True
    if "\n" not in text.strip():
        return bool(_ONE_LINER.match(text))
    return len(text) < 50_000 and "\\" not in text and bool(_STATEMENT.search(text))


def code_key(text: str) -> Hashable:
    """What stays the same when only comments, blank lines and spacing change.

    Python is compared by its tokens; what Python's tokeniser refuses, by its words.
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text.strip("\n") + "\n").readline))
    except (tokenize.TokenError, SyntaxError):
        return tuple(text.split())
    # the width of an indent does not matter, that there is one does
    return tuple(
        tokenize.tok_name[t.type] if t.type in _BLOCK else t.string
        for t in tokens
        if t.type not in _LAYOUT
    )


def clean_code(text: str) -> str:
    """Code without fences, trailing spaces and blank edges: the form shown to people."""
    return "\n".join(line.rstrip() for line in unfence(text).strip("\n").splitlines()).rstrip()
