"""Files as documents ahead of the question.

The long part comes first and the question and its wording last, so that another question,
route or wording finds the documents' prefix already evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ttc_cli.core.branch import Message
from ttc_cli.core.errors import UnreadableFile
from ttc_cli.core.files import encoding_of
from ttc_cli.prompts.wording import DEFAULT_SYSTEM

MAX_BYTES = 20_000_000
STDIN = "stdin"  # the name of text that was piped: for people, and in no prompt


@dataclass(frozen=True)
class Document:
    """A text the question is about.

    Args:
        source: the file, where it is one of data that programs can read; `text` is empty where
            it is too large or packed to be read as a text.
        digest: of such a file's bytes.
    """

    name: str
    text: str
    source: Path | None = None
    digest: str = ""


def read(path: Path, *, limit: int = MAX_BYTES) -> Document:
    """Read a text file; a pipe such as a shell's `<(...)` is read too.

    Args:
        path: the file.
        limit: the most bytes it may have.

    Raises UnreadableFile: missing, a directory, not text, empty or too large.
    """
    try:
        with path.open("rb") as handle:
            data = handle.read(limit + 1)
    except IsADirectoryError:
        hint = "name the files in it"
        raise UnreadableFile(f"cannot read {path}: it is a directory", hint) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFile(f"cannot read {path}: {reason.lower()}") from None
    if len(data) > limit and path.is_file():
        _check_size(str(path), path.stat().st_size, limit)
    return decode(str(path), data, limit=limit)


def decode(name: str, data: bytes, *, limit: int = MAX_BYTES) -> Document:
    """Text from bytes: UTF-8, or UTF-16 and UTF-32 with a byte order mark; any line ends.

    Args:
        name: what errors call it.
        data: the bytes; of a stream, one more than `limit` is enough.
        limit: the most bytes there may be.

    Raises UnreadableFile: not text, empty or too large.
    """
    _check_size(name, len(data), limit)
    encoding = encoding_of(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise _binary(name) from None
        raise UnreadableFile(
            f"cannot use {name}: byte {error.start:,} is not {encoding.upper()} text",
            "convert it first, for instance with iconv -f latin1 -t utf-8",
        ) from None
    if "\0" in text:
        raise _binary(name)
    if not text.strip():
        raise UnreadableFile(f"cannot use {name}: it is empty")
    return Document(name, text.replace("\r\n", "\n").replace("\r", "\n"))


def frame(question: str, documents: Sequence[Document] = (), wording: str = "") -> str:
    """One user message: documents, the question, and how the answer is wanted."""
    task = "\n".join(filter(None, (question, wording)))
    return "\n\n".join(filter(None, (*map(_framed, documents), task)))


def conversation(
    question: str,
    documents: Sequence[Document] = (),
    *,
    wording: str = "",
    system: str | None = None,
    history: Sequence[Message] = (),
) -> list[Message]:
    """The messages of one request.

    Args:
        question: what the user asks.
        documents: what it is about.
        wording: how the answer is wanted (see `prompts.wording`).
        system: None for the usual system prompt, which all routes share; empty for none.
        history: earlier turns, without their thoughts.
    """
    system = DEFAULT_SYSTEM if system is None else system
    head = [Message("system", system)] if system else []
    return [*head, *history, Message("user", frame(question, documents, wording))]


def _framed(document: Document) -> str:
    """Small models take a name for content: a pipe's says nothing, so it is left out."""
    piped = document.name == STDIN or document.name.startswith("/dev/")  # a shell's <(...)
    name = "" if piped else f" name={json.dumps(document.name, ensure_ascii=False)}"
    return f"<document{name}>\n{document.text.rstrip()}\n</document>"


def _check_size(name: str, size: int, limit: int) -> None:
    if size > limit:
        raise UnreadableFile(
            f"cannot use {name}: it has {size:,} bytes, and {limit:,} are allowed",
            "cut out the part that matters",
        )


def _binary(name: str) -> UnreadableFile:
    return UnreadableFile(f"cannot use {name}: it is binary, not text")
