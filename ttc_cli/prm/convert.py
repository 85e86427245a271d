"""The head of a classifier PRM out of its checkpoint: safetensors in, `FILE.head.npz` out.

A safetensors file is a JSON header (its length first, 8 bytes) and raw tensors; only those of
the head are read, however large the checkpoint is.
"""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ttc_cli.core.errors import ModelError, UnreadableFile
from ttc_cli.verifiers.prm.forms import LAYOUTS, StepHead

MOST_HEADER = 100 << 20  # bytes of a header, as the format's own library caps it
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
WANTED = {name for names in LAYOUTS.values() for name in names}


def convert(checkpoint: Path, out: Path) -> StepHead:
    """Write the head of a checkpoint.

    Args:
        checkpoint: a .safetensors file, or the folder of a model that has some.
        out: where the head goes, an .npz.

    Raises:
        UnreadableFile: nothing is there, or it cannot be read or written.
        ModelError: a file is damaged, or holds no head that is known.
    """
    files = sorted(checkpoint.glob("*.safetensors")) if checkpoint.is_dir() else [checkpoint]
    if not files:
        raise UnreadableFile(f"there are no .safetensors files in {checkpoint}")
    tensors: dict[str, NDArray[np.float32]] = {}
    for path in files:
        try:
            tensors |= _read(path)
        except OSError as error:
            raise UnreadableFile(f"cannot read {path}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, struct.error, UnicodeDecodeError) as error:
            raise ModelError(f"{path.name} is no safetensors file: {error}") from None
    head = StepHead.of(tensors, checkpoint.name)
    try:
        head.save(out)
    except OSError as error:
        raise UnreadableFile(f"cannot write {out}: {error.strerror}") from None
    return head


def _read(path: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of a head in one file, as float32."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > MOST_HEADER:
            raise ValueError(f"its header claims {length} bytes")
        header = json.loads(file.read(length))
        found = {}
        for name in WANTED & set(header):
            begin, end = header[name]["data_offsets"]
            file.seek(8 + length + begin)
            found[name] = _tensor(header[name], file.read(end - begin))
        return found


def _tensor(entry: dict[str, Any], data: bytes) -> NDArray[np.float32]:
    kind, shape = entry["dtype"], tuple(entry["shape"])
    if kind not in TYPES:
        raise ValueError(f"a head of {kind} numbers")
    raw = np.frombuffer(data, TYPES[kind])
    if raw.size != math.prod(shape):
        raise ValueError("it is cut off")
    if kind == "BF16":  # the upper half of a float32
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.reshape(shape).astype(np.float32)
