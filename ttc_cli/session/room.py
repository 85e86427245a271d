"""Room in the KV cache: what a plan asks for, and what this machine's memory should hold."""

from __future__ import annotations

from ttc_cli.core.outcome import Plan
from ttc_cli.engine.machine import memory_bytes
from ttc_cli.session.loaded import Session
from ttc_cli.session.tuned import cell_bytes

MOST_KV_SHARE = 0.25
"""Of the memory this process may use, for the KV cache."""
UNTOLD_MEMORY = 8 << 30
"""Bytes to go by where a system does not tell what it has."""


def cells(plan: Plan, prompt: int, room: int) -> int:
    """Room for the prompt once and for every branch that may be live at once."""
    live = min(plan.samples, 32)
    wanted = prompt + live * (plan.branch_tokens + 64) + 64
    return max(prompt + 64, min(wanted, room))


def memory_cells(session: Session) -> int:
    """The most tokens of KV cache that this machine's memory should hold."""
    as_f16 = session.model.kv_bytes_per_token
    per_token = cell_bytes(session.settings, session.speeds, as_f16) or 1
    memory = memory_bytes()[0] or UNTOLD_MEMORY
    return int(memory * MOST_KV_SHARE / per_token)
