"""The user's own arrays: probabilities and embeddings, from a .npy file or a column of the dataset."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.errors import DataError
from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.held_rows import MadeRows, held
from errata.tools.detectors.arrays.top_probs import labels_kept
from errata.tools.features.column_order import as_text, hits, misfit
from errata.tools.features.embedder import unit_rows
from errata.types import F32, Bool, Int, LabelProbs, LabelSpace

SUM_TOLERANCE = 1e-3
MOST_COLUMNS = 2**20
"""No embedding has more."""
NAMED = 20


class Rows(Protocol):
    """What this module needs of a dataset."""

    @property
    def label_space(self) -> LabelSpace: ...

    @property
    def cells(self) -> Sequence[str | None]: ...

    def __len__(self) -> int: ...

    def column(self, name: str) -> list[object]:
        """One value per row. Raises DataError for an unknown name."""
        ...


def load_probs(source: str, dataset: Rows) -> LabelProbs:
    """f32[N, K]: out-of-sample class probabilities; column k belongs to ``dataset.label_space.names[k]``. With very
    many labels, the likeliest of each item and its given one (``TopProbs``): the file is read in blocks.

    ``source`` is the path of a .npy file, or the name of a column with a list per row. Raises DataError if the shape is
    not (N, K); naming the first bad row, if a value is not in [0, 1] or a row does not sum to 1; and if the columns fit
    the given labels far better in another order.
    """
    raw = _read(source, dataset, "probabilities")
    classes = len(dataset.label_space.names)
    if raw.shape[1] != classes:
        raise DataError(
            f"{source}: probabilities have {raw.shape[1]} columns, the dataset has {classes} labels. "
            f"Give one column per label, in this order: {_listed(dataset.label_space.names)}"
        )
    _refuse_faults(raw, source)
    rows_NK = MadeRows(raw.shape, lambda rows: np.asarray(raw[rows], np.float32))
    probs_NK = held(rows_NK, np.maximum(_given(dataset), 0), labels_kept(*raw.shape))
    _refuse_other_order(probs_NK, source, dataset)
    return probs_NK


def load_embeddings(source: str, dataset: Rows) -> F32:
    """f32[N, D], rows scaled to length 1; ``source`` as in load_probs. Raises DataError if a value is not finite, or if
    they are a model's probabilities of the labels in another order than the labels."""
    raw = _read(source, dataset, "embeddings")
    if raw.shape[1] > MOST_COLUMNS:
        raise DataError(f"{source}: embeddings have {raw.shape[1]:,} columns; more than {MOST_COLUMNS:,} are none.")
    values = _finite(raw, source)
    if raw.shape[1] == len(dataset.label_space.names) and _are_probs(values):
        _refuse_other_order(values, source, dataset)
    return unit_rows(values)


def _are_probs(values: F32) -> bool:
    return bool(np.all(values >= 0) and not _is_off(values).any())


def _read(source: str, dataset: Rows, what: str) -> NDArray[np.generic]:
    """A two-dimensional numeric array with one row per item; a file's is not in memory yet."""
    raw = _read_npy(Path(source)) if source.endswith(".npy") else _from_column(dataset.column(source), source)
    if raw.ndim != 2 or raw.shape[0] != len(dataset) or raw.shape[1] == 0:
        raise DataError(
            f"{source}: {what} must have one row per item, shape ({len(dataset)}, columns); got shape {raw.shape}."
        )
    if raw.dtype.kind not in "fiu":
        raise DataError(f"{source}: {what} must be numbers, got {raw.dtype}.")
    return raw


def _finite(raw: NDArray[np.generic], source: str) -> F32:
    try:
        with np.errstate(over="ignore"):  # what is too large for a float32 becomes infinite, and is refused
            values = np.asarray(raw, np.float32)
    except MemoryError:
        raise DataError(f"{source}: an array of shape {raw.shape} does not fit into this machine's memory.") from None
    _refuse(~np.isfinite(values).all(axis=1), source, "a value is NaN or infinite", values)
    return values


