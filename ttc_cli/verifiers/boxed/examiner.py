"""The process that holds the tests. It starts the inmate, asks, and says whether the tests passed.

No code under test ever runs here: what the tests call are stand-ins, what they get are plain
values. So neither an exit code nor anything printed, patched or compared can pass for a success.

stdin: {"code", "tests", "seconds", "command", "names"}; stdout: {"passed", "note", "broken"}.
"""

from __future__ import annotations

import builtins
import contextlib
import json
import os
import signal
import subprocess
import sys
import traceback
import types
from collections.abc import Iterator
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import Gone, Peer

FILE = "tests.py"
WAIT_SECONDS = 2.0
ENDS = (StopIteration, StopAsyncIteration, GeneratorExit)
STANDARD = sys.stdlib_module_names


class TimeUp(BaseException):
    """The tests took too long."""


def main() -> None:
    """Examine once."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    task = json.load(sys.stdin)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    with _inmate(task["command"]) as child:
        verdict = Examination(child, task).verdict()
    told.write(json.dumps(verdict))
    told.flush()
    os._exit(0)  # whatever the tests may have left running


@contextlib.contextmanager
def _inmate(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    signal.signal(signal.SIGTERM, lambda *_: _leave(child))
    try:
        yield child
    finally:
        _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()  # the jail takes its inmates with it
    try:
        child.wait(WAIT_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


def _leave(child: subprocess.Popen[bytes]) -> None:
    _stop(child)
    os._exit(1)


class Examination:
    """One candidate, one set of tests."""

    def __init__(self, child: subprocess.Popen[bytes], task: dict[str, Any]) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._child = child
        self._task = task
        self._errors: dict[str, type[BaseException]] = {}
        self._raised: BaseException | None = None
        self._peer = Peer(child.stdout, child.stdin, {"call": _call}, self._exception)

    def verdict(self) -> dict[str, Any]:
        """Passed or not, and why not; broken when it is not the code's fault."""
        try:
            ready = self._peer.receive().get("ready")
        except Gone:
            ready = None
        if not ready:
            return _verdict(broken=self._complaint() or "the code's process does not start")
        _alarm(self._task["seconds"])
        try:
            return self._examine()
        except TimeUp:
            return _verdict(f"not done after {self._task['seconds']:g} s")
        except BaseException as error:
            # What ended the tests, and not what the tests made of it.
            return _verdict(self._peer.gone or _told(error, self._task["tests"], self._peer.last))
        finally:
            _alarm(0)

    def _examine(self) -> dict[str, Any]:
        found = self._peer.ask("load", self._task["code"])
        tests = self._task["tests"]
        try:
            program = compile(tests, FILE, "exec")
        except (SyntaxError, ValueError) as error:
            return _verdict(broken=f"the tests cannot be read: {error}")
        space = self._namespace(found)
        self._peer.asked, self._peer.last = 0, ""
        try:
            exec(program, space)
        except ImportError as error:
            if error is self._raised:
                raise  # the code's doing
            return _verdict(broken=f"the tests need what is not here: {error}")
        for name, value in list(space.items()):
            if name.startswith("test") and isinstance(value, types.FunctionType):
                value()
        if failed := _unittests(space):
            return _verdict(failed)
        if self._peer.gone:
            return _verdict(self._peer.gone)
        if not self._peer.asked:
            return _verdict(broken="the tests never call the code")
        return _verdict()

    def _namespace(self, found: dict[str, Any]) -> dict[str, Any]:
        """What the tests see. Names of builtins mean the builtins, unless imported."""
        names: dict[str, Any] = dict(found["names"])
        for name, mro in found["errors"].items():
            base = _builtin_error(mro) or Exception
            names[name] = self._errors[name] = type(name, (base,), {})
        for name, module in found["modules"].items():
            if module.partition(".")[0] in STANDARD:
                names[name] = __import__(module, fromlist=["*"])
        solution = types.ModuleType("solution")
        solution.__dict__.update(names)
        sys.modules["solution"] = solution
        own = {
            n: v for n, v in names.items() if not hasattr(builtins, n) or n in self._task["names"]
        }
        return {"__name__": "tests", **own}

    def _exception(self, names: list[str], text: str) -> BaseException:
        kind = next((self._errors[n] for n in names if n in self._errors), _builtin_error(names))
        self._raised = kind(text) if kind else RuntimeError(f"{names[0]}: {text}")
        return self._raised

    def _complaint(self) -> str:
        """What the jail said on stderr."""
        self._child.kill()
        assert self._child.stderr is not None
        lines = self._child.stderr.read(4000).decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""


def _call(target: Any, *args: Any, **kwargs: Any) -> Any:
    """A function that the tests passed to the code is called back; nothing else is done for it."""
    if not isinstance(target, (types.FunctionType, types.BuiltinFunctionType, type)):
        raise TypeError("not a function")
    return target(*args, **kwargs)


def _builtin_error(names: list[str]) -> type[BaseException] | None:
    for name in names:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, BaseException):
            if issubclass(kind, BaseExceptionGroup) or kind in ENDS:
                return RuntimeError  # `all(map(f, values))` would take it for the end of the values
            return kind if not issubclass(kind, UnicodeError) else ValueError
    return None


def _unittests(space: dict[str, Any]) -> str:
    """Run test cases, if the tests use unittest; the first failure."""
    if "unittest" not in sys.modules:
        return ""
    import unittest

    kinds = [v for v in space.values() if isinstance(v, type) and issubclass(v, unittest.TestCase)]
    suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, kinds))
    result = unittest.TestResult()
    suite.run(result)
    for case, text in (*result.failures, *result.errors):
        return f"{case.id()}: {text.strip().splitlines()[-1]}"
    return ""


def _told(error: BaseException, tests: str, last: str) -> str:
    """A failure in words that a model can use: the line of the test, and what went wrong."""
    lines = tests.splitlines()
    at = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == FILE]
    line = lines[at[-1] - 1].strip() if at and at[-1] and at[-1] <= len(lines) else ""
    what = type(error).__name__ + (f": {error}" if str(error) else "")
    if isinstance(error, AssertionError) and last:
        what += f"; {last}"
    return f"{line}\n{what}" if line else what


def _verdict(note: str = "", *, broken: str = "") -> dict[str, Any]:
    return {"passed": not note and not broken, "note": note, "broken": broken}


def _alarm(seconds: float) -> None:
    """Raise `TimeUp` after so many seconds; 0 never. (Windows has no alarm: the caller waits.)"""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _time_up)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _time_up(*_: object) -> None:
    raise TimeUp


if __name__ == "__main__":
    main()
