"""How many more connections this process may have open: macOS lets a process have 256 files and connections."""

from __future__ import annotations

import os
import sys

KEPT = 0.25
"""The share of them that is left to the store, arrays, images that are read, and whatever else opens a file."""


def free_handles() -> int:
    """Connections that may be opened beside what is open now, at least 1; without bound where the system has none."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return sys.maxsize
    try:
        open_now = len(os.listdir("/dev/fd"))  # noqa: PTH208  these are no files
    except OSError:  # none is left to look with
        open_now = limit
    return max(limit - open_now - int(limit * KEPT), 1)
