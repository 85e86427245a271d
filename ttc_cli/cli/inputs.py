"""What is asked: prompt words, saved prompts, stdin and files, by the rules of the contract."""

from __future__ import annotations

import atexit
import codecs
import hashlib
import os
import select
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ttc_cli.core.errors import BudgetSpent, UnreadableFile, UsageError
from ttc_cli.prompts.message import MAX_BYTES, STDIN, Document, decode, read

if TYPE_CHECKING:
    from ttc_cli.settings import Flags
    from ttc_cli.store.templates import Filled, Template

SMALL = 2000  # bytes of piped text that is read as it is, whatever it is
_CHUNK = 1 << 20
PATIENCE = 2.0  # silent seconds on a pipe before a line says what is waited for
LATER = "give a larger --max-seconds, or --no-stdin"


def named(flags: Flags) -> Template | None:
    """The template that `-t` names."""
    if flags.template is not None:
        from ttc_cli.settings import home
        from ttc_cli.store.templates import load

        return load(flags.template, home())
    if flags.values:
        raise UsageError("-p gives values to a template", "name one with -t")
    return None


def filled_words(flags: Flags, words: Sequence[str]) -> Filled:
    """What `-t` and `-p` make of a question's words; without a template, the words as they are."""
    from ttc_cli.store.templates import Filled, apply

    template = named(flags)
    if template is None:
        return Filled(tuple(words), {}, lambda prompt: prompt, False)
    return apply(template, flags.values, words)


def gather(
    words: Sequence[str], files: Sequence[str], *, read_stdin: bool, needs_prompt: bool = True,
    say: Callable[[str], None], until: float | None = None,
) -> tuple[str, tuple[Document, ...]]:  # fmt: skip
    """The question and its documents.

    A prompt with piped stdin: stdin is a document ahead of it. No prompt, or `-`: stdin is the
    prompt. `-f -` names stdin as a document wherever it stands among the files.

    Args:
        needs_prompt: whether an empty prompt is an error.
        until: monotonic seconds up to which a silent stdin is waited for; None for ever.
    """
    dashes = [word for word in words if word == "-"]
    prompt = " ".join(word for word in words if word != "-").strip()
    as_file = list(files).count("-")
    if len(dashes) + as_file > 1 or (dashes and not read_stdin):
        raise UsageError("stdin is named more than once, or refused", "give `-` once")
    asked = bool(dashes or as_file)
    wanted = asked or (read_stdin and piped() and not _begun(prompt, say))
    stdin = _stdin(say, until) if wanted else None
    attached = [stdin if name == "-" and stdin else _file(Path(name)) for name in files]
    if stdin is not None and not as_file:
        if dashes or not prompt:
            prompt = "\n\n".join(filter(None, (prompt, stdin.text.strip())))
        elif stdin.text.strip() or stdin.source:
            attached.insert(0, stdin)
            many = len(stdin.text.splitlines())
            what = "stdin is" if many == 0 else "1 line of stdin is"
            what = f"{many:,} lines of stdin are" if many > 1 else what
            say(f"{what} attached ahead of the question; --no-stdin leaves it alone")
    if not prompt and needs_prompt:
        raise UsageError("the prompt is empty", 'say what you want to know: ttc "..."')
    return prompt, tuple(attached)


def piped() -> bool:
    """Whether stdin is a pipe, a socket or a file: something that was put there on purpose."""
    if sys.stdin is None or sys.stdin.closed:
        return False
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _begun(prompt: str, say: Callable[[str], None]) -> bool:
    """Whether stdin is a file that somebody else reads too: a loop over its lines, say."""
    try:
        begun = prompt and os.lseek(sys.stdin.fileno(), 0, os.SEEK_CUR) > 0
    except OSError:  # a pipe
        return False
    if begun:
        say("stdin is a file that is being read already: left alone; `-f -` attaches the rest")
    return bool(begun)


