"""What a probe costs: branches scored at every step against the same branches unscored.

Two measurements, each in processes of their own:
cost    branches of one prompt, drawn as best-of-n draws them. Scored: hidden states are captured
        at step ends, the head scores each as it comes (the path of `-O give-up`), and all are
        graded at the end. Unscored: as without a verifier. Same seeds, same tokens; sides take
        turns.
tree    a tree forked in two at every level: how often shared prefixes are evaluated.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from statistics import median
from typing import Any

import numpy as np
from engine_common import SAMPLING, SHARE, TAIL, fresh, measure_parts, prompt_of, quiet, spread

from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.core.events import end_of
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, StopRule
from ttc_cli.core.steps import STEPS
from ttc_cli.core.verify import Graded
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.models.registry import ModelFile, identity, resolve
from ttc_cli.settings import home
from ttc_cli.verifiers.head import FEATURES, Head
from ttc_cli.verifiers.probe import Probe
from ttc_cli.voting.adaptive import StepScorePruner

LEVELS = 4
BAR = 1.05
NEVER = 1e-30
"""A score that no sample falls below: all are scored, none is given up."""
ASKED = (
    "A shop sells pens at 3 for $4 and notebooks at $7 for two. Anna buys 12 pens and 6 notebooks,"
    " then returns a quarter of each. How much has she spent? Reason step by step, with a blank"
    " line between steps."
)


class Watched(Probe):
    """A probe that counts what it scores while branches are written, and the seconds it takes."""

    calls, seconds = 0, 0.0

    def live(self, branch: Branch) -> Graded:
        """See Probe."""
        began = time.perf_counter()
        graded = super().live(branch)
        Watched.calls += 1
        Watched.seconds += time.perf_counter() - began
        return graded


def load(options: argparse.Namespace) -> LlamaEngine:
    """The engine; it never ends a turn, so that both sides draw exactly as many tokens."""
    model = resolve(options.model, home())
    assert isinstance(model, ModelFile), "a server gives no hidden states"
    return LlamaEngine(
        model.path,
        cells=options.cells,
        context=4096,
        threads=options.threads,
        sha256=identity(model),
        ignore_eog=True,
    )


def probe_for(options: argparse.Namespace, engine: LlamaEngine, width: int) -> Watched:
    """The trained probe, or one of random weights and the same shape: it costs the same."""
    if options.probe:
        probe = Watched(options.probe, Head.load(home() / "probes" / f"{options.probe}.npz"))
        probe.fits(engine.info)
        return probe
    rng, inputs = np.random.default_rng(0), width + len(FEATURES)
    head = Head(
        engine.info.sha256,
        np.zeros(inputs, np.float32),
        np.ones(inputs, np.float32),
        rng.normal(0, width**-0.5, inputs).astype(np.float32),
        0.0,
    )
    return Watched("random", head)


def branches_of(options: argparse.Namespace, scored: bool) -> dict[str, Any]:
    """All branches at once, with the probe or without."""
    engine = load(options)
    warm = Branch((10**6,), prompt_of(engine, 40))
    (state,) = end_of(Run(engine).extend([warm], stop=StopRule(4), outputs=Outputs(hidden="end")))
    probe = probe_for(options, engine, len(state.steps[-1].hidden[0]))
    prompt = Prompt((("<|im_start|>user\n", True), (ASKED, False), (TAIL, True)))
    question = Question(ASKED, "math", "number", lambda variant, think: prompt)
    plan = Plan("best-of-n", "high", options.width, options.tokens, verifier=probe)
    run = Run(engine, seed=1)
    start, own = time.perf_counter(), time.process_time()
    done = end_of(
        run.extend(
            [Branch((i,), prompt) for i in range(options.width)],
            stop=StopRule(options.tokens, steps=STEPS if scored else None, loops=False),
            sampling=SAMPLING,
            outputs=probe.outputs if scored else Outputs(confidence=True),
            draw=StepScorePruner(NEVER, plan) if scored else None,
        )
    )
    if scored:
        grades = end_of(probe(run, done, question))
        assert all(grade.score is not None for grade in grades)
    seconds, own = time.perf_counter() - start, time.process_time() - own
    engine.close()
    return {
        "seconds": seconds,
        "processor_seconds": own,
        "tokens": {str(branch.id): branch.steps[-1].tokens for branch in done},
        "prefilled": run.ledger.usage.prefilled,
        "steps": sum(len(branch.steps[-1].marks) for branch in done),
        "calls": Watched.calls,
        "head": Watched.seconds,
    }


def cost(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds of the scored run over those of the unscored one, round by round."""
    kind = f"probe {options.probe}" if options.probe else "a head of random weights (same shape)"
    print(f"cost: {options.width} branches of {options.tokens} tokens, {kind}")
    rounds: list[dict[bool, dict[str, Any]]] = []
    for index in range(options.rounds):
        turn: dict[bool, dict[str, Any]] = {}
        for scored in (index % 2 == 0, index % 2 == 1):
            turn[scored] = quiet(partial(fresh, branches_of, options, scored))
        rounds.append(turn)
        with_, without = turn[True], turn[False]
        same = "the same tokens" if with_.pop("tokens") == without.pop("tokens") else "OTHER TOKENS"
        print(
            f"  round {index + 1}: {with_['seconds']:.2f} s, unscored {without['seconds']:.2f} s,"
            f" {with_['steps']} steps scored by {with_['calls']} calls in {with_['head']:.3f} s,"
            f" {same}, others {max(with_['others'], without['others']):.1%}",
            flush=True,
        )
    calm = [t for t in rounds if all(side["others"] <= SHARE for side in t.values())]
    ratios, own = (
        [t[True][clock] / t[False][clock] for t in calm or rounds]
        for clock in ("seconds", "processor_seconds")
    )
    again = rounds[0][True]["prefilled"] - rounds[0][False]["prefilled"]
    verdict = ("within" if median(ratios) <= BAR else "ABOVE") if calm else "no verdict on"
    print(f"  {len(calm)} of {options.rounds} rounds undisturbed{'' if calm else ': all are used'}")
    print(f"  ratio {spread(ratios, 3)}, {verdict} {BAR}; of processor seconds {spread(own, 3)}")
    print(f"  evaluated for scoring: {again} tokens")
    return {
        "ratios": ratios,
        "processor_ratios": own,
        "calm": len(calm),
        "rounds": [list(t.values()) for t in rounds],
    }


