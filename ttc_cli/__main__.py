"""The entry point: errors become one line and an exit code."""

from __future__ import annotations

import errno
import os
import sys

from ttc_cli.cli.process import BEGAN  # first of all: it looks at the clock
from ttc_cli.core.errors import TtcError

__all__ = ["BEGAN", "main"]

FREE_FLAGS = ("--version", "-h", "--help")


def main() -> None:
    """Run `ttc` with the process's arguments and leave with its exit code."""
    if sys.argv[1:2] == ["_complete"]:  # somebody waits at a prompt: nothing else is imported
        from ttc_cli.cli.values import print_completions

        sys.exit(print_completions(" ".join(sys.argv[2:])))
    if sys.argv[1:2] == ["_values"]:  # a completion script of an older ttc: no question
        sys.exit(0)
    from ttc_cli.cli.output import leave, open_streams

    open_streams()
    leave(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run `ttc`; returns the exit code."""
    try:
        if arguments[:1] == ["--version"]:
            return _version()
        words = _pairs(with_command(arguments))
        return _run(words) if words else 0
    except TtcError as error:
        return _told(error, arguments)
    except BrokenPipeError:
        from ttc_cli.cli.output import silence

        silence(sys.stdout)
        return 0
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        return _told(TtcError("memory ran out", "choose a smaller model or --ctx-size"), arguments)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        what = error.strerror or type(error).__name__
        if error.errno == errno.EBADF:  # open_streams gave it a place that takes nothing
            return _told(TtcError("stdout is closed", "give it a place, or use -o"), arguments)
        from ttc_cli.cli.output import FULL, full

        if error.errno in FULL and not place:
            return _told(full(error), arguments)
        return _told(TtcError(f"{what}{place}", "TTC_DEBUG=1 shows where"), arguments)
    except Exception as error:  # the last resort: a bug of ours is one line too
        what = f"{type(error).__name__}: {error}"
        return _told(TtcError(f"a bug in ttc: {what}", "TTC_DEBUG=1 shows where"), arguments)


def _version() -> int:
    from ttc_cli import __version__

    sys.stdout.write(f"ttc {__version__}\n")
    sys.stdout.flush()
    return 0


def _run(arguments: list[str]) -> int:
    # Not through Command.main: it turns a broken pipe into exit code 1.
    from typer import Abort, Exit, TyperException
    from typer.main import get_command

    from ttc_cli.cli.app import app
    from ttc_cli.core.errors import UsageError

    try:
        command = get_command(app)
        with command.make_context("ttc", arguments) as context:
            code = command.invoke(context)
    except Exit as end:
        return end.exit_code
    except Abort:
        return 130
    except TyperException as error:
        path = getattr(getattr(error, "ctx", None), "command_path", "ttc")
        message = error.format_message()
        if message.startswith("Usage:"):  # no command was given: what comes is the whole help
            sys.stderr.write(f"{message}\n")
            return UsageError.exit_code
        message = " ".join((message[:1].lower() + message[1:]).split())
        for theirs, ours in (("a valid int", "a whole number"), ("a valid float", "a number")):
            message = message.replace(theirs, ours)
        raise UsageError(message.rstrip("."), f"see `{path} --help`") from None
    return code if isinstance(code, int) else 0


def with_command(arguments: list[str]) -> list[str]:
    """`ttc "a question"` and `echo a question | ttc` are `ttc ask ...`, `ttc help` is --help."""
    from ttc_cli.cli.app import COMMANDS

    if not arguments:
        from ttc_cli.cli.inputs import piped

        if piped():
            return ["ask"]
        sys.stdout.write(INVITATION)
        sys.stdout.flush()
        return []
    first = arguments[0]
    if first in COMMANDS or first in FREE_FLAGS:
        return arguments
    _refuse_foreign(arguments)
    if first == "help" and set(arguments[1:]) <= COMMANDS.keys():
        return [*arguments[1:], "--help"]
    if len(arguments) == 1 and first.isalpha():
        from ttc_cli.core.text import nearest

        if near := nearest(first, COMMANDS, 0.75):
            sys.stderr.write(f"{first!r} goes to the model; the command is `ttc {near}`\n")
    return ["ask", *arguments]


def _pairs(arguments: list[str]) -> list[str]:
    """`-p language=German` as `-p language German`."""
    out: list[str] = []
    for word in arguments:
        name, equals, value = word.partition("=")
        paired = out and out[-1] in ("-p", "--param") and equals and name.isidentifier()
        out += [name, value] if paired and "--" not in out else [word]
    return out


INVITATION = """\
ttc asks a small model on this machine; say so, and it thinks harder:

  ttc "What is 17 * 23?"
  cat notes.txt | ttc "Which dates are named in this text?"
  ttc -e high "Anna reads 12 pages a day, Ben 18. When is each at page 180?"

`ttc chat` talks, `ttc doctor` checks the machine, `ttc --help` has the rest.
"""
"""What `ttc` alone prints; no line is longer than 80 columns."""

FOREIGN = {
    "list": "ttc models list, or ttc logs list", "ls": "ttc models list", "ps": "ttc logs list",
    "log": "ttc logs list", "history": "ttc logs list", "version": "ttc --version",
    "run": 'ttc chat -m NAME, or ttc -m NAME "..."', "pull": "ttc models pull NAME",
    "show": "ttc models show NAME", "rm": "ttc models rm NAME", "stop": "Ctrl-C",
}  # fmt: skip
"""First words by which other programs of this kind call what ttc calls otherwise."""


def _refuse_foreign(arguments: list[str]) -> None:
    """Refuse `ttc list`, `ttc pull NAME` and their like: nobody asks a model that."""
    from ttc_cli.core.errors import UsageError

    words = [word for word in arguments if not word.startswith("-")]
    ours = FOREIGN.get(arguments[0])
    if ours and (len(words) <= 2 or _is_model(words[1])):
        text = " ".join(words)
        raise UsageError(f"there is no command {arguments[0]!r}: {ours}", f"ttc ask {text} asks it")


def _is_model(word: str) -> bool:
    """Whether a word is a model's name here, or NAME:TAG as other programs have it."""
    from ttc_cli.cli.values import values

    name, _, tag = word.partition(":")
    return word in values("models") or (name.isascii() and name[:1].isalpha() and tag.isalnum())


def _told(error: TtcError, arguments: list[str]) -> int:
    from ttc_cli.cli.output import report

    if os.environ.get("TTC_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    flags = arguments[: arguments.index("--")] if "--" in arguments else arguments
    report(error, as_json="--json" in flags, as_events="--jsonl" in flags)
    return error.exit_code


if __name__ == "__main__":
    main()
