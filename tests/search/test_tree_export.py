"""The tree as Graphviz and Mermaid."""

from __future__ import annotations

from ttc_cli.views.traces import to_dot, to_mermaid

TREE = [
    {"id": (0,), "text": 'say "#1"\n\n', "score": 0.25, "state": "open", "tokens": 3, "draws": 1},
    {"id": (1,), "text": "b\x1b[31m", "score": None, "state": "dead", "tokens": 3, "draws": 2},
    {"id": (0, 0), "text": "<c>", "score": 1.0, "state": "finished", "tokens": 1, "draws": 1},
]


def test_as_graphviz() -> None:
    dot = to_dot(TREE)
    assert 'n0 [label="0.25 say \\"#1\\""];' in dot
    assert "n0 -> n0_0;" in dot
    assert "root -> n1;" in dot
    assert "\x1b" not in dot


def test_as_mermaid() -> None:
    lines = to_mermaid(TREE).splitlines()
    assert lines[0] == "flowchart LR"
    assert '  root --> n0["0.25 say #quot;#35;1#quot;"]' in lines
    assert '  n0 ==> n0_0["1.00 #lt;c#gt;"]' in lines
