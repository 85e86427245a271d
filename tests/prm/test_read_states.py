"""States that are read from a text are those that came when it was drawn, at its end too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.events import end_of
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import GREEDY, Stop, StopRule
from ttc_cli.core.steps import STEPS
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.verifiers.head import states_of
from ttc_cli.verifiers.probe import OUTPUTS, with_states

ASKED = "<|im_start|>user\nSay hi in one word.<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.model
def test_a_reply_that_ended_is_read_with_its_end(smollm: Path) -> None:
    engine = LlamaEngine(smollm, cells=1024)
    try:
        run, branch = Run(engine), Branch((0,), Prompt(((ASKED, True),)))
        rule = StopRule(120, steps=STEPS)
        (drawn,) = end_of(run.extend([branch], stop=rule, outputs=OUTPUTS, sampling=GREEDY))
        assert drawn.stop is Stop.END
        bare = replace(drawn, steps=tuple(replace(s, hidden=(), marks=()) for s in drawn.steps))
        (read,) = end_of(with_states(run, [bare]))
    finally:
        engine.close()
    assert np.allclose(states_of(read)[-1], states_of(drawn)[-1], atol=0.5)
