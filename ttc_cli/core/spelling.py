"""The name that was meant where another was typed."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """The known name most like `name`, or an empty text.

    Args:
        likeness: the least that counts, from 0 to 1. Case, `-` and `_` make no difference.
    """
    import difflib  # here, since it is only needed to complain

    folded = {_fold(item): item for item in known}
    found = difflib.get_close_matches(_fold(name), folded, n=1, cutoff=likeness)
    return folded[found[0]] if found else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The hint `did you mean 'x'?`, or an empty text when nothing is near."""
    found = nearest(name, known)
    return f"did you mean {found!r}?" if found else ""


def _fold(name: str) -> str:
    return name.replace("-", "_").casefold()
