"""Routes: what classifier, rules and flags decide, and the forms of answers."""

from __future__ import annotations

import pytest

from ttc_cli.core.errors import UsageError
from ttc_cli.routing.policy import Facts, Route, answer_form, route
from ttc_cli.settings.tables import RouteRule

STORY = (
    "Nora packs 9 boxes with 16 candles each, breaks 7, and sells the rest in bags of 5 for $4. "
    "How much does she earn?"
)
PROOF = "Prove that the square of an odd number is odd."


def test_simple_questions_get_one_plain_answer() -> None:
    assert route("what is the capital of Peru?") == Route(
        "factual", "simple", "fact", "low", route("what is the capital of Peru?").reason
    )


def test_problems_escalate_and_say_why() -> None:
    found = route(STORY)
    assert (found.task, found.path, found.form, found.effort) == ("math", "complex", "math", "auto")
    assert "sure" in found.reason
    assert "confidence and agreement" in found.reason


def test_a_command_that_is_asked_for_alone_is_no_mathematics() -> None:
    found = route("Find all files larger than 10 MB below the current folder. The command only.")
    assert (found.task, found.path, found.effort) == ("code", "simple", "low")
    assert "asked for alone" in found.reason
    assert route("The command only.", task="math").task == "math"


def test_more_samples_only_where_they_can_be_told_apart() -> None:
    found = route(PROOF)
    assert (found.task, found.form, found.effort) == ("math", "plain", "low")
    assert "no verifier" in found.reason
    assert route(PROOF, Facts(verifier=True)).effort == "medium"
    assert route(PROOF, Facts(verifier=True, gate=True)).effort == "high"


def test_a_deadline_for_one_answer_wins() -> None:
    assert route(STORY, Facts(rushed=True)).effort == "low"
    assert route(STORY, Facts(rushed=True), effort="high").effort == "high"


def test_what_was_given_wins_over_rules_and_rules_over_the_classifier() -> None:
    rules = (RouteRule(r"candles", effort="max"), RouteRule("", effort="low", task="chat"))
    found = route(STORY, rules=rules)
    assert (found.effort, found.task) == ("max", "chat")  # each part by the first that says it
    assert "candles" in found.reason
    assert route(STORY, rules=rules, effort="medium").effort == "medium"
    with pytest.raises(UsageError, match="takes more than"):
        route("a" * 60, rules=(RouteRule(r"(a|aa)+$x", effort="low"),))
    assert route(STORY, task="logic", path="simple").effort == "low"
    assert route("hi", path="complex", task="math").effort == "auto"


@pytest.mark.parametrize(
    ("prompt", "task", "path", "form"),
    [
        ("Which is largest?\nA) Moon\nB) Earth\nC) Sun", "factual", "simple", "choice"),
        ("what does chmod 755 do", "code", "simple", "plain"),
        ("write a python function that adds", "code", "simple", "code"),
        ("make it thread safe", "code", "complex", "code"),
        ("Who sits next to Ann?", "logic", "complex", "short"),
        ("How many of the 12 knights lie, and what is 3 + 4?", "logic", "complex", "math"),
        ("Beweise den Satz des Thales", "math", "complex", "plain"),
        ("证明根号2是无理数", "math", "complex", "plain"),
        ("solve x + 1 = 3", "math", "simple", "math"),
        ("translate: 3 + 4 = 7", "translation", "simple", "plain"),
    ],
)
def test_answer_forms(prompt: str, task: str, path: str, form: str) -> None:
    assert answer_form(prompt, task, path) == form
    assert route(prompt, form="short").form == "short"  # the asker knows better
