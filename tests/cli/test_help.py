"""What `--help` says: whole sentences, and every name that may be given."""

from __future__ import annotations

import pytest
from harness import Ttc

from ttc_cli.strategies import registry as strategies
from ttc_cli.verifiers import registry as verifiers


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
