"""Judges of branches, one file each; see `core.verify` for what they promise."""
