"""Questions of a data set: the fields that sets in the wild use, brought to one form."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ttc_cli.bench.records import read_records
from ttc_cli.core.errors import UsageError

QUESTION = ("question", "problem", "prompt", "Problem", "Question", "query", "input")
ANSWER = (
    "answer", "Answer", "final_answer", "reference", "target", "solution", "Solution", "output",
    "answers", "possible_answers", "correct_answer", "gold_answer",
)  # fmt: skip
INSIDE = ("value", "text", "answer", "aliases")
"""Where an answer that is an object holds its values."""
ID = ("id", "task_id", "unique_id", "ID", "qid", "problem_id")
TASKS = ("math", "choice", "short", "code")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HASHES = re.compile(r"####\s*(.+?)\s*$")
_TEXTS = re.compile(r"\[\s*(?P<quote>[\"'])[^\[\]{}()]{0,2000}(?P=quote)\s*\]")
_VALUE = re.compile(r"\d|\\|^[a-zA-Z]$")


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    Args:
        id: unique in its set. prompt: what is asked, without the task's wording.
        reference: the right answer in short form; of code, the reference solution; empty where
            none is known.
        task: "math", "choice", "short" or "code".
        more: what scoring needs besides ("test", "entry_point", "prompt" of code; "gym").
    """

    id: str
    prompt: str
    reference: str
    task: str
    more: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return a record in our own form, which `read` takes as it is."""
        value = asdict(self)
        value["question"] = value.pop("prompt")
        value["answer"] = value.pop("reference")
        return {key: value[key] for key in ("id", "question", "answer", "task", "more")}


def load(path: Path, *, unanswered: bool = False) -> list[Item]:
    """Load all questions of a file; UsageError, with the line, for a record that is none.

    `unanswered`: a question without an answer will do.
    """
    items, problems = examine(path, unanswered=unanswered)
    if problems:
        raise UsageError(f"{path}: {problems[0]}", f"see `ttc bench data check {path}`")
    return items


def examine(path: Path, *, unanswered: bool = False) -> tuple[list[Item], list[str]]:
    """Read a file: (questions, one line for each problem)."""
    records = list(read_records(path))
    if not records:
        raise UsageError(f"{path} holds no record", "give a JSONL file, a record a line")
    task = _common_task([record for _, record in records if isinstance(record, dict)])
    items, problems, seen = [], [], dict[str, int]()
    for line, record in records:
        try:
            item = read(record, f"{path.stem}-{line}", task, unanswered=unanswered)
        except ValueError as error:
            problems.append(f"line {line}: {error}")
            continue
        if item.id in seen:
            problems.append(f"line {line}: the id {item.id!r} is that of line {seen[item.id]} too")
            continue
        seen[item.id] = line
        items.append(item)
    return items, problems


def read(record: Any, name: str, task: str = "math", *, unanswered: bool = False) -> Item:
    """A question from a record of any of the forms we know.

    Args:
        record: GSM8K, MATH, SVAMP (raw or flat), AIME, HumanEval, choices, or our own.
        name: its id, when it brings none. task: for records that do not say.
        unanswered: it need not have an answer.

    Raises:
        ValueError: it is none; says what is missing.
    """
    if not isinstance(record, dict):
        raise ValueError("it is not a JSON object")
    if re.search("[\ud800-\udfff]", json.dumps(record, ensure_ascii=False)):
        raise ValueError("it holds half a character (a lone surrogate)")
    name = str(next((record[key] for key in ID if record.get(key) not in (None, "")), name))
    if {"prompt", "test", "entry_point"} <= record.keys():
        return _code(record, name)
    question = _question(record)
    own = record.get("task")
    if unanswered and not any(record.get(key) not in (None, "") for key in ANSWER):
        return Item(name, question, "", own if own in TASKS else task)
    if options := record.get("choices", record.get("options")):
        return _choice(name, question, options, _first(record, ("answerKey", *ANSWER), "answer"))
    answer, *also = _references(_first(record, ANSWER, "answer"))
    more = dict(record["more"]) if isinstance(record.get("more"), dict) else {}
    chosen = own if own in TASKS else _task_of(question, answer, task)
    return Item(name, question, answer, chosen, more | ({"also": also} if also else {}))


def _first(record: Mapping[str, Any], keys: tuple[str, ...], what: str) -> Any:
    for key in keys:
        if record.get(key) not in (None, ""):
            return record[key]
    raise ValueError(f"it has no {what} (one of {', '.join(keys)})")


def _question(record: Mapping[str, Any]) -> str:
    if record.get("Body") and record.get("Question"):  # SVAMP's own file
        body = str(record["Body"]).strip()
        return f"{body}{'' if body.endswith(('.', ',', '!', '?')) else '.'} {record['Question']}"
    return str(_first(record, QUESTION, "question"))


def _references(answer: Any) -> list[str]:
    """The right answers that a field holds: a value, a list of them, or an object around them.

    Raises:
        ValueError: there is none.
    """
    answer = _unquoted(answer)
    if isinstance(answer, dict):
        parts = [answer[key] for key in INSIDE if answer.get(key) not in (None, "", [])]
        if not parts:
            raise ValueError(f"its answer is an object without any of {', '.join(INSIDE)}")
    else:
        parts = answer if isinstance(answer, list) else []
    if isinstance(answer, dict | list):
        found = [one for part in parts for one in _references(part)]
    elif isinstance(answer, float) and not math.isfinite(answer):
        raise ValueError(f"its answer is {answer}")
    else:
        found = [_reference(str(answer))]
    if not any(found):
        raise ValueError("its answer is empty")
    return list(dict.fromkeys(filter(None, found)))


def _unquoted(answer: Any) -> Any:
    """A list of texts that a table holds as text, ["42"] or ['42'], as a list; else the answer."""
    if isinstance(answer, str) and _TEXTS.fullmatch(answer.strip()):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            return ast.literal_eval(answer.strip())
    return answer


def _reference(answer: str) -> str:
    """The short form of a worked answer: GSM8K's `#### 42`, MATH's box; else the text itself."""
    if found := _HASHES.search(answer):
        return found[1]
    if "\\boxed" in answer and len(answer) > 40:
        from ttc_cli.answers import extract

        boxed = extract(answer)
        return boxed.text if boxed else answer.strip()
    return re.sub(r"^(-?[\d,]+)\.0$", r"\1", answer.strip())  # SVAMP writes 145.0


def _code(record: Mapping[str, Any], name: str) -> Item:
    prompt = str(record["prompt"])
    asked = f"Complete this Python function.\n\n```python\n{prompt.strip(chr(10))}\n```"
    more = {key: str(record[key]) for key in ("prompt", "test", "entry_point")}
    return Item(name, asked, str(record.get("canonical_solution", "")), "code", more)


def _choice(name: str, question: str, options: Any, answer: Any) -> Item:
    if isinstance(options, dict) and {"text", "label"} <= options.keys():  # ARC
        labels, texts = list(map(str, _listed(options["label"]))), _listed(options["text"])
    elif isinstance(options, dict):
        labels, texts = [str(key) for key in options], list(options.values())
    else:
        labels, texts = list(LETTERS), _listed(options)
    if len(texts) > len(LETTERS):
        raise ValueError(f"it has {len(texts)} choices, and {len(LETTERS)} letters name them")
    texts = [re.sub(r"^\(?([A-Z])[).:]\s*", "", str(text)) for text in texts]
    (answer,) = answer if isinstance(answer, list) and len(answer) == 1 else (answer,)
    right = _index(answer, labels, texts)
    if right is None or not 0 <= right < len(texts):
        raise ValueError(f"its answer {answer!r:.40} is none of its choices")
    lines = [f"{LETTERS[i]}) {text}" for i, text in enumerate(texts)]
    return Item(name, "\n".join([question, *lines]), LETTERS[right], "choice")


def _listed(options: Any) -> list[Any]:
    if not isinstance(options, list):
        raise ValueError("its choices are no list")
    return options


def _index(answer: Any, labels: list[str], texts: list[str]) -> int | None:
    text = str(answer).strip()
    if isinstance(answer, int) and not isinstance(answer, bool) and text not in labels[:1]:
        return answer
    if text in texts:
        return texts.index(text)
    letter = text.strip("().: ").upper()
    upper = [label.upper() for label in labels]
    return upper.index(letter) if letter in upper else None


def _common_task(records: list[dict[str, Any]]) -> str:
    """What the records' answers look like as a whole: values, or words."""
    found = (next((r[key] for key in ANSWER if r.get(key)), None) for r in records)
    answers = [_shown(answer) for answer in found if answer is not None]
    values = sum(bool(_VALUE.search(answer)) for answer in answers)
    return "short" if values < len(answers) / 2 else "math"


def _shown(answer: Any) -> str:
    try:
        return _references(answer)[0]
    except ValueError:
        return ""


def _task_of(question: str, answer: str, common: str) -> str:
    from ttc_cli.routing.surface import guess_task

    letter = re.fullmatch(r"\(?[A-Z]\)?", answer)
    return "choice" if letter and guess_task(question) == "choice" else common
