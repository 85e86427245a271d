"""What every engine promises, checked on each of them."""

from __future__ import annotations

import itertools
import random
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from kinds import STORY, Kind, ask, branch, finish, hear

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import Engine
from ttc_cli.core.errors import ContextOverflow, EngineFailed
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import GREEDY, Stop
from ttc_cli.core.steps import StepRule

Make = Callable[..., Engine]
LONG = Prompt((("The men saw a light under the water. " * 40, False),))


def test_same_seed_same_text_and_different_branches_different_text(make: Make) -> None:
    texts = [
        [said.text for said in ask(make(), *(branch(i, 12, seed=i) for i in range(4)))]
        for _ in range(2)
    ]
    assert texts[0] == texts[1]
    assert len(set(texts[0])) == 4


def test_a_reply_goes_on_as_if_it_had_not_stopped(kind: Kind, shared: Engine) -> None:
    """Also where it stopped in the middle of a character."""
    same, total = 0, 0
    for seed in range(4 if kind.fast else 1):
        n = 24 if kind.fast else 8
        (whole,) = ask(shared, branch("whole", n, seed=seed))
        for at in range(1, len(whole.tokens), 1 if kind.fast else 3):
            (first,) = ask(shared, branch("first", at, seed=seed))
            step = Step(first.text, first.tokens)
            (rest,) = ask(shared, branch("rest", n - at, seed=seed, prefix=(step,)))
            if kind.real:
                assert kind.decode(shared, first.tokens + rest.tokens) == first.text + rest.text
            same += first.text + rest.text == whole.text
            total += 1
    # With a wrong position or a lost token, hardly any would be the same.
    assert same == total if kind.exact else same >= total / 2


def test_max_tokens_is_exact(shared: Engine) -> None:
    for said, n in zip(ask(shared, *(branch(n, n) for n in range(7))), range(7), strict=True):
        assert said.sampled == n or said.stop is Stop.END
        assert said.stop in (Stop.LENGTH, Stop.END)


def test_the_ledger_is_exact(shared: Engine) -> None:
    ledger = Ledger(23)
    said = ask(shared, *(branch(i, 9, seed=i, ledger=ledger) for i in range(6)))
    assert sum(s.sampled for s in said) == ledger.spent <= 23
    if not any(s.stop is Stop.END for s in said):
        assert ledger.spent == 23
        assert {s.stop for s in said} <= {Stop.LENGTH, Stop.BUDGET}


def test_nothing_follows_a_cancel(kind: Kind, shared: Engine) -> None:
    said: dict[Any, Any] = {}
    for i in range(4):
        shared.submit(branch(i, 30, seed=i))
    hear(shared, said)
    for key in (0, 2, 2, "never submitted"):
        shared.cancel(key)
    heard = {key: len(said[key].deltas) for key in (0, 2) if key in said}
    finish(shared, [1, 3], said)
    assert {key: len(said[key].deltas) for key in (0, 2) if key in said} == heard
    shared.cancel(1)
    kind.check(shared)


def test_a_key_can_be_used_again_after_a_cancel(kind: Kind, shared: Engine) -> None:
    (expected,) = ask(shared, branch("other key", 10, seed=3))
    for _ in range(20 if kind.fast else 2):
        shared.submit(branch("key", 30, seed=8))
        shared.poll(0)
        shared.cancel("key")
        (said,) = ask(shared, branch("key", 10, seed=3))
        assert said.sampled == expected.sampled
        assert said.text == expected.text or not kind.exact


def test_a_live_key_is_refused(kind: Kind, shared: Engine) -> None:
    shared.submit(branch("twice"))
    with pytest.raises(EngineFailed):
        shared.submit(branch("twice"))
    finish(shared, ["twice"])
    kind.check(shared)


def test_stop_strings_are_never_in_the_text(kind: Kind, shared: Engine) -> None:
    stopped = 0
    for seed in range(20 if kind.fast else 2):
        (whole,) = ask(shared, branch("whole", 16, seed=seed))
        for size in (1, 3):
            string = whole.text[7 : 7 + size]
            if not string or "\ufffd" in string:
                continue
            (said,) = ask(shared, branch("cut", 16, seed=seed, strings=(string, "@@@")))
            assert string not in said.text
            stopped += said.stop is Stop.STRING
            if kind.exact:
                assert said.text == whole.text[: whole.text.find(string)]
                assert said.stop is Stop.STRING
            if kind.real:
                assert kind.decode(shared, said.tokens) == said.text
    assert stopped


