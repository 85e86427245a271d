"""Patterns of ECMA-262 as Python finds them, and those that are refused by name."""

from __future__ import annotations

import re

import pytest

from ttc_cli.answers.schema.ecma import PatternError, schema_to_python, to_python

CASES: list[tuple[str, list[str], list[str]]] = [
    (r"^[\w-\.]+@([\w-]+\.)+[a-z]{2,4}$", ["a-b.c@x-y.com"], ["a@b", "é@x.com", "a@x.com\n"]),
    (r"^(?<year>\d{4})-(?<number>\d{2})$", ["2024-01"], ["٢٠٢٤-01"]),
    (r"^\p{Lu}\p{Ll}+$", ["Ábc"], ["abc"]),
    (r"^[^]$", ["\n"], []),
    (r"^[]$", [], ["a", ""]),
    (r"^a{,2}$", ["a{,2}"], ["aa"]),
    (r"^[[]$", ["["], ["]"]),
    (r"^[a&&b]$", ["&"], ["c"]),
    (r"^\u{1F600}$", ["😀"], ["x"]),
    (r"^\uD83D\uDE00$", ["😀"], ["x"]),
    (r"^\cA$", ["\x01"], ["A"]),
    (r"^[\D]$", ["a", "é"], ["1"]),
    (r"^\/x\/$", ["/x/"], []),
    (r"^.$", ["a"], ["\n", "\r", "\u2028"]),
    (r"^(?<a>x)\k<a>$", ["xx"], ["xy"]),
    (r"^[a-z-]$", ["-", "b"], ["A"]),
    (r"^[-a]$", ["-"], ["b"]),
    (r"^[a\-z]$", ["-", "a", "z"], ["b"]),
    (r"^[!-\/]$", ["!", "/", "#"], ["0"]),
    (r"^[\x20-\x7e]+$", ["a b"], ["é"]),
    (r"^[+--]$", [",", "-", "+"], ["."]),
    (r"^\s$", ["\u00a0", "\ufeff"], ["a"]),
    (r"^[\S]$", ["a"], [" "]),
    (r"^[\d-x]$", ["-", "x", "3"], ["a"]),
    (r"^[\b]$", ["\b"], ["b"]),
    (r"^[^\d\s]+$", ["ab"], ["a1"]),
    (r"^[\u0041-\u0043]$", ["B"], ["D"]),
    (r"^(?:a|b)*?$", ["ab"], ["c"]),
    (r"^\$\.\*$", ["$.*"], []),
    (r"^[]-a]$", [], ["]"]),
]


@pytest.mark.parametrize(("pattern", "found", "not_found"), CASES)
def test_a_pattern_finds_what_it_does_in_ecmascript(
    pattern: str, found: list[str], not_found: list[str]
) -> None:
    made = re.compile(to_python(pattern))
    assert all(made.search(text) for text in found), made.pattern
    assert not any(made.search(text) for text in not_found), made.pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "a++",
        "(?>a)",
        r"\A",
        r"\Z",
        "[a",
        r"\p{Nope}",
        "(?<=a+)b",
        "a\\",
        r"\u{110000}",
        "(?<a>",
        "a{9999999999}",
        "(" * 500,
    ],
)
def test_what_python_cannot_say_is_named(pattern: str) -> None:
    with pytest.raises(PatternError) as caught:
        to_python(pattern)
    assert len(str(caught.value)) < 200


def test_only_patterns_of_a_schema_are_patterns() -> None:
    given = {
        "pattern": "(?<x>a)",
        "properties": {"pattern": {"pattern": "$"}},
        "patternProperties": {"$": {"enum": [{"pattern": "$"}]}},
    }
    assert schema_to_python(given) == {
        "pattern": "(?P<g0>a)",
        "properties": {"pattern": {"pattern": r"\Z"}},
        "patternProperties": {r"\Z": {"enum": [{"pattern": "$"}]}},
    }


def test_a_draft_that_a_part_of_a_schema_names_and_is_no_text_says_nothing() -> None:
    part = {"$schema": 5, "enum": ["a"]}
    assert schema_to_python({"items": part}) == {"items": {"enum": ["a"]}}
    named = {"properties": {"$schema": {"type": "string"}}}
    assert schema_to_python(named) == named
