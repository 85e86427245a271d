"""Schemas as grammars: all that a grammar says is valid, and what it cannot say is refused."""

from __future__ import annotations

import json
import random
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ttc_cli.answers.schema.answer import AnswerSchema
from ttc_cli.answers.schema.scalars import between
from ttc_cli.answers.schema.shapes import START, Grammar, Lit, Ref, Repeat, alt, seq
from ttc_cli.core.errors import UnreadableFile, UsageError

sys.path.insert(0, str(Path(__file__).parents[1]))
from suite import schemas, walk

IMPOSSIBLE = {
    "allOf: allOf with boolean schemas, some false",
    "allOf: allOf with boolean schemas, all false",
    "anyOf: anyOf with boolean schemas, all false",
    "boolean_schema: boolean schema 'false'",
    "oneOf: oneOf with boolean schemas, all false",
    "ref: $ref to boolean schema false",
}


def grammar(schema: Any) -> Grammar:
    return AnswerSchema(schema)._grammar


def texts(schema: Any, times: int = 60) -> list[str]:
    rng = random.Random(5)
    return [walk(grammar(schema), rng) for _ in range(times)]


def test_the_suite_is_valid_or_refused_by_name() -> None:
    rng, kept, refused = random.Random(1), 0, {}
    for name, schema in schemas():
        try:
            form = AnswerSchema(schema)
        except UsageError as error:
            refused[name] = error.message
            continue
        kept += 1
        for _ in range(8):
            text = walk(form._grammar, rng)
            assert form.valid(text) is not None, (name, text)
            assert form.closing(text) is not None, (name, text)
            cut = text[: rng.randint(0, len(text))]
            assert form.valid(cut + (form.closing(cut) or "")) is not None, (name, cut)
    assert kept >= 147
    assert {name for name, said in refused.items() if "no value" in said} == IMPOSSIBLE
    for name, schema in schemas():
        if name in refused and name not in IMPOSSIBLE:
            word = refused[name].removeprefix("the schema uses ").split()[0].strip(",:")
            assert f'"{word}"' in json.dumps(schema), (name, refused[name])


