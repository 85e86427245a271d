"""Runs tests written as Python: plain asserts, functions and classes `test*`, and unittest's cases.

Only the tests' own text decides what is imported and what is called here.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import symtable
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any

FILE = "tests.py"
HELPERS = (
    "bisect", "collections", "copy", "datetime", "decimal", "fractions", "functools", "heapq",
    "itertools", "json", "math", "operator", "random", "re", "statistics", "string",
)  # fmt: skip
"""Modules that tests may use without importing them, where they count on the code's imports."""
HARMLESS = (
    abs, all, any, bin, bool, bytearray, bytes, chr, complex, dict, divmod, enumerate, filter,
    float, frozenset, hash, hex, int, iter, len, list, map, max, min, next, oct, ord, pow, range,
    repr, reversed, round, set, slice, sorted, str, sum, tuple, zip,
)  # fmt: skip
PLAIN = (list, dict, set, str, int, float, bytes, bytearray, tuple, frozenset)


def fault(tests: str, names: Sequence[str] = ()) -> str:
    """Why a module of tests cannot judge any code; empty when it can. Nothing of it is run.

    Args:
        names: of the code, that count as the code's even where a builtin has the same name.
    """
    try:
        tree = ast.parse(tests)
    except (SyntaxError, ValueError) as error:
        return f"the tests cannot be read: {error}"
    imported = set(_imported(tree))
    for module in sorted(imported - {"solution"}):
        if module not in sys.stdlib_module_names:
            return f"the tests need what is not here: {module}"
    if "solution" not in imported and not _free(tests) - (set(dir(builtins)) - set(names)):
        return "the tests never call the code"
    return ""


def _free(tests: str) -> set[str]:
    """Names that a module uses and does not make itself."""
    top = symtable.symtable(tests, FILE, "exec")
    scopes = [top]
    for scope in scopes:
        scopes.extend(scope.get_children())
    used = {
        symbol.get_name()
        for scope in scopes
        for symbol in scope.get_symbols()
        if symbol.is_referenced() and (scope is top or symbol.is_global())
    }
    made = (s for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace())
    return used - {symbol.get_name() for symbol in made}


def _imported(tree: ast.Module) -> Iterator[str]:
    """The first parts of the names of all modules that are imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def run(program: types.CodeType, space: dict[str, Any]) -> None:
    """Run all tests of a module; the first failure is raised."""
    exec(program, space)
    for name, value in list(space.items()):
        if name.startswith("test") and isinstance(value, types.FunctionType):
            value()
    _unittests(space)


class Failed(Exception):
    """A test case of unittest failed."""


def _unittests(space: dict[str, Any]) -> None:
    if "unittest" not in sys.modules:
        return
    import unittest

    kinds = [v for v in space.values() if isinstance(v, type) and issubclass(v, unittest.TestCase)]
    suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, kinds))
    result = unittest.TestResult()
    suite.run(result)
    for case, text in (*result.failures, *result.errors):
        raise Failed(f"{case.id()}: {text.strip().splitlines()[-1]}")
    if not result.wasSuccessful():
        raise Failed("a test that should fail passed")


def modules(tests: str) -> dict[str, Any]:
    """The helpers that tests name as modules (`math.isclose`) without importing them."""
    used = {
        node.value.id
        for node in ast.walk(ast.parse(tests))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return {name: importlib.import_module(name) for name in HELPERS if name in used}


def call_back(target: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a function that the tests passed to the code; nothing else is done for it."""
    if not _may_be_called(target):
        raise TypeError("the code may not call that")
    return target(*args, **kwargs)


def _may_be_called(target: Any) -> bool:
    """Functions and classes of the tests' own, and harmless ones of Python."""
    if isinstance(target, types.MethodType):
        target = target.__func__
    if isinstance(target, types.FunctionType):
        return target.__code__.co_filename == FILE
    if type(target).__module__ == "unittest.mock":
        return True
    if isinstance(target, types.BuiltinFunctionType) and target not in HARMLESS:
        owner = target.__self__
        return type(owner) in PLAIN or owner is sys.modules.get("math") or _is_operator(owner)
    return target in HARMLESS or getattr(target, "__module__", "") == "tests"


def _is_operator(owner: object) -> bool:
    return owner is sys.modules["_operator"]
