"""`ttc map`: records in, results out, whatever happens in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Ttc

from ttc_cli.core.engine import Request
from ttc_cli.settings import home

FORM = '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}'
FRUITS = ("apple", "banana", "cherry", "damson", "elderberry", "fig")


def asked(request: Request) -> str:
    """What stands in the user's message."""
    return request.prompt.text.split("user\n")[1].split("<|im_end|>")[0]


def echo(request: Request) -> str:
    """Says the question again; the later in the alphabet, the sooner it is done."""
    text = asked(request)
    return text + " so" * (ord("z") - ord(text.split()[-1][0]))


def lines(path: str, *texts: object) -> str:
    """A file of lines; whatever is no text becomes JSON."""
    whole = [text if isinstance(text, str) else json.dumps(text) for text in texts]
    Path(path).write_text("".join(f"{line}\n" for line in whole))
    return path


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def names(text: str) -> list[str]:
    return [row["line"] for row in rows(text)]


def test_lines_are_answered_in_their_order(ttc: Ttc) -> None:
    ran = ttc("map", "Say {line}", lines("in", *FRUITS), script=echo)
    assert (ran.code, ran.err) == (0, "")
    assert names(ran.out) == list(FRUITS)
    assert all(row["answer"].startswith(f"Say {row['line']} so") for row in rows(ran.out))
    assert rows(ran.out)[0].keys() == {"line", "answer"}


def test_unordered_they_come_as_they_are_done(ttc: Ttc) -> None:
    ran = ttc("map", "--unordered", "Say {line}", lines("in", *FRUITS), script=echo)
    assert names(ran.out) == list(reversed(FRUITS))


def test_stdin_blank_lines_and_a_byte_order_mark(ttc: Ttc) -> None:
    ran = ttc("map", "Say {line}", stdin=b"\xef\xbb\xbfone\r\n\n  \ntwo", script=echo)
    assert names(ran.out) == ["one", "two"]


@pytest.mark.parametrize("name", ["in.jsonl", "in.txt"])
def test_json_records_keep_their_fields(ttc: Ttc, name: str) -> None:
    records = ({"id": 1, "q": "why"}, {"id": 2, "q": ["why", "not"]})
    ran = ttc("map", "--field", "reply", "{{q}} is {q}", lines(name, *records), script=asked)
    assert rows(ran.out) == [
        {"id": 1, "q": "why", "reply": "{q} is why"},
        {"id": 2, "q": ["why", "not"], "reply": '{q} is ["why", "not"]'},
    ]


def test_what_the_lines_are_can_be_said(ttc: Ttc) -> None:
    file = lines("in.jsonl", {"q": "why"})
    assert names(ttc("map", "--line-input", "{line}", file, script=echo).out) == ['{"q": "why"}']
    ran = ttc("map", "--jsonl-input", "{q}", lines("in", "why"), script=echo)
    assert rows(ran.out) == [{"line": "why", "error": "the line is not a JSON object"}]


def test_bad_records_say_why_and_the_others_go_on(ttc: Ttc) -> None:
    records = (
        {"q": "one"}, "not json", {"x": 1}, {"q": "two", "answer": "here"}, {"q": "long " * 99},
        {"q": ""}, {"q": "three"},
    )  # fmt: skip
    ran = ttc("map", "{q}", lines("in.jsonl", *records), script=echo, context=60)
    assert ran.code == 1
    assert ran.err == "5 of 7 records failed; their lines say why\n"
    got = rows(ran.out)
    assert [row.get("error", "").split(";")[0] for row in got] == [
        "",
        "the line is not a JSON object",
        "the record has no field 'q'",
        "the record has a field 'answer' already",
        got[4]["error"].split(";")[0],
        "the prompt is empty",
        "",
    ]
    assert "the context holds 60" in got[4]["error"]
    assert got[3]["answer"] == "here"
    assert got[6]["answer"].startswith("three")


def test_fail_fast_stops(ttc: Ttc) -> None:
    records = [{"q": "a"}, "not json", *({"q": "b"} for _ in range(500))]
    ran = ttc("map", "--fail-fast", "{q}", lines("in.jsonl", *records), script=echo)
    assert ran.code == 1
    assert rows(ran.out)[-1]["error"]
    assert len(rows(ran.out)) < 3


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Say it",), "the prompt is the same for every record; write {line} in it"),
        (("Say {it}",), "the input has lines and no field 'it'"),
        (("{line}", "--resume"), "--resume goes on with a file"),
        (("{line}", "-S", "magic"), "magic"),
        (("{line}", "-O", "what"), "-O takes KEY=VALUE"),
    ],
)
def test_usage(ttc: Ttc, words: tuple[str, ...], says: str) -> None:
    ran = ttc("map", *words[:1], lines("in", "a"), *words[1:], script=echo)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_a_file_that_is_not_there(ttc: Ttc) -> None:
    ran = ttc("map", "{line}", "nowhere")
    assert (ran.code, ran.err) == (1, "ttc: cannot read nowhere: no such file or directory\n")


