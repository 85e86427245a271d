"""Replay votes on drawn samples: accuracy, samples without an answer, and false merges.

    python benchmarks/answers_pool.py POOL.jsonl QUESTIONS.jsonl

The pool has a record a sample (id, text), the questions one each (id, question, answer). A merge
is false when two answers of one class hold different numbers in digits: they say different things.
Digits alone are compared, so that the count does not depend on the parser that is measured.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from itertools import combinations
from pathlib import Path

from ttc_cli.answers import classes, equivalent, extract

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


class Undecided:
    """In the place of the worker: algebra is left out."""

    def compare(self, a: str, b: str) -> bool | None:
        return None


def rows(path: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


def numbers(text: str) -> set[float]:
    found = NUMBER.findall(re.sub(r"\\[a-z]+", " ", text))
    return {float(number.replace(",", "")) for number in found}


def main() -> None:
    texts = defaultdict(list)
    for row in rows(sys.argv[1]):
        texts[row["id"]].append(row["text"])
    asked = {str(row["id"]): row for row in rows(sys.argv[2])}
    right = samples = blank = good = 0
    merges: list[tuple[str, str]] = []
    for name, replies in texts.items():
        question, gold = asked[name].get("question", ""), str(asked[name]["answer"])
        found = [extract(reply, "number", question) for reply in replies]
        answers = [one.text if one else None for one in found]
        groups = classes(answers, worker=Undecided())
        winner = answers[groups[0].members[0]] if groups else None
        right += winner is not None and equivalent(winner, gold, worker=Undecided())
        given = [answer for answer in answers if answer is not None]
        good += sum(equivalent(answer, gold, worker=Undecided()) for answer in given)
        samples, blank = samples + len(answers), blank + answers.count(None)
        for group in groups:
            members = sorted({str(answers[i]) for i in group.members})
            pairs = combinations(members, 2)
            merges += [(a, b) for a, b in pairs if numbers(a) != numbers(b)]
    print(f"vote right {right} of {len(texts)}, samples right {good} of {samples}, blank {blank}")
    print(f"false merges {len(merges)}: {merges[:12]}")


if __name__ == "__main__":
    main()
