"""Real data that is not part of errata: files in a folder that the caller names."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def real_files(parser: argparse.ArgumentParser, folder: Path, names: Sequence[str]) -> list[Path]:
    """The Parquet files of these names. Ends the command, listing the missing ones, unless all exist."""
    paths = [folder / f"{name}.parquet" for name in names]
    absent = [path.name for path in paths if not path.is_file()]
    if absent:
        parser.exit(2, f"{folder} has no {', '.join(absent)}: real data is not part of errata\n")
    return paths
