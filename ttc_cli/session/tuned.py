"""How the engine's contexts are made: as the settings say, else as `ttc calibrate` found."""

from __future__ import annotations

from dataclasses import replace

from ttc_cli.core.errors import UsageError
from ttc_cli.engine.tuning import KV_SHARE, Tuning
from ttc_cli.settings import Settings
from ttc_cli.store.speeds import Speeds


def tuned(settings: Settings, speeds: Speeds) -> Tuning:
    """The way to make contexts.

    Raises:
        UsageError: the settings want cells that need flash attention, and no flash attention.
    """
    way = Tuning(**speeds.tuning)
    way = replace(way, threads=settings.threads or way.threads)
    if settings.flash_attention != "auto":
        way = replace(way, flash=settings.flash_attention == "yes")
    wanted = settings.kv_type
    if wanted == "auto":
        return replace(way, kv="f16") if way.flash is False else way
    if wanted == "f16":
        return replace(way, kv="f16")
    if settings.flash_attention == "no":
        raise UsageError(
            f"kv_type = {wanted!r} needs flash attention", "leave flash_attention at auto"
        )
    return replace(way, kv="q8_0", flash=way.flash or None)


def cell_bytes(settings: Settings, speeds: Speeds, as_f16: int) -> int:
    """Bytes of one token's keys and values as they will be kept."""
    return int(as_f16 * KV_SHARE[tuned(settings, speeds).kv])
