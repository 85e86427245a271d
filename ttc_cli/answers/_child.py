"""The process in which math-verify runs: one JSON request a line in, one JSON reply a line out.

Started by `worker`. Request: {"a", "b"}; reply: {"equal"}. It must be killable at any moment and
must not outlive its parent, not even stuck inside a big-integer power that never gives the GIL
back.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import warnings
from functools import lru_cache
from typing import Any, TextIO

_MEMORY = 3 << 30  # bytes of address space: 9^9^9^9 would take all there is before the deadline
_LAST_RESORT = 60.0  # seconds; the parent kills much earlier, unless it was killed itself


def _isolate() -> TextIO:
    """Limits, silence, and a private stream for replies; whatever a library prints is dropped."""
    # Ctrl-C goes to the whole foreground group; the parent decides when this process ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(ValueError, OSError):  # macOS refuses some limits
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sys.set_int_max_str_digits(5000)
    return replies


@lru_cache(maxsize=512)
def _parse(text: str) -> list[Any]:
    from math_verify import parse

    return list(parse(f"${text}$", parsing_timeout=None))


def equal(a: str, b: str) -> bool:
    """math-verify's verdict in both directions: it is not symmetric, classes of answers are."""
    from math_verify import verify

    left, right = _parse(a), _parse(b)
    return any(
        verify(gold, target, timeout_seconds=None, allow_set_relation_comp=True)
        for gold, target in ((left, right), (right, left))
    )


def _reply(line: str) -> dict[str, object]:
    try:
        request = json.loads(line)
        return {"equal": equal(str(request["a"]), str(request["b"]))}
    except (ValueError, KeyError, TypeError, MemoryError, RecursionError) as error:
        return {"error": type(error).__name__}


def main() -> None:
    """Serve until stdin closes."""
    replies = _isolate()
    equal("x+1", "1+x")  # the imports and the first parse are slow: pay before the clock runs
    print(json.dumps({"ready": True}), file=replies, flush=True)
    for line in sys.stdin:
        if sys.platform != "win32":
            # the default action ends the process from the kernel, whoever holds the GIL
            signal.setitimer(signal.ITIMER_REAL, _LAST_RESORT)
        reply = _reply(line)
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
