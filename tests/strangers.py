"""Hostile input by the thousand: made from a seed, fed to what reads it, and judged.

Whatever comes may be taken or refused by an error of ours, in one line. Anything else that is
raised, and what takes too long, is a fault.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import random
import sqlite3
import string
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ttc_cli.answers.schema.answer import AnswerSchema
from ttc_cli.bench.questions import examine
from ttc_cli.core.branch import Branch, Message, Prompt, Step
from ttc_cli.core.errors import TtcError
from ttc_cli.core.events import Done, Note, Start
from ttc_cli.core.sampling import Stop
from ttc_cli.prompts.template import ChatTemplate
from ttc_cli.session.records import Reader
from ttc_cli.settings import load
from ttc_cli.store.log import Entry, Log
from ttc_cli.store.pool import SamplePool
from ttc_cli.store.recorder import Recorder
from ttc_cli.store.statistics import summary
from ttc_cli.views import runs as views
from ttc_cli.views.text import to_json

SECONDS = 10.0
"""For one input."""
LINE = 2000
"""Characters of an error."""

ODD: list[Any] = [
    None, True, -1, 0, 1.5, 1e308, 10**30, float("nan"), float("inf"), "", "x", "\x1b[31m\u202e",
    "\ud800", "é" * 300, [], {}, [[]], {"": {}}, "9" * 5000,
]  # fmt: skip

SCHEMA_WORDS = (
    "type", "enum", "const", "properties", "required", "items", "prefixItems", "patternProperties",
    "additionalProperties", "propertyNames", "minItems", "maxItems", "minLength", "maxLength",
    "minimum", "maximum", "exclusiveMinimum", "multipleOf", "pattern", "format", "allOf", "anyOf",
    "oneOf", "not", "if", "$ref", "$defs", "$schema", "$id", "title", "discriminator", "x-a",
)  # fmt: skip
PATTERN_PARTS = (
    "^", "$", "a", ".", "\\d", "\\w", "[\\w-\\.]", "(?<n>a)", "\\k<n>", "(", ")", "[", "]", "{2,3}",
    "*", "+", "?", "|", "\\p{L}", "\\u{1F600}", "(?=a)", "(?<!b)", "\\1", "{9999999}", "[^]", "\\",
)  # fmt: skip


def odd(rng: random.Random, depth: int = 0) -> Any:
    """Any value of JSON, and some that are none."""
    pick = rng.random()
    if depth < 4 and pick < 0.2:
        return [odd(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    if depth < 4 and pick < 0.4:
        return {rng.choice(SCHEMA_WORDS): odd(rng, depth + 1) for _ in range(rng.randint(0, 4))}
    return rng.choice(ODD)


def _nested(rng: random.Random, value: Any) -> Any:
    for _ in range(rng.choice((3, 70, 600))):
        value = rng.choice(({"items": value}, {"allOf": [value]}, [value]))
        if rng.random() < 0.02:
            break
    return value


def schema(rng: random.Random, depth: int = 0) -> Any:
    """A schema with something wrong, or much, in it."""
    if depth == 0 and rng.random() < 0.05:
        return _nested(rng, {"type": "string"})
    if rng.random() < 0.1:
        return odd(rng)
    made: dict[str, Any] = {}
    for word in rng.sample(SCHEMA_WORDS, rng.randint(1, 4)):
        deeper = depth < 4
        if word in ("properties", "$defs", "patternProperties") and deeper:
            names = ["a", "b", "".join(rng.choices(PATTERN_PARTS, k=3))]
            made[word] = {name: schema(rng, depth + 1) for name in names}
        elif word in ("allOf", "anyOf", "oneOf", "prefixItems") and deeper:
            made[word] = [schema(rng, depth + 1) for _ in range(rng.choice((1, 2, 5)))]
        elif word in ("items", "additionalProperties", "not") and deeper:
            made[word] = schema(rng, depth + 1)
        elif word == "pattern":
            made[word] = "".join(rng.choices(PATTERN_PARTS, k=rng.randint(1, 8)))
        elif word == "type":
            made[word] = rng.choice(("string", "object", "array", "number", "integer", "null"))
        elif word == "$ref":
            made[word] = rng.choice(("#", "#/$defs/a", "#/$defs/b", "#/nowhere", "http://x/y"))
        elif word == "enum":
            made[word] = [odd(rng)] * rng.choice((1, 3, 2000))
        else:
            made[word] = rng.choice((odd(rng), 0, 3, 2000, 10**9))
    return made


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Bytes with some of them changed, doubled, lost or made anew."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at, end = sorted(rng.randint(0, len(out)) for _ in range(2))
        piece = rng.choice((
            b"", bytes(rng.randrange(256) for _ in range(8)), out[at:end] * 3, b"\x00\x00",
            b"\xff\xfe", b'"' * 3, b"[" * rng.choice((3, 3000)), "\u2028\x85\u202e".encode(),
        ))  # fmt: skip
        out[at : min(end, at + 40)] = piece
    return bytes(out)


def check_schema(rng: random.Random, _folder: Path) -> None:
    """Compile a schema, and end and check an answer under it."""
    form = AnswerSchema.read(json.dumps(schema(rng)))
    form.grammar().encode()
    end = form.closing("")
    assert end is None or form.valid(end) is not None


SETTINGS = b"""
effort = "high"
seed = 5
temperature = 0.5
system = "short"
[profile.fast]
effort = "low"
[remote.lab]
url = "http://127.0.0.1:8080/v1"
price_in = 0.1
[[route]]
match = "sum"
effort = "max"
"""


def check_settings(rng: random.Random, folder: Path) -> None:
    """Read a settings file."""
    text = mutated(rng, SETTINGS)
    if rng.random() < 0.2:
        lines = [f"{rng.choice(('seed', 'a.b', 'remote.x'))} = " + rng.choice((
            "[" * 4000, "{a=" * 2000, "1" * 5000, "nan", "1979-05-27", "'''", '"\\uD800"',
        ))]  # fmt: skip
        text = "\n".join(lines).encode()
    (folder / "config.toml").write_bytes(text)
    found = load({}, cwd=folder, environ={"TTC_HOME": str(folder)})
    to_json([found.warnings, dict(found.origins)])


RECORDS = (
    b'{"question": "What is 6*7?", "answer": ["42"]}\n{"question": "b", "options": ["x", "y"],'
    b' "answer": 1}\n{"q": 1}\n',
    b'question,answer\n"a\n""b""",1\nc,2\n',
    '{"question": "Kolik?", "answer": {"value": "pět"}}\n'.encode("utf-16"),
    gzip.compress(b'{"question": "a", "answer": "b"}\n' * 9),
)


