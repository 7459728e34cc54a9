"""A user's own arrays: taken as they are, or refused with the first bad row."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from errata.errors import DataError
from errata.tools.detectors.arrays.top_probs import TopProbs
from errata.tools.features.own import load_embeddings, load_probs
from errata.types import LabelSpace


class Table:
    """Three rows of a dataset with two labels."""

    label_space = LabelSpace(("cat", "dog"))
    cells: tuple[str | None, ...] = ("cat", "dog", None)

    def __init__(self, **columns: Any) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return 3

    def column(self, name: str) -> list[Any]:
        if name not in self.columns:
            raise DataError(f"no column {name!r}")
        found: list[Any] = self.columns[name]
        return found


class Labeled(Table):
    def __init__(self, names: tuple[str, ...], given: list[str]) -> None:
        super().__init__()
        self.label_space = LabelSpace(names)
        self.cells = tuple(given)

    def __len__(self) -> int:
        return len(self.cells)


GOOD = [[0.9, 0.1], [0.25, 0.75], [1.0, 0.0]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_probabilities_are_read_from_a_file(tmp_path: Path, dtype: type[np.floating[Any]]) -> None:
    np.save(tmp_path / "p.npy", np.array(GOOD, dtype))
    np.testing.assert_allclose(np.asarray(load_probs(str(tmp_path / "p.npy"), Table())), GOOD, atol=1e-3)


def test_probabilities_are_read_from_a_column() -> None:
    np.testing.assert_allclose(np.asarray(load_probs("p", Table(p=GOOD))), GOOD, rtol=1e-6)


def test_embeddings_are_scaled_to_length_one_and_zeros_stay() -> None:
    vectors = load_embeddings("e", Table(e=[[3, 4], [0, 0], [0, -2]]))
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0.0, 0.0], [0.0, -1.0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([[0.9, 0.1], [0.9, 0.2], [1, 0]], "row 1: the probabilities do not sum to 1"),
        ([[0.9, 0.1], [0.5, 0.5], [1.2, -0.2]], "row 2: a probability is outside"),
        ([[0.9, 0.1], [0.5, 0.5], [float("nan"), 1]], "row 2: a value is NaN"),
        ([[0.9, 0.1], [0.5, 0.5], [1.0]], "row 2: expected a list of 2"),
        ([[0.9, 0.1], None, [1, 0]], "row 1: expected a list of 2"),
        ([["a", "b"]] * 3, "other than numbers"),
        ([[0.2, 0.3, 0.5]] * 3, "3 columns, the dataset has 2 labels"),
        ([0.1, 0.2, 0.3], "row 0: expected a list"),
    ],
)
def test_columns_that_are_no_probabilities_are_refused(cells: list[Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        load_probs("p", Table(p=cells))


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.ones((2, 2)), "one row per item"),
        (np.ones(3), "one row per item"),
        (np.ones((3, 0)), "one row per item"),
        (np.array([["a", "b"]] * 3), "must be numbers"),
        (np.array([[1, np.inf]] * 3), "row 0: a value is NaN or infinite"),
        (np.array([[1, 1e300]] * 3), "row 0: a value is NaN or infinite"),
    ],
)
def test_files_of_the_wrong_shape_are_refused(tmp_path: Path, array: NDArray[Any], says: str) -> None:
    np.save(tmp_path / "e.npy", array)
    with pytest.raises(DataError, match=says):
        load_embeddings(str(tmp_path / "e.npy"), Table())


def test_pickled_truncated_and_missing_files_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "pickled.npy", np.array([{"a": 1}] * 3, dtype=object))
    np.save(tmp_path / "cut.npy", np.ones((3, 2)))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "cut.npy").read_bytes()[:-9])
    for name, says in [("pickled.npy", "not a whole"), ("cut.npy", "not a whole"), ("none.npy", "no such file")]:
        with pytest.raises(DataError, match=says):
            load_embeddings(str(tmp_path / name), Table())


def header(text: bytes, version: bytes = b"\x01\x00") -> bytes:
    return b"\x93NUMPY" + version + len(text).to_bytes(2 if version[0] == 1 else 4, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"PK\x03\x04" + bytes(40),
        header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 9999999999999999), }\n") + bytes(24),
        header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, -2), }\n") + bytes(24),
        header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, True), }\n") + bytes(24),
        header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2.0), }\n") + bytes(24),
        header(b"{'descr': ('<f4', (9,) * 9), 'fortran_order': 0, 'shape': (3, 2), }\n") + bytes(24),
        header(b"{'descr': [('a', '<f4'), ('a', '<f4')], 'fortran_order': False, 'shape': (3, 2), }\n") + bytes(48),
        header(b"(" * 3000 + b")" * 3000),
        header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2L, }\n") + bytes(24),
        header(b"{'descr': '\xff', 'fortran_order': False, 'shape': (3, 2), }\n", b"\x03\x00") + bytes(24),
        header(b"[" * 50_000, b"\x02\x00"),
        header(b"{'descr': '|O', 'fortran_order': False, 'shape': (3, 2), }\n") + b"cos\nsystem\n(S'true'\ntR.",
    ],
)
def test_headers_that_describe_nothing_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "e.npy").write_bytes(content)
    with pytest.raises(DataError, match="not a whole"):
        load_embeddings(str(tmp_path / "e.npy"), Table())


def test_a_header_by_python_2_is_read(tmp_path: Path) -> None:
    text = header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 2L), }\n")
    (tmp_path / "e.npy").write_bytes(text + np.ones((3, 2), "<f4").tobytes())
    assert load_embeddings(str(tmp_path / "e.npy"), Table()).shape == (3, 2)


def test_a_sparse_file_of_endless_columns_is_refused_before_it_is_read(tmp_path: Path) -> None:
    text = header(b"{'descr': '|i1', 'fortran_order': False, 'shape': (3, 9999999999), }\n")
    with (tmp_path / "e.npy").open("wb") as file:
        file.write(text)
        file.truncate(len(text) + 3 * 9_999_999_999)
    with pytest.raises(DataError, match="9,999,999,999 columns; more than 1,048,576 are none"):
        load_embeddings(str(tmp_path / "e.npy"), Table())
    with pytest.raises(DataError, match="9999999999 columns, the dataset has 2 labels"):
        load_probs(str(tmp_path / "e.npy"), Table())


def test_a_number_too_large_for_a_float_is_refused() -> None:
    with pytest.raises(DataError, match="other than numbers"):
        load_embeddings("e", Table(e=[[10**400, 1], [1, 1], [1, 1]]))


def test_an_unknown_column_is_the_datasets_error() -> None:
    with pytest.raises(DataError, match="no column 'q'"):
        load_probs("q", Table())


def test_embeddings_that_are_probabilities_in_another_order_name_it(tmp_path: Path) -> None:
    names = tuple("123456")
    given = [names[n % 6] for n in range(120)]
    probs = np.full((120, 6), 0.02)
    probs[range(120), [(names.index(label) + 1) % 6 for label in given]] = 0.9
    np.save(tmp_path / "e.npy", probs)
    with pytest.raises(DataError, match=r"in the order 6, 1, 2, 3, 4, 5, in 120\. Reorder"):
        load_embeddings(str(tmp_path / "e.npy"), Labeled(names, given))


def test_very_many_labels_are_read_in_blocks_and_the_likeliest_kept(tmp_path: Path) -> None:
    items, classes = 12_000, 2800
    names = tuple(f"{n}" for n in range(classes))
    probs = np.lib.format.open_memmap(tmp_path / "p.npy", "w+", np.float16, (items, classes))
    likeliest = np.arange(items) % classes
    probs[np.arange(items), likeliest] = 0.75
    probs[np.arange(items), (likeliest + 1) % classes] = 0.25
    table = Labeled(names, [names[k] for k in (likeliest + 2) % classes])
    found = load_probs(str(tmp_path / "p.npy"), table)
    assert isinstance(found, TopProbs) and found.shape == (items, classes)
    assert found[17, [17, 18, 19, 20]].tolist() == [0.75, 0.25, 0.0, 0.0]
    assert all(17 + 2 in ids for ids in found.ids_NM[17:18])
    probs[9000, 0] = 0.5
    probs[9001, 0] = 0.5
    with pytest.raises(DataError, match=r"row 9000: the probabilities do not sum to 1 \(2 such rows\)"):
        load_probs(str(tmp_path / "p.npy"), table)
