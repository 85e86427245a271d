"""The policies by themselves: asked and told, no engine and no model."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from ttc_cli.core.branch import Branch, Prompt
from ttc_cli.stepwise.tree import DEAD, FINISHED, OPEN, Node, Policy
from ttc_cli.strategies import beam, best_first, dvts, mcts, particle
from ttc_cli.strategies.beam import shares
from ttc_cli.strategies.particle import effective, softmax, systematic


class Asked:
    """A policy that is asked for nodes, as often as one likes, and told what came."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._wanted = next(policy)

    def ask(self) -> Sequence[Node]:
        return self._wanted

    def tell(self, grown: Sequence[Node]) -> None:
        self._wanted = self._policy.send(grown)


def root() -> Node:
    return Node(Branch((), Prompt(())))


def child(parent: Node, score: float | None, state: str = OPEN, prior: float = 0.5) -> Node:
    branch = Branch((*parent.branch.id, len(parent.children)), Prompt(()))
    node = Node(branch, parent, score, prior, state)
    parent.children.append(node)
    return node


def test_shares_are_whole_and_fair() -> None:
    rng = random.Random(2)
    for _ in range(200):
        weights = [rng.random() for _ in range(rng.randrange(1, 9))]
        total = rng.randrange(40)
        got = shares(weights, total)
        assert sum(got) == total
        exact = [total * w / sum(weights) for w in weights]
        assert all(abs(g - e) < 1 for g, e in zip(got, exact, strict=True))
    assert shares([], 3) == []
    assert shares([0.0, 0.0], 3) == [0, 0]


def test_a_beam_grows_the_best_and_narrows_as_lines_finish() -> None:
    top = root()
    search = Asked(beam.beam(top, 8, beam.Options(expand=4)))
    assert list(search.ask()) == [top] * 8
    kids = [child(top, s / 10) for s in range(8)]
    search.tell(kids)
    assert Counter(search.ask()) == {kids[7]: 4, kids[6]: 4}
    ended = [child(kids[7], 0.9, FINISHED), child(kids[7], 0.2), child(kids[6], 0.8)]
    search.tell(ended)
    assert Counter(search.ask()) == {ended[2]: 4}


def test_a_line_that_ends_below_the_best_does_not_end_a_beam() -> None:
    top = root()
    search = Asked(beam.beam(top, 4, beam.Options(expand=4)))
    best, ended = child(top, 0.9), child(top, 0.2, FINISHED)
    search.tell([best, ended, child(top, 0.1), ended])
    assert Counter(search.ask()) == {best: 4}
    search.tell([child(best, 0.9, FINISHED), child(best, 0.8)])
    assert not search.ask()


def test_rebase_shares_children_out_by_score() -> None:
    top = root()
    search = Asked(beam.beam(top, 10, beam.Options(balance=0.2)))
    good, poor, dead = child(top, 0.9), child(top, 0.5), child(top, 1.0, DEAD)
    search.tell([good, poor, dead])
    asked = Counter(search.ask())
    assert asked == {good: 9, poor: 1}  # exp(0.4 / 0.2) is 7.4 to 1
    search.tell([child(good, 0.9, FINISHED), child(good, 0.7)])
    assert len(search.ask()) == 9


def test_subtrees_do_not_compete() -> None:
    top = root()
    search = Asked(dvts.dvts(top, 4, dvts.Options(expand=2)))
    kids = [child(top, s) for s in (0.9, 0.8, 0.2, 0.1)]
    search.tell(kids)
    assert Counter(search.ask()) == {kids[0]: 2, kids[2]: 2}
    done, poor = child(kids[0], 0.9, FINISHED), child(kids[0], 0.1)
    search.tell([done, poor, child(kids[2], 0.1, DEAD), child(kids[2], 0.1, DEAD)])
    assert not search.ask()


def test_best_first_goes_back_to_an_earlier_step() -> None:
    top = root()
    search = Asked(best_first.best_first(top, 2, best_first.Options(expand=2, finish=1)))
    first, second = child(top, 0.8), child(top, 0.6)
    search.tell([first, second])
    assert list(search.ask()) == [first, first]
    search.tell([child(first, 0.1), child(first, 0.2)])
    assert list(search.ask()) == [second, second]
    search.tell([child(second, 0.1, FINISHED), child(second, 0.1, DEAD)])
    assert search.ask(), "something unfinished looks better than what finished"


def test_mcts_spreads_its_batch_and_comes_back_to_what_pays() -> None:
    top = root()
    search = Asked(mcts.mcts(top, 3, mcts.Options(expand=3, finish=9)))
    assert list(search.ask()) == [top] * 3
    kids = [child(top, s) for s in (0.9, 0.1, 0.1)]
    search.tell(kids)
    asked = Counter(search.ask())
    assert asked[kids[0]] >= 1
    assert top not in asked
    for _ in range(2):
        search.tell([child(node, 0.9 if node is kids[0] else 0.1, DEAD) for node in search.ask()])
    grown = [len(kid.children) for kid in kids]
    assert grown[0] == max(grown) > min(grown), "the best is grown first"


def test_a_prior_leads_before_anything_is_known() -> None:
    top = root()
    search = Asked(mcts.mcts(top, 1, mcts.Options(expand=2, finish=9)))
    search.tell([child(top, 0.5, prior=0.1), likely := child(top, 0.5, prior=0.9)])
    assert list(search.ask()) == [likely]


def test_particles_are_drawn_by_weight() -> None:
    top = root()
    filtering = Asked(particle.particle(top, 8, particle.Options(anneal=0), seed=1))
    kids = [child(top, 0.99 if i == 3 else 0.2) for i in range(8)]
    filtering.tell(kids)
    assert Counter(filtering.ask())[kids[3]] >= 7


def test_annealing_keeps_half_of_them_effective() -> None:
    top = root()
    filtering = Asked(particle.particle(top, 8, particle.Options(anneal=5), seed=1))
    kids = [child(top, 0.99 if i == 3 else 0.2) for i in range(8)]
    filtering.tell(kids)
    assert Counter(filtering.ask())[kids[3]] < 7


def test_finished_particles_stay_and_dead_ones_do_not() -> None:
    top = root()
    filtering = Asked(particle.particle(top, 3, particle.Options(), seed=1))
    kids = [child(top, 0.5, FINISHED), child(top, 0.5), child(top, 0.5, DEAD)]
    filtering.tell(kids)
    assert set(filtering.ask()) <= {kids[1]}
    filtering.tell([child(kids[1], 0.5, DEAD) for _ in filtering.ask()])
    assert not filtering.ask()


def test_systematic_resampling_keeps_the_expected_counts() -> None:
    rng = random.Random(4)
    for _ in range(100):
        nodes = [root() for _ in range(6)]
        weights = softmax([rng.uniform(-3, 3) for _ in nodes], 1.0)
        drawn = Counter(systematic(nodes, weights, 16, rng.random()))
        assert sum(drawn.values()) == 16
        assert all(abs(drawn[n] - 16 * w) < 1 for n, w in zip(nodes, weights, strict=True))
    assert effective([0.25] * 4) == 4
