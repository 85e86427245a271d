"""What a user's message is made of: documents, the question, and how the answer is wanted.

The long part comes first and the question and its wording last, so that another question,
route or wording finds the documents' prefix already evaluated. A wording follows the question after
a line break: the first of each row is the default; the others say the same differently, for
`--diverse`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ttc_cli.core.branch import Message
from ttc_cli.core.errors import UnreadableFile
from ttc_cli.core.files import encoding_of

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
        wording: how the answer is wanted.
        system: None for the usual system prompt, which all routes share; empty for none.
        history: earlier turns, without their thoughts.
    """
    system = DEFAULT_SYSTEM if system is None else system
    head = [Message("system", system)] if system else []
    return [*head, *history, Message("user", frame(question, documents, wording))]


def _framed(document: Document) -> str:
    """Small models take a name for content: a pipe's says nothing, so it is left out."""
    piped = document.name == STDIN or document.name.startswith("/dev/")  # a shell's <(...)
    said = json.dumps(document.name.encode("utf-8", "replace").decode(), ensure_ascii=False)
    name = "" if piped else f" name={said}"
    return f"<document{name}>\n{document.text.rstrip()}\n</document>"


def _check_size(name: str, size: int, limit: int) -> None:
    if size > limit:
        raise UnreadableFile(
            f"cannot use {name}: it has {size:,} bytes, and {limit:,} are allowed",
            "cut out the part that matters",
        )


def _binary(name: str) -> UnreadableFile:
    return UnreadableFile(f"cannot use {name}: it is binary, not text")


Task = Literal["math", "choice", "short", "fact", "code", "plain", "program", "bare"]

DEFAULT_SYSTEM = "You are a helpful assistant."

WORDINGS: Mapping[Task, tuple[str, ...]] = {
    # the sentence Qwen2.5-Math and DeepSeek-R1 were trained with
    "math": (
        r"Please reason step by step, and put your final answer within \boxed{}.",
        r"Work it out carefully, one step at a time. Give the final answer in \boxed{}.",
        r"First say what is known and what is asked, then solve it. "
        r"Put the final answer within \boxed{}.",
        r"Solve this, check the result against the question, and only then "
        r"write the final answer within \boxed{}.",
    ),
    "choice": (
        'Think step by step, then end with "The answer is (X)", where X is the letter.',
        'Weigh each choice in turn, then end with "The answer is (X)", where X is the letter.',
        "Rule out the choices that cannot be right, then end with "
        '"The answer is (X)", where X is the letter.',
    ),
    "short": (
        'Think step by step, then end with a line "Answer: " and the answer alone.',
        'Reason briefly, then end with a line "Answer: " and the answer alone.',
        "Say what the question needs, work it out, then end with "
        'a line "Answer: " and the answer alone.',
    ),
    "code": (
        "Give the complete code in one fenced block.",
        "Think about the edge cases first, then give the complete code in one fenced block.",
        "Say in a sentence how it works, then give the complete code in one fenced block.",
    ),
    "fact": ("",),
    "plain": ("",),
    "program": (  # the reply is begun for the model; the second is for servers that do not go on
        "Write a Python function that returns the answer.",
        "Write the Python function `def solution():` that computes the answer and returns it. "
        "Give that function alone, in one fenced block, without examples or checks.",
    ),
    "bare": ("Answer with the number only.",),
}
REASONED = ("math", "choice", "short")
"""Tasks whose wording asks for reasoning, which then is thought and not the reply."""
DRAFT = "This is for a draft in any form; the reply in the form asked for comes after it."
"""Ahead of a wording that asks for reasoning where the person's words fix the reply's form."""

THINK = (
    "First think it through between <think> and </think>. "
    "After </think>, give the answer and nothing else."
)  # asks a model that has no thoughts of its own for some, ahead of the task's wording


def wording(task: Task, variant: int = 0, *, think: bool = False, fixed: bool = False) -> str:
    """The wording of a task.

    Args:
        task: what kind of answer is wanted.
        variant: which phrasing, counted round; 0 is the default.
        think: whether to ask for thoughts in tags as well.
        fixed: the person's words fix the reply's form: ours are about a draft, or there are none.
    """
    row = WORDINGS[task]
    said = row[variant % len(row)]
    if fixed:
        said = f"{DRAFT}\n{said}" if task in REASONED else ""
    return "\n".join(filter(None, (THINK if think else "", said)))


def closing(answer: str | None, forms: Sequence[str]) -> str:
    """Asks for the reply to the person's own words, after reasoning that came to an answer.

    Args:
        answer: in its short form, where there is one.
        forms: what the reply must be, in a few words each.
    """
    found = f"The answer is: {answer}\n" if answer else ""
    how = f" ({'; '.join(forms)})" if forms else ", in its language, in one short sentence"
    return (
        f"{found}Now write the reply to my message, just as it asks for it{how}. "
        "Write the reply and nothing else: no reasoning, no introduction."
    )


def asked_again(reply: str, lacks: Sequence[str]) -> str:
    """Asks once more for a reply that has not the form asked for."""
    return (
        f"Your reply was:\n{reply[:_LONGEST_NOTE]}\n\nIt must be: {'; '.join(lacks)}. "
        "Write it again so that it is, and nothing else."
    )


FORM = "The answer is one JSON value that is valid under this JSON schema:\n{}"
FORM_THOUGHT = (
    "First think it through between <think> and </think>. "
    "After </think>, give the JSON and nothing else."
)


def formed(schema: str, *, think: bool = False) -> str:
    """The wording for an answer under a JSON schema, in place of the task's own."""
    return "\n".join(filter(None, (FORM.format(schema), FORM_THOUGHT if think else "")))


CRITIQUE = (
    "Check the answer above for mistakes, one step at a time. If you find one, say what it is. "
    "Then give the complete answer again, corrected where it was wrong."
)
FOUND = (
    "The answer above was checked, and it is not right:\n\n{}\n\n"
    "Say what is wrong with it, then give the complete answer again, corrected."
)
_LONGEST_NOTE = 2000


def revision(note: str = "") -> str:
    """Asks for a better answer than the last one.

    Args:
        note: what is wrong with it, when somebody knows; its last 2000 characters are shown.
    """
    note = note.strip()[-_LONGEST_NOTE:]
    return FOUND.format(note) if note else CRITIQUE
