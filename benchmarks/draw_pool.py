"""Draw plain replies and programs for a data set, to be replayed by rules of votes.

    python benchmarks/draw_pool.py --model MODEL.gguf --data train.jsonl --out pool.jsonl \
        --limit 60 --plain 4 --programs A,B

One JSON line a sample: id, kind, sample, tokens, stop, logprob, confidence (one a token), text;
with --states also the hidden states that come while it is drawn (base64 of float16) and how many
tokens there were by then ("marks"). Kinds: "plain" (temperature 0.7), "program-FORM-0" (greedy),
"program-FORM-1" (temperature 0.7; of the first form).
A run that was stopped goes on where it was. The kinds of
`docs/data/pool_svamp_train_0.5b.jsonl.gz` were measured with it; `fit_evidence.py` goes on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.halves import pack
from ttc_cli.core.sampling import GREEDY, Outputs, Sampling, StopRule, branch_seed
from ttc_cli.core.steps import STEPS
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.programs.begun import RULE, begun
from ttc_cli.prompts.message import DEFAULT_SYSTEM, wording

ASKS = "\nWrite a Python function that returns the answer."
FORMS = {
    "A": ("", ""),
    "B": (ASKS, ""),
    "J": (f"{ASKS} Not every number in the question is needed.", ""),
    "M": ("", "    # What is asked:"),
    "O": (ASKS, "    # Numbers that matter:"),
}
"""What follows the question in the user's turn, and how the function's body is begun."""
SAMPLED = Sampling(0.7)
CELLS = 800
"""Of the KV cache, a branch."""


def chat(user: str) -> Prompt:
    """A ChatML prompt of one turn."""
    turns = (("system", DEFAULT_SYSTEM), ("user", user))
    text = "".join(f"<|im_start|>{role}\n{said}<|im_end|>\n" for role, said in turns)
    return Prompt(pieces=((f"{text}<|im_start|>assistant\n", True),))


def request(key: tuple[str, str, int], question: str, *, states: bool = False) -> BranchRequest:
    """The request of one sample: ("id", kind, number)."""
    _, kind, number = key
    outputs = Outputs(logprobs=True, confidence=True, hidden="steps" if states else "")
    if kind == "plain":
        prompt, seed = chat(f"{question}\n{wording('math')}"), branch_seed(0, (number,))
        stop = StopRule(1024, steps=STEPS if states else None)
        return BranchRequest(key, prompt, stop, sampling=SAMPLED, seed=seed, outputs=outputs)
    _, form, drawn = kind.split("-")
    after, body = FORMS[form]
    prefix = (Step(begun(question, body=body), sampled=False),)
    sampling, seed = (SAMPLED, branch_seed(0, (100 + number,))) if drawn == "1" else (GREEDY, 0)
    return BranchRequest(
        key, chat(question + after), RULE,
        prefix=prefix, sampling=sampling, seed=seed, outputs=outputs,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--plain", type=int, default=0)
    parser.add_argument("--programs", default="", help=f"forms, of {', '.join(FORMS)}")
    parser.add_argument("--sampled", type=int, default=0, help="programs at a temperature")
    parser.add_argument("--states", action="store_true", help="keep hidden states")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--threads", type=int, default=0)
    told = parser.parse_args()
    rows = [json.loads(line) for line in told.data.read_text().splitlines()[: told.limit]]
    kept = told.out.read_text().splitlines() if told.out.exists() else []
    done = {(row["id"], row["kind"], row["sample"]) for row in map(json.loads, kept)}
    kinds = [("plain", n) for n in range(told.plain)]
    kinds += [(f"program-{form}-0", 0) for form in told.programs.split(",") if form]
    kinds += [(f"program-{told.programs[:1]}-1", n) for n in range(told.sampled)]
    left = [((r["id"], *kind), r["question"]) for r in rows for kind in kinds]
    left = [(key, question) for key, question in left if key not in done][::-1]
    engine = LlamaEngine(told.model, threads=told.threads, cells=told.width * CELLS)
    live: dict[Any, dict[str, Any]] = {}
    with told.out.open("a") as out:
        while left or live:
            while left and len(live) < told.width:
                key, question = left.pop()
                engine.submit(request(key, question, states=told.states))
                live[key] = {"text": "", "confidence": [], "logprob": 0.0, "tokens": 0}
                if told.states:
                    live[key] |= {"states": [], "marks": []}
            for delta in engine.poll(1.0):
                row = live[delta.key]
                row["text"] += delta.text
                row["confidence"] += [round(c, 1) for c in delta.confidences]
                row["logprob"] += sum(delta.logprobs)
                row["tokens"] += delta.sampled
                for state in delta.hidden:
                    row["states"].append(pack(state))
                    row["marks"].append(row["tokens"])
                if delta.stop is not None:
                    names = dict(zip(("id", "kind", "sample"), delta.key, strict=True))
                    line = {**names, **live.pop(delta.key), "stop": str(delta.stop)}
                    out.write(json.dumps(line) + "\n")
                    out.flush()
    engine.close()


if __name__ == "__main__":
    main()
