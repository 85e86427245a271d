"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from ttc_cli.models.catalogue import catalogue
from ttc_cli.models.pull import pull


@pytest.fixture(scope="session")
def smollm() -> Path:
    """SmolLM2-135M: the file that TTC_TEST_MODEL names, or one fetched once for all sessions."""
    if given := os.environ.get("TTC_TEST_MODEL"):
        return Path(given)
    home = platformdirs.user_cache_path("ttc-tests")
    return pull(catalogue()["smollm2-135m"], home=home, offline=False, notify=print).path
