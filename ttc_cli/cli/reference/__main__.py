"""Write all generated files anew: `python -m ttc_cli.cli.reference`, in a checkout."""

from __future__ import annotations

from pathlib import Path

from ttc_cli.cli.reference import generated

if __name__ == "__main__":
    root = Path(__file__).parents[3]
    for name, text in generated().items():
        (root / name).write_text(text, encoding="utf-8")
