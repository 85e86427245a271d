"""The profile of macOS's sandbox-exec: nothing but what a program needs to compute.

Written to Apple's documentation and to the profiles of Chromium and Bazel; not tested on macOS.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

READABLE = (
    "/usr/lib",
    "/usr/share",
    "/System/Library",
    "/Library/Frameworks",
    "/private/var/db/dyld",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


def profile(readable: Sequence[str]) -> str:
    """A profile that lets a process read these, and neither write nor talk to another.

    Args:
        readable: folders and files; the first one holds the interpreter, all that may be started.
    """
    folders = "\n".join(f"  (subpath {json.dumps(path)})" for path in (*READABLE, *readable))
    devices = "\n".join(f"  (literal {json.dumps(path)})" for path in DEVICES)
    return f"""(version 1)
(deny default)
(allow file-read-metadata)
(allow file-read-data (literal "/")
{folders}
{devices})
(allow file-write-data
{devices})
(allow sysctl-read)
(allow process-fork)
(allow process-exec (subpath {json.dumps(readable[0])}))
(allow signal (target same-sandbox))
(deny network*)
"""