def test_steps_end_with_their_mark_and_can_be_gone_on_with(shared: Engine) -> None:
    for seed in range(4):
        rule = {"steps": StepRule(("\n\n", " a"), min_chars=1), "seed": seed}
        (said,) = ask(shared, branch("step", 16, **rule))
        if said.stop is Stop.STEP:
            assert any(mark in said.text for mark in rule["steps"].marks)
            step = Step(said.text, said.tokens)
            (more,) = ask(shared, branch("more", 5, prefix=(step,), **rule))
            assert more.sampled


def test_tokens_are_the_text(kind: Kind, shared: Engine) -> None:
    if not kind.real:
        pytest.skip("its tokens are made up")
    for said in ask(shared, *(branch(i, 20, seed=i) for i in range(8))):
        assert kind.decode(shared, said.tokens) == said.text
        assert len(said.tokens) == said.sampled - (said.stop is Stop.END)


@pytest.mark.parametrize("count", [1, 5])
def test_replies_keep_to_their_grammar(kind: Kind, shared: Engine, count: int) -> None:
    if not kind.real:
        pytest.skip("it says what its script says")
    grammar = 'root ::= [1-9] [0-9]? ", " ("yes" | "no" | "é漢")'
    requests = [branch(i, 40, seed=i, grammar=grammar) for i in range(count)]
    for said in ask(shared, *requests, branch("free")):
        if said.stop is Stop.END and len(said.text) < 9:
            assert re.fullmatch(r"[1-9][0-9]?, (yes|no|é漢)", said.text)
    assert ask(shared, requests[0])[0].stop is Stop.END
    shared.submit(branch("cancelled", 40, grammar=grammar))
    shared.cancel("cancelled")
    kind.check(shared)


def test_a_prompt_too_long_is_refused(kind: Kind, make: Make) -> None:
    engine = make(context=96)
    with pytest.raises(ContextOverflow):
        engine.submit(branch("long", prompt=LONG))
    assert engine.count(LONG) > 96
    kind.check(engine)


def test_a_full_context_ends_a_branch(make: Make) -> None:
    engine = make(context=96)
    used = engine.count(STORY)
    (said,) = ask(engine, branch("full", 500, sampling=GREEDY))
    if said.stop is not Stop.END:
        assert (said.stop, used + said.sampled) == (Stop.CONTEXT, 96)


def test_branches_take_each_others_place_in_a_small_cache(kind: Kind, make: Make) -> None:
    if not kind.real:
        pytest.skip("it has no cache")
    engine = make(cells=256)
    n = 90 if kind.fast else 60
    requests = [
        branch(i, n, seed=i, prompt=Prompt(((f"{i} ships came home", False),))) for i in range(6)
    ]
    for said in ask(engine, *requests):
        assert said.stop in (Stop.LENGTH, Stop.END)
        assert said.sampled == n or said.stop is Stop.END
        assert kind.decode(engine, said.tokens) == said.text
    kind.check(engine, empty=True)


def test_random_schedules(kind: Kind, shared: Engine) -> None:
    rng = random.Random(2)
    keys = itertools.count()
    for _ in range(300 if kind.fast else 10):
        ledger, live, gone, said = Ledger(60), {}, set(), {}
        for _ in range(rng.randrange(1, 7)):
            limit = rng.randrange(7)
            live[key := next(keys)] = limit
            shared.submit(branch(key, limit, seed=key, ledger=ledger))
            for _ in range(rng.randrange(3)):
                hear(shared, said, rng.choice([0.0, 1.0]))
            if rng.random() < 0.3:
                victim = rng.choice(list(live))
                shared.cancel(victim)
                if victim not in said or said[victim].stop is None:
                    gone.add(victim)
        finish(shared, set(live) - gone, said)
        for key in set(live) - gone:
            assert said[key].sampled == live[key] or said[key].stop in (Stop.END, Stop.BUDGET)
        assert all(said[key].stop is None for key in gone & set(said))
        assert sum(s.sampled for s in said.values()) <= ledger.spent <= 60
    kind.check(shared)


def test_closing_is_final_and_can_be_said_twice(make: Make) -> None:
    engine = make()
    engine.submit(branch("live", 50))
    engine.poll(1)
    engine.close()
    engine.close()
    assert list(engine.poll(0)) == []
    engine.cancel("live")
    with pytest.raises(EngineFailed):
        engine.submit(branch("late"))


def test_closing_in_a_prefill_is_quick(make: Make) -> None:
    engine = make()
    engine.submit(branch("long", prompt=LONG))
    engine.poll(0.02)
    start = time.monotonic()
    engine.close()
    assert time.monotonic() - start < 1
