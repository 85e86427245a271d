"""Small files that hold what was learnt: kept whole or not at all, and never a reason to fail."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def keep_json(path: Path, value: dict[str, Any]) -> bool:
    """Replace a JSON file that only its owner may read; False when the disk refuses."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent)  # 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(value, file)
            Path(temporary).replace(path)
            return True
        except OSError:
            Path(temporary).unlink(missing_ok=True)  # half a file on a full disk helps nobody
    return False