def test_votes_and_short_forms(ttc: Ttc) -> None:
    def script(request: Request) -> str:
        return f"so it is \\boxed{{{asked(request).split()[2]}}}"

    words = ("map", "-x", "-n", "3", "What is {line} + 0 times 1?")
    ran = ttc(*words, lines("in", "7", "8"), script=script)
    assert [row["answer"] for row in rows(ran.out)] == ["7", "8"]


def test_more_records_than_fit_at_once(ttc: Ttc) -> None:
    many = [f"n{n}" for n in range(300)]
    assert names(ttc("map", "{line}", lines("in", *many), script=asked).out) == many


def test_output_is_there_when_all_is(ttc: Ttc) -> None:
    ran = ttc("map", "-o", "out", "Say {line}", lines("in", *FRUITS), script=echo)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert names(Path("out").read_text()) == list(FRUITS)
    assert sorted(path.name for path in Path().iterdir()) == ["in", "out"]
    again = ttc("map", "-o", "out", "--resume", "Say {line}", "in", script=echo)
    assert (again.code, again.err) == (0, "out is finished already\n")


def stop_after(n: int) -> Callable[[Request], str]:
    """A script that presses Ctrl-C when so many records were asked about."""
    seen = []

    def script(request: Request) -> str:
        seen.append(request)
        if len(seen) == n:
            os.kill(os.getpid(), signal.SIGINT)
        return asked(request)

    return script


MANY = [f"n{n}" for n in range(100)]


def test_ctrl_c_prints_what_is_done(ttc: Ttc) -> None:
    ran = ttc("map", "Say {line}", lines("in", *MANY), script=stop_after(60))
    assert ran.code == 130
    done = names(ran.out)
    assert 0 < len(done) < 100
    assert done == sorted(done, key=MANY.index)
    assert ran.err == f"interrupted after {len(done)} records\n"


def test_resuming_repeats_nothing(ttc: Ttc) -> None:
    words = ("map", "-o", "out", "Say {line}", lines("in", *MANY))
    ran = ttc(*words, script=stop_after(60))
    assert ran.code == 130
    assert "results are kept; --resume goes on with them" in ran.err
    assert not Path("out").exists()
    kept = len(Path("out.part").read_text().splitlines()) - 1
    with Path("out.part").open("a") as part:
        part.write('{"n": 99, "of": "torn')

    refused = ttc(*words, script=echo)
    assert refused.code == 2
    assert "add --resume to go on" in refused.err
    other = ttc(*words[:3], "Sing {line}", "in", "--resume", script=echo)
    assert other.code == 2
    assert "begun with prompt 'Say {line}', not 'Sing {line}'" in other.err

    seen: list[str] = []

    def script(request: Request) -> str:
        seen.append(asked(request))
        return asked(request)

    assert ttc(*words, "--resume", script=script).code == 0
    assert names(Path("out").read_text()) == MANY
    assert len(seen) == len(set(seen)) == 100 - kept
    assert not Path("out.part").exists()


def test_resuming_notices_another_input(ttc: Ttc) -> None:
    words = ("map", "-o", "out", "Say {line}")
    ttc(*words, lines("in", *MANY), script=stop_after(60))
    ran = ttc(*words, lines("in", *reversed(MANY)), "--resume", script=echo)
    assert ran.code == 2
    assert "is not what it was" in ran.err


def test_what_failed_is_remembered(ttc: Ttc) -> None:
    records = ["not json", *({"q": f"n{n}"} for n in range(99))]
    words = ("map", "-o", "out", "{q}", lines("in.jsonl", *records))
    ttc(*words, script=stop_after(60))
    ran = ttc(*words, "--resume", script=echo)
    assert (ran.code, ran.err) == (1, "1 of 100 records failed; their lines say why\n")


