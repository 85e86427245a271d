"""`ttc map` with templates and schemas."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import Ttc
from mapped import asked, lines, rows

from ttc_cli.core.engine import BranchRequest
from ttc_cli.settings import home

FORM = '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}'


def saved(name: str, text: str) -> None:
    folder = home() / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text)


def test_a_template_over_lines_records_and_a_prompt(ttc: Ttc) -> None:
    saved("say", 'prompt = "{how} {input}, {{input}}"\n[defaults]\nhow = "Say"\n')
    plain = lines("in", "an {odd}")
    assert (
        rows(ttc("map", "-t", "say", plain, script=asked).out)[0]["answer"]
        == "Say an {odd}, {input}"
    )
    ran = ttc("map", "-t", "say", "-p", "how", "{line}", "two {line}s", plain, script=asked)
    assert rows(ran.out)[0]["answer"] == "{line} two an {odd}s, {input}"
    file = lines("in.jsonl", {"input": "a", "how": "Cry"}, {"input": "b"}, {"x": 1})
    ran = ttc("map", "-t", "say", file, script=asked)
    assert [row.get("answer") for row in rows(ran.out)] == [
        "Cry a, {input}",
        "Say b, {input}",
        None,
    ]
    assert rows(ran.out)[2]["error"] == "the record has no field 'input'"
    ran = ttc("map", "-t", "say", stdin=b"piped", script=asked)
    assert rows(ran.out)[0]["answer"] == "Say piped, {input}"


def test_a_template_brings_its_settings(ttc: Ttc) -> None:
    saved("two", 'prompt = "Mark {line}."\nsystem = "Be {mood}."\nstrategy = "direct"\n')
    seen: list[str] = []

    def script(request: BranchRequest) -> str:
        seen.append(request.prompt.text)
        return "so"

    file = lines("in", "a")
    words = ("map", "-t", "two", "-e", "medium", "-p", "mood", "kind", "Why?", file)
    assert ttc(*words, script=script).code == 0
    assert len(seen) == 1
    assert "Be kind." in seen[0]
    assert "Mark a.\n\nWhy?" in seen[0]
    ran = ttc("map", "-t", "two", file, script=script)
    assert (ran.code, ran.out) == (2, "")
    assert "has {mood} in its system text; put it in the prompt, or give it with -p" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("-t", "say", "-p", "x", "y", "in"), 2, "template say has no variable 'x'"),
        (("{line}", "in", "-p", "x", "y"), 2, "-p gives values to a template; name one with -t"),
        (("-t", "say", "-p", "input", "x", "in"), 2, "the prompt is the same for every record"),
        (("-t", "say", "{line}!"), 1, "a PROMPT with -t needs a FILE after it"),
        ((), 2, "no prompt was given"),
    ],
)
def test_templates_that_make_no_sense(
    ttc: Ttc, words: tuple[str, ...], code: int, says: str
) -> None:
    saved("say", 'prompt = "Say {input}"\n')
    lines("in", "a")
    ran = ttc("map", *words, script=asked)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err


def test_answers_under_a_schema_are_json(ttc: Ttc) -> None:
    Path("form.json").write_text(FORM)

    def script(request: BranchRequest) -> str:
        return '{"n": 7}' if request.grammar else f"{asked(request)} thinks"

    ran = ttc("map", "--schema", "form.json", "{line}", lines("in", "a", "b"), script=script)
    assert rows(ran.out) == [{"line": "a", "answer": {"n": 7}}, {"line": "b", "answer": {"n": 7}}]
    assert ttc("map", "--schema", '{"type": "no"}', "{line}", "in").code == 2
    words = ("map", "-o", "out", "--schema", FORM, "{line}", "in")
    assert ttc(*words, script=script).code == 0
    assert [row["answer"] for row in rows(Path("out").read_text())] == [{"n": 7}] * 2
    ran = ttc("map", "-S", "beam", "-V", "confidence", "--schema", FORM, "{line}", "in")
    assert "beam cannot answer under a schema" in rows(ran.out)[0]["error"]
