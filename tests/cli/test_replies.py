"""A reply in the form that the person asked for; reasoning that we asked for is thought."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from harness import Ttc

from ttc_cli.core.engine import BranchRequest

MINUTES = "How many minutes are there from 9:40 to 13:05?"
WORK = (
    "From 9:40 to 13:00 are 200 minutes.\n\nSo there are 205 minutes in all.\n\n"
    "The final answer is: \\(\\boxed{205}\\)."
)


def turns(*replies: str) -> tuple[Callable[[BranchRequest], str], list[str]]:
    """A script that says its replies in turn, the last for ever, and the prompts it was given."""
    prompts: list[str] = []

    def script(request: BranchRequest) -> str:
        prompts.append(request.prompt.text)
        return replies[min(len(prompts), len(replies)) - 1]

    return script, prompts


@pytest.mark.parametrize(
    ("asked", "printed"),
    [
        (MINUTES, "There are 205 minutes in all."),
        (f"{MINUTES} Reply with the number and unit only.", "205 minutes"),
        (f"{MINUTES} Just the number.", "205"),
        (f"{MINUTES} In capital letters, one line.", "THERE ARE 205 MINUTES IN ALL."),
        ("Wie viele Minuten sind es von 9:40 bis 13:05? Nur mit der Zahl antworten.", "205"),
        ("Wie viele Minuten sind es von 9:40 bis 13:05?", "205 Minuten"),
    ],
)
def test_a_statement_of_the_answer_costs_no_token(ttc: Ttc, asked: str, printed: str) -> None:
    script, prompts = turns(WORK)
    ran = ttc("-e", "low", asked, script=script)
    assert (ran.code, ran.out, len(prompts)) == (0, f"{printed}\n", 1)
    assert ("draft in any form" in prompts[0]) == (asked.rstrip("?") != asked[:-1])


def test_a_reply_of_one_sentence_is_said_as_it_is(ttc: Ttc) -> None:
    done = ttc("-e", "low", "What is 6 * 7?", script=lambda _: "The answer is 42.")
    assert done.out == "The answer is 42.\n"


def test_a_vote_prints_the_statement_too_and_shows_reasoning_when_asked(ttc: Ttc) -> None:
    ran = ttc("-n", "3", "--show-reasoning", MINUTES, script=lambda _: WORK)
    assert ran.out == "There are 205 minutes in all.\n"
    assert "From 9:40 to 13:00" in ran.err
    streamed = ttc("-e", "low", "--show-reasoning", MINUTES, script=lambda _: WORK)
    assert streamed.out == ran.out
    assert "From 9:40 to 13:00" in streamed.err
    assert "205" not in ttc("-e", "low", MINUTES, script=lambda _: WORK).err


def test_the_letter_and_what_stands_at_it(ttc: Ttc) -> None:
    asked = "Which planet is largest? A) Mars B) Venus C) Jupiter"
    work = "Jupiter has a mass of 318 earths = most.\nThe answer is (C)"
    assert ttc("-e", "low", asked, script=lambda _: work).out == "C) Jupiter\n"
    assert ttc("-e", "high", f"{asked}. The letter only.", script=lambda _: work).out == "C\n"
    months = "".join(f"\n{letter}) {n}" for n, letter in enumerate("ABCDEFGHIJKL", 1))
    late = ttc("-e", "low", f"Which is 11?{months}\nLetter only.", script=lambda _: "It is (K).")
    assert (late.out, late.err) == ("K\n", "")
    ours = json.loads(ttc("--json", f"{asked}. The letter only.", script=lambda _: work).out)["ttc"]
    assert "multiple choice" in ours["route"]["reason"]
    assert ours["votes"][0]["answer"] == "C"


def test_what_cannot_be_taken_is_drawn_in_a_closing_turn(ttc: Ttc) -> None:
    asked = f"{MINUTES} Answer in JSON."
    script, prompts = turns(WORK, '{"minutes": 205}')
    ran = ttc("-e", "low", "--json", asked, script=script)
    value = json.loads(ran.out)
    assert value["choices"][0]["message"]["content"] == '{"minutes": 205}'
    assert value["choices"][0]["message"]["reasoning_content"] == WORK
    assert prompts[1].startswith(prompts[0])
    assert f"{WORK}<|im_end|>" in prompts[1]
    assert "The answer is: 205" in prompts[1]
    assert "JSON alone" in prompts[1]
    usage = value["usage"]
    rest = usage["completion_tokens"] - usage["completion_tokens_details"]["reasoning_tokens"]
    assert 2 <= rest <= 4  # the closing turn, counted


def test_another_language_is_written_by_the_model(ttc: Ttc) -> None:
    script, prompts = turns(WORK, "Es sind 205 Minuten.")
    ran = ttc("-e", "low", f"{MINUTES} Answer in German.", script=script)
    assert (ran.out, len(prompts)) == ("Es sind 205 Minuten.\n", 2)
    assert "in German" in prompts[1]


def test_a_reply_without_the_form_is_drawn_once_more_and_told_of(ttc: Ttc) -> None:
    asked = "Write a title for an essay on bees, at most 20 characters."
    script, prompts = turns("The Long and Secret Life of Bees", "Life of Bees")
    ran = ttc("-e", "low", asked, script=script)
    assert (ran.code, ran.out, ran.err, len(prompts)) == (0, "Life of Bees\n", "", 2)
    lacks = "It must be: at most 20 characters, so about 2 words (it has 32 characters)"
    assert lacks in prompts[1]
    script, prompts = turns("The Long and Secret Life of Bees")
    ran = ttc("-e", "low", asked, script=script)
    assert (ran.out, len(prompts)) == ("The Long and Secret Life of Bees\n", 2)
    assert ran.err == "the reply is not as it was asked for: at most 20 characters\n"


def test_a_line_that_stays_too_long_ends_where_it_may(ttc: Ttc) -> None:
    asked = "Write a commit message of at most 60 characters."
    long = "Fix slug function to handle leading whitespace and convert to lowercase"
    ran = ttc("-e", "low", asked, script=turns(long)[0])
    assert (ran.out, ran.err) == ("Fix slug function to handle leading whitespace\n", "")


@pytest.mark.parametrize(
    ("asked", "said", "printed"),
    [
        ("Show hidden files: the command only, no code fence.", "```sh\nls -a\n```", "ls -a"),
        ("What is the capital of Italy? In capital letters.", "Rome", "ROME"),
        ("What is the capital of Italy? One word.", "Rome.", "Rome"),
        (
            "Who wrote Faust? The name only.",
            "Johann Wolfgang von Goethe wrote Faust.",
            "Johann Wolfgang von Goethe",
        ),
        ("What is the capital of Italy? Name only.", "The capital of Italy is Rome", "Rome"),
        ("Hauptstadt von Italien? Nur der Name.", "Die Hauptstadt von Italien ist Rom.", "Rom"),
        ("Capitale de l'Italie ? Le nom seulement.", "C'est Rome.", "Rome"),
        ("Name a sad song, the title only.", "The Night Is Young", "The Night Is Young"),
        ("What is the capital of Italy?", "It is Rome, as one knows.", "It is Rome, as one knows."),
        ("Tell me of bees.", "Bees\n\nare **busy**.", "Bees\n\nare **busy**."),
    ],
)
def test_where_nothing_was_added_no_token_is_added(
    ttc: Ttc, asked: str, said: str, printed: str
) -> None:
    script, prompts = turns(said)
    ran = ttc("-e", "low", asked, script=script)
    assert (ran.out, len(prompts)) == (f"{printed}\n", 1)
    assert f"{asked}<|im_end|>" in prompts[0]


def test_what_was_added_is_shown(ttc: Ttc) -> None:
    asked = ("-e", "low", f"{MINUTES} Just the number.")
    dry = ttc("--dry-run", *asked)
    assert "added     This is for a draft" in dry.out
    assert "form      a number alone" in dry.out
    assert "added     This is for a draft" in ttc("-v", *asked, script=lambda _: WORK).err
    shown = ttc("logs", "show").out
    assert "added:        This is for a draft" in shown
    assert "form:         a number alone" in shown
    assert "added" not in ttc("--dry-run", "What is the capital of Italy?").out


def test_facts_vote_where_more_than_one_is_drawn(ttc: Ttc) -> None:
    asked = "Who wrote the play Faust?"
    replies = ["Goethe", "The play Faust was written by Goethe.", "Schiller"]
    script = turns(*replies * 6)[0]
    ours = json.loads(ttc("--json", "-n", "6", "--no-early-stop", asked, script=script).out)["ttc"]
    assert {v["answer"]: v["count"] for v in ours["votes"]} == {"Goethe": 4, "Schiller": 2}
    bare = json.loads(ttc("--json", f"{asked} The name only.", script=turns(*replies)[0]).out)
    assert bare["ttc"]["samples"]["started"] > 1


def test_the_value_is_printed_where_a_value_was_asked_for_and_talk_came(ttc: Ttc) -> None:
    script, prompts = turns("It is \\boxed{a few}", "Well, one may say so, or else otherwise.")
    ran = ttc("-e", "low", f"{MINUTES} Number and unit only.", script=script)
    assert (ran.out, len(prompts)) == ("a few\n", 3)
    assert "not as it was asked for: a number with its unit alone" in ran.err