def _read_npy(path: Path) -> NDArray[np.generic]:
    if not path.is_file():
        raise DataError(f"{path}: no such file. Give a .npy file, or the name of a column.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy warns about headers written by Python 2, but reads them
            array: NDArray[np.generic] = np.lib.format.open_memmap(path, mode="r")
    except Exception:
        # The header is evaluated as Python, and can raise anything. numpy's own message recommends unpickling what it
        # refuses, which no one should do with an untrusted file.
        raise DataError(f"{path} is not a whole .npy file of numbers. Save the array with numpy.save.") from None
    return array


def _refuse_faults(raw: NDArray[np.generic], source: str) -> None:
    """Refuse rows that are no distribution."""
    faults: list[tuple[str, Callable[[F32], Any]]] = [
        ("a value is NaN or infinite", lambda probs_nK: ~np.isfinite(probs_nK).all(axis=1)),
        ("a probability is outside [0, 1]", lambda probs_nK: ((probs_nK < 0) | (probs_nK > 1)).any(axis=1)),
        ("the probabilities do not sum to 1", _is_off),
    ]
    bad_FN = np.zeros((len(faults), len(raw)), np.bool_)

    def look(rows: slice) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.asarray(raw[rows], np.float32)
            for bad_N, (_, is_bad) in zip(bad_FN, faults, strict=True):
                bad_N[rows] = is_bad(values)

    each_block(look, *raw.shape)
    for bad_N, (why, _) in zip(bad_FN, faults, strict=True):
        _refuse(bad_N, source, why, raw)


def _is_off(probs_nK: F32) -> Bool:
    off_n: Bool = np.abs(probs_nK.sum(axis=1, dtype=np.float64) - 1) > SUM_TOLERANCE
    return off_n


def _given(dataset: Rows) -> Int:
    """int[N], -1 = no label."""
    index = dataset.label_space.index()
    return np.array([-1 if label is None else index[label] for label in dataset.cells], np.int64)


def _refuse_other_order(probs_NK: LabelProbs, source: str, dataset: Rows) -> None:
    names, given_N = dataset.label_space.names, _given(dataset)
    found = misfit(probs_NK, given_N)
    if found is None:
        return
    order = found.order
    if hits(probs_NK, given_N, as_text(names)) >= found.hits_if_ordered:
        order = as_text(names)
    fits = _listed([names[k] for k in np.argsort(order)])
    raise DataError(
        f"{source}: the columns do not fit the labels. In the order expected, {_listed(names)}, the likeliest is the "
        f"given label in {found.hits:,} of {found.rows:,} rows; in the order {fits}"
        f"{', sorted as text' if order == as_text(names) else ''}, in {found.hits_if_ordered:,}. Reorder the columns: "
        f"probs[:, [{_listed(order)}]]"
    )


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values[:NAMED])) + (", ..." if len(values) > NAMED else "")


def _from_column(cells: list[object], name: str) -> NDArray[np.generic]:
    width = len(cells[0]) if cells and isinstance(cells[0], list | tuple | np.ndarray) else 0
    for row, cell in enumerate(cells):
        if not isinstance(cell, list | tuple | np.ndarray) or len(cell) != width or width == 0:
            raise DataError(
                f"Column {name!r}, row {row}: expected a list of {width or 'some'} numbers, got {cell!r:.80}."
            )
    try:
        return np.array(cells, np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"Column {name!r} holds something other than numbers: {error}.") from error


def _refuse(bad_N: ArrayLike, source: str, why: str, values: NDArray[Any]) -> None:
    bad_rows = np.flatnonzero(bad_N)
    if len(bad_rows):
        row = int(bad_rows[0])
        raise DataError(f"{source}, row {row}: {why} ({len(bad_rows)} such rows); got {values[row][:8].tolist()}.")
