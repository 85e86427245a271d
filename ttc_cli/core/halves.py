"""Arrays of numbers in half precision, as JSON keeps them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pack(values: ArrayLike) -> str:
    """Numbers as base64."""
    return base64.b64encode(np.asarray(values, np.float16).tobytes()).decode()


def unpack(text: str) -> NDArray[np.float32]:
    """What `pack` made, in one dimension. Raises ValueError: it is nothing of the kind."""
    return np.frombuffer(base64.b64decode(text), np.float16).astype(np.float32)


def halved(values: Any) -> NDArray[np.float32]:
    """Numbers as precise as they are after having been packed."""
    return np.asarray(values, np.float16).astype(np.float32)
