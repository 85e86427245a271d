"""Reads a module of tests without running it: what it needs, and whether it can judge any code."""

from __future__ import annotations

import ast
import builtins
import symtable
import sys
from collections.abc import Callable, Iterator, Sequence

FILE = "tests.py"
CODE = "solution"  # the module by which tests may always import the code
PYTEST = ("approx", "fail", "fixture", "mark", "param", "raises", "skip")
"""What there is of pytest: see `shim`."""


def fault(
    tests: str, names: Sequence[str] = (), installed: Callable[[str], bool] = lambda name: False
) -> str:
    """Why a module of tests cannot judge any code; empty when it can.

    Args:
        names: of the code, that count as the code's even where a builtin has the same name.
        installed: whether a module is a package of the user's, and so not the code.
    """
    try:
        tree = ast.parse(tests)
    except (SyntaxError, ValueError) as error:
        return f"the tests cannot be read: {error}"
    if any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree)):
        return "the tests import relative to a package: name the module"
    unknown = sorted({name.partition(".")[0] for name in code_modules(tests)} - {CODE})
    if packages := [name for name in unknown if installed(name)]:
        return f"the tests need {packages[0]}, and see the standard library, pytest and the code"
    if len(unknown) > 1:
        return f"the tests need {' and '.join(unknown)}: only one module can be the code"
    used = set(_of_pytest(tree))
    if missing := sorted(used - set(PYTEST)):
        return f"the tests need pytest.{missing[0]}: there is {', '.join(PYTEST)}"
    if fixture := next(_missing_fixtures(tree), ""):
        return f"the tests need the fixture {fixture}, which is not theirs"
    imports_it = unknown or CODE in _imported(tree)
    if not imports_it and not _free(tests) - (set(dir(builtins)) - set(names)):
        return "the tests never call the code"
    return ""


def code_modules(tests: str) -> list[str]:
    """The modules by which tests import the code: those that nobody else can mean."""
    found = {name for name in _imported(ast.parse(tests)) if name != "pytest"}
    return sorted({CODE} | {n for n in found if n.partition(".")[0] not in sys.stdlib_module_names})


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _of_pytest(tree: ast.Module) -> Iterator[str]:
    """The names that tests use of pytest."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "pytest":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from [node.attr] if node.value.id == "pytest" else []


def _missing_fixtures(tree: ast.Module) -> Iterator[str]:
    """Parameters of tests that no fixture and no parametrization of theirs fills in."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    fixtures = {function.name for function in functions if "fixture" in _decorators(function)}
    methods = {
        id(function)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for function in node.body
    }
    for function in functions:
        own = function in tree.body or id(function) in methods
        filled = _decorators(function) & {"parametrize", "patch"}
        if not own or filled or not function.name.startswith("test"):
            continue
        arguments = function.args.posonlyargs + function.args.args
        required = arguments[id(function) in methods : len(arguments) - len(function.args.defaults)]
        yield from (a.arg for a in required if a.arg not in fixtures)


def _decorators(function: ast.FunctionDef) -> set[str]:
    """The last parts of the names of a function's decorators."""
    nodes = [node for one in function.decorator_list for node in ast.walk(one)]
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)} | {
        node.id for node in nodes if isinstance(node, ast.Name)
    }


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
