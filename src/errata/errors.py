"""Every error that errata raises on purpose. Each message says what was wrong, what was got, and what to do.

ErrataError              printed bare, without a traceback; exit code 2, of a ModelError 3
├── SetupError           something on the user's side must be put right first (a missing extra, a wrong option)
├── DataError            the dataset, the labels or the probabilities cannot be used as they are
│   └── AmbiguousFolders a folder of images can be read in several ways: the user has to say which is meant
├── StoreError           the run folder cannot be read or written
│   └── RunLocked        another process is working on this run
├── Stopped              the user ended the run; what was in flight is recorded
├── PatchConflict        the data no longer holds the labels that a patch was made for; nothing was changed
└── ModelError           a judge, or a server that embeds, could not be reached or refused the request
    ├── ModelRefused     it would not answer this one request; the item stays unreadable, the run goes on
    ├── BudgetExceeded   the next call would pass the limit that the user set
    └── UselessJudge     it is no better than chance, and the run was told to stop for that
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path


class ErrataError(Exception):
    """Base of all errors that are meant for the person at the keyboard."""


class SetupError(ErrataError):
    """Something on the user's side must be put right before errata can work."""


class DataError(ErrataError):
    """The dataset, its labels or the arrays that came with it cannot be used as they are."""


class AmbiguousFolders(DataError):
    """A folder of images can be read in several ways. ``what`` says why; ``folders`` can each be read separately
    instead; ``levels`` are possible values of ``class_level``, each with its meaning."""

    def __init__(self, what: str, folders: Sequence[Path], levels: Mapping[int, str]) -> None:
        ways = [*map(str, folders), *(f"--class-level {level} ({means})" for level, means in levels.items())]
        super().__init__(f"{what} Say what to read: {', '.join(ways)}.")
        self.what, self.folders, self.levels = what, tuple(folders), dict(levels)


class StoreError(ErrataError):
    """The run folder cannot be read or written."""


class RunLocked(StoreError):
    """Another process is working on this run folder."""


class PatchConflict(ErrataError):
    """The data no longer holds the labels that a patch was made for. Nothing was changed."""


class ModelError(ErrataError):
    """A judge could not be reached, or refused the request for a reason that retrying does not fix."""


class ModelRefused(ModelError):
    """A judge would not answer this one request (a prompt too long, an image it cannot read). Others may pass."""


class BudgetExceeded(ModelError):
    """The next call would pass the limit that the user set."""


class UselessJudge(ModelError):
    """A judge is no better than chance, and the user wants to continue only with one that is."""


class Stopped(ErrataError):
    """The user ended the run while judges were asked. What was in flight is recorded."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: ``" (nearest: 'label')"``, or the known names if none is near."""
    names = [str(k) for k in known]
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f" (nearest: {close[0]!r})"
    return f" (there are: {', '.join(names[:12])}{', ...' if len(names) > 12 else ''})"


def missing_extra(package: str, extra: str) -> SetupError:
    """The standard wording for an optional package that is not installed."""
    return SetupError(
        f"This needs the package {package!r}, which is not installed: pip install 'errata-labels[{extra}]'"
    )
