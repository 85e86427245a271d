"""`ttc bench` from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import bench_stage as stage
import pytest

from ttc_cli.bench.configs import Config, from_file, from_text, named, read_configs
from ttc_cli.core.errors import UsageError

Ttc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = stage.sums(tmp_path / "sums.jsonl", 20)
    chosen = stage.configs("name=plain,samples=6,early_stop=false", "name=adaptive,samples=6")
    stage.bench(data, tmp_path / "out", chosen)
    return tmp_path / "out"


def test_report(ttc: Ttc, folder: Path) -> None:
    code, out, err = ttc("bench", "report", str(folder))
    assert (code, err) == (0, "")
    assert "plain" in out
    assert "Against plain:" in out
    code, out, _ = ttc("bench", "report", str(folder), "--json")
    rows = json.loads(out)["rows"]
    assert [row["config"] for row in rows] == ["plain", "adaptive"]
    assert rows[1]["sampled_tokens"] < rows[0]["sampled_tokens"]
    assert rows[1]["vs_first_equal_tokens"]["tokens"] == pytest.approx(rows[1]["sampled_tokens"])
    assert ttc("bench", "report", str(folder), "--markdown")[1].startswith("| config |")
    code, _, err = ttc("bench", "report", str(folder), "--json", "--markdown")
    assert (code, err.count("\n")) == (2, 1)


def test_report_of_no_folder(ttc: Ttc, tmp_path: Path) -> None:
    code, out, err = ttc("bench", "report", str(tmp_path))
    assert (code, out) == (1, "")
    assert "no folder of a bench" in err


def test_data(ttc: Ttc, tmp_path: Path) -> None:
    good, bad = stage.sums(tmp_path / "sums.jsonl", 3), tmp_path / "bad.jsonl"
    bad.write_text('{"question": "?"}\n{"question": "?", "answer": "4"}\n')
    code, out, _ = ttc("bench", "data", "list", str(tmp_path))
    assert code == 0
    assert f"{good}\t3 questions\tmath\n" in out
    assert f"{bad}\t1 questions\tmath, 1 records cannot be used\n" in out
    assert json.loads(ttc("bench", "data", "list", str(good), "--json")[1])[0]["questions"] == 3
    assert ttc("bench", "data", "check", str(good)) == (0, "", "3 questions (3 math), 0 problems\n")
    code, out, _ = ttc("bench", "data", "check", str(bad))
    assert (code, out.startswith(f"{bad}: line 1: it has no answer")) == (1, True)
    made = tmp_path / "made.jsonl"
    assert ttc("bench", "data", "convert", str(good), str(made))[0] == 0
    assert json.loads(made.read_text().splitlines()[0]) == {
        "id": "q1",
        "question": "What is 1 + 2?",
        "answer": "3",
        "task": "math",
        "more": {},
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-d", "none.jsonl"), "cannot read none.jsonl"),
        (("-d", "SUMS", "-c", "strategi=direct"), "did you mean 'strategy'?"),
        (("-d", "SUMS", "-c", "direct"), "key=value"),
        (("-d", "SUMS", "-c", "samples=x"), "samples must be a whole number"),
        (("-d", "SUMS", "-c", "name=a", "-c", "name=a"), "two configurations are called 'a'"),
        (("-d", "SUMS", "-O", "confidence"), "-O takes KEY=VALUE"),
        (("-d", "SUMS", "-n", "0"), "samples must be"),
        (("-d", "CODE"), "--unsafe-exec"),
        (("-d", "reasoning-gym:x:0"), "asks for no question"),
        (
            ("-d", "SUMS", "-m", "http://localhost:1/v1#model"),
            "no answer from http://localhost:1/v1",
        ),
    ],
)
def test_what_makes_no_sense_is_one_line(
    ttc: Ttc,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    says: str,
) -> None:
    monkeypatch.setattr("ttc_cli.jail.lock._found", lambda: ("limits", "no namespaces"))
    code_record = {"prompt": "def f():\n", "entry_point": "f", "test": "", "canonical_solution": ""}
    (tmp_path / "code.jsonl").write_text(json.dumps(code_record))
    names = {
        "SUMS": str(stage.sums(tmp_path / "sums.jsonl", 2)),
        "CODE": str(tmp_path / "code.jsonl"),
    }
    code, out, err = ttc("bench", "run", *(names.get(a, a) for a in arguments))
    assert code in (1, 2)
    assert out == ""
    assert says in err
    assert err.count("\n") == 1


def test_configurations_from_flags() -> None:
    given = {"samples": 8, "temperature": 0.5, "offline": True}
    assert read_configs(given) == [Config("n8-t0.5", {"samples": 8, "temperature": 0.5})]
    two = ("strategy=direct,samples=1", "name=b,O.confidence=0.9")
    direct, other = read_configs({**given, "early_stop": False}, two)
    assert direct.settings == {
        "samples": 1, "temperature": 0.5, "strategy": "direct", "early_stop": False,
    }  # fmt: skip
    assert (other.name, other.settings["options"]) == ("b", {"confidence": "0.9"})
    assert other.settings["early_stop"] is False


def test_configurations_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "configs.toml"
    path.write_text(
        '[[config]]\nstrategy = "direct"\n[[config]]\nname = "x"\nsamples = 4\nearly-stop = false\n'
        "[config.options]\nconfidence = 0.9\n"
    )
    assert named(from_file(path)) == [
        Config("direct", {"strategy": "direct"}),
        Config("x", {"samples": 4, "early_stop": False, "options": {"confidence": "0.9"}}),
    ]
    path.write_text('[[config]]\nsamples = "4"\n')
    with pytest.raises(UsageError, match="samples must be a whole number"):
        from_file(path)
    path.write_text("x = 1")
    with pytest.raises(UsageError, match="no configuration"):
        from_file(path)
    with pytest.raises(UsageError, match="early_stop must be true or false"):
        from_text("early_stop=perhaps")


@pytest.mark.model
def test_a_real_model(ttc: Ttc, tmp_path: Path, smollm: Path) -> None:
    data, out = stage.sums(tmp_path / "sums.jsonl", 2), tmp_path / "out"
    line = (
        "bench",
        "run",
        "-d",
        str(data),
        "-m",
        str(smollm),
        "-n",
        "2",
        "--no-early-stop",
        "--max-tokens",
        "60",
        "--out",
        str(out),
    )
    code, told, err = ttc(*line)
    assert (code, told) == (0, f"{out}\n")
    assert "2 answers" in err
    rows = stage.rows_of(out)
    (out / "results.jsonl").unlink()
    assert ttc(*line, "--resume")[0] == 0
    assert stage.rows_of(out) == rows


def test_verifiers_of_all_configurations() -> None:
    listed = ("name=a", "name=b,verifier=confidence")
    given = {"verifiers": ("judge", "regex:x")}
    first, second = read_configs(given, listed)
    assert first.settings["verifiers"] == ("judge", "regex:x")
    assert second.settings["verifiers"] == ("confidence",)
    with pytest.raises(UsageError, match="juge"):
        read_configs({"verifiers": ("juge",)})
