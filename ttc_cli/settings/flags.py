"""The rows of the table of options that only a command line can say: see `settings.options`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ttc_cli.settings import options
from ttc_cli.settings.options import EVERY, INPUT, OUTPUT, SPENDING, SWITCH, TEXT, TEXTS, TURNS
from ttc_cli.settings.rules import Option, Rule, option

input_ = partial(option, on="ask", panel=INPUT)
spending = partial(option, on="ask", panel=SPENDING)
output_ = partial(option, on="ask", panel=OUTPUT)


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What only a command line says: where a question comes from and where its answer goes."""

    files: tuple[str, ...] = input_(
        (), TEXTS, "-f", "--file", takes="PATH", complete="files", on=TURNS,
        help="A text file to attach (repeatable; in a chat, to the first turn); `-` is stdin.",
    )  # fmt: skip
    template: str | None = input_(
        None, TEXT, "-t", "--template", help="A saved prompt (`ttc templates`).", on="ask map",
        complete="templates",
    )  # fmt: skip
    values: tuple[tuple[str, str], ...] = input_(
        (), TEXTS, "-p", "--param", takes="KEY VALUE", on="ask map",
        help="Of the template's variables (repeatable).",
    )  # fmt: skip
    goes_on: bool = input_(
        False, SWITCH, "-c", "--continue", help="Go on with the last conversation.", on=TURNS
    )
    cid: str | None = input_(
        None, TEXT, "--cid", takes="ID", help="Go on with the conversation of a run.", on=TURNS,
        complete="runs",
    )  # fmt: skip
    stdin: bool = input_(True, SWITCH, "--no-stdin", help="Never read stdin.")
    help_options: bool = spending(
        False, SWITCH, "--help-options", help="List the options of -S and -V."
    )
    min_agreement: float | None = spending(
        None, Rule("number", 0, 1), "--min-agreement",
        help="Exit 3 when the vote agrees less (0 to 1).",
    )  # fmt: skip
    min_confidence: float | None = spending(
        None, Rule("number", 0, 1), "--min-confidence",
        help="Exit 3 when the answer is less likely to be right (0 to 1).",
    )  # fmt: skip
    allow_rejected: bool = spending(
        False, SWITCH, "--allow-rejected",
        help="Print the best reply even when a verifier rejected all; exit 3 stays.",
    )  # fmt: skip
    dry_run: bool = spending(
        False, SWITCH, "--dry-run", help="Show route, plan and estimate; generate nothing."
    )
    detach: bool = output_(
        False, SWITCH, "--detach",
        help="Run in the background and print the run's id; `ttc logs wait ID` waits for it.",
    )  # fmt: skip
    as_json: bool = output_(False, SWITCH, "--json", help="One result object.", on="ask again")
    jsonl: bool = output_(False, SWITCH, "--jsonl", help="One event a line.")
    extract: bool = output_(
        False, SWITCH, "-x", "--extract", help="Only the short form of an answer.",
        on="ask map again",
    )  # fmt: skip
    output: Path | None = output_(  # noqa: RUF009 - a field
        None, TEXT, "-o", "--output", help="Write the answers to a file, whole or not at all.",
        on="ask map", complete="files",
    )  # fmt: skip
    quiet: bool = output_(
        False, SWITCH, "-q", "--quiet", help="Nothing on stderr but errors.", on=EVERY + " again"
    )
    verbose: bool = output_(False, SWITCH, "-v", "--verbose", help="Say more about what is done.")
    refresh: bool = output_(
        False, SWITCH, "--refresh", help="Draw anew, and keep the new samples.", on="ask map"
    )


FLAGS: Mapping[str, Option] = options.rows(Flags)
