"""Arrays that the user made: probabilities and embeddings, from a .npy file or from a column of the dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.errors import DataError
from errata.tools.features.embedder import unit_rows
from errata.types import F32, LabelSpace

SUM_TOLERANCE = 1e-3


class Rows(Protocol):
    """What is needed of a dataset here."""

    @property
    def label_space(self) -> LabelSpace: ...

    def __len__(self) -> int: ...

    def column(self, name: str) -> list[object]:
        """One value per row. Raises DataError for an unknown name."""
        ...


def load_probs(source: str, dataset: Rows) -> F32:
    """f32[N, K]: out-of-sample class probabilities; column k belongs to ``dataset.label_space.names[k]``.

    ``source`` is the path of a .npy file, or the name of a column that holds a list per row. Raises DataError, naming
    the first bad row, where the shape is not (N, K), a value is not in [0, 1], or a row does not sum to 1.
    """
    probs_NK = _load(source, dataset, "probabilities")
    classes = len(dataset.label_space.names)
    if probs_NK.shape[1] != classes:
        raise DataError(
            f"{source}: probabilities have {probs_NK.shape[1]} columns, the dataset has {classes} labels. "
            f"Give one column per label, in this order: {', '.join(dataset.label_space.names[:20])}"
        )
    _refuse(np.any((probs_NK < 0) | (probs_NK > 1), axis=1), source, "a probability is outside [0, 1]", probs_NK)
    off_N = np.abs(probs_NK.sum(axis=1, dtype=np.float64) - 1) > SUM_TOLERANCE
    _refuse(off_N, source, "the probabilities do not sum to 1", probs_NK)
    return probs_NK


def load_embeddings(source: str, dataset: Rows) -> F32:
    """f32[N, D], rows scaled to length 1; ``source`` as in load_probs. Raises DataError where a value is not finite."""
    return unit_rows(_load(source, dataset, "embeddings"))


def _load(source: str, dataset: Rows, what: str) -> F32:
    raw = _read_npy(Path(source)) if source.endswith(".npy") else _from_column(dataset.column(source), source)
    if raw.ndim != 2 or raw.shape[0] != len(dataset) or raw.shape[1] == 0:
        raise DataError(
            f"{source}: {what} must have one row per item, shape ({len(dataset)}, columns); got shape {raw.shape}."
        )
    if raw.dtype.kind not in "fiu":
        raise DataError(f"{source}: {what} must be numbers, got {raw.dtype}.")
    with np.errstate(over="ignore"):  # what is too large for a float32 is infinite, and refused
        values = np.asarray(raw, np.float32)
    _refuse(~np.isfinite(values).all(axis=1), source, "a value is NaN or infinite", values)
    return values


def _read_npy(path: Path) -> NDArray[np.generic]:
    try:
        array: NDArray[np.generic] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file. Give a .npy file, or the name of a column.") from error
    except (OSError, ValueError, EOFError):
        # numpy's own words recommend to unpickle what it refuses: nobody should, on a file from elsewhere.
        raise DataError(f"{path} is not a whole .npy file of numbers. Save the array with numpy.save.") from None
    return array


def _from_column(cells: list[object], name: str) -> NDArray[np.generic]:
    width = len(cells[0]) if cells and isinstance(cells[0], list | tuple | np.ndarray) else 0
    for row, cell in enumerate(cells):
        if not isinstance(cell, list | tuple | np.ndarray) or len(cell) != width or width == 0:
            raise DataError(
                f"Column {name!r}, row {row}: expected a list of {width or 'some'} numbers, got {cell!r:.80}."
            )
    try:
        return np.array(cells, np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"Column {name!r} holds something other than numbers: {error}.") from error


def _refuse(bad_N: ArrayLike, source: str, why: str, values: F32) -> None:
    bad_rows = np.flatnonzero(bad_N)
    if len(bad_rows):
        row = int(bad_rows[0])
        raise DataError(f"{source}, row {row}: {why} ({len(bad_rows)} such rows); got {values[row][:8].tolist()}.")
