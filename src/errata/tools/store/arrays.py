"""arrays/run-N/*.npy: large numbers beside the store, written whole or not at all, read memory-mapped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from errata.errors import StoreError
from errata.tools.data.atomic import atomic_write


class Arrays:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, name: str) -> bool:
        return self._path(name).exists()

    def save(self, name: str, array: np.ndarray[Any, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(self._path(name)) as file:
            np.save(file, array, allow_pickle=False)

    def load(self, name: str) -> np.ndarray[Any, Any]:
        """StoreError, naming the file, where it is damaged or was freed."""
        path = self._path(name)
        try:
            loaded: np.ndarray[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            raise StoreError(
                f"{path} is gone (freed by errata prune?). errata run on this data makes it anew."
            ) from None
        except Exception as error:  # numpy parses the header as Python: damage has no common kind of error
            raise StoreError(
                f"{path} is damaged ({error}). Delete {self._folder} and run the same command again: it is made anew, "
                "and no decision or call is lost."
            ) from error
        return loaded

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npy"
