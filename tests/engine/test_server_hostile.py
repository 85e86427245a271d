"""Servers that mean harm: one line, in time, in little memory, whatever they send."""

from __future__ import annotations

import resource
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice

import pytest
from hostile_server import HARMS, Case, HostileServer
from kinds import ask, branch

from ttc_cli.core.errors import TtcError
from ttc_cli.core.sampling import Outputs
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.detect import connect
from ttc_cli.engine.openai.pacing import RetryPolicy

QUICK = RetryPolicy(attempts=2, pause=0.01, longest=0.1, wait=0.1)
CASES, SECONDS, MEGABYTES = 6, 10.0, 150
"""Cases of each harm."""


def outcome(case: Case) -> tuple[str, float]:
    """What an engine tells of a case, and in how many seconds."""
    server, began = HostileServer(case), time.monotonic()
    try:
        return said(server), time.monotonic() - began
    finally:
        server.close()


def said(server: HostileServer) -> str:
    """An error, or the text of a reply."""
    address = Address(server.url, silence=0.3)
    try:
        engine = connect(address, retry=QUICK, deadline=time.monotonic() + 3)
    except TtcError as error:
        return str(error)
    try:
        reply, *_ = ask(engine, branch("it", 8, outputs=Outputs(confidence=True)))
        if "score" in engine.info.capabilities:
            ask(engine, branch("scored", 0, candidates=("a", "t0")))
    except TtcError as error:
        return str(error)
    finally:
        engine.close()
    return reply.error or reply.text


@pytest.mark.parametrize("harm", sorted(set(HARMS)))
def test_a_hostile_server_costs_one_line(harm: str) -> None:
    cases = list(islice((case for case in map(Case, count()) if case.harm == harm), CASES))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with ThreadPoolExecutor(3) as pool:  # some are waited for
        told_of = list(pool.map(outcome, cases))
    for case, (told, seconds) in zip(cases, told_of, strict=True):
        where = f"case {case.seed}: {case.kind} {case.place} {case.harm}: {told[:200]}"
        assert seconds < SECONDS, where
        assert "cannot be read" not in told, where
        assert len(told.splitlines()) <= 1 or "\n" not in told[:300], where
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MEGABYTES * 1024, f"{grown / 1024:.0f} MB"
