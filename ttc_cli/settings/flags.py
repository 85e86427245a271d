"""The rows of the table of options that only a command line can say: see `settings.options`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ttc_cli.settings.options import (
    EVERY,
    INPUT,
    OUTPUT,
    SPENDING,
    SWITCH,
    TEXT,
    TEXTS,
    TURNS,
    rows,
)
from ttc_cli.settings.rules import Option, Rule, option


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What only a command line says: where a question comes from and where its answer goes."""

    files: tuple[str, ...] = option(
        (), TEXTS, "-f", "--file", takes="PATH", complete="files",
        help="A text file to attach (repeatable; in a chat, to the first turn); `-` is stdin.",
        on=TURNS, panel=INPUT,
    )  # fmt: skip
    template: str | None = option(
        None, TEXT, "-t", "--template", help="A saved prompt (`ttc templates`).", on="ask map",
        panel=INPUT, complete="templates",
    )  # fmt: skip
    values: tuple[tuple[str, str], ...] = option(
        (), TEXTS, "-p", "--param", takes="KEY VALUE",
        help="Of the template's variables (repeatable).", on="ask map", panel=INPUT,
    )  # fmt: skip
    goes_on: bool = option(
        False, SWITCH, "-c", "--continue", help="Go on with the last conversation.", on=TURNS,
        panel=INPUT,
    )  # fmt: skip
    cid: str | None = option(
        None, TEXT, "--cid", takes="ID", help="Go on with the conversation of a run.", on=TURNS,
        panel=INPUT, complete="runs",
    )  # fmt: skip
    stdin: bool = option(
        True, SWITCH, "--no-stdin", help="Never read stdin.", on="ask", panel=INPUT
    )
    help_options: bool = option(
        False, SWITCH, "--help-options", help="List the options of -S and -V.", on="ask",
        panel=SPENDING,
    )  # fmt: skip
    min_agreement: float | None = option(
        None, Rule("number", 0, 1), "--min-agreement",
        help="Exit 3 when the vote agrees less (0 to 1).", on="ask", panel=SPENDING,
    )  # fmt: skip
    min_confidence: float | None = option(
        None, Rule("number", 0, 1), "--min-confidence",
        help="Exit 3 when the answer is less likely to be right (0 to 1).", on="ask",
        panel=SPENDING,
    )  # fmt: skip
    allow_rejected: bool = option(
        False, SWITCH, "--allow-rejected",
        help="Print the best reply even when a verifier rejected all; exit 3 stays.", on="ask",
        panel=SPENDING,
    )  # fmt: skip
    dry_run: bool = option(
        False, SWITCH, "--dry-run", help="Show route, plan and estimate; generate nothing.",
        on="ask", panel=SPENDING,
    )  # fmt: skip
    detach: bool = option(
        False, SWITCH, "--detach", on="ask", panel=OUTPUT,
        help="Run in the background and print the run's id; `ttc logs wait ID` waits for it.",
    )  # fmt: skip
    as_json: bool = option(
        False, SWITCH, "--json", help="One result object.", on="ask again", panel=OUTPUT
    )
    jsonl: bool = option(False, SWITCH, "--jsonl", help="One event a line.", on="ask", panel=OUTPUT)
    extract: bool = option(
        False, SWITCH, "-x", "--extract", help="Only the short form of an answer.",
        on="ask map again", panel=OUTPUT,
    )  # fmt: skip
    output: Path | None = option(  # noqa: RUF009 - a field
        None, TEXT, "-o", "--output", help="Write the answers to a file, whole or not at all.",
        on="ask map", panel=OUTPUT, complete="files",
    )  # fmt: skip
    quiet: bool = option(
        False, SWITCH, "-q", "--quiet", help="Nothing on stderr but errors.", on=EVERY + " again",
        panel=OUTPUT,
    )  # fmt: skip
    verbose: bool = option(
        False, SWITCH, "-v", "--verbose", help="Say more about what is done.", on="ask",
        panel=OUTPUT,
    )  # fmt: skip
    refresh: bool = option(
        False, SWITCH, "--refresh", help="Draw anew, and keep the new samples.", on="ask map",
        panel=OUTPUT,
    )  # fmt: skip


FLAGS: Mapping[str, Option] = rows(Flags)
