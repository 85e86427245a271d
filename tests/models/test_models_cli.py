"""`ttc models`: text for people, text for pipes, JSON, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_models import Shop, write_gguf
from typer.testing import CliRunner, Result

from ttc_cli.cli.models import app
from ttc_cli.cli.pulling import pull_progress
from ttc_cli.core.errors import ModelCorrupt, ModelMissing, TtcError, UsageError


def run(*words: str) -> Result:
    result = CliRunner().invoke(app, list(words))
    if isinstance(result.exception, TtcError):
        raise result.exception
    return result


def rows() -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(run("list", "--json").stdout)}


@pytest.fixture(autouse=True)
def _home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTC_HOME", str(home))


@pytest.fixture
def _catalogued(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.put(1, 2, 3)
    for module in ("registry", "catalogue", "listing"):
        monkeypatch.setattr(f"ttc_cli.models.{module}.catalogue", lambda: {"tiny": shop.entry})


def test_list_in_a_pipe_has_one_line_a_model_and_no_colours() -> None:
    out = run("list").stdout
    lines = out.splitlines()
    assert all(line.count("\t") == 5 for line in lines)
    assert "qwen2.5-coder-1.5b\tdefault\t1.12 GB\t-\t-\t" in out
    assert "\x1b" not in out


@pytest.mark.usefixtures("_catalogued")
def test_pull_show_and_remove(shop: Shop, home: Path) -> None:
    assert rows()["tiny"]["installed"] is False
    assert "not here" in run("show", "tiny").stdout
    pulled = run("pull", "tiny")
    path = Path(pulled.stdout.strip())
    assert path.read_bytes() == shop.data
    assert "100% of" in pulled.stderr
    assert rows()["tiny"]["installed"] is True
    facts = json.loads(run("show", "tiny", "--json").stdout)
    assert facts["sha256"] == shop.entry.sha256
    assert facts["gguf"]["kv_bytes_per_token"] == 256
    text = run("show", "tiny").stdout
    assert "256 bytes a token" in text
    assert "59 characters: {% for m in messages %}" in text
    with pytest.raises(UsageError, match="add --yes"):
        run("rm", "tiny")
    run("rm", "tiny", "--yes")
    assert not path.exists()
    with pytest.raises(ModelMissing):
        run("rm", "tiny", "--yes")


def test_own_names(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf")
    run("add", "mine", str(path))
    run("alias", "coder", "qwen2.5-coder-0.5b")
    run("default", "coder")
    assert run("default").stdout == "coder\n"
    listed = rows()
    assert listed["mine"]["path"] == str(path)
    assert listed["qwen2.5-coder-0.5b"]["aliases"] == ["coder"]
    assert listed["qwen2.5-coder-0.5b"]["default"] is True
    run("rm", "mine")
    assert path.exists()
    assert "mine" not in rows()


def test_the_default_is_the_model_that_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("default", "qwen2.5-coder-1.5b")
    settings = home / "config.toml"
    settings.write_text('model = "qwen3-4b"\n')
    for used, why in (("qwen3-4b", str(settings)), ("smollm2-135m", "TTC_MODEL")):
        if why == "TTC_MODEL":
            monkeypatch.setenv(why, used)
        assert run("default").stdout == f"{used}\n"
        assert json.loads(run("show", "--json").stdout)["name"] == used
        assert [name for name, row in rows().items() if row["default"]] == [used]
        said = run("default", "qwen2.5-coder-0.5b").stderr
        assert f"but {why} names {used}, and that is used" in said
        assert "but" not in run("default", used).stderr
    monkeypatch.setenv("TTC_MODEL", "http://localhost:8080/v1#m")
    assert json.loads(run("show", "--json").stdout)["model"] == "m"


def test_a_server_can_have_a_name() -> None:
    run("add", "box", "http://localhost:8080/v1#m")
    assert json.loads(run("show", "box", "--json").stdout)["model"] == "m"
    with pytest.raises(UsageError, match="needs no pull"):
        run("pull", "box")


def test_a_file_that_is_no_model_cannot_be_added(tmp_path: Path) -> None:
    text = tmp_path / "text.gguf"
    text.write_text("hello there, this is text")
    with pytest.raises(ModelCorrupt):
        run("add", "text", str(text))
    with pytest.raises(UsageError, match="not ttc's"):
        run("rm", str(text), "--yes")


def test_progress_in_a_pipe_is_a_line_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with pull_progress() as progress:
        for done in range(0, 1001, 5):
            progress(done, 1000, "fetching")
        for done in range(0, 1001, 5):
            progress(done, 1000, "checking")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0] == "10% of 1 kB, fetching"
    assert lines[-1] == "100% of 1 kB, checking"
