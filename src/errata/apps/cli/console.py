"""Consoles, pipes, and logs of any encoding: what they cannot show is escaped, never an error."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path


def take_any_text() -> None:
    r"""Let stdout and stderr take any character, escaped (such as ``\u4e2d``) if their encoding lacks it, and stdin
    bytes in any encoding. A stream that was closed before the start discards its input."""
    for name, errors in (("stdin", "replace"), ("stdout", "backslashreplace"), ("stderr", "backslashreplace")):
        stream = getattr(sys, name)
        if stream is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  open until exit
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def can_show(text: str) -> bool:
    """Whether stdout's encoding has all of these characters."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
