"""From a JSON schema to a grammar all of whose texts are valid."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from ttc_cli.answers.schema import scalars
from ttc_cli.answers.schema.ecma import to_python
from ttc_cli.answers.schema.facts import TYPES, Facts, Fields, Json
from ttc_cli.answers.schema.reader import Reader, RefusedError
from ttc_cli.answers.schema.shapes import START, Alt, Grammar, Lit, Node, Ref, Repeat, alt, seq

NOTHING = Alt(())  # what cannot be written: the grammar drops every choice that it is part of
COMMA, COLON = Lit(", "), Lit(": ")
LONGEST_NAME = 64  # characters of a property's name that the model makes up

Valid = Callable[[Json, Json], bool]


def compile_schema(root: Json, valid: Valid) -> Grammar:
    """The grammar of a schema.

    Args:
        root: the schema; references point into it.
        valid: whether a value meets a schema within it: (schema, value).

    Raises:
        RefusedError: a keyword that no grammar guarantees; it is named.
        ValueError: no value meets the schema.
    """
    compiler = _Compiler(Reader(root), valid)
    compiler.rule([root], name=START)
    return Grammar(compiler.rules)


class _Compiler:
    def __init__(self, reader: Reader, valid: Valid) -> None:
        self._reader, self._valid = reader, valid
        self._names: dict[str, str] = {}
        self.rules: dict[str, Node] = {}

    def rule(self, schemas: Sequence[Json], name: str = "") -> Node:
        """What meets all of the schemas, as a rule of its own; each is made once."""
        key = json.dumps(schemas, sort_keys=True)
        if key not in self._names:
            made = self._names[key] = name or f"rule-{len(self._names)}"
            found = self._reader.all_of(schemas)
            self.rules[made] = alt([NOTHING, *(self._any(facts, schemas) for facts in found)])
        return Ref(self._names[key])

    def _any(self, facts: Facts, schemas: Sequence[Json]) -> Node:
        if facts.values is not None:
            fitting = [v for v in facts.values if all(self._valid(s, v) for s in schemas)]
            return Alt(tuple(Lit(json.dumps(v, ensure_ascii=False)) for v in fitting))
        write = {
            "null": lambda facts: Lit("null"),
            "boolean": lambda facts: alt([Lit("true"), Lit("false")]), "integer": _number,
            "number": _number, "string": _string, "array": self._array, "object": self._object,
        }  # fmt: skip
        kinds = facts.written - ({"integer"} if "number" in facts.written else set())
        return Alt(tuple(write[kind](facts) for kind in sorted(kinds & TYPES)))

    def _array(self, facts: Facts) -> Node:
        low, high = _sizes(facts, "Items")
        fixed = max((len(items.first) for items in facts.items), default=0)
        if fixed and all(items.rest is True for items in facts.items):
            most = max(fixed, low)  # no more than was asked for
            high = most if high is None else min(high, most)

        def item(index: int) -> Node:
            return self.rule([items.of(index) for items in facts.items] or [True])

        def rest(index: int) -> Node:
            if high is not None and index >= high:
                return Lit("") if index >= low else NOTHING
            stop = [Lit("")] if index >= low else []
            more = seq(COMMA, item(index)) if index else item(index)
            if index < max(fixed, 1):
                return alt([*stop, seq(more, self._named(rest(index + 1))), NOTHING])
            most = None if high is None else min(high, max(low, scalars.MOST)) - index
            return Repeat(more, max(0, low - index), most)

        return seq(Lit("["), rest(0), Lit("]"))

    def _object(self, facts: Facts) -> Node:
        names = list(dict.fromkeys(name for fields in facts.fields for name in fields.named))
        names += sorted(facts.required.difference(names))
        low, high = _sizes(facts, "Properties")
        if not names:
            return self._map(facts, low, high)
        allowed = [
            name for name in names if all(self._valid(schema, name) for schema in facts.names)
        ]
        if not facts.required <= set(allowed):
            return NOTHING
        needed = set(facts.required)
        optional = [name for name in allowed if name not in needed]
        if low > len(allowed):
            raise RefusedError(f"minProperties {low}, with {len(allowed)} properties declared")
        needed.update(optional[: max(0, low - len(needed))])
        if high is not None:
            room = high - len(needed)
            spare = [name for name in optional if name not in needed][: max(0, room)]
            allowed = [name for name in allowed if name in needed or name in spare]
            if room < 0:
                return NOTHING
        pairs = [(self._pair(facts.fields, name), name in needed) for name in allowed]
        return seq(Lit("{"), self._listed(pairs), Lit("}"))

    def _listed(self, pairs: Sequence[tuple[Node, bool]]) -> Node:
        """Properties with commas between those that are there.

        What may follow a property is a rule of its own: the grammar grows with their number, and
        not with its square.
        """
        follows: Node = Lit("")
        options: list[Node] = [Lit("")]
        for pair, needed in reversed(pairs):
            first = seq(pair, follows)
            options = [first] if needed else [first, *options]
            more = seq(COMMA, pair)
            follows = self._named(seq(more if needed else Repeat(more, 0, 1), follows))
        return alt(options)

    def _named(self, node: Node) -> Ref:
        """The node as a rule of its own, so that it is written once wherever it stands."""
        name = f"rest-{len(self.rules)}"
        self.rules[name] = node
        return Ref(name)

    def _pair(self, fields: Sequence[Fields], name: str) -> Node:
        schemas = [schema for part in fields for schema in part.of(name)]
        return seq(Lit(json.dumps(name, ensure_ascii=False)), COLON, self.rule(schemas or [True]))

    def _map(self, facts: Facts, low: int, high: int | None) -> Node:
        """An object whose property names the model makes up."""
        if low > 1:
            raise RefusedError("minProperties above 1 without declared properties")
        patterns = {pattern for fields in facts.fields for pattern in fields.matched}
        if len(patterns) > 1 or (patterns and facts.names):
            raise RefusedError("patternProperties, more than one or with propertyNames")
        if patterns:
            (pattern,) = patterns
            key = _matching(pattern, "patternProperties")
            values = [fields.matched.get(pattern, fields.rest) for fields in facts.fields]
        else:
            short = {} if facts.names else {"maxLength": LONGEST_NAME}
            key = self.rule([{"type": "string", **short}, *facts.names])
            values = [fields.rest for fields in facts.fields]
        pair = seq(key, COLON, self.rule(values or [True]))
        if high == 0:
            return Lit("{}") if not low else NOTHING
        more = Repeat(seq(COMMA, pair), 0, None if high is None else min(high, scalars.MOST) - 1)
        some = seq(pair, more)
        return seq(Lit("{"), some if low else Repeat(some, 0, 1), Lit("}"))


def _number(facts: Facts) -> Node:
    whole = "number" not in facts.written
    low, high = facts.low or (None, False), facts.high or (None, False)
    if (low[0] or 0) > scalars.FAR or (high[0] or 0) < -scalars.FAR:
        raise RefusedError("minimum or maximum beyond 1e15")
    strict = {(True, True): "both", (True, False): "low", (False, True): "high"}
    try:
        edges = strict.get((low[1], high[1]), "")
        return scalars.between(low[0], high[0], whole=whole, strict=edges)
    except ValueError:
        return NOTHING


def _string(facts: Facts) -> Node:
    low, high = _sizes(facts, "Length")
    if high is not None and low > high:
        return NOTHING
    if len(facts.texts) > 1:
        raise RefusedError("pattern and format together, or two of them")
    for kind, what in facts.texts:
        if kind == "format" and what in scalars.UNCHECKED:
            return scalars.plain(low, high)
        if kind == "format" and what not in scalars.FORMATS:
            raise RefusedError(f"format {what!r}")
        pattern = to_python(f"^{scalars.FORMATS[what]}$") if kind == "format" else what
        return _matching(pattern, kind, low, high)
    return scalars.plain(low, high)


def _matching(pattern: str, keyword: str, low: int = 0, high: int | None = None) -> Node:
    try:
        return scalars.matching(pattern, low, high)
    except scalars.UnsupportedError as error:
        raise RefusedError(f"{keyword}: {error}") from None


def _sizes(facts: Facts, what: str) -> tuple[int, int | None]:
    """(least, most) of characters, items or properties."""
    low, high = facts.sizes.get(f"min{what}", 0), facts.sizes.get(f"max{what}")
    if low > scalars.MOST:
        raise RefusedError(f"min{what} above {scalars.MOST}")
    if high is not None and low > high:
        raise RefusedError(f"min{what} {low} above max{what} {high}")
    return low, high
