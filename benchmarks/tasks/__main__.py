"""How often the right answer is given: to 120 computed questions, and to 60 over files of data.

    python benchmarks/tasks make FOLDER
    python benchmarks/tasks run FOLDER sums [--half dev] [-e auto] [-m MODEL] [--out ROWS.jsonl]
    python benchmarks/tasks run FOLDER files [--half dev] [-e medium] [--threads 2 ...]

`make` writes sums.jsonl (which `ttc bench run -d` takes too), files.jsonl and twelve data sets, 380 MB.
`run` asks as a person would: the sums by `ttc map`, of the files each by `ttc ask -f`. What is judged
is what stands on stdout: a length of time without its unit is wrong. Develop on the half `dev` and
judge on the other. Rows that are in --out already are not asked again. Intervals are Wilson's, 95%.
What is no option of ours is one of ttc.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import files
import sums

from ttc_cli.answers import equivalent, extract
from ttc_cli.bench.statistics import wilson

Row = dict[str, Any]
TTC = [sys.executable, "-m", "ttc_cli"]


def make(folder: Path) -> None:
    """Write questions and data."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("sums", sums.records()), ("files", files.make(folder, print))):
        (folder / f"{name}.jsonl").write_text(
            "".join(json.dumps(row) + "\n" for row in rows), "utf-8"
        )


def ask_sums(rows: Sequence[Row], words: Sequence[str]) -> Iterator[Row]:
    """What `ttc map` says to each question."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "questions.jsonl"
        given.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        asking = [*TTC, "map", "{question}", str(given), "--field", "reply", "--unordered", *words]
        with subprocess.Popen(asking, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            yield from map(json.loads, run.stdout)


def ask_files(folder: Path, rows: Sequence[Row], words: Sequence[str]) -> Iterator[Row]:
    """What `ttc ask` says to each question over its files."""
    for row in rows:
        named = [part for name in row["files"] for part in ("-f", str(folder / name))]
        asking = [*TTC, "ask", "--json", "--no-stdin", *named, *words, row["question"]]
        done = subprocess.run(asking, stdout=subprocess.PIPE, check=False)
        said = json.loads(done.stdout or b"{}")
        ours = said.get("ttc", {})
        yield row | {
            "reply": said["choices"][0]["message"]["content"] if ours else "",
            "tokens": ours.get("tokens", {}).get("sampled"),
            "seconds": ours.get("cost", {}).get("seconds"),
            "program": ours.get("program"),
            "votes": ours.get("votes"),
            "error": said.get("error"),
        }


def right(row: Row) -> bool:
    """Whether a reply gives the answer; one that is a measure must be told as one."""
    reply = str(row.get("reply") or "").strip()
    found = extract(reply, None, row["question"])
    said = [reply.rstrip("."), *([found.text] if found else [])]
    known = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
    bare = re.fullmatch(r"[\d.,]+\.?", reply) and re.search(r"\d [a-z]+ \d", known[0])
    return not bare and any(equivalent(one, answer) for one in said for answer in known)


def share(name: str, rows: Sequence[Row]) -> str:
    good = sum(row["right"] for row in rows)
    low, high = wilson(good, len(rows))
    return f"{name:<16}{good:>4} of {len(rows):<4}{good / len(rows):>5.0%}  [{low:.0%}, {high:.0%}]"


def report(rows: Sequence[Row]) -> None:
    """Print shares by kind and in all, what is wrong, and what it cost where that is known."""
    for row in rows:
        if not row["right"]:
            said = str(row.get("reply") or row.get("error") or "")
            print(f"- {row['id']}: {row['question'][:70]} → {said[:70]!r}, not {row['answer']!r}")
    for kind in dict.fromkeys(row["kind"] for row in rows):
        print(share(kind, [row for row in rows if row["kind"] == kind]))
    print(share("all", rows))
    for what in ("tokens", "seconds"):
        if known := [row[what] for row in rows if row.get(what) is not None]:
            print(f"{what}: mean {mean(known):.1f}, median {median(known):.1f}")


def run(options: argparse.Namespace) -> None:
    lines = (options.folder / f"{options.what}.jsonl").read_text("utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if options.half in (row["half"], "both")]
    rows = [row for row in rows if options.only in row["id"]]
    kept = options.out.read_text("utf-8").splitlines() if options.out.exists() else []
    done = {row["id"]: row for row in map(json.loads, kept)}
    left = [row for row in rows if row["id"] not in done][: options.first]
    words = ["-m", options.model, "-e", options.effort, "--no-cache", *options.more]
    asked = (
        ask_sums(left, words) if options.what == "sums" else ask_files(options.folder, left, words)
    )
    with options.out.open("a", encoding="utf-8") as out:
        for row in asked:
            done[row["id"]] = row
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()
    report([row | {"right": right(row)} for r in rows if (row := done.get(r["id"]))])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    making = commands.add_parser("make")
    making.add_argument("folder", type=Path)
    making.set_defaults(do=lambda given: make(given.folder))
    running = commands.add_parser("run")
    running.add_argument("folder", type=Path)
    running.add_argument("what", choices=("sums", "files"))
    running.add_argument("--half", default="dev", choices=("dev", "judged", "both"))
    running.add_argument("-m", "--model", default="qwen2.5-coder-1.5b")
    running.add_argument("-e", "--effort", default="auto")
    running.add_argument("--only", default="", help="ids with this text")
    running.add_argument("--first", type=int, help="so many that were not asked yet")
    running.add_argument("--out", type=Path, default=Path("tasks.rows.jsonl"))
    running.set_defaults(do=run)
    given, given.more = parser.parse_known_args()
    given.do(given)


if __name__ == "__main__":
    main()
