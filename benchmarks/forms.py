"""Is the form obeyed that a prompt fixes, and is the content still right?

    python benchmarks/forms.py [-m MODEL] [-e EFFORT] [--ttc COMMAND] [--free QUESTIONS.jsonl]
                               [--first N] [--json FILE]

Runs `ttc map` over the prompts of tests/prompts/forms.tsv (kinds of form, content where one word
of it is known, prompt) and checks every reply by the forms that are read from its prompt. --ttc
names another `ttc` than this one, to compare: an older version's replies under today's checks.
--free: questions with short answers ("question" or "prompt" in JSONL) that fix no form; the
median length of their replies is told, in words and signs, which is close to tokens.
--first takes so many prompts, spread over the table. Intervals are Wilson's, of 95%.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from ttc_cli.bench.statistics import wilson
from ttc_cli.prompts.forms import constraints, failing, language

TABLE = Path(__file__).parent.parent / "tests" / "prompts" / "forms.tsv"
Row = dict[str, Any]


def prompts(first: int | None) -> list[Row]:
    """The table's rows: kinds, content, prompt; some of them, spread evenly, where few will do."""
    rows = []
    for line in TABLE.read_text("utf-8").splitlines():
        kinds, content, prompt = line.split("\t")
        rows.append({"kinds": kinds, "content": content, "prompt": prompt.replace("\\n", "\n")})
    return rows if first is None else rows[:: max(1, len(rows) // first)][:first]


def replies(ttc: Sequence[str], asked: Sequence[str], words: Sequence[str]) -> list[str]:
    """What `ttc map` prints for each prompt; empty where it failed."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "prompts.jsonl"
        given.write_text("".join(json.dumps({"asked": one}) + "\n" for one in asked), "utf-8")
        done = subprocess.run(
            [*ttc, "map", "{asked}", str(given), *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
        )  # fmt: skip
    return [str(json.loads(line).get("answer", "")) for line in done.stdout.splitlines()]


def share(name: str, marks: Sequence[bool]) -> str:
    """A share with its interval, as a line."""
    if not marks:
        return f"{name:<24}  none"
    low, high = wilson(sum(marks), len(marks))
    return f"{name:<24}{sum(marks):>4} of {len(marks):<4} {low:.0%} to {high:.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-m", "--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("-e", "--effort", default="auto")
    parser.add_argument("--ttc", nargs="+", default=[sys.executable, "-m", "ttc_cli"])
    parser.add_argument("--free", type=Path)
    parser.add_argument("--first", type=int)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows, words = prompts(options.first), ["-m", options.model, "-e", options.effort]
    said = replies(options.ttc, [row["prompt"] for row in rows], words)
    by: dict[str, list[bool]] = defaultdict(list)
    for row, reply in zip(rows, said, strict=True):
        lacks = failing(reply, constraints(row["prompt"]))
        row |= {"reply": reply, "lacks": [str(one) for one in lacks]}
        row["right"] = row["content"].lower() in reply.lower() if row["content"] else None
        for name in ("form obeyed", row["kinds"], language(row["prompt"]) or "no language"):
            by[name].append(not lacks)
        if row["right"] is not None:
            by["content right"].append(row["right"])
    print("\n".join(share(name, marks) for name, marks in by.items()))
    for row in rows:
        if row["lacks"] or row["right"] is False:
            print(f"- {row['prompt']!r}: {row['reply'][:120]!r} {row['lacks'] or 'wrong'}")
    if options.free:
        asked = [json.loads(line) for line in options.free.read_text("utf-8").splitlines()]
        free = [str(one.get("question") or one.get("prompt")) for one in asked][: options.first]
        lengths = [len(re.findall(r"\w+|[^\w\s]", r)) for r in replies(options.ttc, free, words)]
        print(
            f"reply where no form is fixed: median {median(lengths)} words and signs, n={len(free)}"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
