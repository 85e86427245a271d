"""Saved prompts: what fills their variables, and what they bring along."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from harness import BOTH, REPLIES, SUM, Ear, Ttc

from ttc_cli.engine.scripted import from_choices

SHOUT = """
prompt = "Say {input} in {language}, as {{json}} {}."
system = "You speak {language}."
effort = "medium"
strategy = "direct"
[defaults]
language = "French"
"""


@pytest.fixture
def saved(machine: Path) -> Path:
    folder = machine / "home" / "templates"
    folder.mkdir(parents=True)
    (folder / "shout.toml").write_text(SHOUT)
    (folder / "review.toml").write_text('prompt = "Review this {kind} at {level}."\n')
    return folder


def test_words_fill_input_and_the_template_brings_settings(ttc: Ttc, saved: Path) -> None:
    ear = Ear()
    ran = ttc("-t", "shout", "good", "day {language}", "--json", script=ear)
    assert ran.code == 0
    assert "Say good day {language} in French, as {json} {}." in ear.heard[0]
    assert "You speak French." in ear.heard[0]
    result = json.loads(ran.out)["ttc"]
    assert (result["effort"], result["strategy"]) == ("medium", "direct")


def test_flags_beat_the_template_and_the_template_beats_the_environment(
    ttc: Ttc, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTC_EFFORT", "max")
    monkeypatch.setenv("TTC_STRATEGY", "think")
    ran = ttc("-t", "shout", "-p", "language", "Greek", "-e", "low", "a", "--json", script=Ear())
    result = json.loads(ran.out)["ttc"]
    assert (result["effort"], result["strategy"]) == ("low", "direct")


def test_a_template_brings_verifiers_unless_some_are_given(ttc: Ttc, saved: Path) -> None:
    text = 'prompt = "Say a number"\nstrategy = "best-of-n"\nverifiers = ["regex:^x"]\n'
    (saved / "checked.toml").write_text(text)
    ran = ttc("-t", "checked", "-n", "2", "--jsonl", script=BOTH)
    assert '"regex:^x"' in ran.out
    ran = ttc("-t", "checked", "-n", "2", "--jsonl", "-V", "regex:^y", script=BOTH)
    assert '"regex:^y"' in ran.out
    assert '"regex:^x"' not in ran.out


def test_a_template_brings_a_schema(ttc: Ttc, saved: Path) -> None:
    (saved / "form.toml").write_text('prompt = "Say a number"\nschema = "number.json"\n')
    ran = ttc("-t", "form")
    assert ran.code != 0
    assert str(saved / "number.json") in ran.err
    (saved / "number.json").write_text('{"type": "nonsense"}')
    assert ttc("-t", "form").code == 2
    (saved / "number.json").write_text('{"type": "integer"}')
    assert ttc("-t", "form", "--json", script=from_choices(["42"])).code == 0


def test_piped_text_fills_input(ttc: Ttc, saved: Path) -> None:
    ear = Ear()
    assert ttc("-t", "shout", stdin=b"hello\n", script=ear).code == 0
    assert "Say hello in French" in ear.heard[0]
    assert ttc("-t", "shout", "hi", stdin=b"a long text", script=ear).code == 0
    assert "Say hi in French" in ear.heard[1]
    assert "a long text" in ear.heard[1]  # a document, as without a template


def test_without_input_words_follow_and_piped_text_is_a_document(ttc: Ttc, saved: Path) -> None:
    ear = Ear()
    both = ("-p", "kind", "essay", "-p", "level", "C1")
    assert ttc("-t", "review", *both, "Be kind.", stdin=b"My essay", script=ear).code == 0
    assert "Review this essay at C1.\n\nBe kind." in ear.heard[0]
    assert ear.heard[0].index("My essay") < ear.heard[0].index("Review this")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-t", "review"), "template review needs a value for kind, level; -p kind VALUE"),
        (("-t", "shout"), "template shout needs a value for input; give it as the prompt"),
        (("-t", "shuot", "x"), "no template is called 'shuot'; did you mean 'shout'?"),
        (("-t", "../config", "x"), "cannot be a template's name"),
        (("-t", "shout", "-p", "langauge", "x", "y"), "did you mean 'language'?"),
        (("-p", "a", "b", "x"), "-p gives values to a template"),
    ],
)
def test_what_is_lacking_is_named(ttc: Ttc, saved: Path, words: tuple[str, ...], said: str) -> None:
    ran = ttc(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('prompt = "x"\nefort = "low"', "bad.toml:2: a template has no 'efort'; did you mean"),
        ('prompt = "x"\neffort = "hihg"', "bad.toml:2: effort must be one of"),
        ('system = "x"', "bad.toml: a template needs a prompt"),
        ('prompt = "x"\nverifiers = "regex:a"', "bad.toml:2: verifiers is a list of texts"),
        ('prompt = "{a}"\n[defaults]\nb = "x"', "bad.toml:3: the prompt has no variable 'b'"),
        ('prompt = "x', "bad.toml:1: not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_by_line(ttc: Ttc, saved: Path, text: str, said: str) -> None:
    (saved / "bad.toml").write_text(text)
    ran = ttc("-t", "bad", "x")
    assert ran.code == 2
    assert said in ran.err
    listed = ttc("templates", "list")
    assert listed.code == 0
    assert said in listed.err
    assert listed.out.startswith("review\tkind,level\tReview this")


def test_again_asks_what_the_template_made(ttc: Ttc, saved: Path) -> None:
    ear = Ear()
    ttc("-t", "shout", "hi", script=ear)
    (saved / "shout.toml").unlink()
    ran = ttc("again", "--json", script=ear)
    assert "Say hi in French" in ear.heard[1]
    assert json.loads(ran.out)["ttc"]["effort"] == "medium"


def test_edit_show_and_rm(ttc: Ttc, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", f"{sys.executable} -c \"import sys; open(sys.argv[1], 'a')\"")
    assert ttc("templates", "edit", "mine").code == 0
    assert not (saved / "mine.toml").exists()  # left as it began
    change = "import sys; open(sys.argv[1], 'w').write('prompt = 1')"
    monkeypatch.setenv("EDITOR", f'{sys.executable} -c "{change}"')
    ran = ttc("templates", "edit", "mine")
    assert ran.code == 2
    assert "mine.toml:1: prompt must be a text" in ran.err
    shown = json.loads(ttc("templates", "show", "shout", "--json").out)
    assert shown["variables"] == ["input", "language"]
    assert ttc("templates", "show", "shout").out == SHOUT
    assert ttc("templates", "rm", "shout").code == 2  # nobody to ask
    assert ttc("templates", "rm", "shout", "--yes").code == 0
    assert ttc("templates", "rm", "shout", "--yes").code == 2


def test_without_any_the_list_says_how_to_make_one(ttc: Ttc) -> None:
    ran = ttc("templates", "list")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "no templates yet: ttc templates edit NAME\n"


def test_the_starter_is_a_template(ttc: Ttc, saved: Path) -> None:
    from ttc_cli.cli.templates import STARTER

    (saved / "new.toml").write_text(STARTER.replace("# effort", "effort"))
    ran = ttc("-t", "new", "--json", SUM, script=from_choices(REPLIES[:1]))
    assert json.loads(ran.out)["ttc"]["effort"] == "high"
