"""`ttc config`: what is in force and why, and writes that keep what they do not know."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest
from harness import Ttc


@pytest.fixture
def config(machine: Path) -> Path:
    path = machine / "home" / "config.toml"
    path.parent.mkdir()
    return path


def test_show_says_which_won(ttc: Ttc, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('effort = "low"\n[profile.fast]\nsamples = 3\n')
    Path(".ttc.toml").write_text('effort = "high"\n')
    monkeypatch.setenv("TTC_TOP_K", "7")
    lines = ttc("config", "show", "--origin", "--profile", "fast").out.splitlines()
    cells = {line.split()[0]: line.split()[1:] for line in lines}
    assert cells["effort"] == ["high", str(Path(".ttc.toml").absolute())]
    assert cells["top_k"] == ["7", "TTC_TOP_K"]
    assert cells["samples"] == ["3", str(config), "[profile.fast]"]
    assert cells["seed"] == ["0", "default"]
    shown = json.loads(ttc("config", "show", "--json").out)
    assert shown["settings"]["effort"] == {
        "value": "high",
        "origin": str(Path(".ttc.toml").absolute()),
    }
    assert shown["settings"]["samples"] == {"value": None, "origin": "default"}


def test_set_get_unset(ttc: Ttc, config: Path) -> None:
    config.write_text("future = 1\n[profile.a]\nodd = 2\n")
    assert ttc("config", "set", "effort", "xhigh") == ttc("config", "set", "profile.a.seed", "4")
    assert tomllib.loads(config.read_text()) == {
        "future": 1,
        "effort": "max",
        "profile": {"a": {"odd": 2, "seed": 4}},
    }
    assert ttc("config", "get", "effort").out == "max\n"
    assert ttc("config", "get", "profile.a.seed").out == "4\n"
    assert ttc("config", "get", "effort", "--origin").out == f"max\t{config}\n"
    assert json.loads(ttc("config", "get", "seed", "--json").out)["value"] == 0
    assert ttc("config", "unset", "effort").code == 0
    assert ttc("config", "unset", "effort").code == 1
    assert "effort" not in config.read_text()
    assert ttc("config", "path").out == f"{config}\n"


@pytest.mark.parametrize("key", ["profile.none.effort", "remote.lab.url"])
def test_a_dotted_key_that_is_not_there(ttc: Ttc, config: Path, key: str) -> None:
    for words in (("get", key), ("get", key, "--json"), ("unset", key)):
        ran = ttc("config", *words)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == f"{key} is not set in {config}\n"
    ran = ttc("config", "get", "samples")  # left to the strategy
    assert (ran.code, ran.out) == (0, "\n")


@pytest.mark.parametrize("name", ["thinking_budget", "gpu_layers"])
def test_a_value_may_be_negative(ttc: Ttc, config: Path, name: str) -> None:
    assert ttc("config", "set", name, "-1").code == 0
    assert tomllib.loads(config.read_text()) == {name: -1}
    assert ttc("config", "set", name, "-1", "--project").code == 0
    assert tomllib.loads(Path(".ttc.toml").read_text()) == {name: -1}


def test_comments_that_a_write_loses_are_kept_beside_it(ttc: Ttc, config: Path) -> None:
    config.write_text("seed = 1 # my lucky number\n")
    ran = ttc("config", "set", "seed", "2")
    backup = config.with_name("config.toml.bak")
    assert str(backup) in ran.err
    assert backup.read_text() == "seed = 1 # my lucky number\n"
    assert config.read_text() == "seed = 2\n"
    assert ttc("config", "set", "seed", "3").err == ""  # said once: there are none any more
    assert "lucky" in backup.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "efort", "low"), "did you mean 'effort'?"),
        (("set", "effort", "hihg"), "did you mean 'high'?"),
        (("set", "remote.lab.model", "m"), "remote lab has no url"),
        (("set", "remote.lab.url", "lab:80"), "url names no server"),
        (("set", "remote.lab.price_inn", "1"), "did you mean 'price_in'?"),
        (("set", "--project", "yes", "true"), "ignored in a project's file"),
        (("set", "max_tokens", "-5"), "max_tokens must be a whole number of at least 1, not '-5'"),
        (("set", "seed", "1", "--projct"), "--projct"),
        (("get", "seeed"), "did you mean 'seed'?"),
    ],
)
def test_what_is_refused(ttc: Ttc, config: Path, words: tuple[str, ...], said: str) -> None:
    ran = ttc("config", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert not config.exists()


def test_a_wrong_file_is_told_by_line(ttc: Ttc, config: Path) -> None:
    config.write_text('seed = 1\n\neffort = "hihg"\n')
    ran = ttc("config", "show")
    assert ran.code == 2
    assert f"{config}:3: effort must be one of" in ran.err
    config.write_text('seed = 1\n[remote.lab]\nurl = "http://lab/v1"\nmodle = "m"\n')
    ran = ttc("config", "show")
    assert ran.code == 0
    assert f"{config}:4: unknown key 'modle' is ignored; did you mean 'model'?" in ran.err


def test_remotes_are_shown_and_not_taken_from_a_project(ttc: Ttc, config: Path) -> None:
    ttc("config", "set", "remote.lab.url", "http://lab/v1")
    ttc("config", "set", "remote.lab.price_out", "1.5")
    Path(".ttc.toml").write_text('[remote.evil]\nurl = "http://evil/v1"\nkey_env = "HOME"\n')
    ran = ttc("config", "show", "--json")
    remotes = json.loads(ran.out)["remotes"]
    assert remotes.keys() == {"lab"}
    lab = {"url": "http://lab/v1", "price_out": 1.5, "model": "", "key_env": "", "price_in": None}
    assert remotes["lab"].items() >= lab.items()
    assert ".ttc.toml:1: remotes are for config.toml alone" in ran.err


def test_edit_checks_what_comes_back(
    ttc: Ttc, config: Path, monkeypatch: pytest.MonkeyPatch, machine: Path
) -> None:
    script = machine / "editor.py"
    script.write_text("import sys; open(sys.argv[1], 'a').write(sys.argv[0] and 'seed = -1\\n')")
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    ran = ttc("config", "edit")
    assert ran.code == 2
    assert "seed must be a whole number" in ran.err
    assert "# effort" in config.read_text()  # a new file begins with all there is, as comments
    config.unlink()
    monkeypatch.setenv("EDITOR", f"{sys.executable} -c pass")
    assert ttc("config", "edit").code == 0
    assert not config.exists()
    monkeypatch.setenv("VISUAL", "no-such-editor")
    ran = ttc("config", "edit")
    assert ran.code == 2
    assert "no-such-editor" in ran.err
