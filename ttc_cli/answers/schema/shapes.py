"""Grammars as values: written out as GBNF for llama.cpp, and closed where a text breaks off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Lit:
    """These characters."""

    text: str


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of ranges of code points, both ends included."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Seq:
    """One after another."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alt:
    """One of several."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """At least `low` times, at most `high` (None: without end)."""

    node: Node
    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Ref:
    """The rule of that name."""

    name: str


START = "start"
MOST_TEXT = 100_000  # characters of the shortest answer


Node = Lit | Chars | Seq | Alt | Repeat | Ref
Stack = tuple[Node, "Stack"] | None  # what is still to come: the next node and what follows it


def seq(*parts: Node) -> Node:
    """One after another; neighbouring literals are joined."""
    out: list[Node] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Seq) else (part,):
            if isinstance(piece, Lit) and out and isinstance(out[-1], Lit):
                out[-1] = Lit(out[-1].text + piece.text)
            elif piece != Lit(""):
                out.append(piece)
    return out[0] if len(out) == 1 else Seq(tuple(out))


def alt(options: Iterable[Node]) -> Node:
    """One of several, at least one."""
    kept = tuple(dict.fromkeys(options))
    return kept[0] if len(kept) == 1 else Alt(kept)


class TooLongError(ValueError):
    """Every text of a grammar is longer than anybody waits for."""


class Grammar:
    """Rules by name, of which `START` is the first.

    What cannot come to an end (an object that must hold itself) is cut out of the choices.

    Raises:
        ValueError: the first rule itself has no finite text.
        TooLongError: its shortest text is too long.
    """

    def __init__(self, rules: dict[str, Node]) -> None:
        self._ends: dict[str, str] = {}
        changed = True
        while changed:
            changed = False
            for name, node in rules.items():
                text = self.shortest(node)
                if text is not None and text != self._ends.get(name):
                    self._ends[name], changed = text, True
        if START not in self._ends:
            raise ValueError("the grammar has no finite text")
        self.rules = {name: self._finite(rules[name]) for name in self._ends}

    def gbnf(self, text: str = "") -> str:
        """What may follow a text, as llama.cpp reads it; empty when the text is not allowed."""
        start = [(Ref(START), None)] if not text else self._after(text)
        rules = {"root": alt(_flat(stack) for stack in start), **self.rules}
        lines = [f"{name} ::= {_write(node)}" for name, node in rules.items()]
        return "\n".join(lines) if start else ""

    def closing(self, text: str) -> str | None:
        """The shortest text that completes this one; None when the text is not allowed."""
        ends = map(self._close, self._after(text))
        return min(ends, key=lambda found: (len(found), found), default=None)

    def _after(self, text: str) -> list[Stack]:
        stacks = self._open([(Ref(START), None)])
        for char in text:
            stacks = self._open(rest for stack in stacks for rest in _step(stack, char))
        return stacks

    def _open(self, stacks: Iterable[Stack]) -> list[Stack]:
        """Stacks with a character, or nothing, at their top."""
        todo, seen, out = list(stacks), set(), []
        while todo:
            stack = todo.pop()
            if stack in seen:
                continue
            seen.add(stack)
            if (
                stack is None
                or isinstance(stack[0], Chars)
                or (stack[0] != Lit("") and isinstance(stack[0], Lit))
            ):
                out.append(stack)
                continue
            node, rest = stack
            match node:
                case Lit():
                    todo.append(rest)
                case Seq(parts):
                    for part in reversed(parts):
                        rest = (part, rest)
                    todo.append(rest)
                case Alt(options):
                    todo += [(option, rest) for option in options]
                case Ref(name):
                    todo.append((self.rules[name], rest))
                case Repeat(inner, low, high):
                    if low == 0:
                        todo.append(rest)
                    if high is None or high > 0:
                        fewer = Repeat(inner, max(0, low - 1), None if high is None else high - 1)
                        todo.append((inner, (fewer, rest)))
        return out

    def _close(self, stack: Stack) -> str:
        out = []
        while stack is not None:
            node, stack = stack
            out.append(self.shortest(node) or "")
        return "".join(out)

    def shortest(self, node: Node) -> str | None:
        """The shortest text of a node; None when it has no end, as far as rules are known."""
        match node:
            case Lit(text):
                return text
            case Chars(ranges):
                return chr(ranges[0][0])
            case Ref(name):
                return self._ends.get(name)
            case Repeat(inner, low, _):
                once = self.shortest(inner) if low else ""
                return once and _bounded([once], low)
            case Alt(options):
                ends = map(self.shortest, options)
                found = [text for text in ends if text is not None]
                return min(found, key=lambda text: (len(text), text), default=None)
            case Seq(parts):
                texts = [self.shortest(part) for part in parts]
                return None if None in texts else _bounded([text for text in texts if text])

    def _finite(self, node: Node) -> Node:
        """The node without choices that have no end."""
        match node:
            case Seq(parts):
                return Seq(tuple(map(self._finite, parts)))
            case Alt(options):
                return alt(self._finite(o) for o in options if self.shortest(o) is not None)
            case Repeat(inner, low, high):
                if self.shortest(inner) is None:
                    return Lit("")
                return Repeat(self._finite(inner), low, high)
        return node


def _bounded(texts: list[str], times: int = 1) -> str:
    if sum(map(len, texts)) * times > MOST_TEXT:
        raise TooLongError
    return "".join(texts) * times


def _flat(stack: Stack) -> Node:
    """All that is still to come, as one node."""
    parts: list[Node] = []
    while stack is not None:
        node, stack = stack
        parts.append(node)
    return seq(*parts)


def _step(stack: Stack, char: str) -> list[Stack]:
    """What is left once a character was read; empty where it does not fit."""
    match stack:
        case (Lit(text), rest) if text[0] == char:
            return [(Lit(text[1:]), rest)]
        case (Chars(ranges), rest) if any(low <= ord(char) <= high for low, high in ranges):
            return [rest]
    return []


def _write(node: Node) -> str:
    match node:
        case Lit(text):
            return '"' + "".join(map(_literal, text)) + '"'
        case Chars(ranges):
            return "[" + "".join(_range(low, high) for low, high in ranges) + "]"
        case Ref(name):
            return name
        case Seq(parts):
            return " ".join(map(_write, parts)) or '""'
        case Alt(options):
            return "(" + " | ".join(map(_write, options)) + ")"
        case Repeat(inner, low, high):
            many = f"{{{low},{'' if high is None else high}}}"
            return f"({_write(inner)}){'*' if (low, high) == (0, None) else many}"


def _literal(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else _escape(ord(char))


def _range(low: int, high: int) -> str:
    return _escape(low) if low == high else f"{_escape(low)}-{_escape(high)}"


def _escape(code: int) -> str:
    char = chr(code)
    if re.fullmatch(r"[A-Za-z0-9]", char):
        return char
    return f"\\x{code:02X}" if code < 256 else f"\\U{code:08X}"
