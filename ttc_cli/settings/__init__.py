"""Settings: frozen values from flags, environment, files and defaults, built in one place."""

from __future__ import annotations

from ttc_cli.settings.fields import EFFORT_ALIASES, MEGABYTE, RULES, Rule, Settings, rule_of
from ttc_cli.settings.files import Document, backup_path, unset, write_value
from ttc_cli.settings.layers import load
from ttc_cli.settings.paths import cache_dir, config_path, home, log_dir, project_path
from ttc_cli.settings.remotes import NamedRemote

__all__ = [
    "EFFORT_ALIASES",
    "MEGABYTE",
    "RULES",
    "Document",
    "NamedRemote",
    "Rule",
    "Settings",
    "backup_path",
    "cache_dir",
    "config_path",
    "home",
    "load",
    "log_dir",
    "project_path",
    "rule_of",
    "unset",
    "write_value",
]
