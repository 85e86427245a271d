"""What small models forget: imports, and that Python takes no zero in front of a number.

They use `math` as if it were built in, and write half past nine as `hour=09`.
"""

from __future__ import annotations

import ast
import builtins
import re

MODULES = (
    "math", "itertools", "fractions", "decimal", "calendar", "statistics", "collections", "re",
    "string", "functools", "operator", "random", "csv", "json", "gzip", "os", "sys", "time",
)  # fmt: skip
NAMES = {
    name: module
    for module, names in {
        "datetime": "date timedelta timezone",
        "fractions": "Fraction",
        "decimal": "Decimal ROUND_HALF_UP",
        "itertools": "permutations combinations combinations_with_replacement accumulate chain"
        " groupby product",
        "collections": "Counter defaultdict deque OrderedDict",
        "math": "sqrt gcd lcm factorial comb perm ceil floor pi prod log log2 log10 exp sin cos tan"
        " radians degrees hypot isqrt",
        "statistics": "mean median mode stdev",
        "functools": "reduce lru_cache",
    }.items()
    for name in names.split()
}
"""Names by the module that has them; of two modules the one that programs mean."""


_ZEROS = re.compile(
    r"(\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*'|#[^\n]*)|(?<![\w.])0+(?=\d+(?![\w.]))",
    re.DOTALL,
)


def completed(code: str) -> str:
    """The program with imports for the names of the standard library that it uses unbound.

    Whole numbers lose the zeros in front that would keep it from being read.
    """
    try:
        tree = _parsed(code)
        code = code if tree else _ZEROS.sub(lambda found: found[1] or "", code)
        tree = tree or ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code  # it will fail, in its own words
    lines = [line for name in sorted(_unbound(tree)) if (line := _import(name, code))]
    return "\n".join([*lines, code]) if lines else code


def _parsed(code: str) -> ast.AST | None:
    """The program's tree; None for one with a number that begins with a zero."""
    try:
        return ast.parse(code)
    except SyntaxError as error:
        if "leading zeros" in str(error):
            return None
        raise


def _unbound(tree: ast.AST) -> set[str]:
    used: set[str] = set()
    bound = set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return used - bound


def _import(name: str, code: str) -> str:
    if name == "datetime":  # the module and the class in it are called alike
        inner = ("datetime.datetime", "datetime.timedelta", "datetime.date(", "datetime.time(")
        module = any(use in code for use in inner)
        return "import datetime" if module else "from datetime import datetime"
    if name in MODULES:
        return f"import {name}"
    return f"from {NAMES[name]} import {name}" if name in NAMES else ""
