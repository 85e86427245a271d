"""What a text is made of that a question is about: code, a table, a log or prose.

Of a long one both ends are read, so that a megabyte takes no longer than a page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from ttc_cli.prompts.message import Document

END = 1500  # characters read at either end of an attached text
LINES = 60  # lines judged; the first and the last of what was read
CODE_LINE = re.compile(
    r"^\s*(?:def |class |import |from \w+ import|async |await |function\b|fn |func |public |"
    r"private |static |#include|SELECT |const |let |var |return\b|if\s*\(|for\s*\(|while\b.*[:{]|"
    r"\w+\s*=\s*\w|[{}@<$]|//|/\*|--\s|>>>|Traceback|File \"|try:|except)|[;{}]\s*$|"
    r"\w\(.*\)[:;]?\s*$|=>|->|:=|==|!=|&&|\|\|"
)
DATA_LINE = re.compile(
    r"^\s*\[?\d{1,4}[-:/.]\d\d|\b(?:INFO|WARN|ERROR|DEBUG)\b|^[^,\n]+(?:,[^,\n]*){2,}$|"
    r"^[^|\n]*(?:\|[^|\n]*){2,}$|^\s*\w+[:=]\s*\S+(?:\s+\w+[:=]\S+)+|\t\S+\t|^\s*[\[{\"]|"
    r"^[\w.]+=\S+"
)
_LOG_LINE = re.compile(
    r"^\W{0,2}(?:\d{4}-\d\d-\d\d[T ]|\d\d:\d\d:\d\d|\w{3} +\d+ \d\d:\d\d)|"
    r"\b(?:INFO|WARN(?:ING)?|ERROR|DEBUG|FATAL|TRACE)\b|^[\d.]+ - - \["
)
_ROW = re.compile(r"[,;\t|]")
_BY_NAME = {
    "code": "py pyi js mjs ts tsx jsx c h cc cpp hpp cs java kt go rs rb php swift scala sh bash "
    "zsh ps1 lua pl r jl hs ex erl clj sql css scss vue svelte asm zig dart m ipynb",
    "table": "csv tsv json jsonl ndjson yaml yml toml xml ini psv parquet",
    "log": "log out err trace",
}
_KINDS = {ending: kind for kind, endings in _BY_NAME.items() for ending in endings.split()}


def excerpt(text: str) -> str:
    """Both ends of a text, or all of a short one."""
    return text if len(text) <= 2 * END else f"{text[:END]}\n{text[-END:]}"


def kind(text: str, name: str = "") -> str:
    """One of "code", "table", "log" and "prose", by the file's name, else by its lines."""
    named = _KINDS.get(PurePath(name).suffix.lower().lstrip("."))
    if named:
        return named
    lines = [line for line in excerpt(text).split("\n") if line.strip()]
    lines = lines if len(lines) <= LINES else lines[: LINES // 2] + lines[-LINES // 2 :]
    if not lines:
        return "prose"
    half = len(lines) / 2
    if sum(_LOG_LINE.search(line) is not None for line in lines) >= half:
        return "log"
    if _rows(lines):
        return "table"
    return "code" if sum(CODE_LINE.search(line) is not None for line in lines) >= half else "prose"


def _rows(lines: list[str]) -> bool:
    """Whether lines look like rows of fields, or like JSON."""
    if lines[0].lstrip()[:1] in ("{", "["):
        return lines[-1].rstrip()[-1:] in ("}", "]") and '"' in "".join(lines[:2])
    fields = [len(_ROW.findall(line)) for line in lines]
    alike = sum(many == fields[0] > 0 for many in fields)
    return len(lines) > 1 and alike >= 0.8 * len(lines) and not lines[0].rstrip().endswith(";")


def summary(documents: Sequence[Document]) -> str:
    """What is attached, for people: "table, 2 KB"; of several the first two and how many more."""
    parts = [f"{kind(d.text, d.name)}, {_size(len(d.text))}" for d in documents[:2]]
    more = f" and {len(documents) - 2} more" if len(documents) > 2 else ""
    return "; ".join(parts) + more


def _size(characters: int) -> str:
    for unit, many in (("MB", 1_000_000), ("KB", 1_000)):
        if characters >= many:
            return f"{characters / many:.{0 if characters >= 10 * many else 1}f} {unit}"
    return f"{characters} characters"
