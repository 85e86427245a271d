"""What `--help` says: whole sentences, and every name that may be given."""

from __future__ import annotations

import pytest
from harness import Ttc

from ttc_cli.bench.planning import UNITS
from ttc_cli.cli.reference.tree import command_tree
from ttc_cli.strategies import registry as strategies
from ttc_cli.verifiers import registry as verifiers
from ttc_cli.views import export, traces


@pytest.mark.parametrize(
    "group", ["bench", "cache", "config", "logs", "models", "prm", "templates"]
)
def test_a_groups_help_cuts_no_sentence(ttc: Ttc, group: str) -> None:
    ran = ttc(group, "--help")
    assert ran.code == 0
    assert "..." not in ran.out.replace("[ARGS]...", "")


def test_help_names_every_strategy_and_verifier(ttc: Ttc) -> None:
    said = "".join(ttc("ask", "--help").out.split())  # a name may be broken at its hyphen
    for name in (*strategies.names(), *verifiers.names()):
        assert name in said, name


PATHS = [command.path for command in command_tree().walk()]


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_no_help_has_a_placeholder_or_an_odd_metavar(ttc: Ttc, path: tuple[str, ...]) -> None:
    ran = ttc(*path, "--help")
    assert ran.code == 0
    for name in ("strategies", "verifiers"):
        assert f"{{{name}}}" not in ran.out
    assert "]:<" not in ran.out


def test_serve_shows_the_flags_of_its_usual_form(ttc: Ttc) -> None:
    said = ttc("serve", "--help").out
    for flag in ("--port", "--host", "-m, --model", "-e, --effort"):
        assert flag in said
    assert said.count("--help") == 2  # once in what an option's text says


def test_words_that_a_flag_names_are_those_it_takes() -> None:
    logs = command_tree().child("logs")
    named = {
        (one.path[-1], flag.names[-1]): flag.words for one in logs.children for flag in one.flags
    }
    assert set(named["export", "--format"]) == set(export.FORMATS)
    assert set(named["show", "--format"]) == {"text", *traces.FORMATS}
    plan = {flag.names[-1]: flag.words for flag in command_tree().child("plan").flags}
    assert set(plan["--unit"]) == set(UNITS)


@pytest.mark.parametrize(
    ("group", "usual"),
    [
        ("logs", "list"),
        ("models", "list"),
        ("templates", "list"),
        ("cache", "info"),
        ("config", "show"),
    ],
)
def test_a_group_alone_runs_its_usual_command(ttc: Ttc, group: str, usual: str) -> None:
    bare = ttc(group)
    assert bare == ttc(group, usual)
    assert bare.code == 0
    said = ttc(group, "--help").out
    assert said.startswith("Usage:")
    assert " ".join(said.split()).count("The usual one.") == 1


def test_flags_without_a_command_are_the_usual_ones(ttc: Ttc) -> None:
    assert ttc("models", "--json") == ttc("models", "list", "--json")
    ran = ttc("logs", "lst")
    assert (ran.code, ran.out) == (2, "")
    assert "no such command 'lst'" in ran.err


def test_help_is_a_word_too_unless_something_is_asked(ttc: Ttc) -> None:
    assert ttc("help") == ttc("--help")
    assert ttc("help", "logs") == ttc("logs", "--help")
    assert ttc("help", "me", script=lambda request: "with what?").out == "with what?\n"
