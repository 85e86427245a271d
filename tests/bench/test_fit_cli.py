"""`ttc bench fit`: what it reads from folders, and the forms it comes in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import bench_stage as stage
import numpy as np
import pytest

from ttc_cli.bench import charts, difficulty
from ttc_cli.bench.charts import Chart, Mark, Series
from ttc_cli.bench.curves import Pooled, read
from ttc_cli.bench.report import load
from ttc_cli.bench.votes import Ballots, sizes

Ttc = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench")
    data = stage.sums(path / "sums.jsonl", 20)
    chosen = stage.configs(
        "name=plain,samples=8,early_stop=false", "name=two,samples=2", "name=six,samples=6"
    )
    stage.bench(data, path / "out", chosen)
    return path / "out"


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difficulty, "RESAMPLES", 60)
    monkeypatch.setattr(difficulty, "SPLITS", 8)


def test_curves_of_a_folder(folder: Path) -> None:
    vote, confident, ladder = read(load([folder]))
    assert vote.labels == confident.labels == ("N=1", "N=2", "N=4", "N=8")
    assert ladder.labels == ("two", "six")
    assert vote.coverage is not None
    np.testing.assert_allclose(vote.score[:, 0], vote.coverage[:, 0])
    np.testing.assert_allclose(vote.score[:, 0], confident.score[:, 0])
    assert (vote.coverage + 1e-9 >= vote.score).all()
    np.testing.assert_allclose(vote.tokens[:, 3], 8 * vote.tokens[:, 0])


def test_all_forms(ttc: Ttc, folder: Path, tmp_path: Path) -> None:
    page, picture = tmp_path / "fit.html", tmp_path / "fit.png"
    code, out, err = ttc(
        "bench", "fit", str(folder), "--html", str(page), "--picture", str(picture)
    )
    assert (code, err) == (0, "")
    assert "plain: vote" in out
    assert "A doubling of compute gives" in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 1
    assert not re.search(r"(src|href)=|url\(|@import|<script|<link", text)
    code, out, _ = ttc("bench", "fit", str(folder), "--json")
    report = json.loads(out)
    assert [fit["n"] for fit in report["fits"]] == [20, 20, 20]
    first = report["fits"][0]
    assert first["a"]["low"] <= first["a"]["value"] <= first["a"]["high"]
    assert [point["label"] for point in first["points"]] == ["N=1", "N=2", "N=4", "N=8"]
    assert report["difficulty"][0]["sizes"] == [1, 2, 4]
    code, out, _ = ttc("bench", "fit", str(folder), "--picture", "-")
    assert "\x1b" not in out
    assert "tokens per question" in out
    assert ttc("bench", "fit", str(folder), "--picture", "-", "--json")[0] == 2


def test_nothing_to_fit(ttc: Ttc, tmp_path: Path) -> None:
    data = stage.sums(tmp_path / "sums.jsonl", 4)
    stage.bench(data, tmp_path / "out", stage.configs("name=one,strategy=direct"))
    code, _, err = ttc("bench", "fit", str(tmp_path / "out"))
    assert (code, err.count("\n")) == (2, 1)
    assert "no curve to fit" in err


def pool(*rates: float, each: int = 12, samples: int = 16, seed: int = 0) -> list[Pooled]:
    """Questions of some pass rates; wrong answers are spread over two classes."""
    rng = np.random.default_rng(seed)
    out = []
    for rate in rates:
        for _ in range(each):
            right = rng.random(samples) < rate
            votes = tuple(0 if ok else int(rng.integers(1, 3)) for ok in right)
            ballots = Ballots(votes, frozenset({0}))
            sure = tuple(map(float, rng.random(samples)))
            out.append(Pooled(ballots, tuple(map(bool, right)), (100,) * samples, sure))
    return out


def test_a_mix_by_difficulty_saves_where_only_some_questions_need_it() -> None:
    study = difficulty.study(pool(0.0, 0.0, 0.6, 1.0, 1.0))
    assert study is not None
    assert study.sizes == (1, 2, 4, 8)
    assert [one.n for one in study.bins] == [12] * 5
    assert study.bins[0].pass_rate == 0
    assert study.bins[-1].samples == 1
    mix = next(one for one in study.mixes if one.key == "pass rate" and one.samples == 8)
    # one bin of five needs the eight samples: 8 against (8 + 4) / 5, where the bins are told apart
    assert 1.8 < mix.ratio.value < 3.5
    assert mix.mix_quality == pytest.approx(mix.quality, abs=0.03)


def test_a_mix_saves_nothing_where_all_questions_are_alike() -> None:
    study = difficulty.study(pool(*[0.55] * 5))
    assert study is not None
    assert all(mix.ratio.low < 1.1 for mix in study.mixes)


def test_the_strategy_is_chosen_too() -> None:
    sure = [
        replace(one, confidence=tuple(float(ok) for ok in one.right)) for one in pool(*[0.4] * 5)
    ]
    study = difficulty.study(sure)
    assert study is not None  # who is sure is right: the most confident of a few beats any vote
    assert min(mix.ratio.low for mix in study.mixes) > 1.5
    assert min(one.voting for one in study.bins) < 0.5


def test_too_little_for_bins() -> None:
    assert difficulty.study(pool(0.5, each=5)) is None
    assert difficulty.study(pool(0.5, each=20, samples=4)) is None


def test_sizes_and_ticks() -> None:
    assert [sizes(n) for n in (0, 1, 2, 7, 16)] == [[], [1], [1, 2], [1, 2, 4], [1, 2, 4, 8, 16]]
    assert charts.ticks(100, 900) == [64, 128, 256, 512, 1024]
    assert len(charts.ticks(1, 2.0**60)) <= 9


def test_svg_stands_alone_and_holds_what_it_shows() -> None:
    mark = Mark(256, 50, 40, 60)
    drawn = charts.svg(
        Chart("a < b", "x", "y", (Series("s & t", (mark,), ((128, 40), (512, 60))),))
    )
    root = ET.fromstring(drawn)
    at = [one for one in root.iter() if one.tag.endswith("circle")]
    assert len(at) == 2  # the mark and its key
    assert "50.0 (40.0–60.0) at 256" in drawn
    assert "a &lt; b" in drawn
