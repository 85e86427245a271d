"""Heads out of checkpoints: what is read, in which number formats, and what is refused."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from ttc_cli.core.errors import ModelError, TtcError, UnreadableFile
from ttc_cli.prm.convert import convert
from ttc_cli.verifiers.prm.forms import StepHead

RNG = np.random.default_rng(3)
WIDTH = 6
TWO = {
    "score.0.weight": RNG.normal(size=(WIDTH, WIDTH)),
    "score.0.bias": RNG.normal(size=WIDTH),
    "score.2.weight": RNG.normal(size=(2, WIDTH)),
    "score.2.bias": RNG.normal(size=2),
}
ONE = {"v_head.summary.weight": RNG.normal(size=(1, WIDTH)), "v_head.summary.bias": np.ones(1)}


def raw(tensor: np.ndarray, kind: str) -> bytes:
    if kind == "BF16":  # a float32 without its lower half
        return (tensor.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    return tensor.astype({"F64": "<f8", "F32": "<f4", "F16": "<f2"}[kind]).tobytes()


def write(path: Path, tensors: dict[str, np.ndarray], kind: str = "F32") -> Path:
    """A safetensors file, by the format's description."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        more = raw(tensor, kind)
        at = [len(data), len(data) + len(more)]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": at}
        data += more
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


@pytest.mark.parametrize(
    ("kind", "near"), [("F64", 1e-6), ("F32", 1e-6), ("F16", 1e-2), ("BF16", 0.05)]
)
def test_number_formats(tmp_path: Path, kind: str, near: float) -> None:
    path = write(tmp_path / "model.safetensors", {"lm_head.weight": np.ones((3, 2))} | TWO, kind)
    convert(path, tmp_path / "x.head.npz")
    head = StepHead.load(tmp_path / "x.head.npz")
    assert (head.layout, head.width) == ("two-class", WIDTH)
    assert set(head.tensors) == set(TWO)
    for name, tensor in TWO.items():
        assert head.tensors[name] == pytest.approx(tensor, abs=near)


def test_scores_are_those_of_the_layers() -> None:
    state = RNG.normal(size=(4, WIDTH)).astype(np.float32)
    two = StepHead.of({n: t.astype(np.float32) for n, t in TWO.items()}, "test").score(state)
    inner = np.maximum(state @ TWO["score.0.weight"].T + TWO["score.0.bias"], 0)
    classes = np.exp(inner @ TWO["score.2.weight"].T + TWO["score.2.bias"])
    assert two == pytest.approx(classes[:, 1] / classes.sum(axis=1), abs=1e-5)
    one = StepHead.of({n: t.astype(np.float32) for n, t in ONE.items()}, "test").score(state)
    logits = state @ ONE["v_head.summary.weight"][0] + 1
    assert one == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-5)


def test_a_folder_of_shards(tmp_path: Path) -> None:
    names = list(TWO)
    write(tmp_path / "model-1-of-2.safetensors", {n: TWO[n] for n in names[:1]} | {"w": np.ones(9)})
    write(tmp_path / "model-2-of-2.safetensors", {n: TWO[n] for n in names[1:]})
    assert convert(tmp_path, tmp_path / "x.head.npz").layout == "two-class"
    write(tmp_path / "value.safetensors", ONE)
    assert convert(tmp_path / "value.safetensors", tmp_path / "y.head.npz").layout == "value"


def test_what_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "x.head.npz"
    with pytest.raises(UnreadableFile):
        convert(tmp_path / "none.safetensors", out)
    with pytest.raises(UnreadableFile):
        convert(tmp_path, out)
    for damaged in (b"", b"GGUF", struct.pack("<Q", 1 << 60) + b"{}", struct.pack("<Q", 2) + b"[]"):
        (tmp_path / "bad.safetensors").write_bytes(damaged)
        with pytest.raises(ModelError):
            convert(tmp_path / "bad.safetensors", out)
    good = write(tmp_path / "cut.safetensors", TWO)
    good.write_bytes(good.read_bytes()[:-4])
    with pytest.raises(ModelError, match="cut off"):
        convert(good, out)
    with pytest.raises(ModelError, match=r"score\.0\.weight"):
        convert(write(tmp_path / "plain.safetensors", {"lm_head.weight": np.ones((3, 2))}), out)
    wrong = write(tmp_path / "odd.safetensors", TWO | {"score.2.bias": np.ones(7)})
    with pytest.raises(TtcError, match="add up"):
        convert(wrong, out)
    assert not out.exists()