def leaves(options: argparse.Namespace) -> dict[str, Any]:
    """A tree of two children a node, each of so many tokens, grown level by level."""
    engine = load(options)
    run = Run(engine, seed=1)
    level = [Branch((), prompt_of(engine, options.prompt))]
    given = children = 0
    for _ in range(LEVELS):
        seeds = [parent.fork(child) for parent in level for child in range(2)]
        given += sum(engine.count(seed.prompt, seed.steps) for seed in seeds)
        children += sum(bool(seed.steps) for seed in seeds)
        rule = StopRule(options.edge, loops=False)
        outputs = Outputs(hidden="end")  # as searches that a probe scores do
        level = end_of(run.extend(seeds, stop=rule, sampling=SAMPLING, outputs=outputs))
    usage = run.ledger.usage
    engine.close()
    return {
        "leaves": len(level),
        "given": given,
        "evaluated": usage.prefilled,
        "shared": usage.shared,
        "least": options.prompt + children,
    }


def tree(options: argparse.Namespace) -> dict[str, Any]:
    """Tokens of shared prefixes that were evaluated, against the least there can be.

    The prompt is evaluated once, a step's tokens are when they are drawn, and each child
    evaluates the last token before it once more, for the logits to draw from.
    """
    done = fresh(leaves, options)
    print(f"tree: {done['leaves']} leaves, {options.edge} tokens a step, prompt {options.prompt}")
    print(f"  prefixes hold {done['given']} tokens, {done['shared']} of them shared")
    verdict = "each once" if done["evaluated"] <= done["least"] else "SOME AGAIN"
    print(f"  evaluated {done['evaluated']}, the least is {done['least']}: {verdict}")
    return done


PARTS = {"cost": cost, "tree": tree}


def main() -> None:
    """Parse, measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-m", "--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--probe", default="", help="a trained one's name; random weights else")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--width", type=int, default=16, help="branches")
    parser.add_argument("--tokens", type=int, default=192, help="of each branch")
    parser.add_argument("--prompt", type=int, default=128, help="tokens of the tree's prompt")
    parser.add_argument("--edge", type=int, default=24, help="tokens of the tree's steps")
    parser.add_argument("--cells", type=int, default=8192)
    parser.add_argument("--threads", type=int, default=2)
    measure_parts(parser, PARTS)


if __name__ == "__main__":
    main()
