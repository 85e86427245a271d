"""`ttc cache`: says what is kept, removes it, and keeps to the caps."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from harness import BOTH, SUM, Ttc


def info(ttc: Ttc) -> dict[str, Any]:
    ran = ttc("cache", "info", "--json")
    assert (ran.code, ran.err) == (0, "")
    value: dict[str, Any] = json.loads(ran.out)
    return value


def test_info_counts_entries_bytes_and_hits(ttc: Ttc, machine: Path) -> None:
    empty = info(ttc)
    assert empty["path"] == str(machine / "home" / "cache")
    for part in ("results", "samples", "prompts"):
        assert (empty[part]["entries"], empty[part]["bytes"], empty[part]["hits"]) == (0, 0, 0)
        assert empty[part]["limit_bytes"] > 0
    assert not (machine / "home" / "cache" / "samples").exists()  # asking makes no folders
    ttc("-n", "4", "--no-early-stop", SUM, script=BOTH, cache="yes")
    ttc("-n", "4", "--no-early-stop", SUM, script=BOTH, cache="yes")
    ttc("-n", "5", "--no-early-stop", SUM, script=BOTH, cache="yes")
    full = info(ttc)
    assert (full["results"]["entries"], full["results"]["hits"]) == (2, 1)
    assert (full["samples"]["entries"], full["samples"]["hits"]) == (5, 4)
    assert full["results"]["bytes"] > 0
    assert full["samples"]["bytes"] > 0
    lines = ttc("cache", "info").out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["results", "2"], ["samples", "5"], ["prompts", "0"],
    ]  # fmt: skip


def test_clear_removes_all_or_one_kind(ttc: Ttc) -> None:
    ttc("-S", "direct", SUM, cache="yes")
    assert ttc("cache", "clear", "samples").out.startswith("removed 1 samples")
    kept = info(ttc)
    assert (kept["results"]["entries"], kept["samples"]["entries"]) == (1, 0)
    assert ttc("cache", "clear").code == 0
    kept = info(ttc)
    assert (kept["results"]["entries"], kept["results"]["hits"]) == (0, 0)
    assert ttc("cache", "clear").out == ""
    assert ttc("cache", "clear", "everything").code == 2


def test_prune_keeps_to_the_caps(ttc: Ttc, monkeypatch: pytest.MonkeyPatch) -> None:
    ttc("-S", "direct", SUM, cache="yes")
    assert ttc("cache", "prune").out == ""
    monkeypatch.setenv("TTC_RESULT_CACHE_MB", "0")
    assert ttc("cache", "prune").out.startswith("removed 1 results")


def test_path_is_the_folder(ttc: Ttc, machine: Path) -> None:
    assert ttc("cache", "path").out == f"{machine / 'home' / 'cache'}\n"


def test_a_database_that_is_none_is_told_as_empty_and_cleared(ttc: Ttc, machine: Path) -> None:
    folder = machine / "home" / "cache" / "samples"
    folder.mkdir(parents=True)
    (folder / "cache.db").write_bytes(b"not a database" * 100)
    assert info(ttc)["samples"]["entries"] == 0
    assert ttc("cache", "clear").code == 0
    assert not folder.exists()
    ttc("-S", "direct", SUM, cache="yes")
    assert info(ttc)["samples"]["entries"] == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_that_may_not_be_written_is_still_told(ttc: Ttc, machine: Path) -> None:
    ttc("-S", "direct", SUM, cache="yes")
    folder = machine / "home" / "cache" / "results"
    folder.chmod(0o500)
    assert info(ttc)["results"]["entries"] == 1
    assert ttc("cache", "clear").code == 0
    folder.chmod(0o700)
