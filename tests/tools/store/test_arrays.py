"""Arrays are read back as written, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from errata.errors import StoreError
from errata.tools.store.arrays import Arrays


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    arrays = Arrays(tmp_path / "run-1")
    arrays.save("probs", np.arange(12.0).reshape(4, 3))
    arrays.save("power", np.array(0.5))
    return tmp_path / "run-1"


def test_an_array_comes_back_and_any_reader_of_npy_reads_it(saved: Path) -> None:
    for found in (Arrays(saved).load("probs"), np.load(saved / "probs.npy", mmap_mode="r")):
        assert np.array_equal(found, np.arange(12.0).reshape(4, 3))
    assert float(Arrays(saved).load("power")) == 0.5


@pytest.mark.parametrize("where", [0, 20, 130, -30, -5, -1])
def test_one_damaged_byte_is_noticed(saved: Path, where: int) -> None:
    data = bytearray((saved / "probs.npy").read_bytes())
    data[where] ^= 0x40
    (saved / "probs.npy").write_bytes(data)
    with pytest.raises(StoreError, match=r"probs\.npy is damaged.*Delete"):
        Arrays(saved).load("probs")


@pytest.mark.parametrize("kept", [0, 10, 150, -1])
def test_a_cut_array_is_noticed(saved: Path, kept: int) -> None:
    (saved / "probs.npy").write_bytes((saved / "probs.npy").read_bytes()[:kept])
    with pytest.raises(StoreError, match="damaged"):
        Arrays(saved).load("probs")


def test_another_array_under_its_name_is_noticed(saved: Path) -> None:
    (saved / "probs.npy").write_bytes((saved / "power.npy").read_bytes())
    with pytest.raises(StoreError, match="damaged"):
        Arrays(saved).load("probs")


def test_an_array_that_was_freed_is_named(saved: Path) -> None:
    (saved / "probs.npy").unlink()
    with pytest.raises(StoreError, match="gone"):
        Arrays(saved).load("probs")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "arrays").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match=r"run-1 cannot be made .*--run"):
        Arrays(tmp_path / "arrays" / "run-1").save("probs", np.zeros(3))


def test_arrays_are_listed_by_their_beginning_and_removed(saved: Path) -> None:
    arrays = Arrays(saved)
    assert arrays.names("p") == ["power", "probs"] and arrays.names("x") == []
    arrays.remove("power")
    arrays.remove("power")
    assert arrays.names("p") == ["probs"]
