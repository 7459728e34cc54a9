"""Ask which folders of a folder of images are the classes, if their names do not tell."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from errata.errors import AmbiguousFolders, DataError


@dataclass(frozen=True, slots=True)
class FolderChoice:
    """One way to read the folder: what to read, and at which level its classes are; None: decided by their names."""

    data: Path
    level: int | None
    means: str

    def command(self, typed: Sequence[str], data: Path) -> str:
        """The complete command to type for it, replacing the one typed about ``data``."""
        words = [str(self.data) if Path(word) == data else word for word in typed]
        return shlex.join(["errata", *words, *([] if self.level is None else ["--class-level", str(self.level)])])


def which(found: AmbiguousFolders, data: Path) -> FolderChoice:
    """The choice of the person at the terminal. Without a terminal, a DataError that says what to type for each
    choice."""
    ways = [FolderChoice(folder, None, "by itself") for folder in found.folders]
    ways += [FolderChoice(data, level, means) for level, means in sorted(found.levels.items(), reverse=True)]
    if sys.stdin.isatty() and sys.stderr.isatty():
        return _asked(found.what, ways)
    typed = "; ".join(f"{way.command(sys.argv[1:], data)} ({way.means})" for way in ways)
    raise DataError(f"{found.what} Type one of these: {typed}")


def _asked(what: str, ways: Sequence[FolderChoice]) -> FolderChoice:
    from errata.tools.visible import one_line

    lines = [f"{number}  {way.data}: {way.means}" for number, way in enumerate(ways, start=1)]
    sys.stderr.write("".join(f"{one_line(line)}\n" for line in (what, *lines)))
    while True:
        sys.stderr.write(f"Which is to be read? [1-{len(ways)}] ")
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if not answer:
            raise DataError(f"{what} Nothing was chosen, and nothing was read.")
        if answer.strip() in map(str, range(1, len(ways) + 1)):
            return ways[int(answer) - 1]
