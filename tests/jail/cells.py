"""What the tests of the jail share: the layers that this machine has, and short limits."""

from __future__ import annotations

from ttc_cli.core.verify import Graded
from ttc_cli.jail import Layer, Limits, lock, require
from ttc_cli.jail.examine import examine as _examine

TIGHT = Limits(seconds=1.0, memory=256 << 20)
BEST = require(unsafe=True)
LOCKED = [one for one in (Layer.NAMESPACES, Layer.FILTER) if not lock.trouble(one)]
"""The layers that hold a stranger's code."""
LAYERS = [*LOCKED, Layer.LIMITS]


def examine(code: str, tests: str, *, layer: Layer = BEST) -> Graded:
    return _examine(code, tests, layer=layer, limits=TIGHT)