def start(tiny: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
    env = {**os.environ, "TTC_MODEL": str(tiny), "TTC_CACHE": "no", "TTC_THREADS": "1"}
    command = [sys.executable, "-m", "ttc_cli", "map", *words]
    return subprocess.Popen(command, env=env, text=True, **more)


def test_killed_again_and_again_it_loses_and_repeats_nothing(tiny: Path) -> None:
    many = [f"n{n}" for n in range(200)]
    words = ("--max-tokens", "24", "-o", "out", "--resume", "Say {line}", lines("in", *many))
    part, kept = Path("out.part"), 0
    for _ in range(3):
        child = start(tiny, *words)
        while not part.exists() or len(part.read_bytes().splitlines()) < kept + 20:
            assert child.poll() is None
            time.sleep(0.01)
        child.kill()
        child.wait()
        lines_kept = part.read_bytes().splitlines()[1:]
        kept = len(lines_kept)
    assert start(tiny, *words).wait() == 0
    assert names(Path("out").read_text()) == many


def test_a_broken_pipe_ends_it_quietly(tiny: Path) -> None:
    many = [f"n{n}" for n in range(500)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = start(tiny, "--max-tokens", "8", "{line}", lines("in", *many), **pipes)
    assert child.stdout is not None
    assert child.stderr is not None
    with child.stdout, child.stderr:
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(timeout=100) == 0
        assert child.stderr.read() == ""


def test_a_slow_input_is_answered_as_it_comes(tiny: Path) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = start(tiny, "--max-tokens", "8", "{line}", **pipes)
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    with child.stdin, child.stdout, child.stderr:
        for word in ("one", "two"):
            child.stdin.write(word + "\n")
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["line"] == word
        child.send_signal(signal.SIGINT)  # while it waits for more
        assert child.wait(timeout=100) == 130
        assert child.stderr.read() == "interrupted after 2 records\n"


def saved(name: str, text: str) -> None:
    folder = home() / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text)


def test_a_template_over_lines_records_and_a_prompt(ttc: Ttc) -> None:
    saved("say", 'prompt = "{how} {input}, {{input}}"\n[defaults]\nhow = "Say"\n')
    plain = lines("in", "an {odd}")
    assert (
        rows(ttc("map", "-t", "say", plain, script=asked).out)[0]["answer"]
        == "Say an {odd}, {input}"
    )
    ran = ttc("map", "-t", "say", "-p", "how", "{line}", "two {line}s", plain, script=asked)
    assert rows(ran.out)[0]["answer"] == "{line} two an {odd}s, {input}"
    file = lines("in.jsonl", {"input": "a", "how": "Cry"}, {"input": "b"}, {"x": 1})
    ran = ttc("map", "-t", "say", file, script=asked)
    assert [row.get("answer") for row in rows(ran.out)] == [
        "Cry a, {input}",
        "Say b, {input}",
        None,
    ]
    assert rows(ran.out)[2]["error"] == "the record has no field 'input'"
    ran = ttc("map", "-t", "say", stdin=b"piped", script=asked)
    assert rows(ran.out)[0]["answer"] == "Say piped, {input}"


def test_a_template_brings_its_settings(ttc: Ttc) -> None:
    saved("two", 'prompt = "Mark {line}."\nsystem = "Be {mood}."\nstrategy = "direct"\n')
    seen: list[str] = []

    def script(request: Request) -> str:
        seen.append(request.prompt.text)
        return "so"

    file = lines("in", "a")
    words = ("map", "-t", "two", "-e", "medium", "-p", "mood", "kind", "Why?", file)
    assert ttc(*words, script=script).code == 0
    assert len(seen) == 1
    assert "Be kind." in seen[0]
    assert "Mark a.\n\nWhy?" in seen[0]
    ran = ttc("map", "-t", "two", file, script=script)
    assert (ran.code, ran.out) == (2, "")
    assert "has {mood} in its system text; put it in the prompt, or give it with -p" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("-t", "say", "-p", "x", "y", "in"), 2, "template say has no variable 'x'"),
        (("{line}", "in", "-p", "x", "y"), 2, "-p gives values to a template; name one with -t"),
        (("-t", "say", "-p", "input", "x", "in"), 2, "the prompt is the same for every record"),
        (("-t", "say", "{line}!"), 1, "a PROMPT with -t needs a FILE after it"),
        ((), 2, "no prompt was given"),
    ],
)
def test_templates_that_make_no_sense(
    ttc: Ttc, words: tuple[str, ...], code: int, says: str
) -> None:
    saved("say", 'prompt = "Say {input}"\n')
    lines("in", "a")
    ran = ttc("map", *words, script=asked)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err


def test_answers_under_a_schema_are_json(ttc: Ttc) -> None:
    Path("form.json").write_text(FORM)

    def script(request: Request) -> str:
        return '{"n": 7}' if request.grammar else f"{asked(request)} thinks"

    ran = ttc("map", "--schema", "form.json", "{line}", lines("in", "a", "b"), script=script)
    assert rows(ran.out) == [{"line": "a", "answer": {"n": 7}}, {"line": "b", "answer": {"n": 7}}]
    assert ttc("map", "--schema", '{"type": "no"}', "{line}", "in").code == 2
    words = ("map", "-o", "out", "--schema", FORM, "{line}", "in")
    assert ttc(*words, script=script).code == 0
    assert [row["answer"] for row in rows(Path("out").read_text())] == [{"n": 7}] * 2
    ran = ttc("map", "-S", "beam", "-V", "confidence", "--schema", FORM, "{line}", "in")
    assert "beam cannot answer under a schema" in rows(ran.out)[0]["error"]
