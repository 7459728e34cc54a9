"""Tensors out of a .pth file: what torch reads from it, and nothing that the file could run."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from errata.errors import SetupError
from errata.tools.features.torch_file import MAGIC, read_tensors


class Attack:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def written(path: Path, *pickles: object, rest: bytes = b"") -> Path:
    path.write_bytes(b"".join(pickle.dumps(one, 2) for one in pickles) + rest)
    return path


def test_it_reads_what_torch_reads(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    numbers = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    tensors = OrderedDict(
        plain=numbers, turned=numbers.transpose(0, 2), part=numbers[1, 1:], one=torch.tensor(7), none=torch.zeros(0)
    )
    path = tmp_path / "state.pth"
    torch.save(tensors, path, _use_new_zipfile_serialization=False)
    found = read_tensors(path)
    assert list(found) == list(tensors)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(found[name], tensor.numpy())
        assert found[name].dtype == tensor.numpy().dtype


def test_a_file_that_would_run_something_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    for place in range(5):
        pickles: list[object] = [MAGIC, 1001, {}, OrderedDict(), []]
        pickles[place] = Attack(touched)
        with pytest.raises(SetupError, match=r"it names .*which is no part of a tensor"):
            read_tensors(written(tmp_path / "state.pth", *pickles))
    assert not touched.exists()


def test_names_of_builtins_are_refused_too(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"builtins?.*which is no part of a tensor"):
        read_tensors(written(tmp_path / "state.pth", MAGIC, 1001, {}, eval))


@pytest.mark.parametrize("cut", [0, 3, 16, 40, -1])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "state.pth"
    torch.save({"a": torch.ones(4)}, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(SetupError, match="not a file of tensors"):
        read_tensors(path)


@pytest.mark.parametrize("content", [[], 7, {"a": 1}, None])
def test_anything_but_tensors_by_name_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(SetupError, match="not a file of tensors"):
        read_tensors(written(tmp_path / "state.pth", MAGIC, 1001, {}, content, []))


def test_a_tensor_that_reaches_beyond_its_storage_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "state.pth"
    torch.save({"a": torch.ones(4)}, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    four = pickle.dumps((4,), 2)[2:-1]
    assert four.startswith(b"K\x04\x85")
    path.write_bytes(whole.replace(b"K\x04\x85", b"K\x05\x85"))
    with pytest.raises(SetupError, match="not a file of tensors"):
        read_tensors(path)
