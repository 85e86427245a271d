"""Twenty and more hostile programs: none does harm, none passes, and the run goes on."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cells import LOCKED, examine
from hostile import HOSTILE, PRYING

from ttc_cli.core.verify import Graded
from ttc_cli.jail import Layer, lock

GOOD = "def add(a, b):\n    return a + b\n"
TESTS = "assert add(2, 3) == 5\nassert add(-1, 1) == 0\n"
locked = pytest.mark.skipif(not LOCKED, reason="nothing can be locked in here")


class Ward:
    """What hostile code could harm: it is whole when each test ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = folder / "secret.txt"
        self.secret.write_text("the secret of the house")
        self.secret.chmod(0o666)
        folder.chmod(0o777)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(0)
        self.port = self.server.getsockname()[1]

    def whole(self) -> bool:
        try:
            self.server.accept()
        except (BlockingIOError, TimeoutError):
            called = False
        else:
            called = True
        kept = self.secret.read_text() == "the secret of the house"
        return kept and not called and len(list(self.folder.iterdir())) == 1


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    place = tmp_path / "home"
    place.mkdir()
    ward = Ward(place)
    yield ward
    ward.server.close()


@locked
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_does_no_harm_and_does_not_pass(name: str, ward: Ward) -> None:
    before, began = _processes(), time.monotonic()
    found = examine(HOSTILE[name], TESTS)
    assert found.score == 0.0, found
    assert time.monotonic() - began < 20
    assert ward.whole()
    _wait_for(lambda: _processes() <= before)
    assert examine(GOOD, TESTS) == Graded(1.0)  # the run goes on


@locked
@pytest.mark.parametrize("name", PRYING)
def test_prying_code_gets_nothing(name: str, ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTC_SECRET", "x")
    heard: list[int] = []
    old = signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    facts = {
        "SECRET": str(ward.secret), "HOME": str(ward.folder), "PORT": ward.port,
        "OURS": os.getpid(), "REAL_HOME": str(Path.home()), "PYTHON": sys.base_prefix,
    }  # fmt: skip
    code = "".join(f"{key} = {value!r}\n" for key, value in facts.items()) + PRYING[name]
    try:
        found = examine(code, "assert add(2, 3) == 5")
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert found.score == 0.0, found
    assert not heard
    assert ward.whole()
    assert examine(GOOD, TESTS) == Graded(1.0)


def test_forgeries_fail_without_a_jail_too() -> None:
    for name in (
        "exits well", "exits well when called", "leaves", "says that it passed",
        "equal to anything", "a number equal to anything", "patches the harness",
        "closes everything", "sleep", "endless print",
    ):  # fmt: skip
        assert examine(HOSTILE[name], TESTS, layer=Layer.LIMITS).score == 0.0, name


def _processes() -> set[int]:
    """Processes of ours that are not over."""
    if sys.platform != "linux":
        return set()
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes()  # empty of those that are over
        except OSError:
            continue
        if str(lock.SCRIPTS).encode() in words:
            found.add(int(place.name))
    return found


def _wait_for(true: Callable[[], bool]) -> None:
    for _ in range(150):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("it did not come true")