@pytest.mark.parametrize(
    ("low", "high", "whole"),
    [
        ("0", "7", True), ("-3", "12", True), ("98", "1204", True), ("-1500", "-99", True),
        ("0", "1", False), ("0.3", "2.6", False), ("-0.05", "0.05", False),
        ("9.99", "10.01", False),
    ],
)  # fmt: skip
def test_numbers_within_bounds_are_all_there_and_no_others(
    low: str, high: str, whole: bool
) -> None:
    bounds = Decimal(low), Decimal(high)
    rules = Grammar({START: between(*bounds, whole=whole)})
    for step in range(-200, 3000):
        number = Decimal(step) / (1 if whole else 100)
        said = rules.closing(text := f"{number:f}") == ""
        if not whole and "." in text:
            said = rules.closing(text.ljust(len(text.split(".")[0]) + 3, "0")) is not None
        assert said == (bounds[0] <= number <= bounds[1]), number
    rng = random.Random(2)
    assert all(bounds[0] <= Decimal(walk(rules, rng)) <= bounds[1] for _ in range(300))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
        {"type": "number", "minimum": 3, "maximum": 1e300},
        {"type": "string", "pattern": r"^[A-Z]{2}-\d{3,5}$", "maxLength": 8},
        {"type": "string", "pattern": r"^(\(\d{3}\))?\d{3}-\d{4}$"},
        {"type": "string", "pattern": r'[^\w"\\]x'},
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "uuid"},
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1},
        {"type": "object", "patternProperties": {"^x-": {"type": "null"}},
         "additionalProperties": False},
        {"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}, "maxProperties": 2},
        {"type": "array", "items": {"type": ["integer", "null"]}, "minItems": 2, "maxItems": 4},
        {"prefixItems": [{"type": "string"}, {"const": 1}], "items": False, "minItems": 2},
        {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "boolean"}]},
        {"oneOf": [
            {"type": "object", "properties": {"kind": {"const": "a"}, "n": {"type": "integer"}},
             "required": ["kind"]},
            {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]},
        ]},
        {"oneOf": [
            {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
            {"properties": {"kind": {"const": "b"}}, "required": ["kind"]},
        ]},
        {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"],
         "oneOf": [{"properties": {"kind": {"const": kind}}} for kind in "ab"]},
        {"oneOf": [
            {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]},
            {"type": "object", "properties": {"b": {"type": "null"}}, "required": ["b"],
             "additionalProperties": False},
        ]},
        {"allOf": [{"properties": {"a": {"minimum": 3}}}, {"properties": {"a": {"type": "integer"}},
                   "required": ["a"]}], "type": "object"},
        {"$defs": {"tree": {"type": "object", "properties": {"v": {"type": "integer"}, "kids": {
            "type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["v", "kids"]}},
         "$ref": "#/$defs/tree"},
        {"enum": ['say "hi"\\', "new\nline", 1.5, None, {"a": [1, 2]}]},
        {"const": "é漢🙂"},
    ],
)  # fmt: skip
def test_all_that_a_grammar_says_is_valid(schema: dict[str, Any]) -> None:
    form = AnswerSchema(schema)
    said = texts(schema)
    assert all(form.valid(text) is not None for text in said)
    for text in sorted(said, key=len)[:10]:
        for at in range(0, len(text) + 1, max(1, len(text) // 30)):
            assert form.valid(text[:at] + (form.closing(text[:at]) or "")) is not None


@pytest.mark.parametrize("kind", ["date", "time", "date-time", "ipv4", "email", "uuid"])
def test_formats_are_what_they_say(kind: str) -> None:
    from jsonschema import Draft202012Validator

    checker = Draft202012Validator.FORMAT_CHECKER
    said = texts({"type": "string", "format": kind}, 200)
    assert all(checker.conforms(json.loads(text), kind) for text in said)


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"type": "integer", "multipleOf": 3}, "multipleOf"),
        ({"minItems": 2000, "maxItems": 3}, "minItems"),
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"type": "object", "properties": {"a": {"type": "object", "requird": ["b"]}}}, "requird"),
        ({"items": {"not": {"type": "null"}}}, "not"),
        ({"type": "string", "format": "ipv6"}, "ipv6"),
        ({"type": "string", "pattern": "(?=a)b"}, "pattern"),
        ({"type": "string", "pattern": "^a+$", "maxLength": 4}, "pattern"),
        ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, "oneOf"),
        ({"oneOf": [{"type": "object", "required": [name]} for name in "ab"]}, "oneOf"),
        ({"$ref": "http://example.com/other.json"}, "$ref"),
        ({"$ref": "#"}, "$ref"),
        ({"type": "number", "minimum": 1e300}, "minimum"),
    ],
)
def test_what_cannot_be_guaranteed_is_refused_by_name(schema: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match="the schema uses") as caught:
        AnswerSchema(schema)
    assert word in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "object", "properties": {"me": {"$ref": "#"}}, "required": ["me"]},
        {"enum": [1, 2], "type": "string"},
    ],
)
def test_what_nothing_satisfies_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="no value can satisfy"):
        AnswerSchema(schema)


def test_what_has_no_end_is_cut_out_of_the_choices() -> None:
    endless = {"type": "object", "properties": {"next": {"$ref": "#/$defs/loop"}}}
    loop = {"type": "object", "properties": {"on": {"$ref": "#/$defs/loop"}}, "required": ["on"]}
    assert set(texts({**endless, "$defs": {"loop": loop}})) == {"{}"}


def test_what_is_left_to_say_is_a_grammar_of_its_own() -> None:
    rules = Grammar({START: seq(Lit("ab"), Repeat(Ref("c"), 1, 2)), "c": alt([Lit("x"), Lit("y")])})
    assert rules.closing("a") == "bx"
    assert rules.gbnf("a").splitlines()[0] == 'root ::= "b" (c){1,2}'
    assert rules.gbnf("z") == ""
    assert rules.closing("abxyx") is None


def test_answers_have_one_spelling() -> None:
    form = AnswerSchema({"type": "object"})
    assert form.valid('{"b": 1.0, "a": [ 2 ]}') == '{"a": [2], "b": 1}'
    assert form.valid("[]") is None
    assert form.valid('{"a": NaN}') is None
    assert form.valid('{"a": ') is None


def test_where_a_schema_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text('\ufeff{"type": "null"}', encoding="utf-8")
    assert AnswerSchema.read(str(file)).source == '{"type": "null"}'
    assert AnswerSchema.read(' {"type": "null"}').valid("null") == "null"
    with pytest.raises(UnreadableFile, match="no such file"):
        AnswerSchema.read(str(tmp_path / "none.json"))
    for bad in ("{", '{"type": "strin"}', '{"type": NaN}'):
        with pytest.raises(UsageError):
            AnswerSchema.read(bad)


