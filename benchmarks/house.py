"""How large the program is, and how far a question travels in it: `python benchmarks/house.py`.

Lines and code lines of the product (`git ls-files`), of tests and of benchmarks; files over 300
lines; import cycles (imports inside functions and for type checkers count); and, for one
question answered on the scripted engine with an empty home, the modules whose functions were
called and how often the folder changed from one call to the next, until the strategy starts. Code
that runs while a module is imported is counted apart; other threads and the engine are not.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
import tokenize
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ttc_cli"
LONGEST = 300
TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: "


def tracked(folder: str) -> list[Path]:
    """The Python files that git knows under a folder."""
    listed = subprocess.run(
        ["git", "ls-files", f"{folder}/*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def code_lines(path: Path) -> int:
    """Lines that hold a token of code: no comment, no blank line, no docstring."""
    source = path.read_text("utf-8")
    held: set[int] = set()
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (*skipped, tokenize.ENDMARKER):
            held.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            held.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(held)


def size(folder: str) -> dict[str, Any]:
    files = tracked(folder)
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in files}
    long = [str(path.relative_to(ROOT)) for path, count in lines.items() if count > LONGEST]
    code = sum(map(code_lines, files))
    return {"files": len(files), "lines": sum(lines.values()), "code": code, "over_300": long}


def imports(module: str, path: Path, modules: set[str]) -> set[str]:
    """The modules of the package that a module imports: anywhere, for its types too."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                found.add(inner if inner in modules else node.module)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text("utf-8")))
    return (found & modules) - {module}


def cycles() -> list[list[str]]:
    """Groups of modules that import each other in a circle (strongly connected components)."""
    files = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in tracked("ttc_cli")}
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    edges = {name: imports(name, path, set(files)) for name, path in files.items()}
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:  # Tarjan 1972
        order[name] = low[name] = len(order)
        stack.append(name)
        for other in edges[name]:
            if other not in order:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == order[name]:
            group = [stack.pop()]
            while group[-1] != name:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    sys.setrecursionlimit(10_000)
    for name in edges:
        if name not in order:
            visit(name)
    return found


def imported(frame: FrameType | None) -> bool:
    """Whether a frame runs because a module of the package is being imported."""
    while frame is not None:
        code = frame.f_code
        if code.co_name == "<module>" and code.co_filename.startswith(str(PACKAGE)):
            return True
        frame = frame.f_back
    return False


def travel() -> dict[str, Any]:
    """Where one question goes until the strategy is called, in the order of calls."""
    visited: list[str] = []
    loading: list[str] = []
    started = False

    def profile(frame: FrameType, event: str, _arg: object) -> None:
        nonlocal started
        path = Path(frame.f_code.co_filename)
        if event != "call" or started or not path.is_relative_to(PACKAGE):
            return
        if path.parent.name == "strategies" and frame.f_code.co_name == "solve":
            started = True
        elif path.name != "scripted.py":
            name = str(path.relative_to(PACKAGE))
            (loading if imported(frame) else visited).append(name)

    with tempfile.TemporaryDirectory() as home:
        os.environ.update(TTC_HOME=home, TTC_MODEL=str(tiny(Path(home))))
        run = scripted()
        sys.setprofile(profile)
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # what is asked for may be JSON
                code = run(["ask", "-q", "-e", "medium", "What is 17 + 25?"])
        finally:
            sys.setprofile(None)
    assert started
    assert code == 0
    folders = [str(Path(name).parent) for name in visited]
    return {
        "modules": len(set(visited)),
        "with_imported": len({*visited, *loading}),
        "folder_changes": sum(one != other for one, other in itertools.pairwise(folders)),
        "calls": len(visited),
        "visited": list(dict.fromkeys(visited)),
    }


def tiny(home: Path) -> Path:
    """A real GGUF of a few kilobytes: its header is read, the scripted engine answers."""
    sys.path.insert(0, str(ROOT / "tests"))
    from tiny_llama import write_llama

    return write_llama(home / "tiny.gguf")


def scripted() -> Any:
    """The program's entry, with the scripted engine in place of llama.cpp."""
    sys.path.insert(0, str(ROOT / "tests" / "cli"))
    from harness import Speaker

    from ttc_cli import __main__
    from ttc_cli.engine.scripted import from_choices
    from ttc_cli.session import loaded

    speaker = Speaker(from_choices(["17 + 25 = 42, so \\boxed{42}."]), context=4096)
    loaded.load_llama = lambda *_: speaker
    sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - until the process ends
    return __main__.run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="all of it as JSON")
    given = parser.parse_args()
    sizes = {name: size(name) for name in ("ttc_cli", "tests", "benchmarks")}
    report = {"sizes": sizes, "cycles": cycles(), "question": travel()}
    if given.json:
        print(json.dumps(report, indent=1))
        return
    for name, row in sizes.items():
        long = f", over {LONGEST} lines: {', '.join(row['over_300'])}" if row["over_300"] else ""
        print(
            f"{name:<12}{row['files']:>5} files{row['lines']:>8} lines{row['code']:>8} code{long}"
        )
    print(f"import cycles      {len(report['cycles'])}")
    for group in report["cycles"]:
        print("   " + " <> ".join(group))
    asked = report["question"]
    print(
        f"before the strategy starts: {asked['modules']} modules"
        f" ({asked['with_imported']} with those only imported),"
        f" {asked['folder_changes']} folder changes in {asked['calls']} calls"
    )


if __name__ == "__main__":
    main()
