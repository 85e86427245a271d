"""The entry point: errors become one line and an exit code."""

from __future__ import annotations

import os
import sys

from ttc_cli.cli.start import BEGAN  # first of all: it looks at the clock
from ttc_cli.core.errors import TtcError

__all__ = ["BEGAN", "main"]

FREE_FLAGS = ("--version", "-h", "--help")


def main() -> None:
    """Run `ttc` with the process's arguments and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run `ttc`; returns the exit code."""
    if arguments[:1] == ["--version"]:
        from ttc_cli import __version__

        sys.stdout.write(f"ttc {__version__}\n")
        return 0
    as_json = "--json" in arguments
    try:
        return _run(_with_command(arguments))
    except TtcError as error:
        return _told(error, as_json)
    except BrokenPipeError:
        from ttc_cli.cli.output import silence_stdout

        silence_stdout()
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    except MemoryError:
        return _told(TtcError("memory ran out", "choose a smaller model or --ctx-size"), as_json)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        what = error.strerror or type(error).__name__
        return _told(TtcError(f"{what}{place}", "TTC_DEBUG=1 shows where"), as_json)
    except Exception as error:  # the last resort: a bug of ours is one line too
        what = f"{type(error).__name__}: {error}"
        return _told(TtcError(f"a bug in ttc: {what}", "TTC_DEBUG=1 shows where"), as_json)


def _run(arguments: list[str]) -> int:
    # Outside standalone mode Click hands usage errors and exit codes to us.
    import click
    from typer.main import get_command

    from ttc_cli.cli.app import app

    try:
        code = get_command(app).main(arguments, prog_name="ttc", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        from ttc_cli.core.errors import UsageError

        context = getattr(error, "ctx", None)
        path = context.command_path if context else "ttc"
        raise UsageError(error.format_message().rstrip("."), f"see `{path} --help`") from None
    return code if isinstance(code, int) else 0


def _with_command(arguments: list[str]) -> list[str]:
    """`ttc "a question"` and `echo a question | ttc` are `ttc ask ...`."""
    from ttc_cli.cli.app import COMMANDS

    if not arguments:
        from ttc_cli.cli.inputs import piped

        return ["ask"] if piped() else []
    first = arguments[0]
    if first in COMMANDS or first in FREE_FLAGS:
        return arguments
    return ["ask", *arguments]


def _told(error: TtcError, as_json: bool) -> int:
    from ttc_cli.cli.output import report

    if os.environ.get("TTC_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    report(error, as_json=as_json)
    return error.exit_code


if __name__ == "__main__":
    main()
