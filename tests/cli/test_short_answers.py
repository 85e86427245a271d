"""Replies that say the same in a sentence and in a word: one class, one short form."""

from __future__ import annotations

import json

from harness import Ttc

from ttc_cli.engine.scripted import from_choices

ASKED = "What is the capital of Italy?"
SAID = ("The capital of Italy is Rome.", "Rome.", "Rome is the capital of Italy.", "Rome")


def test_replies_that_restate_the_question_vote_as_one(ttc: Ttc) -> None:
    flags = ("--json", "-n", "8", "--task", "math", "--no-early-stop")
    ours = json.loads(ttc(*flags, ASKED, script=from_choices(SAID)).out)["ttc"]
    assert (ours["answer"], ours["agreement"]) == ("Rome", 1.0)
    assert [(vote["answer"], vote["count"]) for vote in ours["votes"]] == [("Rome", 8)]


def test_a_denial_votes_apart(ttc: Ttc) -> None:
    said = ("Rome is not the capital of Italy.", "Rome")
    flags = ("--json", "-n", "8", "--task", "math", "--no-early-stop")
    ours = json.loads(ttc(*flags, ASKED, script=from_choices(said)).out)["ttc"]
    votes = {vote["answer"] for vote in ours["votes"]}
    assert votes == {"Rome", "Rome is not the capital of Italy"}


def test_one_sentence_has_a_short_form_and_is_printed_whole(ttc: Ttc) -> None:
    script = from_choices(SAID[:1])
    assert ttc("-x", "-e", "low", ASKED, script=script).out == "Rome\n"
    assert ttc("-e", "low", ASKED, script=script).out == f"{SAID[0]}\n"
    assert json.loads(ttc("--json", ASKED, script=script).out)["ttc"]["answer"] == "Rome"


def test_prose_has_no_short_form(ttc: Ttc) -> None:
    said = "Italy is in Europe.\nThe capital of Italy is Rome."
    script = from_choices((said,))
    assert ttc("-x", "-e", "low", ASKED, script=script).out == f"{said}\n"
    assert json.loads(ttc("--json", ASKED, script=script).out)["ttc"]["answer"] is None
