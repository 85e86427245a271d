"""Prose is not voted on: of several replies, the one closest to all others is their medoid."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LONGEST = 4000  # characters compared; enough to tell replies apart


def _features(text: str) -> tuple[frozenset[str], frozenset[str]]:
    folded = re.sub(r"\s+", " ", text[:_LONGEST].casefold()).strip()
    grams = frozenset(folded[i : i + 3] for i in range(max(1, len(folded) - 2)))
    return frozenset(re.findall(r"\w+", folded)), grams


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a or b else 1.0


def similarity(a: str, b: str) -> float:
    """How alike two texts are, in [0, 1]: the mean Jaccard index of words and of 3-grams."""
    (words_a, grams_a), (words_b, grams_b) = _features(a), _features(b)
    return (_jaccard(words_a, words_b) + _jaccard(grams_a, grams_b)) / 2


def medoid(texts: Sequence[str]) -> int:
    """Index of the text most similar to the others; ties go to the lesser text, not the earlier.

    Raises:
        ValueError: there are no texts.
    """
    features = [_features(text) for text in texts]
    totals = [
        sum(_jaccard(words, w) + _jaccard(grams, g) for w, g in features)
        for words, grams in features
    ]
    return min(range(len(texts)), key=lambda i: (-round(totals[i], 9), texts[i], i))
