"""From a prompt and what is at hand to a route: task, path, answer form, effort, and why.

The classifier proposes; the user's rules, then flags, overrule it. Compute at answer time pays
where several steps of reasoning can go wrong and samples can be told apart, by a vote over short
answers or by a verifier; it does not pay for facts, translations and prose, which one answer
serves as well (Snell et al. 2024, arXiv 2408.03314, and the table in docs/router.md).

The classifier is a multinomial logistic regression over named features, without numpy; its weights
are a text file, one feature a line, written by `benchmarks/routing/train.py`.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ttc_cli.answers.asked import read
from ttc_cli.core.errors import UsageError
from ttc_cli.prompts.forms import Constraint, brief, constraints
from ttc_cli.prompts.message import Document, Task
from ttc_cli.routing.features import features
from ttc_cli.routing.material import END, summary
from ttc_cli.routing.signs import LAPSE
from ttc_cli.routing.surface import (
    NOT_COMPUTED,
    REASONING,
    TOLD,
    Computable,
    computable,
    guess_task,
    offers_choices,
    told,
)
from ttc_cli.settings.tables import RouteRule

WEIGHTS = Path(__file__).with_name("weights.tsv")
TASKS = ("math", "logic", "code", "factual", "translation", "writing", "extraction", "chat")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a prompt seems to be.

    Args:
        task: one of `TASKS`, and `sure` its probability.
        complex: probability that several steps of reasoning are needed.
    """

    task: str
    sure: float
    complex: float


@functools.cache
def _weights() -> tuple[list[tuple[str, str]], dict[str, list[int]]]:
    """((task, path) of each class, weights in hundredths by feature; "" is the bias)."""
    header, *lines = WEIGHTS.read_text("utf-8").split("\n")
    classes = [(name.split()[0], name.split()[1]) for name in header.split("\t")[1:]]
    rows = (line.split("\t") for line in lines if line)
    return classes, {name: [int(value) for value in values] for name, *values in rows}


def classify(prompt: str, attached: Sequence[Document] = ()) -> Verdict:
    """Task and path of a prompt, from its text and what is attached to it."""
    classes, weights = _weights()
    scores = [value / 100 for value in weights[""]]
    for name, value in features(prompt, attached).items():
        for at, weight in enumerate(weights.get(name, ())):
            scores[at] += value * weight / 100
    top = max(scores)
    odds = [math.exp(score - top) for score in scores]
    total = math.fsum(odds)
    tasks = dict.fromkeys(TASKS, 0.0)
    for (task, _), odd in zip(classes, odds, strict=True):
        tasks[task] += odd / total
    hard = sum(odd for (_, path), odd in zip(classes, odds, strict=True) if path == "complex")
    task = max(tasks, key=lambda name: tasks[name])
    return Verdict(task, tasks[task], hard / total)


RULE_SECONDS = 1.0  # for a rule's pattern, which may be a stranger's
COMPLEX = 0.5  # probability of needing several steps from which a prompt takes the complex path

_PROOF = re.compile(
    r"\b(?:prove|proof|show that|disprove|beweis\w*|zeige?, dass|démontr\w+|montr\w+ que|"
    r"demuestr\w+|demostr\w+|dimostr\w+|demonstr\w+|prove que|bewijs|udowodni\w+|докаж\w*|"
    r"ispatla\w*)\b|أثبت|सिद्ध|증명|证明|証明",
    re.IGNORECASE,
)

_ASKED = {"choice": ", multiple choice", "fact": ", a short answer"}
_LENGTHY = (
    "difference differences meaning purpose role definition cause causes effect effects history "
    "best way ways advantages disadvantages point process steps happens happened"
)
_TOLD_AT_LENGTH = frozenset(_LENGTHY.split())
"""Words of questions that take more than a few words to answer."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of a run besides the prompt.

    Args:
        verifier: whether something can judge samples; `gate`: and pass or fail them.
        rushed: whether the deadline leaves time for one plain answer only.
        programs: whether the model's programs are run here, and can be believed.
        data: the files that programs compute the answer from, for people; empty for none.
    """

    verifier: bool = False
    gate: bool = False
    rushed: bool = False
    programs: bool = False
    data: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a prompt goes.

    Args:
        task: one of `TASKS`. path: "simple" or "complex".
        form: what kind of answer is asked for, as `prompts.message` names it.
        effort: a level, or "auto" for one that escalates from the run itself.
        reason: for people, in a line. program: whether a program can be evidence, and why.
        auto: the effort where none is named.
    """

    task: str
    path: str
    form: Task
    effort: str
    reason: str
    program: Computable = NOT_COMPUTED
    auto: str = field(default="auto", compare=False)


def route(
    prompt: str,
    facts: Facts = Facts(),
    *,
    attached: Sequence[Document] = (),
    effort: str = "auto",
    task: str = "auto",
    path: str = "auto",
    form: Task | None = None,
    rules: Sequence[RouteRule] = (),
) -> Route:
    """Choose the route of a prompt.

    Args:
        attached: files and piped text that the prompt is about.
        effort, task, path: as flags or settings say; "auto" leaves them to rules and classifier.
        form: the answer's form where the asker knows it.
        rules: the user's; the first that matches and says something of a part decides it.
    """
    verdict = classify(prompt, attached)
    forms = constraints(prompt)
    guessed, sure = _guess(prompt, verdict, forms)
    parts = {"effort": "auto", "task": task, "path": path}
    why = {name: "given" for name, value in parts.items() if value != "auto"}
    for rule in rules:
        for name in parts:
            if parts[name] == "auto" and getattr(rule, name) and _matches(rule.match, prompt):
                parts[name] = getattr(rule, name)
                why[name] = f"by the rule {rule.match!r}"
    for name in ("task", "path"):
        if parts[name] == "auto":
            parts[name], why[name] = guessed[name], sure[name]
    short = [document.text for document in attached if len(document.text) <= 2 * END]
    alone = len(short) == len(attached) == 1  # a short text can hold the choices to pick from
    text = f"{short[0]}\n\n{prompt}" if alone else prompt
    kind = form or answer_form(text, parts["task"], parts["path"])
    given = why["task"].startswith(("given", "by the rule"))
    program = _program(prompt, parts["task"], attached, facts.data, given=given)
    if program.yes and kind in ("plain", "fact") and form is None:
        kind = "short"
    about = f"{parts['task']} ({why['task']}), {parts['path']} ({why['path']})"
    about += _ASKED.get(kind, "")
    if attached:
        about += f"; attached {summary(attached)}{_changed(prompt, verdict)}"
    auto, reason = parts["effort"], f"effort {parts['effort']}: {why.get('effort')}"
    if auto == "auto":
        auto, reason = _effort(parts["path"], kind, facts, computed=program.yes, forms=forms)
    if effort != "auto":
        reason = f"effort {effort}: given"
    level = auto if effort == "auto" else effort
    reason = f"{about}; {reason}"
    return Route(parts["task"], parts["path"], kind, level, reason, program, auto)


def _matches(pattern: str, prompt: str) -> bool:
    """Whether a rule's pattern is found; UsageError where it would be searched for ever."""
    import regex  # here, since few people have rules

    try:
        return regex.search(pattern, prompt, timeout=RULE_SECONDS) is not None
    except TimeoutError:
        why = f"the [[route]] {pattern!r} takes more than {RULE_SECONDS:g} s on this prompt"
        raise UsageError(why, "write a simpler pattern") from None


