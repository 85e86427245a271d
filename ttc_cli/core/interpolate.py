"""Values between measured points."""

from __future__ import annotations

from collections.abc import Mapping


def between(known: Mapping[int, float], at: float) -> float:
    """The value at a point, on the line between the nearest known ones.

    Outside of them it is that of the nearest one; 0 where nothing is known.
    """
    if not known:
        return 0.0
    below = max((n for n in known if n <= at), default=min(known))
    above = min((n for n in known if n >= at), default=max(known))
    if above <= below:
        return known[below]
    share = min(1.0, max(0.0, (at - below) / (above - below)))
    return known[below] * (1 - share) + known[above] * share