def check_records(rng: random.Random, folder: Path) -> None:
    """Read records, as a data set and as the input of map."""
    data = mutated(rng, rng.choice(RECORDS))
    if rng.random() < 0.3:
        rows = [{"question": "a", "answer": odd(rng), "options": odd(rng)} for _ in range(3)]
        data = "\n".join(map(json.dumps, rows)).encode()
    path = folder / rng.choice(("in.jsonl", "in.csv", "in.json", "in.jsonl.gz"))
    path.write_bytes(data)
    file = io.FileIO(path)
    try:
        reader = Reader(file, path.name)
        while not reader.ended:
            if (record := reader.next(5.0)) is not None:
                to_json(record.kept).encode()
    finally:
        file.close()
    for item in examine(path, unanswered=rng.random() < 0.5)[0]:
        to_json(item.record()).encode()


PHASES = ("load_s", "prefill_s", "decode_s", "verify_s", "wall_s")
RESULT: dict[str, Any] = {
    "choices": [{"message": {"content": "Four"}}],
    "ttc": {"schema_version": 1, "stopped": "complete", "votes": [], "model": {"name": "m"},
            "answer": "4", "strategy": "direct", "effort": "low", "agreement": None,
            "tokens": {"sampled": 3}, "cost": {"seconds": 1.0, "money": None}, "cache": "miss",
            "timings": dict.fromkeys(PHASES, 1.0),
            "route": {"task": "math", "path": "simple", "reason": "short"}},
}  # fmt: skip


