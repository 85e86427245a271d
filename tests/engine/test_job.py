from __future__ import annotations

import pytest

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta
from ttc_cli.core.sampling import Stop, StopRule
from ttc_cli.engine.llama.job import Job


class Bytes:
    """A vocabulary of the 256 bytes."""

    @staticmethod
    def piece(token: int) -> bytes:
        return bytes([token])

    @staticmethod
    def is_end(token: int) -> bool:
        return False

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        return list(text.encode())


def reply(given: bytes, said: bytes, *strings: str) -> Delta:
    """The last delta of a branch that goes on from `given` and says `said`."""
    prefix = (Step("", tuple(given)),) if given else ()
    request = BranchRequest("a", Prompt(()), StopRule(99, strings), prefix=prefix)
    job = Job(request, [*b"the prompt", *given], 10, (), None, Bytes())
    for token in said:
        if (stop := job.take(token, {}, ends=False)) is not None:
            job.finish(stop)
            break
    else:
        job.finish(Stop.LENGTH)
    delta = job.delta()
    assert delta is not None
    return delta


@pytest.mark.parametrize("at", range(1, 7))
def test_tokens_go_on_from_half_a_character(at: int) -> None:
    data = "é漢b".encode()
    delta = reply(data[:at], data[at:] + b" User: me", "User:")
    assert delta.stop is Stop.STRING
    assert bytes(delta.tokens) == data[at:] + b" "
    shown_before = data[:at].decode("utf-8", "ignore")
    assert shown_before + delta.text == "é漢b "


def test_tokens_end_where_a_stop_string_begins() -> None:
    assert bytes(reply(b"", b"one two", " tw").tokens) == b"one"
    assert reply(b"", b"one two", "one").tokens == ()


def test_no_token_is_kept_for_half_a_character_of_the_stop_string() -> None:
    delta = reply(b"", "a é".encode(), "é")
    assert (delta.text, bytes(delta.tokens)) == ("a ", b"a ")


def test_bytes_that_are_no_text_keep_their_tokens() -> None:
    delta = reply(b"", b"a\xff\xfe b.c", ".")
    assert (delta.text, bytes(delta.tokens)) == ("a\ufffd\ufffd b", b"a\xff\xfe b")


def test_held_back_text_is_said_at_the_end() -> None:
    delta = reply(b"", b"so Us", "User:")
    assert (delta.text, delta.stop) == ("so Us", Stop.LENGTH)


def test_half_a_character_stays_in_the_tokens_of_a_cut_off_reply() -> None:
    delta = reply(b"", "aé".encode()[:-1])
    assert (delta.text, bytes(delta.tokens)) == ("a", b"a\xc3")
