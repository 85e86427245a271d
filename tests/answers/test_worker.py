from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from ttc_cli.answers import Worker, equivalent

TOWER = "9^{9^{9^9}}"


@pytest.fixture
def own() -> Iterator[Worker]:
    worker = Worker(deadline=20)
    yield worker
    worker.close()


def test_it_starts_when_first_asked(own: Worker) -> None:
    assert own.starts == 0
    assert own.pid is None
    assert equivalent("5", "5.0", worker=own)
    assert own.starts == 0
    assert own.compare("2(x+1)", "2x+2") is True
    assert own.compare("2(x+1)", "2x+3") is False
    assert own.starts == 1


def test_after_the_deadline_the_child_is_replaced(own: Worker) -> None:
    assert own.compare("x+x", "2x") is True
    own.deadline = 1.0
    start, first = time.monotonic(), own.pid
    assert own.compare(TOWER, TOWER.replace("9", "10", 1)) is None
    assert time.monotonic() - start < 10
    own.deadline = 20
    assert own.compare("z+z", "2z") is True
    assert own.pid != first
    assert (own.starts, own.timeouts) == (2, 1)


def test_a_child_that_hangs_is_killed_and_counted(own: Worker) -> None:
    assert own.compare("x+x", "2x") is True
    if sys.platform == "win32":
        pytest.skip("needs SIGSTOP")
    own.deadline = 0.3
    assert own.pid is not None
    os.kill(own.pid, signal.SIGSTOP)  # as deaf as one inside a long computation
    assert own.compare("a+a", "2a") is None
    assert own.timeouts == 1
    assert own.pid is None
    own.deadline = 20
    assert own.compare("a+a", "2a") is None, "what took too long once is not tried again"
    assert own.compare("b+b", "2b") is True
    assert own.starts == 2


def test_a_killed_child_is_replaced(own: Worker) -> None:
    own.compare("x", "y")
    assert own.pid is not None
    os.kill(own.pid, signal.SIGTERM)
    time.sleep(0.2)
    assert own.compare("x+x", "2x") is True
    assert own.starts == 2


@pytest.mark.skipif(sys.platform == "win32", reason="the console's Ctrl-C cannot be sent to one")
def test_ctrl_c_is_not_for_the_child(own: Worker) -> None:
    assert own.compare("x+x", "2x") is True
    assert own.pid is not None
    os.kill(own.pid, signal.SIGINT)
    assert own.compare("y+y", "2y") is True
    assert own.starts == 1


@pytest.mark.parametrize(
    "garbage",
    ["", "\\", "}{", "\\frac{", "\n\n", "\x00", "é∑√", "{" * 50, "\\begin{", '"}\n{"id":'],
)
def test_garbage_is_survived(garbage: str, worker: Worker) -> None:
    assert worker.compare(garbage, "x") is not True
    assert worker.compare(f"{len(garbage)}x+x", f"{len(garbage) + 1}x") is True


def test_oversized_input_is_refused_without_a_child(own: Worker) -> None:
    assert own.compare("1+" * 5000 + "1", "1") is None
    assert own.starts == 0


def test_threads_take_turns(worker: Worker) -> None:
    verdicts: list[bool | None] = []

    def ask(n: int) -> None:
        verdicts.append(worker.compare(f"{n}x+{n}x", f"{2 * n}x"))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == [True] * 5


def test_the_interpreter_ends_with_a_busy_child() -> None:
    code = (
        "from ttc_cli.answers import Worker; w = Worker(); w.compare('x+1', '1+x'); print(w.pid)\n"
        "import threading\n"
        f"threading.Thread(target=w.compare, args=({TOWER!r}, '{TOWER}+x'), daemon=True).start()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True
    )
    if sys.platform != "win32":
        with pytest.raises(ProcessLookupError):
            os.kill(int(done.stdout), 0)
