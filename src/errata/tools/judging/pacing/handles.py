"""How many more connections this process may open: macOS allows a process 256 files and connections."""

from __future__ import annotations

import os
import sys

KEPT = 0.25
"""The share reserved for the store, arrays, images being read, and anything else that opens a file."""


def free_handles() -> int:
    """How many connections may be opened in addition to those open now, at least 1; unbounded if the system has no
    limit."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return sys.maxsize
    try:
        open_now = len(os.listdir("/dev/fd"))  # noqa: PTH208  not files
    except OSError:  # no handle is left to list them with
        open_now = limit
    return max(limit - open_now - int(limit * KEPT), 1)