def _damaged(rng: random.Random, value: Any) -> Any:
    """A value with one of its parts replaced by something odd."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        name = rng.choice(sorted(value))
        return {**value, name: _damaged(rng, value[name])}
    return odd(rng)


def check_log(rng: random.Random, folder: Path) -> None:
    """Read a log one row of which somebody has changed."""
    started = {"prompt": "?", "model": "m"}
    with Recorder(folder, Entry("ttc-1", "?", (("a", "text"),)), 0.0, lambda _: None) as record:
        for event in (Start(started, {"effort": "low"}), Note("n"), Done(RESULT)):
            record(event)
    column = rng.choice(("request", "plan", "result", "scores", "prompt", "began", "ended", "exit",
                         "state", "feedback", "error"))  # fmt: skip
    value: Any = json.dumps(_damaged(rng, RESULT)) if rng.random() < 0.7 else rng.choice(ODD[:-8])
    if rng.random() < 0.2:
        value = mutated(rng, json.dumps(RESULT).encode())
    db = sqlite3.connect(folder / "runs.db")
    with contextlib.closing(db), contextlib.suppress(sqlite3.IntegrityError, OverflowError), db:
        db.execute(f"UPDATE runs SET {column} = ?", (value,))
    with Log(folder) as log:
        for run in log.runs(search="Four") + log.runs():
            to_json([views.row(run), views.as_json(run)])
            to_json([log.result(run), log.texts(run)], indent=1)
            list(log.turns(run))
            list(log.events(run))
        to_json(summary(log.runs()))


def check_pool(rng: random.Random, folder: Path) -> None:
    """Look for a sample in a pool that somebody has written to."""
    pool = SamplePool(folder / "samples")
    step = Step("a", (1,), logprobs=(-0.1,))
    pool.put("key", Branch((0,), Prompt(()), (step,), Stop.END, 1))
    pool.close()
    for path in sorted((folder / "samples").rglob("*")):
        if path.is_file() and rng.random() < 0.5:
            path.write_bytes(mutated(rng, path.read_bytes()))
    pool = SamplePool(folder / "samples")
    pool.get("key")
    pool.put("other", Branch((0,), Prompt(()), (step,), Stop.END, 1))
    pool.size()
    pool.close()


TEMPLATE_PARTS = (
    "{% for m in messages %}", "{% endfor %}", "{{ m.content }}", "{{ m['role'] }}", "{% if m %}",
    "{% endif %}", "{% set t = 'ab' * 99 %}", "{% set t = t ~ t %}", "{{ t[::-1] }}",
    "{{ t | replace('a', t) }}", "{{ [t] * 999 | join(t) }}", "{% for i in range(9999) %}",
    "{{ raise_exception(t) }}", "{{ 1 / 0 }}", "{{ messages | tojson(indent=9) }}", "{{ t.x.y }}",
    "{% set ns = namespace(v=t) %}", "{% set ns.v = ns.v + ns.v %}", "{{ '%s' % t }}", "x", "{{",
)  # fmt: skip


def check_template(rng: random.Random, _folder: Path) -> None:
    """Render a chat template."""
    source = "".join(rng.choices(TEMPLATE_PARTS, k=rng.randint(1, 12)))
    ChatTemplate(source, "<s>", "</s>").render([Message("user", "Why?")])


CHECKS: dict[str, Callable[[random.Random, Path], None]] = {
    "schemas": check_schema,
    "settings": check_settings,
    "records": check_records,
    "logs": check_log,
    "pools": check_pool,
    "templates": check_template,
}


def faults(kind: str, seeds: range) -> Iterator[str]:
    """A line for each input that was neither taken nor refused as it should be."""
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="strangers-") as folder:
            began = time.monotonic()
            said = _fault(kind, seed, Path(folder))
            seconds = time.monotonic() - began
        if said or seconds > SECONDS:
            yield f"{kind} {seed}: {said or f'took {seconds:.1f} s'}"


def _fault(kind: str, seed: int, folder: Path) -> str:
    try:
        CHECKS[kind](random.Random(f"{kind} {seed}"), folder)
    except TtcError as error:
        text = str(error)
        if len(text) > LINE or any(char in text for char in "\n\x1b" if char in string.printable):
            return f"no line: {text[:80]!r}"
    except Exception as error:
        frames = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{Path(code.co_filename).name}:{trace.tb_lineno}")
            trace = trace.tb_next
        return f"{type(error).__name__}: {str(error)[:80]} at {' '.join(frames[-4:])}"
    return ""
