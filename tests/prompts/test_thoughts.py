"""Thoughts against answers, whatever the deltas."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from ttc_cli.prompts.thoughts import ThoughtSplitter, opened_by, split

Parts = list[tuple[str, str]]


def fed(pieces: list[str], opened: bool) -> Parts:
    """All parts, neighbours of one kind joined."""
    splitter = ThoughtSplitter(opened)
    parts = [part for piece in pieces for part in splitter.feed(piece)] + splitter.finish()
    grouped = itertools.groupby(parts, key=lambda part: part[0])
    return [(kind, "".join(text for _, text in group)) for kind, group in grouped]


CASES: dict[str, tuple[bool, str, Parts]] = {
    "answer only": (False, "Paris.", [("answer", "Paris.")]),
    "opened by the model": (
        False,
        "<think>\nhm\n</think>\n\nParis.",
        [("thought", "hm\n"), ("answer", "Paris.")],
    ),
    "opened by the prompt": (
        True,
        "hm</think>\n\nParis.",
        [("thought", "hm"), ("answer", "Paris.")],
    ),
    "opened by both": (True, "<think>\nhm</think>Yes", [("thought", "hm"), ("answer", "Yes")]),
    "never closed": (True, "hm <thi", [("thought", "hm <thi")]),
    "empty thought": (True, "\n\n</think>\n\nYes", [("answer", "Yes")]),
    "no thought wanted": (False, "<think>\n\n</think>\n\nYes", [("answer", "Yes")]),
    "tags of other models": (
        False,
        "<reasoning>hm</reasoning>\nYes",
        [("thought", "hm"), ("answer", "Yes")],
    ),
    "channels": (
        False,
        "<|channel|>analysis<|message|>hm<|channel|>final<|message|>Yes",
        [("thought", "hm"), ("answer", "Yes")],
    ),
    "white space first": (False, "\n <think>a</think>b", [("thought", "a"), ("answer", "b")]),
    "indent is kept": (False, "    return x\n", [("answer", "    return x\n")]),
    "only white space": (False, " \n", [("answer", " \n")]),
    "nothing": (False, "", []),
    "stray closer": (False, "a</think> b", [("answer", "a b")]),
    "stray closer first": (False, "</think>\n\nYes", [("answer", "Yes")]),
    "two closers": (True, "a</think></think>\nb</think>", [("thought", "a"), ("answer", "b")]),
    "closed twice, opened once": (
        True,
        "a\n<think>b</think>c",
        [("thought", "a\nb"), ("answer", "c")],
    ),
    "second thought": (
        False,
        "<think>a</think>b\n<think>c</think>d",
        [("thought", "a"), ("answer", "b\n"), ("thought", "c"), ("answer", "d")],
    ),
    "thought after thought": (
        False,
        "<think>a</think> <think>b</think>c",
        [("thought", "ab"), ("answer", "c")],
    ),
    "quoted in a line": (
        False,
        'if "<think>" in s:\n    x = "<think>"',
        [("answer", 'if "<think>" in s:\n    x = "<think>"')],
    ),
    "nearly a tag": (False, "a <thin> </thin <", [("answer", "a <thin> </thin <")]),
    "tag in a tag": (False, "<th<think>a", [("answer", "<th<think>a")]),
    "other tags": (False, "[THINK]a[/THINK]b", [("thought", "a"), ("answer", "b")]),
    "longer name": (False, "<thinking>a</thinking>b", [("thought", "a"), ("answer", "b")]),
    "any closer": (True, "a[/THINK]b", [("thought", "a"), ("answer", "b")]),
}


@pytest.mark.parametrize(("opened", "text", "expected"), CASES.values(), ids=CASES.keys())
def test_cases(opened: bool, text: str, expected: Parts) -> None:
    assert fed([text], opened) == expected
    assert fed(list(text), opened) == expected


def chunks(text: str, draw: random.Random) -> list[str]:
    cuts = sorted(draw.randint(0, len(text)) for _ in range(draw.randint(0, 8)))
    return [text[a:b] for a, b in itertools.pairwise([0, *cuts, len(text)])]


BITS = [
    "<think>",
    "</think>",
    "[THINK]",
    "</thinking>",
    "<th",
    "</",
    "<",
    ">",
    "think",
    "\n",
    " ",
    "a",
    "é\n",
]


@pytest.mark.parametrize("seed", range(400))
def test_any_chunking_gives_the_same(seed: int) -> None:
    draw = random.Random(seed)
    text = "".join(draw.choices(BITS, k=draw.randint(0, 14)))
    opened = draw.random() < 0.5
    expected = fed([text], opened)
    assert fed(list(text), opened) == expected
    for _ in range(5):
        assert fed(chunks(text, draw), opened) == expected


@pytest.mark.parametrize("seed", range(50))
def test_nothing_but_tags_and_space_is_lost(seed: int) -> None:
    tags = ("<think>", "</think>", "[THINK]", "</thinking>")
    draw = random.Random(seed)
    text = "".join(draw.choices(BITS, k=20))
    splitter = ThoughtSplitter(False)
    parts = splitter.feed(text) + splitter.finish()
    found = "".join(part for _, part in parts if part not in tags)
    kept = re.sub("|".join(map(re.escape, tags)), "", text)
    assert "".join(found.split()) == "".join(kept.split())


def test_only_what_may_be_a_tag_is_held_back() -> None:
    splitter = ThoughtSplitter(False)
    assert splitter.feed("a <b") == [("answer", "a <b")]
    assert splitter.feed("a </th") == [("answer", "a ")]
    assert splitter.feed("is") == [("answer", "</this")]
    assert splitter.feed("x[") == [("answer", "x")]
    assert splitter.finish() == [("answer", "[")]


def test_state_can_be_asked() -> None:
    splitter = ThoughtSplitter(True)
    assert splitter.thinking
    splitter.feed("a</think>")
    assert not splitter.thinking


def test_split() -> None:
    assert split("\n a \n</think>\n\nb ", opened=True) == ("a", "b ")
    assert split("b") == ("", "b")
    assert split("b \n<think>\na\n</think>\n") == ("a", "b ")


@pytest.mark.parametrize(
    ("prompt", "prefix", "expected"),
    [
        ("<|im_start|>assistant\n", "", False),
        ("<|im_start|>assistant\n<think>\n", "", True),
        ("<|im_start|>assistant\n<think>\n\n</think>\n\n", "", False),
        ("what is <think>?<|im_end|>\n<|im_start|>assistant\n", "", False),
        ("assistant\n<think>\n", "so</think>\nyes", False),
        ("assistant\n<think>\n", "so", True),
        ("assistant\n", "<think>so", True),
        ("", "", False),
    ],
)
def test_opened_by(prompt: str, prefix: str, expected: bool) -> None:
    assert opened_by(prompt + prefix, prefix) is expected
