"""The short form of a reply: what has one, and what votes apart."""

from __future__ import annotations

import json

from harness import Ttc

from ttc_cli.engine.scripted import from_choices

ASKED = "What is the capital of Italy?"
SAID = "The capital of Italy is Rome."


def test_a_denial_votes_apart(ttc: Ttc) -> None:
    said = ("Rome is not the capital of Italy.", "Rome")
    flags = ("--json", "-n", "8", "--task", "math", "--no-early-stop")
    ours = json.loads(ttc(*flags, ASKED, script=from_choices(said)).out)["ttc"]
    votes = {vote["answer"] for vote in ours["votes"]}
    assert votes == {"Rome", "Rome is not the capital of Italy"}


def test_one_sentence_has_a_short_form_and_is_printed_whole(ttc: Ttc) -> None:
    script = from_choices((SAID,))
    assert ttc("-x", "-e", "low", ASKED, script=script).out == "Rome\n"
    assert ttc("-e", "low", ASKED, script=script).out == f"{SAID}\n"
    assert json.loads(ttc("--json", ASKED, script=script).out)["ttc"]["answer"] == "Rome"


def test_prose_has_no_short_form(ttc: Ttc) -> None:
    said = "Italy is in Europe.\nThe capital of Italy is Rome."
    script = from_choices((said,))
    assert ttc("-x", "-e", "low", ASKED, script=script).out == f"{said}\n"
    assert json.loads(ttc("--json", ASKED, script=script).out)["ttc"]["answer"] is None
