"""Read the tensors of a .pth file without torch, and without running anything that the file names.

A .pth file is a pickle, which can call any function. This reader knows what a state dict consists of (dictionaries,
tensors, storages) and refuses every other name. It reads the format that torch wrote before 1.6: five pickles, then
the numbers of each storage.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from errata.errors import SetupError

MAGIC = 0x1950A86A20F9469CFC6C
BROKEN = (pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError, AttributeError, OverflowError)


@dataclass
class _Storage:
    kind: np.dtype[Any]
    numbers: NDArray[Any] = field(default_factory=lambda: np.empty(0))


@dataclass
class _Tensor:
    """A view of a storage, whose numbers follow only at the end of the file."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> NDArray[Any]:
        """Gathered by index, so that numpy checks every bound."""
        places = np.array(self.offset)
        for size, stride in zip(self.shape, self.strides, strict=True):
            places = places[..., None] + stride * np.arange(size)
        numbers: NDArray[Any] = self.storage.numbers[places]
        return numbers


def _tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_gradients: object
) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


CONSTRUCTORS: Mapping[tuple[str, str], Callable[..., Any] | np.dtype[Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "LongStorage"): np.dtype("<i8"),
}
"""Every name that a file may use, and what it stands for here."""


class _Reader(pickle.Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        try:
            return CONSTRUCTORS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no part of a tensor") from None

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, *_ = pid
        return self.storages.setdefault(key, _Storage(kind))


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a state dict by their names. SetupError if the file holds anything else."""
    try:
        with path.open("rb") as file:
            magic, _version, _machine = (_Reader(file).load() for _ in range(3))
            if magic != MAGIC:
                raise ValueError("it does not begin as such a file does")
            reader = _Reader(file)
            tensors = reader.load()
            _read_storages(file, reader.storages, _Reader(file).load())
        return {str(name): tensor.array() for name, tensor in tensors.items()}
    except BROKEN as error:
        raise SetupError(f"{path} is not a file of tensors that errata reads: {error}.") from error


def _read_storages(file: BinaryIO, storages: Mapping[str, _Storage], keys: Sequence[str]) -> None:
    """Each storage is its count of numbers, in eight bytes, and the numbers."""
    for key in keys:
        storage = storages[key]
        count = int.from_bytes(file.read(8), "little")
        storage.numbers = np.frombuffer(file.read(count * storage.kind.itemsize), storage.kind, count)
