"""A source that was changed in place can always be restored."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from errata.agent.actions.deciding import DECIDE
from errata.agent.actions.perform import perform
from errata.agent.decisions.apply import apply
from errata.agent.decisions.revert import revert
from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.agent.views.status import describe, status_of
from errata.errors import ErrataError
from errata.settings import Settings
from tests.agent.test_same_folder import data, decide, run, silent
from tests.by_hand import session_of

__all__ = ["data"]


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """Two classes of drawings, twelve each."""
    rng = random.Random(0)
    for label, axis in (("bar", 0), ("beam", 1)):
        (tmp_path / "shapes" / label).mkdir(parents=True)
        for i in range(12):
            pixels = np.full((16, 16), 255, np.uint8)
            at = rng.randrange(2, 12)
            pixels[(slice(at, at + 3), slice(None)) if axis else (slice(None), slice(at, at + 3))] = rng.randrange(90)
            Image.fromarray(pixels).save(tmp_path / "shapes" / label / f"{label}{i:02}.png")
    return tmp_path / "shapes"


def scanned(folder: Path) -> Workspace:
    workspace = begin(folder, Settings.model_validate({"embedder": "plain", "random_share": 0.0}), None, silent)
    drive(workspace, silent)
    return workspace


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_writing_over_an_output_changes_no_byte_of_the_source(shapes: Path) -> None:
    before = tree(shapes)
    workspace = scanned(shapes)
    decide(workspace, "bar/bar00.png", "beam")
    out = apply(workspace).output
    for picture in out.rglob("*.png"):
        Image.new("L", (4, 4)).save(picture)
    assert tree(shapes) == before
    workspace.close()


def test_a_folder_in_place_is_renames_and_comes_back(shapes: Path) -> None:
    before = tree(shapes)
    inode = (shapes / "bar" / "bar00.png").stat().st_ino
    workspace = scanned(shapes)
    decide(workspace, "bar/bar00.png", "beam")
    applied = apply(workspace, in_place=True)
    assert applied.output == shapes and (shapes / "beam" / "bar00.png").stat().st_ino == inode
    assert not workspace.folder.backups.exists()
    assert revert(workspace).identical and tree(shapes) == before
    workspace.close()


def test_a_second_apply_after_one_more_decision_works_as_for_a_file(shapes: Path) -> None:
    workspace = scanned(shapes)
    decide(workspace, "bar/bar00.png", "beam")
    apply(workspace)
    decide(workspace, "bar/bar01.png", "beam")
    out = apply(workspace).output
    assert (out / "beam" / "bar00.png").exists() and (out / "beam" / "bar01.png").exists()
    workspace.close()


def test_a_foreign_folder_and_the_sources_own_cannot_be_output(shapes: Path) -> None:
    workspace = scanned(shapes)
    decide(workspace, "bar/bar00.png", "beam")
    other = shapes.with_name("other")
    other.mkdir()
    (other / "precious").touch()
    for out, why in ((other, "not errata's"), (shapes / "out", "is inside"), (shapes.parent, "holds the source")):
        with pytest.raises(ErrataError, match=why):
            apply(workspace, out)
    assert (other / "precious").exists()
    workspace.close()


@pytest.mark.parametrize("then", ["apply", "revert"])
def test_a_half_moved_folder_is_reported_and_completed_or_reverted(
    shapes: Path, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(shapes)
    workspace = scanned(shapes)
    for i in range(4):
        decide(workspace, f"bar/bar{i:02}.png", "beam")
    moved: list[Path] = []
    rename = Path.rename

    def killed_after_two(self: Path, target: Path) -> Path:
        if self.suffix == ".png":
            if len(moved) == 2:
                raise KeyboardInterrupt
            moved.append(self)
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed_after_two)
        with pytest.raises(KeyboardInterrupt):
            apply(workspace, in_place=True)
    (state,) = status_of(workspace)["applied"]
    assert state["state"] == "half_moved" and "errata apply --in-place finishes it" in describe(status_of(workspace))
    if then == "apply":
        assert apply(workspace, in_place=True).changed == 4
        assert sorted(path.name for path in (shapes / "beam").glob("bar*")) == [f"bar{i:02}.png" for i in range(4)]
    assert revert(workspace).identical and tree(shapes) == before
    workspace.close()


def test_a_file_edited_while_it_is_replaced_keeps_its_edit(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, mine = run(data), b"mine,a line,food,no,no\n"
    decide(workspace, "m0", "animals")
    fsync = os.fsync

    def edited_meanwhile(descriptor: int) -> None:
        if workspace.folder.backups.exists() and not data.read_bytes().endswith(mine):
            data.write_bytes(data.read_bytes() + mine)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", edited_meanwhile)
    with pytest.raises(ErrataError, match="was changed while it was being replaced"):
        apply(workspace, in_place=True)
    assert data.read_bytes().endswith(mine) and b"food" in data.read_bytes().splitlines()[1]
    workspace.close()


def test_what_was_recorded_but_not_written_is_reported(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = data.read_bytes()
    workspace = run(data)
    decide(workspace, "m0", "animals")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copymode", killed)  # the last call before the source is replaced
        with pytest.raises(KeyboardInterrupt):
            apply(workspace, in_place=True)
    assert data.read_bytes() == before
    assert [one["state"] for one in status_of(workspace)["applied"]] == ["not_written"]
    apply(workspace, in_place=True)
    assert [one["state"] for one in status_of(workspace)["applied"]] == ["applied"]
    assert revert(workspace).identical and data.read_bytes() == before
    workspace.close()


def test_a_link_to_the_data_is_followed_and_stays(data: Path) -> None:
    real = data.rename(data.with_name("real.csv"))
    before = real.read_bytes()
    data.symlink_to(real)
    workspace = run(data)
    decide(workspace, "m0", "animals")
    apply(workspace, in_place=True)
    assert data.is_symlink() and real.read_bytes() != before
    assert revert(workspace).identical
    assert data.is_symlink() and real.read_bytes() == before
    workspace.close()


def test_no_room_is_said_before_anything_is_written(shapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = scanned(shapes)
    decide(workspace, "bar/bar00.png", "beam")
    usage = shutil.disk_usage(shapes)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ErrataError, match=r"0\.0 GB free"):
        apply(workspace)
    assert not shapes.with_name("shapes.relabeled").exists()
    workspace.close()


def test_a_pipe_in_the_folder_is_named_and_nothing_written(shapes: Path) -> None:
    workspace = scanned(shapes)
    decide(workspace, "bar/bar00.png", "beam")
    os.mkfifo(shapes / "pipe")
    with pytest.raises(ErrataError, match="pipe is neither a file nor a folder"):
        apply(workspace)
    assert not shapes.with_name("shapes.relabeled").exists()
    workspace.close()


def test_only_a_person_changes_a_source(data: Path) -> None:
    workspace = run(data)
    with pytest.raises(ErrataError, match="token"):
        perform(DECIDE, session_of(workspace, "model", "guessed"), item_id="m0", answer="label", label="animals")
    assert apply(workspace, in_place=True).changed == 0
    workspace.close()


def test_a_folder_s_copy_tells_how_far_it_is(shapes: Path) -> None:
    workspace = scanned(shapes)
    decide(workspace, "bar/bar00.png", "beam")
    told: list[tuple[int, int]] = []
    apply(workspace, copied=lambda done, total: told.append((done, total)))
    size = sum(path.stat().st_size for path in shapes.rglob("*.png"))
    assert len(told) == 24 and told[-1] == (size, size)
    workspace.close()
