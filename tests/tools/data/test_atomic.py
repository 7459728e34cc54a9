"""A path holds either its old content or all of its new content."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from errata.errors import SetupError
from errata.tools.data import Columns, Edit, open_dataset, write_labels
from errata.tools.data.atomic import atomic_folder, atomic_write
from errata.tools.data.copying import copy_path

FLIP = """
import sys
from pathlib import Path
from errata.tools.data import Columns, Edit, open_dataset, write_labels
path = Path(sys.argv[1])
columns = Columns(None) if path.is_dir() else Columns("label", ("text",))
while True:
    dataset = open_dataset(path, columns)
    rows = range(0, len(dataset) - 2)
    flip = {"a": "b", "b": "a"}
    edits = {r: Edit(dataset.cells[r], flip[dataset.cells[r]]) for r in rows}
    print("writing", flush=True)
    write_labels(dataset, edits, path)
"""


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file may grow beyond ``room`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.fixture(params=["unnamed files", "named files"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the system's unnamed files, and as on systems without."""
    if request.param == "named files":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


@pytest.mark.usefixtures("system")
def test_a_block_that_raises_leaves_the_old_file_and_no_debris(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), atomic_write(path) as file:
        file.write(b"new")
        raise KeyError
    with pytest.raises(KeyError), atomic_folder(tmp_path / "f") as draft:
        (draft / "x").touch()
        raise KeyError
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.usefixtures("system")
def test_a_link_is_followed_and_the_mode_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "a", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    with atomic_write(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_folder_takes_the_place_of_a_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with atomic_folder(tmp_path / "f") as draft:
            (draft / name).touch()
    assert names(tmp_path) == ["f"]
    assert names(tmp_path / "f") == ["two"]


@pytest.mark.usefixtures("system")
def test_a_full_disk_leaves_the_old_state_and_no_debris(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\n" + b"some text,a\nother,b\n" * 5000)
    before, dataset = path.read_bytes(), open_dataset(path, Columns("label", ("text",)))
    with full_disk(50_000), pytest.raises(SetupError, match=r"File too large.*still there"):
        write_labels(dataset, {0: Edit("a", "b")}, path)
    assert path.read_bytes() == before
    assert names(tmp_path) == ["a.csv"]


def test_a_place_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="No such file or directory"), atomic_write(tmp_path / "no" / "a"):
        pass


def test_a_copy_onto_itself_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    copy_path(tmp_path / "a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"x"


def killed_while_writing(path: Path, delay_s: float) -> None:
    command = [sys.executable, "-c", FLIP, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(delay_s)
        child.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "a.csv"
    rows = [b"some text," + label for label in (b"a", b"b") * 10_000]
    old = b"\n".join([b"text,label", *rows])
    new = b"\n".join([b"text,label", *rows[1:-2], rows[0], *rows[-2:]])
    path.write_bytes(old)
    killed_while_writing(path, random.Random(seed).uniform(0, 0.2))
    assert path.read_bytes() in (old, new)


def test_a_killed_writer_leaves_the_old_folder_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "images"
    for i in range(300):
        file = path / "ab"[i % 2] / f"{i:03}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    killed_while_writing(path, 0.05)
    assert sorted(file.name for file in path.rglob("*.png")) == [f"{i:03}.png" for i in range(300)]
