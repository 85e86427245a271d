"""The process that holds the tests. It starts the inmate, asks, and says whether the tests passed.

No code under test ever runs here: what the tests call are stand-ins, what they get are plain
values. The tests have passed when they came to their end here, and in no other way: nothing that
the other side exits with, prints, raises or sends makes a pass.

The tests may do what the user may when they are the user's own. Tests that came with a question are
somebody's text: they are locked in too (`read` says what they may read), as far as goes without
namespaces.

stdin: {"code", "tests", "seconds", "memory", "command", "names", "read"}; stdout: {"passed",
"note"}, or {"broken"} when the code could not even be started, or the tests can judge none.
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
import testfile
import trials
from kernel import SET_DUMPABLE, SET_PDEATHSIG, c
from values import plain_name
from wire import NONSENSE, Gone, Peer

WAIT_SECONDS = 2.0
ENDS = (StopIteration, StopAsyncIteration, GeneratorExit)
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def main() -> None:
    """Examine once."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    task = json.load(sys.stdin)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    sys.set_int_max_str_digits(0)
    with _inmate(task["command"]) as child:
        _limit(task["memory"])
        verdict = Examination(child, task).verdict()
    told.write(json.dumps(verdict))
    told.flush()
    os._exit(0)  # whatever the tests may have left running


@contextlib.contextmanager
def _inmate(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    pipe = subprocess.PIPE
    child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=ENVIRONMENT)
    signal.signal(signal.SIGTERM, lambda *_: _leave(child))
    try:
        yield child
    finally:
        _stop(child)


def _limit(memory: int) -> None:
    """Bound what the other side can make us hold, shut our memory to it, end with our parent."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        c("prctl", SET_DUMPABLE, 0, 0, 0, 0)
        c("prctl", SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (ImportError, AttributeError, ValueError, OSError):
        pass  # not this system


def _confine(readable: list[str]) -> None:
    """Shut ourselves in, too; the jail of the code hears of our end, not of our signals, then."""
    from cell import confine
    from namespaces import DEVICES, SHARED

    confine([*SHARED, *DEVICES, *readable], [])


def _stop(child: subprocess.Popen[bytes]) -> None:
    try:
        child.terminate()  # the jail takes its inmates with it
        child.wait(WAIT_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
    except PermissionError:
        pass  # we are shut in


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
        self._peer = Peer(child.stdout, child.stdin, {"call": trials.call_back}, self._exception)

    def verdict(self) -> dict[str, Any]:
        """Passed or not, and why not; broken when it cannot be the code's fault."""
        tests = self._task["tests"]
        if fault := testfile.fault(tests, self._task["names"]):
            return {"broken": fault}
        try:
            self._peer.receive()
        except Gone:
            return {"broken": self._complaint() or "the code's process does not start"}
        try:
            if (readable := self._task["read"]) is not None:
                _confine(readable)
            self._alarm(self._task["seconds"])
            trials.run(compile(tests, testfile.FILE, "exec"), self._namespace())
            self._alarm(0)
        except BaseException as error:
            # What ended the tests, and not what the tests made of it.
            return {"passed": False, "note": self._peer.gone or self._told(error)}
        if self._peer.gone:  # the tests caught it
            return {"passed": False, "note": self._peer.gone}
        return {"passed": True, "note": ""}

    def _namespace(self) -> dict[str, Any]:
        """What the tests see. Names of builtins mean the builtins, unless imported or asked for."""
        found: dict[str, Any] = self._peer.exactly(dict, "load", self._task["code"])
        if [type(found.get(part)) for part in ("names", "errors")] != [dict, dict]:
            self._peer.end(NONSENSE)
        names: dict[str, Any] = dict(found["names"])
        for name, mro in found["errors"].items():
            if type(mro) is not list or not plain_name(name):
                self._peer.end(NONSENSE)
            names[name] = self._errors[name] = type(name, (_builtin_error(mro) or Exception,), {})
        if not all(map(plain_name, names)):
            self._peer.end(NONSENSE)
        own = {
            n: v for n, v in names.items() if not hasattr(builtins, n) or n in self._task["names"]
        }
        solution = types.ModuleType("solution")
        solution.__dict__.update(names, __all__=list(own))
        for module in testfile.code_modules(self._task["tests"]):
            for end in range(1, module.count(".") + 2):
                sys.modules[".".join(module.split(".")[:end])] = solution
        return {**own, **trials.modules(self._task["tests"]), "__name__": "tests"}

    def _exception(self, names: list[str], text: str) -> BaseException:
        kind = next((self._errors[n] for n in names if n in self._errors), _builtin_error(names))
        return kind(text) if kind else RuntimeError(text)

    def _complaint(self) -> str:
        self._child.kill()
        assert self._child.stderr is not None
        lines = self._child.stderr.read(4000).decode("utf-8", "replace").splitlines()
        return next((line for line in lines if line.startswith("jail:")), "")

    def _told(self, error: BaseException) -> str:
        """A failure in words that a model can use: the line of the test, and what went wrong."""
        try:
            lines = self._task["tests"].splitlines()
            frames = traceback.extract_tb(error.__traceback__)
            at = [f.lineno or 0 for f in frames if f.filename == testfile.FILE]
            line = lines[at[-1] - 1].strip() if at and 0 < at[-1] <= len(lines) else ""
            what = type(error).__name__ + (f": {error}" if str(error) else "")
        except BaseException:  # its text is the other side's, or time is up
            return "the tests failed"
        if isinstance(error, AssertionError) and self._peer.last:
            what += f"; {self._peer.last}"
        return f"{line}\n{what}" if line else what

    def _alarm(self, seconds: float) -> None:
        """End it after so many seconds; 0 never. (Windows has no alarm: the caller waits.)"""

        def time_up(*_: object) -> None:
            self._peer.end(f"not done after {seconds:g} s")

        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, time_up)
            signal.setitimer(signal.ITIMER_REAL, seconds)


def _builtin_error(names: list[Any]) -> type[BaseException] | None:
    for name in names:
        kind = getattr(builtins, name, None) if plain_name(name) else None
        if isinstance(kind, type) and issubclass(kind, BaseException):
            if issubclass(kind, BaseExceptionGroup) or kind in ENDS:
                return RuntimeError  # `all(map(f, values))` would take it for the end of the values
            return kind if not issubclass(kind, UnicodeError) else ValueError
    return None


if __name__ == "__main__":
    main()
