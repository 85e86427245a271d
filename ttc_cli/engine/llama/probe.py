"""A context that is only measured: see `engine.tuning`."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from ttc_cli.core.errors import EngineFailed
from ttc_cli.engine.host import Tuning
from ttc_cli.engine.llama.binding import Model
from ttc_cli.engine.llama.context import Context, Row
from ttc_cli.engine.tuning import Reading

CELLS = 1024
HELD = 128  # tokens of the prompt that decoded branches share
CHUNK = 32  # rows with logits at once while the text is read
READ = 256  # tokens of the text at most
TEXT = """\
The lighthouse keeper wrote in his diary every evening, and what he wrote was mostly weather. On
the fourth of March he noted that 3 ships had passed, that 2 of them carried 48 barrels each,
and that the third carried 17 fewer than the two together; so the third carried 2 * 48 - 17 = 79
barrels, and all three 96 + 79 = 175. He checked the sum twice. To solve such a problem step by
step, first write down what is known, then what is asked, and only then begin to compute.

def mean(values):
    if not values:
        return None
    return sum(values) / len(values)

{"name": "keeper", "ships": [48, 48, 79], "total": 175}
The capital of France is Paris, and water boils at one hundred degrees Celsius at sea level.
"""


class Probe:
    """One context of `CELLS` cells. Close it. Raises ModelError: llama.cpp cannot make it so."""

    def __init__(self, model: Model, tuning: Tuning) -> None:
        self._context = Context(model, cells=CELLS, tuning=tuning, abort=lambda: False)
        text = model.tokenize(TEXT, special=False)[:READ]
        self._text = [model.bos, *text] if model.adds_bos else text
        self._held = 0

    def prefill(self, tokens: int) -> float:
        """Seconds to evaluate a prompt of so many tokens."""
        self._context.cut(0)
        self._held = 0
        began = time.perf_counter()
        self._run([Row(self._token(i), i, 0, i == tokens - 1) for i in range(tokens)])
        return time.perf_counter() - began

    def decode(self, width: int, times: int) -> float:
        """Seconds of `times` decodes of `width` branches behind one prompt."""
        if not self._held:
            self.prefill(HELD)
            self._held = HELD
        for branch in range(1, width + 1):
            self._context.copy(0, branch, HELD)
        began = time.perf_counter()
        for at in range(HELD, HELD + times):
            branches = range(1, width + 1)
            self._run([Row(self._token(at * branch), at, branch, True) for branch in branches])
        seconds = time.perf_counter() - began
        for branch in range(1, width + 1):
            self._context.cut(branch)
        return seconds

    def read(self) -> Reading:
        """The fixed text's tokens, each in the light of those before it."""
        self._context.cut(0)
        self._held = 0
        logprobs: list[float] = []
        best: list[int] = []
        for start in range(0, len(self._text) - 1, CHUNK):
            at = range(start, min(start + CHUNK, len(self._text) - 1))
            logits = self._run([Row(self._text[i], i, 0, True) for i in at])
            top = logits.max(axis=1)
            total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
            wanted = [self._text[i + 1] for i in at]
            logprobs += (logits[np.arange(len(at)), wanted] - total).tolist()
            best += logits.argmax(axis=1).tolist()
        return Reading(logprobs, best)

    def close(self) -> None:
        """Free the context; idempotent."""
        self._context.close()

    def _token(self, at: int) -> int:
        return self._text[at % len(self._text)]

    def _run(self, rows: Sequence[Row]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        """One decode; its logits are waited for, so that the seconds are all of it."""
        if code := self._context.decode(rows):
            raise EngineFailed(f"llama.cpp refused a decode of {len(rows)} tokens (code {code})")
        return self._context.logits(sum(row.output for row in rows))