def _doubling(how: str) -> dict[str, Any]:
    """Forty definitions, each of which names the next one twice."""

    def twice(reference: dict[str, str]) -> dict[str, Any]:
        if how == "properties":
            return {"properties": {"a": reference, "b": reference}, "required": ["a", "b"]}
        return {how: [reference, reference]}

    steps = {f"d{i}": twice({"$ref": f"#/$defs/d{i + 1}"}) for i in range(40)}
    return {"$defs": {**steps, "d40": {"type": "string"}}, "$ref": "#/$defs/d0"}


def _nested(depth: int, **more: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema, **more}
    return schema


HOSTILE: list[tuple[Any, str]] = [
    (_doubling("allOf"), "more than 5,000 schemas"),
    (_doubling("anyOf"), "more than 5,000 schemas"),
    (_doubling("properties"), "shortest answer"),
    (_nested(3, minItems=2000), "shortest answer"),
    (_nested(100), "64 levels"),
    ({"enum": list(range(100_000))}, "100,000 entries in enum, and 1,000 are allowed"),
    ({"allOf": [{"minLength": n} for n in range(2000)]}, "2,000 entries in allOf"),
    ({"properties": {str(n): True for n in range(5000)}}, "5,000 entries in properties"),
    ({"type": "object", "required": "name"}, "required"),
    ({"$ref": "#/$defs/x", "$defs": {"x": {"minimum": "abc"}}}, "minimum"),
    ({"type": "number", "minimum": float("inf")}, "minimum Infinity"),
    ({"type": "string", "pattern": "(a{1000}){1000}"}, "shortest answer"),
    ({"type": "string", "pattern": r"\Aa"}, r"has \A, which is no escape"),
    ({"const": "\ud800"}, "lone surrogate"),
    ({"$schema": 5}, "$schema"),
    ({"prefixItems": [2.5]}, "2.5, where a schema belongs"),
    ({"prefixItems": [[{}]]}, "where a schema belongs"),
    ({"type": "object", "properties": {"a": {}}, "propertyNames": {"$ref": "#/"}}, "leads nowhere"),
    ({"$ref": "#/$defs/d0", "$defs": {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(3000)}},
     "references go too far"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "says"), HOSTILE)
def test_what_would_take_too_long_or_is_of_the_wrong_kind_is_named(schema: Any, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        AnswerSchema(schema)
    assert says in caught.value.message


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(500)}},
        {"type": "array", "prefixItems": [{"type": "string"}] * 200},
        {"enum": list(range(1000))},
        {"type": "string", "maxLength": 1e9},
        {"type": "array", "maxItems": 10**9, "items": {"type": "integer"}},
    ],
)
def test_what_is_large_but_bearable_is_taken(schema: Any) -> None:
    form = AnswerSchema(schema)
    assert len(form.grammar()) < 100_000
    assert form.valid(form.closing("") or "") is not None


def test_annotations_say_nothing_of_the_answer() -> None:
    notes = {
        "discriminator": {"propertyName": "kind", "mapping": {"box": "#/$defs/Box"}},
        "example": {"kind": "box"}, "xml": {"name": "shape"}, "$comment": "drawn",
        "externalDocs": {"url": "https://example.org"}, "contentMediaType": "text/plain",
    }  # fmt: skip
    boxes = [
        {"properties": {"kind": {"const": kind}}, "required": ["kind"], "type": "object"}
        for kind in ("box", "circle")
    ]
    plain, noted = {"oneOf": boxes}, {"oneOf": boxes, **notes}
    assert grammar(noted).gbnf() == grammar(plain).gbnf()


def test_names_of_fields_are_a_schema() -> None:
    form = AnswerSchema.read("name, age int, tall bool: over 2 m")
    assert form.valid('{"name": "Ada", "age": 36, "tall": false}') is not None
    assert form.valid('{"name": "Ada", "age": "36", "tall": false}') is None
    assert form.valid('{"name": "Ada", "age": 36}') is None
    assert '"description": "over 2 m"' in form.text
    with pytest.raises(UnreadableFile, match="name, age int"):
        AnswerSchema.read("name")
