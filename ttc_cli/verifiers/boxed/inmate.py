"""The process that holds the code under test: it loads it and does with it what it is asked to.

It knows neither the tests nor what they expect.
"""

from __future__ import annotations

import builtins
import os
import sys
import types
from typing import IO, Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import ALL, Peer


def main() -> None:
    """Answer until nobody asks."""
    reader, writer = _channel()
    sys.path.pop(0)
    peer = Peer(reader, writer, ALL | {"load": load}, _exception)
    peer.send({"ready": True})
    while True:
        peer.serve(peer.receive())


def _channel() -> tuple[IO[bytes], IO[bytes]]:
    """The line to the examiner, out of the way of what the code reads and prints."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    return reader, writer


def load(code: str) -> dict[str, Any]:
    """Run a module's code; what it defines, by name, and the standard modules it imported."""
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    exec(compile(code, "solution.py", "exec"), module.__dict__)
    found: dict[str, Any] = {"names": {}, "modules": {}, "errors": {}}
    for name, value in list(module.__dict__.items()):
        if name.startswith("__"):
            continue
        if isinstance(value, types.ModuleType):
            found["modules"][name] = value.__name__
        elif isinstance(value, type) and issubclass(value, BaseException):
            found["errors"][name] = [kind.__name__ for kind in value.__mro__]
        else:
            found["names"][name] = value
    return found


def _exception(names: list[str], text: str) -> BaseException:
    for name in names:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            return kind(text)
    return RuntimeError(text)


if __name__ == "__main__":
    main()
