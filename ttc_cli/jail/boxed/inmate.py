"""The process that holds the code under test: it loads it and does with it what it is asked to.

It knows neither the tests nor what they expect.
"""

from __future__ import annotations

import builtins
import os
import sys
import types
from collections.abc import Callable
from typing import IO, Any

from values import plain_name
from wire import ALL, Peer


def ready() -> Callable[[], None]:
    """Take the line to the examiner out of the way of what the code reads and prints."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    return lambda: serve(reader, writer)


def serve(reader: IO[bytes], writer: IO[bytes]) -> None:
    """Answer until nobody asks."""
    peer = Peer(reader, writer, ALL | {"load": load}, _exception)
    sys.set_int_max_str_digits(0)
    peer.send({"value": None, "changed": []})  # ready
    while True:
        peer.serve(peer.receive())


def load(code: str) -> dict[str, Any]:
    """Run a module's code; what it defines, by name, and the bases of its errors."""
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    exec(compile(code, "solution.py", "exec"), module.__dict__)
    names: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in list(module.__dict__.items()):
        if not plain_name(name) or isinstance(value, types.ModuleType):
            continue
        if isinstance(value, type) and issubclass(value, BaseException):
            errors[name] = [kind.__name__ for kind in value.__mro__]
        else:
            names[name] = value
    return {"names": names, "errors": errors}


def _exception(names: list[str], text: str) -> BaseException:
    for name in names:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            return kind(text)
    return RuntimeError(text)
