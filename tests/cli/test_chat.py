"""`ttc chat` without a terminal: each line of stdin is a turn."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest
from harness import Ttc

from ttc_cli.core.engine import BranchRequest


class Partner:
    """A script that answers with the number of the question, and keeps what it was shown."""

    def __init__(self, *replies: str) -> None:
        self.seen: list[BranchRequest] = []
        self._replies = replies

    def __call__(self, request: BranchRequest) -> str:
        self.seen.append(request)
        n = len(self.seen)
        return self._replies[n - 1] if n <= len(self._replies) else f"reply {n}"

    @property
    def shown(self) -> str:
        """The last prompt."""
        return self.seen[-1].prompt.text


@pytest.fixture
def partner() -> Partner:
    return Partner()


def talk(ttc: Ttc, partner: Partner, *turns: str, flags: tuple[str, ...] = (), **more: int) -> str:
    ran = ttc("chat", *flags, stdin="\n".join(turns).encode(), script=partner, **more)
    assert ran.code == 0, ran.err
    return ran.out


def test_turns_build_on_each_other(ttc: Ttc, partner: Partner) -> None:
    out = talk(ttc, partner, "one", "", "two\\", "lines", "three", flags=("-s", "Be brief."))
    assert out == "reply 1\nreply 2\nreply 3\n"
    parts = ("Be brief.", "one", "reply 1", "two\nlines", "reply 2", "three")
    places = [partner.shown.index(part) for part in parts]
    assert places == sorted(places)


def test_thoughts_are_not_sent_back(ttc: Ttc) -> None:
    partner = Partner("<think>secret</think>said")
    assert talk(ttc, partner, "one", "two") == "said\nreply 2\n"
    assert "said" in partner.shown
    assert "secret" not in partner.shown


def test_a_turn_stays_as_it_was_sent_without_our_wording(ttc: Ttc, partner: Partner) -> None:
    Path("notes").write_text("some notes")
    talk(ttc, partner, "What is 2 + 3?", "Thanks.", flags=("-f", "notes", "-e", "low"))
    first, second = (request.prompt.text for request in partner.seen)
    asked = first[: first.index("What is 2 + 3?") + len("What is 2 + 3?")]
    assert second.startswith(f"{asked}<|im_end|>")  # with documents: their cells are found again
    assert "step by step" in first
    assert "step by step" not in second
    assert second.count("some notes") == 1


def test_retry_counts_the_seed_up_and_forgets_the_first_try(ttc: Ttc, partner: Partner) -> None:
    talk(ttc, partner, "one", "/retry", "/retry", "two")
    seeds = [request.seed for request in partner.seen[:3]]
    assert len(set(seeds)) == 3
    assert "reply 3" in partner.shown
    assert "reply 1" not in partner.shown


def test_retry_with_effort_draws_more_for_that_turn_only(ttc: Ttc, partner: Partner) -> None:
    talk(ttc, partner, "What is 2 + 3?", "/retry high", "/new", "Hello.", flags=("-e", "low"))
    assert 16 <= len(partner.seen) - 2 <= 16


def test_settings_change_from_the_next_turn_on(ttc: Ttc, partner: Partner) -> None:
    turns = ("/system Talk like a cat.", "one", "/strategy direct", "/effort", "two")
    ran = ttc("chat", stdin="\n".join(turns).encode(), script=partner)
    assert "system: Talk like a cat." in ran.err
    assert "effort: auto" in ran.err
    assert "Talk like a cat." in partner.shown


def test_new_drop_and_save(ttc: Ttc, partner: Partner) -> None:
    talk(ttc, partner, "one", "two", "three", "/save all.md", "/drop 1", "four", "/new", "five")
    written = Path("all.md").read_text()
    assert written.startswith("## You\n\none\n\n## tiny")
    assert "reply 3" in written
    before = partner.seen[-2].prompt.text
    assert "reply 1" not in before
    assert "reply 2" in before
    assert "reply" not in partner.shown


def test_a_summary_takes_the_place_of_the_turns(ttc: Ttc) -> None:
    partner = Partner("aaa", "bbb", "in short")
    out = talk(ttc, partner, "one", "two", "/summarise", "three")
    assert out == "aaa\nbbb\nreply 4\n"
    assert "in short" in partner.shown
    assert "aaa" not in partner.shown


def test_turns_under_a_schema(ttc: Ttc) -> None:
    form = '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}'
    Path("form.json").write_text(form)
    turns = ("one", "/summarise", "/schema off", "two", "/schema form.json", "/schema", "three")

    def script(request: BranchRequest) -> str:
        return '{"n": 7}' if request.grammar else "freely"

    ran = ttc("chat", "--schema", form, stdin="\n".join(turns).encode(), script=script)
    assert (ran.code, ran.out) == (0, '{"n": 7}\nfreely\n{"n": 7}\n')
    assert "schema: none" in ran.err
    assert ran.err.count('schema: {"type": "object"') == 2
    assert ttc("again", script=script).out == '{"n": 7}\n'
    assert ttc("chat", "--schema", "nowhere.json", stdin=b"one").code == 1


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("/nonsense", "there is no command /nonsense"),
        ("/efort high", "did you mean '/effort'?"),
        ("/effort extreme", "extreme"),
        ("/retry", "there is no turn to answer anew"),
        ("/save", "/save needs a file"),
        ("/drop x", "/drop takes a number"),
    ],
)
def test_what_cannot_be_done_is_said(ttc: Ttc, partner: Partner, said: str, says: str) -> None:
    ran = ttc("chat", stdin=f"{said}\nhello".encode(), script=partner)
    assert says in ran.err
    assert ran.out == "reply 1\n"
    assert ran.code == 2


def test_save_overwrites_nothing(ttc: Ttc, partner: Partner) -> None:
    Path("mine").write_text("precious")
    ran = ttc("chat", stdin=b"one\n/save mine", script=partner)
    assert (ran.code, Path("mine").read_text()) == (1, "precious")


def test_a_full_context_is_said_before_and_nothing_is_cut(ttc: Ttc) -> None:
    partner = Partner("so " * 60)
    turns = f"one\n{'much ' * 90}\n/new\n{'much ' * 20}".encode()
    ran = ttc("chat", stdin=turns, script=partner, context=80)
    assert "the context is" in ran.err
    assert "/drop forgets the oldest turns" in ran.err
    assert "the context holds 80; /drop" in ran.err
    assert len(partner.seen) == 2
    assert ran.code == 5


def test_quit_leaves(ttc: Ttc, partner: Partner) -> None:
    assert talk(ttc, partner, "one", "/quit", "two") == "reply 1\n"


def test_chats_are_logged_and_go_on(ttc: Ttc, partner: Partner) -> None:
    talk(ttc, partner, "one", "two")
    ran = ttc("chat", "-c", stdin=b"three", script=partner)
    assert "going on after 2 turns" in ran.err
    assert "reply 2" in partner.shown
    ttc("-c", "four", script=partner)
    assert "reply 3" in partner.shown
    assert "one" in partner.shown


def test_no_log_keeps_nothing(ttc: Ttc, partner: Partner, machine: Path) -> None:
    talk(ttc, partner, "one", flags=("--no-log",))
    kept = [path for path in (machine / "home").rglob("*") if path.is_file()]
    assert kept == []


def test_an_interrupted_script_leaves(ttc: Ttc) -> None:
    def script(request: BranchRequest) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        return "so " * 50

    ran = ttc("chat", stdin=b"one\ntwo", script=script)
    assert ran.code == 130


def test_the_history_is_its_owners(tmp_path: Path) -> None:
    from ttc_cli.cli.turns import private_file

    path = private_file(tmp_path / "deep" / "history")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_cut_answer_does_not_end_a_script(ttc: Ttc) -> None:
    partner = Partner("short", "long " * 60, "so")
    ran = ttc("chat", "--max-tokens", "16", stdin=b"hi\nA story.\nhi", script=partner)
    assert (ran.code, ran.out.splitlines()[-1]) == (6, "so")
    assert len(partner.seen) == 3
    partner = Partner("fine", "long " * 60)
    ran = ttc("chat", "--max-tokens", "16", stdin=b"hi\n/summarise\nhi", script=partner)
    assert (ran.code, ran.out) == (6, "fine\nreply 3\n")
    assert "no summary: it was not finished" in ran.err


def test_what_can_be_done_in_a_chat_is_advised(ttc: Ttc, partner: Partner) -> None:
    ran = ttc("chat", stdin=b"hi\n/save nowhere/talk.md\n/save talk.md\n/helpp", script=partner)
    assert "there is no directory nowhere; choose another place: /save talk.md\n" in ran.err
    assert "1 turn written to talk.md" in ran.err
    assert "did you mean '/help'? a space ahead" in ran.err


def test_more_effort_for_prose_that_was_drawn_says_that_it_changes_nothing(ttc: Ttc) -> None:
    said = b"Write a poem about snow.\n/retry high\n/retry"
    partner = Partner()
    ran = ttc("chat", "-e", "high", "--programs", "off", stdin=said, script=partner, cache="yes")
    assert (ran.code, ran.out) == (0, "reply 1\nreply 1\nreply 2\n")
    assert ran.err.count("more effort changes nothing here, another seed does") == 1
