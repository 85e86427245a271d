"""Heads of classifier PRMs: what llama.cpp leaves out of a GGUF, kept beside it without pickles.

`FILE.head.npz` lies next to `FILE.gguf`; `ttc prm convert` makes it from a checkpoint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ttc_cli.core.errors import ModelError
from ttc_cli.core.files import replacing

Floats = NDArray[np.float32]
LAYOUTS: dict[str, tuple[str, ...]] = {
    "two-class": ("score.0.weight", "score.0.bias", "score.2.weight", "score.2.bias"),
    "value": ("v_head.summary.weight", "v_head.summary.bias"),
}
"""Kinds of head by the names of their tensors: Qwen2.5-Math-PRM's and Skywork-o1-PRM's."""


@dataclass(frozen=True)
class StepHead:
    """A head on hidden states.

    Args:
        layout: of LAYOUTS.
        tensors: by name; a weight's shape is (out, in).
        digest: sha256 of the file it came from.
    """

    layout: str
    tensors: Mapping[str, Floats]
    digest: str = ""

    @property
    def width(self) -> int:
        """Of the hidden states it reads."""
        return int(self.tensors[LAYOUTS[self.layout][0]].shape[-1])

    def score(self, states: Floats) -> Floats:
        """Probabilities that the steps are right.

        Args:
            states: shape (n, width), after the model's last norm.

        Returns:
            Shape (n,), in [0, 1].
        """
        if self.layout == "two-class":
            inner = np.maximum(self._linear("score.0", states), 0.0)
            classes = self._linear("score.2", inner)
            logits = classes[:, 1] - classes[:, 0]
        else:
            logits = self._linear("v_head.summary", states)[:, 0]
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -80, 80))), np.float32)

    def _linear(self, name: str, inputs: Floats) -> Floats:
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        return np.asarray(inputs @ weight.T + bias, np.float32)

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        with replacing(path, private=False) as file:
            np.savez(file, allow_pickle=False, **dict(self.tensors))

    @classmethod
    def of(cls, tensors: Mapping[str, Floats], source: str, digest: str = "") -> StepHead:
        """A head from its tensors.

        Raises:
            ModelError: they are of no kind that is known, or do not fit together.
        """
        for layout, names in LAYOUTS.items():
            if all(name in tensors for name in names):
                head = cls(layout, {name: tensors[name] for name in names}, digest)
                try:
                    head.score(np.zeros((1, head.width), np.float32))
                except (ValueError, IndexError) as error:
                    raise ModelError(f"the head in {source} does not add up: {error}") from None
                return head
        known = " or ".join(", ".join(names) for names in LAYOUTS.values())
        raise ModelError(f"{source} holds no head of a PRM that is known here", f"known: {known}")

    @classmethod
    def load(cls, path: Path) -> StepHead:
        """Read one.

        Raises:
            ModelError: it is no such file.
        """
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            with np.load(path, allow_pickle=False) as data:
                tensors = {name: data[name].astype(np.float32) for name in data.files}
        except (OSError, ValueError, EOFError, KeyError) as error:
            raise ModelError(
                f"{path.name} is no file of head weights: {error}", "make it with `ttc prm convert`"
            ) from None
        return cls.of(tensors, path.name, digest)


def side_file(model: Path) -> Path:
    """Where the head of a GGUF lies."""
    return model.with_suffix(".head.npz")
