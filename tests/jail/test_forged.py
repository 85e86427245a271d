"""Whatever wrong code is, defines or sends: it fails, and costs nothing but itself."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from cells import examine
from forged import EATS, FORGED, TESTS

from ttc_cli.core.verify import Graded
from ttc_cli.jail import lock


@pytest.mark.parametrize("name", FORGED)
def test_no_program_makes_its_own_verdict(name: str) -> None:
    tests = EATS if name == "endless values" else TESTS
    found = examine(FORGED[name], tests)
    assert found.score == 0.0, found
    assert found.note


def test_these_tests_pass_what_is_right() -> None:
    assert examine("def add(a, b):\n    return a + b\n", TESTS) == Graded(1.0)


def test_the_code_calls_only_what_the_tests_may_lend() -> None:
    code = "def use(f, x):\n    return f(x)\n"
    tests = (
        "seen = []\nassert use(len, 'abc') == 3 and use(seen.append, 1) is None and seen == [1]\n"
        "for f in (eval, exec, open, __import__, getattr, type):\n    try:\n"
        "        use(f, '1')\n    except TypeError:\n        pass\n    else:\n        assert 0, f"
    )
    assert examine(code, tests) == Graded(1.0)


def test_nothing_that_an_inmate_can_say_is_a_pass() -> None:
    script = Path(__file__).with_name("fuzz.py")
    command = [*lock.python(), str(script), str(lock.SCRIPTS), str(random.randrange(10**6)), "250"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == '{"failed": 250}\n', (command[-2], done.stdout, done.stderr)
