"""`ttc stats`: the log's figures for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import REPLIES, SUM, Ttc
from prometheus_client.parser import text_string_to_metric_families

from ttc_cli.engine.scripted import from_choices


def test_people_see_figures_and_bars(ttc: Ttc) -> None:
    assert ttc("stats").code == 0
    ttc("-e", "low", SUM)
    ttc("-e", "medium", SUM, script=from_choices(REPLIES))
    ran = ttc("stats")
    assert ran.err == ""
    assert "2, 2 answered" in ran.out
    assert "█" in ran.out
    assert "self-consistency" in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_is_cut_on_a_narrow_terminal(
    ttc: Ttc, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ttc("-e", "low", SUM)
    monkeypatch.setenv("COLUMNS", str(columns))
    ran = ttc("stats")
    assert "…" not in ran.out
    assert "█" in ran.out


def test_programs_get_json_of_a_span(ttc: Ttc) -> None:
    ttc("-e", "low", SUM)
    found = json.loads(ttc("stats", "--json", "--since", "7d").out)
    assert found["schema_version"] == 1
    assert (found["requests"], found["efforts"]) == (1, {"low": 1})
    assert json.loads(ttc("stats", "--json", "--since", "2099-01-01").out)["requests"] == 0


def test_prometheus_gets_a_whole_file(ttc: Ttc) -> None:
    ttc("-e", "low", SUM)
    ran = ttc("stats", "--prometheus", "-o", "ttc.prom")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert [path.name for path in Path().iterdir() if "prom" in path.name] == ["ttc.prom"]
    text = Path("ttc.prom").read_text("utf-8")
    families = {family.name for family in text_string_to_metric_families(text)}
    assert {"ttc_runs", "ttc_tokens", "ttc_latency_seconds"} <= families


def test_what_it_refuses(ttc: Ttc) -> None:
    assert ttc("stats", "--json", "--prometheus").code == 2
    assert ttc("stats", "--since", "soon").code == 2
    assert ttc("stats", "-o", "/no/such/place/x").code == 1
