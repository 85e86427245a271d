"""Runs tests written as Python: plain asserts, functions and classes `test*`, and unittest's cases.

Only the tests' own text decides what is imported and what is called here.
"""

from __future__ import annotations

import ast
import importlib
import sys
import types
from collections.abc import Iterator
from typing import Any

import shim
from testfile import FILE

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


def run(program: types.CodeType, space: dict[str, Any]) -> None:
    """Run all tests of a module; the first failure is raised."""
    sys.modules["pytest"] = shim
    exec(program, space)
    functions = {n: v for n, v in space.items() if isinstance(v, types.FunctionType)}
    fixtures = {n: v for n, v in functions.items() if hasattr(v, "is_fixture")}
    for name, value in list(space.items()):
        if name.startswith("test") and name in functions:
            _run(value, fixtures)
        elif name.startswith("Test") and _plain_class(value):
            for method in [n for n in vars(value) if n.startswith("test")]:
                _run(getattr(_set_up(value), method), fixtures, value)
    _unittests(space)


def _plain_class(value: Any) -> bool:
    """Whether it is a class of tests of the tests' own, and none of unittest's."""
    return type(value) is type and value.__module__ == "tests" and not hasattr(value, "assertEqual")


def _set_up(kind: type) -> Any:
    made = kind()
    getattr(made, "setup_method", getattr(made, "setup", lambda: None))()
    return made


def _run(test: Any, fixtures: dict[str, Any], of: Any = None) -> None:
    for case in shim.cases(test, of):
        endings: list[Iterator[Any]] = []
        wanted = [name for name in _parameters(test) if name in fixtures and name not in case]
        try:
            values = {name: _value(name, fixtures, endings) for name in wanted}
            found = test(**case, **values)
            if isinstance(found, types.CoroutineType):
                import asyncio

                asyncio.run(found)
        except shim.Skipped:
            continue
        except Exception:
            if not shim.may_fail(test):
                raise
        finally:
            for ending in endings:
                next(ending, None)


def _parameters(function: Any) -> tuple[str, ...]:
    code: types.CodeType = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _value(name: str, fixtures: dict[str, Any], endings: list[Iterator[Any]]) -> Any:
    """What a fixture gives, and those that it takes itself."""
    function = fixtures[name]
    wanted = [name for name in _parameters(function) if name in fixtures]
    value = function(**{n: _value(n, fixtures, endings) for n in wanted})
    if isinstance(value, types.GeneratorType):
        endings.insert(0, value)
        return next(value)
    return value


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
        return bool(target.__code__.co_filename == FILE)
    if type(target).__module__ == "unittest.mock":
        return True
    if isinstance(target, types.BuiltinFunctionType) and target not in HARMLESS:
        owner = target.__self__
        return type(owner) in PLAIN or owner is sys.modules.get("math") or _is_operator(owner)
    return target in HARMLESS or bool(getattr(target, "__module__", "") == "tests")


def _is_operator(owner: object) -> bool:
    return owner is sys.modules["_operator"]
