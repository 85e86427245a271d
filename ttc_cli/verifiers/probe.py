"""A trained probe on the generator's own hidden states: step scores for next to nothing.

Probes of the models that were measured come with the package, in `probes/`. States come from the
decode that writes the text. Where a branch was drawn without them (forced, say), they are read by
evaluating its text once.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ttc_cli.core.branch import Branch, BranchId, Step
from ttc_cli.core.engine import EngineInfo
from ttc_cli.core.errors import ModelError, UsageError
from ttc_cli.core.events import Flow
from ttc_cli.core.options import NoOptions
from ttc_cli.core.outcome import Question
from ttc_cli.core.programs import ANSWER, PLAIN, kind
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, Stop, StopRule
from ttc_cli.core.steps import STEPS
from ttc_cli.core.verify import Graded
from ttc_cli.settings import home
from ttc_cli.verifiers.common import unheard
from ttc_cli.verifiers.head import Head, features_of, states_of
from ttc_cli.voting.evidence import measured

USAGE = "probe:NAME"
OURS = Path(__file__).parent / "probes"
OUTPUTS = Outputs(confidence=True, logprobs=True, hidden="steps")
TELLS = 0.65
"""AUC of steps from which a probe scores them unasked: the mean confidence has 0.63 (1.5B)."""


def opens(argument: str) -> tuple[Path, ...]:
    """The probe's own file."""
    return (_file(argument),)


def _file(name: str) -> Path:
    """The user's own probe of that name, else ours."""
    mine, ours = home() / "probes" / f"{name}.npz", OURS / f"{name}.npz"
    return ours if ours.exists() and not mine.exists() else mine


@functools.cache
def shipped(model: str) -> Probe | None:
    """The probe that comes with the package for a model, by its sha256."""
    probes = (Probe(f"probe:{path.stem}", Head.load(path)) for path in sorted(OURS.glob("*.npz")))
    return next((probe for probe in probes if probe.head.model == model), None)


def step_scorer(model: str) -> str:
    """The probe that comes with a model, as `-V` names it; empty where it does not tell steps.

    Args:
        model: sha256.
    """
    found = shipped(model)
    if found is None or found.head.facts.get("auc_under_way", 0.0) < TELLS:
        return ""
    return found.name


def mismatch(info: EngineInfo) -> str:
    """What to tell of a model that a probe comes with, in another file; empty for others."""
    name = measured(info.name)
    if name is None or not (OURS / f"{name}.npz").exists() or "hidden" not in info.capabilities:
        return ""
    return f"the probe of {name} was made for another file of it: samples are weighed without it"


def build(argument: str, options: NoOptions, *, unsafe: bool) -> Probe:
    """The verifier. Raises UsageError: no probe is called so."""
    if not argument:
        raise UsageError("probe needs a name", "write -V probe:NAME; `ttc prm list` names them")
    return Probe(f"probe:{argument}", Head.load(_file(argument)))


@dataclass(frozen=True)
class Probe:
    """Grades a line of thought by the state at its last step's end."""

    name: str
    head: Head
    gate: bool = False
    outputs: Outputs = OUTPUTS
    needs: tuple[str, ...] = ("hidden",)

    def fits(self, info: EngineInfo) -> None:
        """Refuse another model than the one it was trained on. Raises ModelError: it names both."""
        if info.sha256 != self.head.model:
            raise ModelError(
                f"{self.name} reads the states of model {self.head.model[:12]},"
                f" and this is {info.sha256[:12]}",
                "train one for this model: ttc prm train",
            )

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        """One `Graded` a branch, in order; `steps` holds a score for each state."""
        seen = yield from with_states(run, branches)
        return [self.live(branch) for branch in seen]

    def live(self, branch: Branch) -> Graded:
        """See `core.verify.Live`: by the states that came with the drawing."""
        states = states_of(branch)
        if not len(states):
            return Graded(None, "there is no hidden state of it")
        if states.shape[1] != self.head.width:
            return Graded(None, f"its states are {states.shape[1]} wide, not {self.head.width}")
        head, features = self.head, features_of(branch)
        if kind(branch) == ANSWER:
            if head.answers is None:
                return Graded(None, "it has no head for answers")
            head = head.answers
        scores = [float(score) for score in head.score(states, features)]
        ended = branch.stop is not None and branch.stop.whole
        if head.ends and kind(branch) == PLAIN and ended:
            scores[-1] = float(head.ends.score(states[-1:], features[-1:])[0])
        return Graded(scores[-1], steps=tuple(scores))


def with_states(run: Run, branches: Sequence[Branch]) -> Flow[list[Branch]]:
    """The branches, each with the hidden states of its step ends; read where they lack."""
    out = list(branches)
    wanted: dict[str, list[Branch]] = {"end": [], "turn": []}
    places: dict[BranchId, tuple[int, int]] = {}
    for i, branch in enumerate(branches):
        if branch.text and not any(step.hidden for step in branch.steps):
            steps = tuple(map(Step, STEPS.cut(branch.text)))
            out[i] = replace(branch, steps=steps)
            for n in range(len(steps)):
                name = (*branch.id, -1 - len(places))
                begun = replace(branch, id=name, steps=steps[: n + 1], meta={})
                # of a turn that ended it is the state of the end-of-turn token, as when drawn
                ended = branch.stop is Stop.END and n == len(steps) - 1
                wanted["turn" if ended else "end"].append(begun)
                places[name] = i, n
    for hidden, some in wanted.items():
        outputs = Outputs(hidden=hidden)
        read = yield from unheard(
            run.extend(some, stop=StopRule(0), outputs=outputs, salt="states")
        )
        for branch in read:
            if branch.steps and (state := branch.steps[-1].hidden):
                i, n = places[branch.id]
                changed = [*out[i].steps]
                changed[n] = replace(changed[n], hidden=state, marks=(0,))
                out[i] = replace(out[i], steps=tuple(changed))
    return out
