"""What the value of a program or of a reply is computed from, read off its text.

One that leaves out a number of the question is seldom right, however sure the model was of it; two
programs that do the same sums are one opinion; a reply with a wrong sum is hardly ever right
(docs/evidence.md).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from ttc_cli.answers.equations import sums
from ttc_cli.answers.numbers import DIGITS, value
from ttc_cli.core.programs import ENTRY
from ttc_cli.programs.given import given

_DIGITS = re.compile(DIGITS)
_BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)
"""Statements, and parts of them that hold statements."""
MOST_CHARS = 4_000
"""Of a program that is read; a longer one is not."""


@dataclass(frozen=True, slots=True)
class Computation:
    """What a program or a reply does.

    Args:
        left_out: numbers of the question that its value does not depend on, or that none of its
            sums has, as written in the question.
        sums: a program's operations and constants in alphabetical order: the same for programs
            that differ in names, comments and order alone. Empty for any other text.
        wrong: how many sums of a reply are wrong.
    """

    left_out: tuple[str, ...] = ()
    sums: str = ""
    wrong: int = 0


def computation(code: str, question: str) -> Computation:
    """What the function `solution` of a program does with the numbers of a question."""
    if len(code) > MOST_CHARS:
        return Computation()
    try:
        return _read(ast.parse(code), question)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # 0xff... has too many digits
        return Computation()


@lru_cache(4096)
def written_out(reply: str, question: str) -> Computation:
    """What the sums that a plain reply writes out do with the numbers of a question."""
    found = sums(reply)
    return Computation(_left_out(question, found.numbers), wrong=found.wrong)


def _left_out(question: str, used: Collection[Fraction]) -> tuple[str, ...]:
    """Numbers of a question that are not among those used, as written there."""
    return tuple(dict.fromkeys(said for said, ways in given(question) if ways.isdisjoint(used)))


def _read(tree: ast.Module, question: str) -> Computation:
    entry = [part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name == ENTRY]
    if not entry:
        return Computation()
    body = [part for part in entry[-1].body if not _is_text(part)]
    others = [part for part in tree.body if part is not entry[-1]]
    used = {*_Slice(body).numbers, *_numbers(others)}
    return Computation(_left_out(question, used), " ".join(sorted(_sums([*body, *others]))))


class _Slice:
    """What a function's value may depend on: a backward slice (Weiser 1981).

    A name that is assigned anew stands for its new value alone where that always happens: not in a
    branch or a loop.
    """

    def __init__(self, body: Sequence[ast.stmt]) -> None:
        self._names: set[str] = set()
        self.numbers: set[Fraction] = set()
        for part in reversed(body):
            inner = [node for node in ast.walk(part) if isinstance(node, _BLOCKS)]
            if len(inner) == 1 or isinstance(part, ast.FunctionDef | ast.ClassDef):
                self._take(part, always=True)
                continue
            before = -1
            while before < len(self._names):  # what a loop's end changes, its beginning needs
                before = len(self._names)
                for node in reversed(inner):
                    self._take(node)

    def _need(self, nodes: Iterable[ast.AST]) -> None:
        nodes = list(nodes)
        self._names |= _names(nodes)
        self.numbers |= _numbers(nodes)

    def _take(self, part: ast.AST, *, always: bool = False) -> None:
        """Take in a statement; of one that holds others, its own condition alone."""
        if isinstance(part, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = part.targets if isinstance(part, ast.Assign) else [part.target]
            if part.value is None or not _names(targets) & self._names:
                return
            if always and isinstance(part, ast.Assign) and len(targets) == 1:
                self._names -= {t.id for t in targets if isinstance(t, ast.Name)}
            self._need([part.value, *(t for t in targets if not isinstance(t, ast.Name))])
        elif isinstance(part, ast.Expr | ast.FunctionDef | ast.ClassDef):  # items.append(5)
            named = _names([part]) if isinstance(part, ast.Expr) else {part.name}
            if named & self._names:
                self._need([part])
        else:
            self._need(n for n in ast.iter_child_nodes(part) if not isinstance(n, _BLOCKS))


def _is_text(part: ast.stmt) -> bool:
    """Whether a statement is a docstring."""
    return (
        isinstance(part, ast.Expr)
        and isinstance(part.value, ast.Constant)
        and isinstance(part.value.value, str)
    )


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def _constants(nodes: Iterable[ast.AST]) -> list[object]:
    return [n.value for node in nodes for n in ast.walk(node) if isinstance(n, ast.Constant)]


def _numbers(nodes: Iterable[ast.AST]) -> set[Fraction]:
    """The numbers in some code, those in its strings too."""
    found: set[Fraction] = set()
    for constant in _constants(nodes):
        if isinstance(constant, str):
            found |= {value(digits)[0] for digits in _DIGITS.findall(constant)}
        elif isinstance(constant, int | float) and abs(constant) < float("inf"):
            found.add(Fraction(repr(constant)))
    return found


def _sums(nodes: Iterable[ast.AST]) -> list[str]:
    nodes = list(nodes)
    walked = [n for node in nodes for n in ast.walk(node)]
    done = [type(n.op).__name__ for n in walked if isinstance(n, ast.BinOp | ast.AugAssign)]
    called = [n.func.id for n in walked if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    return [*done, *called, *map(repr, _constants(nodes))]
