"""Entry points: errata's own parts and those of other packages are found the same way."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, TypeVar

from errata.errors import SetupError, nearest

T = TypeVar("T")


_found: dict[str, Mapping[str, Any]] = {}


def load(group: str, kind: type[T]) -> Mapping[str, T]:
    """Every installed ``kind`` of an entry point group by its ``name``, errata's own first, then by name; read once.

    Raises SetupError, naming the package, for one that cannot be loaded, is not a ``kind``, or has a name already
    taken.
    """
    if group not in _found:
        _found[group] = _read(group, kind)
    return _found[group]


def named(group: str, kind: type[T], name: str) -> T:
    """The installed ``kind`` of this name. SetupError, suggesting the nearest name, if there is none; otherwise errors
    as in ``load``."""
    known = load(group, kind)
    if name not in known:
        what = group.removeprefix("errata.").removesuffix("s")
        raise SetupError(f"There is no {what} {name!r}{nearest(name, known)}. Install the package that brings it.")
    return known[name]


def look_again() -> None:
    """Clear the cache after packages were installed or removed."""
    _found.clear()


def _read(group: str, kind: type[Any]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: (not _own(entry), entry.name)):
        one = _load(entry, kind)
        if one.name in found:
            raise SetupError(f"{_source(entry)} is called {one.name!r}, but there is one of that name. Uninstall it.")
        found[one.name] = one
    if not found:
        raise SetupError(f"No {group} are installed, not even errata's own. Install errata again.")
    return MappingProxyType(found)


def _load(entry: EntryPoint, kind: type[Any]) -> Any:
    try:
        loaded = entry.load()
    except Exception as error:  # third-party code: whatever it raises, name the package
        raise SetupError(f"{_source(entry)} cannot be loaded: {type(error).__name__}: {error}. Uninstall it.") from None
    if not isinstance(loaded, kind):
        wanted = f"{kind.__module__}.{kind.__qualname__}"
        raise SetupError(f"{_source(entry)} is no {wanted} but a {type(loaded).__name__}. Uninstall it.")
    return loaded


def _own(entry: EntryPoint) -> bool:
    return entry.module.startswith("errata.")


def _source(entry: EntryPoint) -> str:
    package = f" of {entry.dist.name}" if entry.dist is not None else ""
    return f"The entry point {entry.name} = {entry.value}{package}"
