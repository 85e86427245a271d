"""Answers under a schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import SUM, Ttc

from ttc_cli.core.engine import BranchRequest

SCHEMA = '{"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}'


def test_an_answer_under_a_schema(ttc: Ttc) -> None:
    asked: list[BranchRequest] = []

    def script(request: BranchRequest) -> str:
        asked.append(request)
        return '{"sum": 42.0}' if request.grammar else "17 and 25."

    Path("schema.json").write_text(SCHEMA)
    ran = ttc(SUM, "-e", "low", "--schema", "schema.json", "--show-reasoning", script=script)
    assert (ran.code, ran.out) == (0, '{"sum": 42.0}\n')
    assert "17 and 25." in ran.err
    assert SCHEMA in asked[0].prompt.text
    assert [bool(request.grammar) for request in asked] == [False, True]
    many = json.loads(ttc(SUM, "-e", "medium", "--schema", SCHEMA, "--json", script=script).out)
    assert many["choices"][0]["message"]["content"] == '{"sum": 42.0}'
    assert many["choices"][0]["message"]["reasoning_content"] == "17 and 25."
    assert many["ttc"]["answer"] == '{"sum": 42}'
    assert many["ttc"]["agreement"] == 1.0
    assert ttc(SUM, "--schema", SCHEMA, "-x", script=script).out == '{"sum": 42}\n'


@pytest.mark.parametrize(
    ("schema", "code", "word"),
    [
        ("none.json", 1, "none.json"),
        ("{", 2, "JSON"),
        ('[{"type": "string"}]', 2, "that is an object"),
        ('{"type": "strin"}', 2, "strin"),
        ('{"type": "integer", "multipleOf": 7}', 2, "multipleOf"),
    ],
)
def test_a_bad_schema_is_refused_before_anything_is_generated(
    schema: str, code: int, word: str, ttc: Ttc
) -> None:
    def script(request: BranchRequest) -> str:
        raise AssertionError

    ran = ttc(SUM, "--schema", schema, script=script)
    assert (ran.code, ran.out) == (code, "")
    assert word in ran.err
    assert ran.err.count("\n") == 1


def test_an_answer_that_never_has_the_form_is_none(ttc: Ttc) -> None:
    ran = ttc(SUM, "--schema", SCHEMA, script=lambda request: "forty-two")
    assert (ran.code, ran.out) == (3, "")
    assert "form" in ran.err


def test_a_strategy_that_knows_no_schema_is_refused(ttc: Ttc) -> None:
    ran = ttc(SUM, "--schema", SCHEMA, "-S", "beam", "-V", "confidence")
    assert (ran.code, ran.out) == (2, "")
    assert "beam cannot answer under a schema" in ran.err
