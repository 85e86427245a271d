"""Settings files and folders: what a write keeps, and where things are."""

from __future__ import annotations

import os
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ttc_cli import settings
from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.settings import Document, load, unset, write_value


def test_a_write_keeps_what_ttc_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    path.parent.mkdir()
    path.write_text('seed = 1\nfuture = [1, 2]\n[other]\nwhen = 2024-01-01\n[profile.a]\nx = "y"\n')
    before = tomllib.loads(path.read_text())
    write_value(path, "temperature", "0.5")
    write_value(path, "profile.a.samples", 4)
    before["temperature"] = 0.5
    before["profile"]["a"]["samples"] = 4
    assert tomllib.loads(path.read_text()) == before


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    values: dict[str, Any] = {
        "model": 'a "b"\n\\c',
        "seed": "random",
        "cache": "off",
        "watts": "65",
    }
    for key, value in values.items():
        write_value(path, key, value)
    write_value(path, "profile.fast.effort", "low")
    found = load({"profile": "fast"}, cwd=tmp_path, environ={"TTC_HOME": str(tmp_path)})
    assert found.model == values["model"]
    assert (found.seed, found.cache, found.watts, found.effort) == ("random", False, 65.0, "low")


def test_a_missing_file_and_its_folders_are_made_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "config.toml"
    write_value(path, "seed", 3)
    assert path.read_text() == "seed = 3\n"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    write_value(path, "seed", 4)
    assert path.stat().st_mode & 0o777 == 0o644


def test_unset(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("seed = 1\nold_key = 1\n[profile.a]\nsamples = 1\n")
    assert unset(path, "profile.a.samples") is True
    assert unset(path, "old_key") is True
    assert unset(path, "temperature") is False
    assert unset(path, "profile.b.samples") is False
    assert path.read_text() == "seed = 1\n"
    assert unset(tmp_path / "none.toml", "seed") is False
    assert not (tmp_path / "none.toml").exists()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("temprature", 1, "did you mean 'temperature'"),
        ("temperature", "hot", "temperature must be a number from 0 to 5, not 'hot'"),
        ("profile.fast", 1, "is not a key"),
        ("profile..seed", 1, "is not a key"),
        ("a.b.c", 1, "is not a key"),
        ("profile.fast.nope_nope", 1, "no setting is called"),
    ],
)
def test_a_bad_write_changes_nothing(tmp_path: Path, key: str, value: object, message: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\nseed = 1\n")
    with pytest.raises(UsageError, match=message):
        write_value(path, key, value)
    assert path.read_text() == "# mine\nseed = 1\n"


def test_a_profile_name_and_profile_tables_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    write_value(path, "profile", "fast")
    with pytest.raises(UsageError, match=r"config\.toml:1: profile is a value here"):
        write_value(path, "profile.fast.seed", 1)
    path.write_text("[profile.fast]\nseed = 1\n")
    with pytest.raises(UsageError, match=r"config\.toml:1: profile holds tables here"):
        write_value(path, "profile", "fast")


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("seed = 1\n")

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnreadableFile, match=r"cannot write .*no space left on device"):
        write_value(path, "seed", 2)
    assert path.read_text() == "seed = 1\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_linked_file_keeps_its_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.toml", tmp_path / "config.toml"
    target.write_text("seed = 1\n")
    link.symlink_to(target)
    write_value(link, "seed", 2)
    assert link.is_symlink()
    assert target.read_text() == "seed = 2\n"


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableFile, match="cannot"):
        write_value(tmp_path / "file" / "config.toml", "seed", 1)


# --- places


def test_one_variable_moves_all_places(tmp_path: Path) -> None:
    environ = {"TTC_HOME": str(tmp_path)}
    assert settings.home(environ) == tmp_path
    assert settings.config_path(environ) == tmp_path / "config.toml"
    assert settings.cache_dir(environ) == tmp_path / "cache"
    assert settings.log_dir(environ) == tmp_path / "logs"


def test_places_without_it_are_the_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    found = [
        settings.home({"TTC_HOME": ""}),
        settings.config_path({}),
        settings.cache_dir({}),
        settings.log_dir({}),
    ]
    assert len({str(path) for path in found}) == 4
    assert all("ttc" in path.parts and path.is_relative_to(tmp_path) for path in found)


def test_a_relative_or_tilde_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert settings.home({"TTC_HOME": "~/x"}) == Path("/somewhere/x")
    assert settings.home({"TTC_HOME": "x"}) == Path.cwd() / "x"


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    names = [f"profile.p{n}.seed" for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: write_value(path, name, 1), names))
    assert len(Document(path).values["profile"]) == 24


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000 + "]" * 5000, "a = " + "{b=" * 3000 + "1" + "}" * 3000,
     ".".join("a" * 3000) + " = 1", "[" + ".".join("a" * 3000) + "]\nb = 1"],
)  # fmt: skip
def test_what_is_nested_too_deeply_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match="nested too deeply"):
        Document(path)
