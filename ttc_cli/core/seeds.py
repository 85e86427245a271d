"""Randomness as a pure function: no generator objects, so any branch can be resumed anywhere."""

from __future__ import annotations

import hashlib

from ttc_cli.core.branch import BranchId


def branch_seed(run_seed: int, branch: BranchId, salt: str = "") -> int:
    """A 64-bit seed for one branch of one run.

    The engine mixes in the position of each token, so a draw depends on
    (run seed, branch path, position) and on nothing that happened elsewhere.
    """
    text = f"{run_seed}/{','.join(map(str, branch))}/{salt}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def uniform(seed: int, position: int) -> float:
    """A number in [0, 1) for one token position: splitmix64 of seed and position.

    Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
    """
    mask = (1 << 64) - 1
    z = (seed + (position + 1) * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return float((z ^ (z >> 31)) >> 11) / float(1 << 53)