def _stdin(say: Callable[[str], None], until: float | None) -> Document:
    if sys.stdin is None:
        raise UnreadableFile("stdin is closed", "give the prompt as an argument")
    handle = sys.stdin.buffer
    _wait(handle.fileno(), say, until)
    data = b"".join(_chunks(handle, until, MAX_BYTES + 1))
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        return Document(STDIN, "")
    from ttc_cli.data.profile import piped_form  # most questions come without data

    form = piped_form(data)
    if form is None or len(data) < SMALL:
        return decode(STDIN, data)
    path, digest = _kept(data, _chunks(handle, until), f"{STDIN}.{form}")
    whole = len(data) <= MAX_BYTES
    text = decode(STDIN, data).text if whole else ""
    return Document(STDIN, text, path, digest)


def _file(path: Path) -> Document:
    """A file as a document; one of data can be read by programs too, however large it is."""
    from ttc_cli.data.profile import form_of

    if form_of(path.name) is None or not path.is_file():
        return read(path)
    packed = path.suffix.lower() == ".gz"
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        large = path.stat().st_size > MAX_BYTES
    except OSError:
        return read(path)  # which says what is wrong
    if packed or large:
        return Document(str(path), "", path.absolute(), digest)
    return replace(read(path), source=path.absolute(), digest=digest)


def kept(name: str, text: str) -> Document:
    """A document of an earlier run; a file of data can be read by programs again if it is there."""
    from ttc_cli.data.profile import form_of

    there = form_of(name) is not None and Path(name).is_file()
    again = _file(Path(name)) if there else Document(name, text)
    if not text and again.source is None:
        raise UnreadableFile(f"{name} was too large to keep with the run", "attach it again")
    return again if again.text == text else Document(name, text)


def _kept(start: bytes, rest: Iterable[bytes], name: str) -> tuple[Path, str]:
    """A file of what was piped, and of what still comes, until this process ends; its sha256."""
    folder = Path(tempfile.mkdtemp(prefix="ttc-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / name
    with path.open("wb") as file:
        file.write(start)
        file.writelines(rest)
    with path.open("rb") as file:
        return path, hashlib.file_digest(file, "sha256").hexdigest()


def _chunks(handle: Any, until: float | None, most: int | None = None) -> Iterator[bytes]:
    """What comes on stdin, to its end, or to `most` bytes; BudgetSpent once the time is up."""
    while most is None or most > 0:
        if until is not None and os.name != "nt" and not _ready(handle.fileno(), until):
            raise BudgetSpent("stdin did not come to its end in time", LATER)
        chunk = handle.read1(min(_CHUNK, most or _CHUNK))
        if not chunk:
            return
        most = None if most is None else most - len(chunk)
        yield chunk


def _ready(descriptor: int, until: float) -> bool:
    return bool(select.select([descriptor], [], [], max(0.0, until - time.monotonic()))[0])


def _wait(descriptor: int, say: Callable[[str], None], until: float | None) -> None:
    """Say what is waited for when nothing comes; BudgetSpent when nothing came in time."""
    if os.name == "nt" or os.isatty(descriptor):
        return  # select takes only sockets there; and a person at the keyboard knows
    if not select.select([descriptor], [], [], PATIENCE)[0]:
        say("waiting for text on stdin; --no-stdin does without")
        if until is not None and not _ready(descriptor, until):
            raise BudgetSpent("no text came on stdin in time", LATER)


SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}


def moment(text: str | None) -> float | None:
    """Seconds since the epoch, from how long ago (90m, 12h, 7d, 4w) or a date (2026-01-31)."""
    if text is None:
        return None
    number, unit = text[:-1], text[-1:]
    if number.isdecimal() and unit in SECONDS:
        return time.time() - int(number) * SECONDS[unit]
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        why = f"--since takes 90m, 12h, 7d, 4w or a date, not {text!r}"
        raise UsageError(why, "for instance --since 7d") from None


def schema_text(given: str) -> str:
    """The JSON schema itself in place of its file, which may be another one tomorrow."""
    if not given:
        return ""
    from ttc_cli.answers.schema.answer import AnswerSchema

    return AnswerSchema.read(given).source
