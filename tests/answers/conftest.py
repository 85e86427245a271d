from __future__ import annotations

from collections.abc import Iterator

import pytest

from ttc_cli.answers import Worker


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """One child for the whole session: it takes a second to start."""
    shared = Worker(deadline=20)  # the machine that runs the tests may be busy
    yield shared
    shared.close()
