"""Settings: frozen values from flags, environment, files and defaults, built in one place."""

from __future__ import annotations

from ttc_cli.settings.files import backup_path, unset, write_value
from ttc_cli.settings.flags import Flags
from ttc_cli.settings.layers import load
from ttc_cli.settings.options import MEGABYTE, RULES, AnswerSettings, Settings
from ttc_cli.settings.places import Document, cache_dir, config_path, home, log_dir, project_path
from ttc_cli.settings.tables import NamedRemote

__all__ = [
    "MEGABYTE", "RULES", "AnswerSettings", "Document", "Flags", "NamedRemote", "Settings",
    "backup_path", "cache_dir", "config_path", "home", "load", "log_dir", "project_path", "unset",
    "write_value",
]  # fmt: skip
