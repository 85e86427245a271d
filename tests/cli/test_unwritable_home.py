"""A home that cannot be written to costs what would have been kept there, and no answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import SUM, Ttc

REFUSES = Path("/sys/kernel/ttc")
"""Where nobody can make a folder, not even root; on Linux."""
NOT_LOGGED, NOT_CACHED = "not logged: cannot open the run log ", "the cache cannot be written: "


@pytest.fixture(params=["in the way", "refused"])
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose folders cannot be made: files are in their place, or the system refuses."""
    home = tmp_path / "blocked"
    if request.param == "refused":
        if not REFUSES.parent.is_dir():
            pytest.skip("no such place on this system")
        home = REFUSES
    else:
        home.mkdir()
        (home / "cache").write_text("x")
        (home / "logs").write_text("x")
    monkeypatch.setenv("TTC_HOME", str(home))
    return home


@pytest.mark.parametrize("cache", ["yes", "no"])
@pytest.mark.parametrize("flags", [("-e", "low"), ("-n", "3", "-e", "medium")])
def test_the_answer_is_given_and_each_thing_not_kept_costs_a_line(
    ttc: Ttc, home: Path, flags: tuple[str, ...], cache: str
) -> None:
    ran = ttc(*flags, SUM, cache=cache)
    assert (ran.code, ran.out) == (0, "42\n")
    told = ran.err.splitlines()
    wanted = [NOT_LOGGED, NOT_CACHED] if cache == "yes" else [NOT_LOGGED]
    assert all(line.startswith(want) for line, want in zip(told, wanted, strict=True))
    for line, way_out in zip(told, ("--no-log", "--no-cache"), strict=False):
        assert str(home) in line
        assert line.endswith(way_out)


def test_nothing_is_told_to_whoever_asked_for_nothing_to_be_kept(ttc: Ttc, home: Path) -> None:
    assert ttc("-e", "low", "--no-log", "--no-cache", SUM, cache="yes").err == ""


def test_map_answers_every_row(ttc: Ttc, home: Path) -> None:
    Path("rows.txt").write_text("1\n2\n")
    ran = ttc("map", "{line}", "rows.txt", cache="yes")
    assert ran.code == 0
    assert [json.loads(row)["line"] for row in ran.out.splitlines()] == ["1", "2"]
    (told,) = ran.err.splitlines()
    assert told.startswith(NOT_LOGGED)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("logs list", 0, "no runs yet"),
        ("logs show", 2, "the log holds no run"),
        ("logs rm 1", 2, "no run in the log starts with"),
        ("logs export", 0, "0 rows"),
        ("again", 2, "the log holds no run"),
        ("stats", 0, ""),
        ("cache info", 0, ""),
        ("cache clear", 0, ""),
        ("cache prune", 0, ""),
        ("config show", 0, ""),
        ("models list", 0, ""),
        ("templates list", 0, "no templates yet"),
    ],
)
def test_what_only_reads_finds_nothing(
    ttc: Ttc, home: Path, words: str, code: int, told: str
) -> None:
    ran = ttc(*words.split(), cache="yes")
    assert ran.code == code
    assert told in ran.err
    assert ran.err.count("\n") == bool(told)


def test_a_setting_that_cannot_be_kept_is_an_error(ttc: Ttc, home: Path) -> None:
    if home != REFUSES:
        (home / "config.toml").mkdir()
    ran = ttc("config", "set", "effort", "high")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert str(home / "config.toml") in ran.err


def test_a_home_that_is_a_file_is_an_error_of_one_line(
    ttc: Ttc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("TTC_HOME", str(tmp_path / "file"))
    for words in ((SUM,), ("config", "show"), ("cache", "clear"), ("map", "{line}", "-")):
        ran = ttc(*words, stdin=b"1\n")
        assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
        assert "not a directory" in ran.err