def _guess(
    prompt: str, verdict: Verdict, forms: Sequence[Constraint]
) -> tuple[dict[str, str], dict[str, str]]:
    """Task and path as far as nobody gave them, and how sure that is, for people."""
    hard = verdict.complex >= COMPLEX
    guessed = {"task": verdict.task, "path": "complex" if hard else "simple"}
    sure = {"task": f"{verdict.sure:.0%} sure"}
    sure["path"] = f"{verdict.complex if hard else 1 - verdict.complex:.0%} sure"
    kinds = {one.kind for one in forms}
    if "code" in kinds and verdict.task != "code":
        # "the command only" of a prompt with numbers in it is no mathematics
        return {"task": "code", "path": "simple"}, dict.fromkeys(sure, "asked for alone")
    lapse = LAPSE.search(prompt[:END]) is not None
    known = computable(prompt, verdict.task) is TOLD
    if known and (verdict.task == "math" or (lapse and verdict.task == "logic")):
        return {"task": "factual", "path": "simple"}, dict.fromkeys(sure, "told, not computed")
    if lapse and not known and verdict.task in ("factual", "extraction", "chat", "logic", "math"):
        return {"task": "math", "path": "complex"}, dict.fromkeys(sure, "a sum over times or dates")
    return guessed, sure


def _program(
    prompt: str, task: str, attached: Sequence[Document], data: str, *, given: bool
) -> Computable:
    if data:
        return Computable(True, f"computed over {data}")
    barred = given and task not in REASONING
    return NOT_COMPUTED if barred else computable(prompt, task, attached=attached)


def _changed(prompt: str, verdict: Verdict) -> str:
    """What the attached texts changed about the decision."""
    bare = classify(prompt)
    was = [bare.task] if bare.task != verdict.task else []
    if (bare.complex >= COMPLEX) != (verdict.complex >= COMPLEX):
        was.append("complex" if bare.complex >= COMPLEX else "simple")
    return f" (without it: {', '.join(was)})" if was else ""


def _effort(
    path: str, form: Task, facts: Facts, *, computed: bool, forms: Sequence[Constraint]
) -> tuple[str, str]:
    """The effort of a route that leaves it open, and why."""
    if facts.rushed:
        return "low", "the deadline leaves time for one answer"
    if facts.verifier:
        if facts.gate and path == "complex":
            return "high", "samples are drawn until one passes the verifier"
        return "medium", "a verifier chooses among samples"
    if computed and facts.programs:
        return "auto", "a program first, more samples where it is not sure"
    if form == "fact" and brief(forms):
        return "medium", "a few samples of a few tokens vote"
    if path == "simple" and form != "choice":
        return "low", "one plain answer will do"
    if form in ("math", "choice", "short", "fact"):
        return "auto", "more samples as confidence and agreement ask for them"
    return "low", "no short answer to vote on and no verifier (-V): more samples would not help"


def answer_form(prompt: str, task: str, path: str) -> Task:
    """What kind of answer a prompt of that task wants, by its surface."""
    wanted = constraints(prompt)
    letter = any(one.kind == "letter" for one in wanted)
    asks = task in REASONING or (task not in ("writing", "translation") and "?" in prompt)
    if (letter or asks) and offers_choices(prompt):
        return "choice"
    if task in REASONING and not _PROOF.search(prompt):
        return "math" if task == "math" or guess_task(prompt) == "math" else "short"
    if brief(wanted):
        return "math" if task != "code" and guess_task(prompt) == "math" else "fact"
    if task == "code":
        return "code" if path == "complex" or guess_task(prompt) == "code" else "plain"
    return "fact" if task == "factual" and asks_for_a_fact(prompt) else "plain"


def asks_for_a_fact(prompt: str) -> bool:
    """Whether a question is of a shape that a few words answer: which, who, when, how many."""
    asked = read(prompt)
    if asked is None or _TOLD_AT_LENGTH.intersection(asked.said) or told(prompt):
        return False
    return asked.shape != "same" or bool(asked.noun) or len(asked.rest) > 1
