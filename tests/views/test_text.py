"""What goes to a terminal, and JSON, can harm nobody."""

from __future__ import annotations

import io
import json
import random
import re

from ttc_cli.views.text import Terminal, plain, styled, to_json

EVIL = "\x1b]0;owned\x07\x1b]52;c;aGk=\x1b\\\x1b[31mPa\x9b2Jris\u202e\u2066\x1b[0m\r\x00"


def test_sequences_go_as_a_whole_and_controls_by_themselves() -> None:
    assert plain(EVIL) == "Pa2Jris"
    assert plain("a\tb\nc é 日 \u200f") == "a\tb\nc é 日 \u200f"


def test_whoever_writes_to_a_terminal_writes_plainly() -> None:
    kept = io.BytesIO()
    stream = Terminal(kept, "utf-8", write_through=True)
    print(EVIL, file=stream)
    styled(stream).write("\x1b[1mbold")
    assert kept.getvalue() == b"Pa2Jris\n\x1b[1mbold"


def test_json_is_the_same_value_and_safe_to_look_at() -> None:
    rng = random.Random(7)
    for _ in range(300):
        text = "".join(chr(rng.choice([rng.randrange(0x250), rng.randrange(0x2000, 0x2070),
                                       rng.randrange(0x110000)])) for _ in range(20))  # fmt: skip
        value = {text: [text, 1.5, None]}
        for encoding in ("utf-8", "cp1252"):
            out = io.TextIOWrapper(io.BytesIO(), encoding)
            said = to_json(value, out=out)
            assert json.loads(said) == value
            assert not re.search(
                "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", said
            )
            assert encoding == "utf-8" or said.isascii()


def test_what_json_has_not_is_null() -> None:
    assert to_json({"a": [float("nan"), {"b": float("-inf")}]}) == '{"a": [null, {"b": null}]}'
