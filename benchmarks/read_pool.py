"""States, answers and verdicts of the samples that `draw_pool.py` drew: what evidence is fitted on.

    python benchmarks/read_pool.py --model MODEL.gguf --data train.jsonl --pool pool.jsonl \
        --out read.jsonl [--answers]

Nothing is drawn: each text is evaluated once, and programs are run in the jail. One JSON line a
sample: a trace (see `prm.traces`) and kind, name, sample, stop, answer, confidence, likelihood (of
the answer, asked for alone) and what a head reads of it (asked: state and features), left_out, sums
and wrong (see `programs.computation`). With --answers no text is evaluated but these: a twentieth
of the time, and no other states. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import math
import threading
from collections import defaultdict
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from draw_pool import chat, request

from ttc_cli.answers import equivalent
from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.events import end_of
from ttc_cli.core.halves import pack, unpack
from ttc_cli.core.outcome import Question
from ttc_cli.core.programs import GREEDY_PROGRAM, PLAIN, PROGRAM, Ran, source
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, Stop, StopRule
from ttc_cli.core.steps import STEPS
from ttc_cli.drawing.replies import answer_of
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.prm.traces import Trace
from ttc_cli.programs.computation import Computation, written_out
from ttc_cli.prompts.message import wording
from ttc_cli.session.programs import runner
from ttc_cli.verifiers.head import FEATURES, features_of, states_of
from ttc_cli.verifiers.probe import with_states
from ttc_cli.voting.likelihood import alone, beyond, number

KINDS = {"plain": PLAIN, "program-B-0": GREEDY_PROGRAM, "program-A-0": PROGRAM,
         "program-B-1": PROGRAM}  # fmt: skip
"""By the names of `draw_pool.py`; samples of other prompts are left out."""
LOGPROB, SURPRISE = map(FEATURES.index, ("mean log-probability", "log surprise"))


class Reader:
    """Reads samples of one model.

    Args:
        engine: of the model that drew them.
    """

    def __init__(self, engine: LlamaEngine) -> None:
        self._engine = engine
        self._inexact = 0

    def plain(
        self, asked: dict[str, Any], rows: list[dict[str, Any]], *, steps: bool
    ) -> list[dict[str, Any]]:
        """The plain replies of one question, with states at their ends, or at all steps' ends."""
        question = Question(asked["question"], "math", None, lambda v, t: prompt)
        prompt = request((asked["id"], "plain", 0), asked["question"]).prompt
        branches = [
            Branch((row["sample"],), prompt, (Step(row["text"]),), Stop(row["stop"]))
            for row in rows
        ]
        if steps:
            read = end_of(with_states(Run(self._engine), branches))
        else:
            flow = Run(self._engine).extend(
                branches, stop=StopRule(0), outputs=Outputs(hidden="turn")
            )
            read = sorted(
                end_of(flow), key=lambda branch: [b.id for b in branches].index(branch.id)
            )
        out = []
        for row, bare, branch in zip(rows, branches, read, strict=True):
            found = answer_of(bare, question)
            whole = Step(row["text"], confidences=tuple(row["confidence"]), marks=(row["tokens"],))
            measured = self._measured(row, branch) if steps else replace(branch, steps=(whole,))
            features = features_of(measured)
            out.append(_record(asked, row, branch, features, Ran(found.text if found else "")))
        return out

    def drawn(self, asked: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
        """A sample whose states were kept when it was drawn: "states" and "marks" in its row."""
        drawn = request((asked["id"], row["kind"], 0), asked["question"])
        states, marks = tuple(map(unpack, row["states"])), tuple(row["marks"])
        step = Step(row["text"], confidences=tuple(row["confidence"]), hidden=states, marks=marks)
        branch = Branch((0,), drawn.prompt, (step,), Stop(row["stop"]))
        if row["kind"] == "plain":
            question = Question(asked["question"], "math", None, lambda v, t: drawn.prompt)
            found = answer_of(branch, question)
            ran = Ran(found.text if found else "")
        else:
            ran = self._value(asked, branch, drawn.prefix[0].text + row["text"])
        return _record(asked, row, branch, features_of(branch), ran)

    def _value(self, asked: dict[str, Any], branch: Branch, text: str) -> Ran:
        """What the program in a text returns; nothing for one that did not come to its end."""
        if branch.stop is None or not branch.stop.whole:
            return Ran()
        run = runner(asked["question"], unsafe=False)
        return run(source(text), threading.Event())

    def programs(self, asked: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The programs of one question, with the state at their end: of the fence that closes."""
        branches = []
        for n, row in enumerate(rows):
            drawn = request((asked["id"], row["kind"], 0), asked["question"])
            steps = (*drawn.prefix, Step(row["text"].rstrip("\n") + "\n```"))
            self._inexact += self._tokens(drawn.prompt, steps[1:]) != row["tokens"]
            branches.append(Branch((n,), drawn.prompt, steps))
        flow = Run(self._engine).extend(branches, stop=StopRule(0), outputs=Outputs(hidden="end"))
        out = []
        for row, read in zip(rows, sorted(end_of(flow), key=lambda b: b.id), strict=True):
            ended = replace(read, stop=Stop(row["stop"]))
            ran = self._value(asked, ended, read.text.removesuffix("\n```"))
            step = Step(row["text"], confidences=tuple(row["confidence"]), marks=(row["tokens"],))
            features = features_of(Branch((0,), read.prompt, (step,)))
            out.append(_record(asked, row, read, features, ran))
        return out

    def _tokens(self, prompt: Any, steps: tuple[Step, ...]) -> int:
        return self._engine.count(prompt, steps) - self._engine.count(prompt)

    def _measured(self, row: dict[str, Any], read: Branch) -> Branch:
        """The branch with the confidences of its steps' tokens, as when it was drawn."""
        ends = [self._tokens(read.prompt, read.steps[: n + 1]) for n in range(len(read.steps))] or [
            0
        ]
        drawn = len(row["confidence"])
        self._inexact += ends[-1] + (row["stop"] == "end") != drawn
        scaled = [round(end * drawn / max(1, ends[-1])) for end in ends]
        steps = []
        for step, begin, end in zip(read.steps, [0, *scaled], scaled, strict=False):
            confidences = tuple(row["confidence"][begin:end])
            steps.append(
                Step(step.text, confidences=confidences, hidden=step.hidden, marks=(end - begin,))
            )
        return Branch(read.id, read.prompt, tuple(steps))

    def answers(self, asked: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The samples' answers and verdicts alone."""
        out = []
        for row in rows:
            drawn = request((asked["id"], row["kind"], 0), asked["question"])
            prompt = drawn.prompt
            branch = Branch((0,), prompt, (Step(row["text"]),), Stop(row["stop"]))
            if row["kind"] == "plain":
                question = Question(asked["question"], "math", None, lambda v, t, p=prompt: p)
                found = answer_of(branch, question)
                ran = Ran(found.text if found else "")
            else:
                ran = self._value(asked, branch, drawn.prefix[0].text + row["text"])
            kept = {name: row[name] for name in ("sample", "stop", "confidence", "tokens")}
            out.append({
                "question": asked["id"], "steps": [], "right": _right(ran.answer, asked),
                "kind": KINDS[row["kind"]], "name": row["kind"], **kept,
                **_said(asked["question"], row, ran),
            })  # fmt: skip
        return out

    def likelihoods(self, asked: dict[str, Any], records: list[dict[str, Any]]) -> None:
        """Add to each record what is known of its number, where it has one."""
        bare = chat(f"{asked['question']}\n{wording('bare')}")
        question = Question(asked["question"], "math", None, lambda v, t: bare, bare=bare)
        said = [
            number(Branch((), bare, (Step(f"\\boxed{{{row['answer']}}}"),), Stop.END), question)
            for row in records
        ]
        texts = sorted({text for text in said if text})
        found = end_of(alone(Run(self._engine), question, texts, states=True))
        for row, text in zip(records, said, strict=True):
            row["likelihood"] = row["asked"] = None
            if text in found:
                read = found[text]
                row["likelihood"] = beyond(text, math.fsum(read.steps[-1].logprobs))
                row["asked"] = pack(states_of(read)), pack(features_of(read))

    @property
    def inexact(self) -> int:
        """Samples whose text is cut into other tokens than were drawn."""
        return self._inexact


def _record(
    asked: dict[str, Any], row: dict[str, Any], branch: Branch, features: Any, ran: Ran
) -> dict[str, Any]:
    states = states_of(branch)
    features[-1, LOGPROB] = row["logprob"] / max(1, row["tokens"])
    features[-1, SURPRISE] = math.log(0.1 - row["logprob"])
    right = _right(ran.answer, asked)
    labels = (float(right),) * len(states)
    pieces = [*STEPS.cut(branch.text), *[""] * len(states)]
    texts = tuple(pieces[: len(states)])
    trace = Trace(asked["id"], texts, states, features, labels, right, row["tokens"])
    kept = {name: row[name] for name in ("sample", "stop", "confidence")}
    return {**trace.record(), "kind": KINDS[row["kind"]], "name": row["kind"], **kept,
            **_said(asked["question"], row, ran)}  # fmt: skip


def _said(question: str, row: dict[str, Any], ran: Ran) -> dict[str, Any]:
    plain = row["kind"] == "plain"
    found = written_out(row["text"], question) if plain else Computation(ran.left_out, ran.sums)
    return {"answer": ran.answer, **asdict(found)}


def _right(answer: str, asked: dict[str, Any]) -> bool:
    return bool(answer) and equivalent(answer, asked["answer"].rpartition("####")[2].strip())


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of a file; what follows the last line break is still being written."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("model", "data", "pool", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=0, help="questions whose steps are read too")
    parser.add_argument("--answers", action="store_true", help="no states")
    parser.add_argument("--most", type=int, default=2, help="samples of program-B-1 a question")
    told = parser.parse_args()
    asked = {row["id"]: row for row in lines(told.data)}
    kept = lines(told.out) if told.out.exists() else []
    done = {(row["question"], row["name"], row["sample"]) for row in kept}
    left: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in lines(told.pool):
        beyond = row["kind"] == "program-B-1" and row["sample"] >= told.most
        known = (row["id"], row["kind"], row["sample"]) in done
        if row["kind"] in KINDS and not (beyond or known):
            left[row["id"]].append(row)
    engine = LlamaEngine(str(told.model), threads=told.threads, cells=8192)
    reader = Reader(engine)
    with told.out.open("a") as out:
        for n, (name, rows) in enumerate(left.items(), 1):
            kept = [row for row in rows if row.get("states")]
            rows = [row for row in rows if "states" not in row]
            plain = [row for row in rows if row["kind"] == "plain"]
            programs = [row for row in rows if row["kind"] != "plain"]
            if told.answers:
                found = reader.answers(asked[name], kept + rows)
            else:
                found = [reader.drawn(asked[name], row) for row in kept]
                found += reader.plain(asked[name], plain, steps=n <= told.steps) if plain else []
                found += reader.programs(asked[name], programs) if programs else []
            reader.likelihoods(asked[name], found)
            for record in found:
                out.write(json.dumps(record) + "\n")
            out.flush()
            print(f"{n} of {len(left)}, {reader.inexact} in other tokens", flush=True)
    engine.close()


if __name__ == "__main__":
    main()
