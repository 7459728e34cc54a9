"""arrays/run-N/*.npy: large numbers beside the store, written whole or not at all, read memory-mapped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

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
        loaded: np.ndarray[Any, Any] = np.load(self._path(name), mmap_mode="r", allow_pickle=False)
        return loaded

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npy"
