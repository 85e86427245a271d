"""How contexts are made: settings come before what a calibration found."""

from __future__ import annotations

from typing import Any

import pytest

from ttc_cli.core.errors import UsageError
from ttc_cli.engine.host import KV_SHARE, Tuning
from ttc_cli.session.loaded import cell_bytes, tuned
from ttc_cli.settings import Settings
from ttc_cli.store.speeds import Speeds

FOUND = {"threads": 3, "ubatch": 256, "flash": None, "kv": "q8_0"}
NO_FLASH = FOUND | {"flash": False, "kv": "f16"}


@pytest.mark.parametrize(
    ("found", "settings", "way"),
    [
        ({}, {}, Tuning()),
        (FOUND, {}, Tuning(3, 256, None, "q8_0")),
        (FOUND, {"threads": 1}, Tuning(1, 256, None, "q8_0")),
        (FOUND, {"kv_type": "f16"}, Tuning(3, 256, None, "f16")),
        (FOUND, {"flash_attention": "yes"}, Tuning(3, 256, True, "q8_0")),
        # q8_0 was found with flash attention: without it, it cannot be
        (FOUND, {"flash_attention": "no"}, Tuning(3, 256, False, "f16")),
        ({}, {"kv_type": "q8_0"}, Tuning(0, 512, None, "q8_0")),
        # a calibration found flash attention slow, but these cells need it
        (NO_FLASH, {"kv_type": "q8_0"}, Tuning(3, 256, None, "q8_0")),
        (NO_FLASH, {}, Tuning(3, 256, False, "f16")),
        ({}, {"kv_type": "q8_0", "flash_attention": "yes"}, Tuning(0, 512, True, "q8_0")),
    ],
)
def test_the_way(found: dict[str, Any], settings: dict[str, Any], way: Tuning) -> None:
    assert tuned(Settings(**settings), Speeds(tuning=found)) == way


def test_small_cells_without_flash_attention_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match="kv_type = 'q8_0' needs flash attention") as caught:
        tuned(Settings(kv_type="q8_0", flash_attention="no"), Speeds())
    assert "auto" in caught.value.hint


def test_bytes_of_a_cell_are_those_of_its_kind() -> None:
    assert cell_bytes(Settings(), Speeds(), 1024) == 1024
    small = int(1024 * KV_SHARE["q8_0"])
    assert small < 1024
    assert cell_bytes(Settings(), Speeds(tuning=FOUND), 1024) == small
    assert cell_bytes(Settings(kv_type="q8_0"), Speeds(), 1024) == small
