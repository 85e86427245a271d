"""Markdown on a terminal: shown as it is meant, and nothing of it lost."""

from __future__ import annotations

import re

import pytest
from scenes import Paper, show, single

from ttc_cli.views.markdown import blocks, render
from ttc_cli.views.plain import Look

REPLY = """# Title

Some *words* in **bold** and `code`.

1. one
2. two
   - inner

```python
def f(x):

    return x * 2
```
| a | b |
|---|---|
| 1 | 2 |

The end."""


def bare(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_blocks_end_at_blank_lines_and_around_code() -> None:
    assert [block.split("\n")[0] for block in blocks(REPLY)] == [
        "# Title", "Some *words* in **bold** and `code`.", "1. one", "```python", "| a | b |",
        "The end.",
    ]  # fmt: skip


def test_blocks_are_the_same_however_the_text_comes() -> None:
    whole = blocks(REPLY)
    done: list[str] = []
    pending = ""
    for char in REPLY:
        *more, pending = blocks(pending + char)
        done += more
    assert [*done, pending] == whole


@pytest.mark.parametrize(
    "text",
    [
        "A plain line.\nAnd another.",
        "def f():\n    return 1",
        "**Area:** 3*4*5 = 60 and a_b_c",
        "**So** \\[ x = \\frac{1}{2} \\] and \\(y\\) \\boxed{7}",
        "**HTML:** <div>text</div> &amp; [1]: x",
        "- a line\n  that goes on",
    ],
)
def test_nothing_gets_lost(text: str) -> None:
    shown = bare(render(text, 80)).replace(" • ", "- ")
    assert shown.split() == text.replace("**", "").split()


def test_markdown_and_code_are_shown_as_they_are_meant() -> None:
    assert "\x1b[1m" in render("some **bold**", 80)
    assert bare(render("```python\ndef f(x):\n\n    return x\n```", 80)) == (
        "def f(x):\n\n    return x"
    )
    assert "\x1b[" in render("```python\nreturn 1\n```", 80)
    assert "•" in render("- one\n- two", 80)
    assert max(map(len, bare(render("- " + "word " * 40, 40)).split("\n"))) <= 40


def test_a_streamed_answer_is_rendered_block_by_block(screen) -> None:  # type: ignore[no-untyped-def]
    paper: Paper = screen(80, 40)
    look = Look(terminal=True, color=True, onto_terminal=True, render=True)
    seen: list[list[str]] = []
    show(
        single(*re.findall(r"\S+\s*|\s+", REPLY)), paper, look,
        each=lambda _view, _tick: seen.append(paper.lines),
    )  # fmt: skip
    assert any("**bold**" in "\n".join(lines) for lines in seen)  # while it is written
    text = "\n".join(paper.lines)
    assert "**" not in text
    assert "```" not in text
    assert "    return x * 2" in paper.lines
    assert sum("The end." in line for line in paper.lines) == 1
