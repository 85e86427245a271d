"""How many branches should decode at once: speeds by width, measured once a machine and model.

More rows a decode are not always faster: on two AVX2 cores a 1.5B model decodes 30 tokens a
second four wide and 25 eight wide. The scheduler asks `Widths` before every decode.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ttc_cli.core.branch import Prompt

MOST = 32
MEASURED = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
PROMPT = Prompt((("The numbers from one to a thousand: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,", True),))
WORTH = 1.03
"""A narrower decode must be this much faster before it is chosen."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Chooses a width from measured speeds; without any, as wide as can be.

    Args:
        speeds: tokens a second by width.
        most: never decode more branches than this at once.
    """

    speeds: Mapping[int, float] = field(default_factory=dict)
    most: int = MOST

    def __call__(self, n: int) -> int:
        """The width to decode at when n branches could."""
        n = min(n, self.most)
        here = self.speed(n)
        best = max(
            (w for w in self.speeds if w <= n), key=lambda w: (self.speeds[w], -w), default=n
        )
        return best if here is not None and self.speeds.get(best, 0) > here * WORTH else n

    def speed(self, n: int) -> float | None:
        """Tokens a second at a width, between two measured ones on the line between them."""
        if not (self.speeds and min(self.speeds) <= n <= max(self.speeds)):
            return None
        import numpy as np  # a cached answer does without

        widths = sorted(self.speeds)
        return float(np.interp(n, widths, [self.speeds[width] for width in widths]))
