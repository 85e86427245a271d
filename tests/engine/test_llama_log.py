"""llama.cpp's log file: whose it is, and how long it may grow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ttc_cli.engine.llama import binding
from ttc_cli.engine.llama.engine import LlamaEngine


@pytest.mark.skipif(os.name == "nt", reason="rights of another kind")
def test_the_log_is_for_its_owner_and_does_not_grow_for_ever(tmp_path: Path) -> None:
    path, log = tmp_path / "llama.log", binding.log()
    path.write_bytes(b"x" * binding.LONGEST_LOG)
    path.chmod(0o644)
    try:
        log.to_file(path)
        log.write(1, b"first", None)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_bytes().endswith(b"xfirst")
        log.to_file(path)
        log.write(1, b"second", None)
        assert path.read_bytes() == b"second"
    finally:
        log.to_file(None)


def test_a_second_model_without_a_log_leaves_the_first_one_s(tmp_path: Path, tiny: Path) -> None:
    path, log = tmp_path / "llama.log", binding.log()
    try:
        LlamaEngine(tiny, log_file=path).close()
        LlamaEngine(tiny).close()
        log.write(1, b"still heard", None)
        assert path.read_bytes().endswith(b"still heard")
    finally:
        log.to_file(None)
