"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest
from threadpoolctl import threadpool_limits
from tiny_llama import write_llama

from ttc_cli.models.catalogue import catalogue
from ttc_cli.models.pull import pull

# The matrices of these tests are small: threads would wait for one another. The first line is for
# libraries that are loaded already, the second for those to come.
threadpool_limits(1, user_api="blas")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Programs that are started here find their modules compiled, as an installed one does.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model of a few kilobytes, of random weights: it says nonsense."""
    return write_llama(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture(scope="session")
def smollm() -> Path:
    """SmolLM2-135M: the file that TTC_TEST_MODEL names, or one fetched once for all sessions."""
    if given := os.environ.get("TTC_TEST_MODEL"):
        return Path(given)
    home = platformdirs.user_cache_path("ttc-tests")
    return pull(catalogue()["smollm2-135m"], home=home, offline=False, notify=print).path
