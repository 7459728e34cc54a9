"""Untrusted TOML: read quickly, or refused with a ValueError."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

LARGEST = 16 * 2**20
"""In bytes; no file of settings or definitions is larger."""

LONG_KEY = re.compile(r"""(?<![\w-])(?:(?>[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*+\.[ \t]*+){50,}""")
MOST_STEPS = 10**7
"""tomllib walks over all parts of a key for each part: a minute for one key of twenty thousand."""


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a file. ValueError if it is not TOML, or crafted to take forever; OSError if it cannot be read."""
    if path.exists() and not path.is_file():
        raise ValueError("it is not a file")  # a device may never end
    if path.is_file() and path.stat().st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 2**20} MB")
    text = path.read_text(encoding="utf-8")
    if sum(key.group().count(".") ** 2 for key in LONG_KEY.finditer(text)) > MOST_STEPS:
        raise ValueError("a name has thousands of dots: quote it")
    try:
        return tomllib.loads(text)
    except RecursionError:  # a table nested a thousand deep
        raise ValueError("it is nested too deeply") from None
