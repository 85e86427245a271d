from __future__ import annotations

import itertools
import random

import pytest

from ttc_cli.core.sampling import Stop, StopRule
from ttc_cli.core.steps import StepRule
from ttc_cli.engine.text import TextStream, loops, unfinished

TEXT = "aé漢🙂 ñ\n— done 🙂🙂."


def say(stream: TextStream, pieces: list[bytes]) -> tuple[str, Stop | None]:
    """All that is shown of some tokens, up to a stop."""
    shown = ""
    for piece in pieces:
        text, stop = stream.push(piece)
        shown += text
        if stop is not None:
            return shown, stop
    return shown + stream.flush(), None


def cut(data: bytes, rng: random.Random) -> list[bytes]:
    """Bytes as tokens of one to four bytes."""
    out, at = [], 0
    while at < len(data):
        n = rng.randrange(1, 5)
        out.append(data[at : at + n])
        at += n
    return out


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_characters_come_out_whole(size: int) -> None:
    data = TEXT.encode()
    for offset in range(size):
        parts = [data[:offset], *(data[i : i + size] for i in range(offset, len(data), size))]
        stream = TextStream(StopRule(99))
        for part in parts:
            shown, _ = stream.push(part)
            assert "\ufffd" not in shown
        assert stream.text == TEXT


def test_every_split_of_every_character() -> None:
    data = TEXT.encode()
    for a, b in itertools.combinations(range(len(data) + 1), 2):
        assert say(TextStream(StopRule(99)), [data[:a], data[a:b], data[b:]]) == (TEXT, None)


def test_half_a_character_at_the_end_is_dropped_and_can_be_gone_on_with() -> None:
    data = TEXT.encode()
    for at in range(len(data)):
        first, _ = say(TextStream(StopRule(99)), [data[:at]])
        pending = unfinished(data[max(0, at - 4) : at])
        second, _ = say(TextStream(StopRule(99), first, pending), [data[at:]])
        assert first + second == TEXT, f"split at byte {at}"


def test_bytes_that_are_no_text_do_not_stop_the_stream() -> None:
    assert say(TextStream(StopRule(99)), [b"a\xff", b"\xe6\xbc", b"b"]) == ("a\ufffd\ufffdb", None)


def test_stop_strings_are_never_in_the_text() -> None:
    rng = random.Random(3)
    strings = ("\nUser:", "###", "é漢", "User")
    for _ in range(3_000):
        said = "".join(rng.choices(["a", "\n", "User", ":", "#", "##", "é", "漢"], k=12))
        shown, stop = say(TextStream(StopRule(99, strings)), cut(said.encode(), rng))
        ends = [at for s in strings if (at := said.find(s)) >= 0]
        assert stop is (Stop.STRING if ends else None)
        assert not any(s in shown for s in strings)
        assert said.startswith(shown)
        if not ends:
            assert shown == said


def test_what_may_become_a_stop_string_is_held_back() -> None:
    stream = TextStream(StopRule(99, ("</end>",)))
    assert stream.push(b"so </e") == ("so ", None)
    assert stream.push(b"nds") == ("</ends", None)
    assert stream.push(b" </end") == (" ", None)
    assert stream.push(b">") == ("", Stop.STRING)
    assert stream.text == "so </ends "


def test_an_empty_stop_string_stops_nothing() -> None:
    assert say(TextStream(StopRule(99, ("",))), [b"a", b"b"]) == ("ab", None)


STEPS = StopRule(99, steps=StepRule(numbered=False, min_chars=3))


def step_of(*pieces: str, before: str = "", rule: StopRule = STEPS) -> tuple[str, Stop | None]:
    return say(TextStream(rule, before), [p.encode() for p in pieces])


def test_a_step_ends_with_its_mark() -> None:
    assert step_of("one two", ".\n\n", "three") == ("one two.\n\n", Stop.STEP)
    assert step_of("one two.", "\n", "\n", "three") == ("one two.\n\n", Stop.STEP)


def test_a_fence_opened_before_is_still_open() -> None:
    assert step_of("a = 1\n\n", "b\n```", "\n\n", before="```\n")[0] == "a = 1\n\nb\n```\n\n"


def test_loops_are_found_and_only_loops() -> None:
    text = list(range(1_000, 1_300))
    for period in (1, 2, 7, 63, 64):
        whole = max(96, 4 * period)
        repeat = [i % period for i in range(whole)]
        assert loops(text + repeat)
        assert not loops(text + repeat[:-1])
        assert not loops([*repeat, 77])
    assert not loops(text)
    assert not loops([5] * 95)
    assert not loops([i % 65 for i in range(400)]), "a period above 64 tokens is a text"


def test_loops_agree_with_the_definition() -> None:
    rng = random.Random(9)
    for _ in range(500):
        n, period = rng.randrange(90, 300), rng.randrange(1, 70)
        tokens = [i % period for i in range(n)]
        if rng.random() < 0.5:
            tokens[rng.randrange(n)] = 999
        assert loops(tokens) == any(
            (span := max(96, 4 * p)) <= n
            and all(tokens[-i] == tokens[-i - p] for i in range(1, span - p + 1))
            for p in range(1, 65)
        )
