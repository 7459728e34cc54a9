"""Nothing that errata did not write is ever destroyed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.errors import PatchConflict, SetupError, StoreError
from errata.tools.store import Store
from errata.tools.store.gate import Gate
from errata.tools.store.own_files import write_settings
from errata.tools.store.run_folder import RunFolder


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    (tmp_path / "mail.csv").write_bytes(b"source")
    store = Store(RunFolder(tmp_path / "mail.errata"))
    yield Gate(store, tmp_path / "mail.csv")
    store.close()


def write(gate: Gate, out: Path, content: bytes, *, force: bool = False) -> None:
    with gate.replacing(out, force=force) as draft:
        draft.write_bytes(content)


def test_errata_replaces_what_it_wrote_itself(gate: Gate, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    write(gate, out, b"one")
    write(gate, out, b"two")
    assert out.read_bytes() == b"two"
    assert list(gate.store.folder.drafts.iterdir()) == [] and not gate.store.folder.backups.exists()


def test_a_file_edited_since_is_the_user_s(gate: Gate, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    write(gate, out, b"one")
    out.write_bytes(b"one, edited")
    with pytest.raises(SetupError, match="not errata's"):
        write(gate, out, b"two")
    assert out.read_bytes() == b"one, edited"


def test_force_keeps_a_backup(gate: Gate, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_bytes(b"mine")
    write(gate, out, b"new", force=True)
    assert out.read_bytes() == b"new"
    assert [backup.read_bytes() for backup in gate.store.folder.backups.iterdir()] == [b"mine"]


def test_a_nonempty_foreign_folder_is_kept(gate: Gate, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").touch()
    with pytest.raises(SetupError, match="not errata's"), gate.replacing(out) as draft:
        draft.mkdir()
    assert (out / "mine").exists()


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("mail.csv", "is the source itself"),
        ("hard_link.csv", "is the source itself"),
        ("link.csv", "is a link to"),
        ("dangling.csv", "is a link to"),
        ("mail.errata/store.sqlite", "is in the run folder"),
        ("mail.errata/patches/new.csv", "is in the run folder"),
        ("other.errata/out.csv", "is in the run folder"),
        (".", "holds the source"),
        ("no/such/out.csv", "There is no folder"),
    ],
)
def test_some_places_are_refused_even_by_force(gate: Gate, tmp_path: Path, place: str, why: str) -> None:
    os.link(tmp_path / "mail.csv", tmp_path / "hard_link.csv")
    (tmp_path / "target.csv").write_bytes(b"target")
    (tmp_path / "link.csv").symlink_to(tmp_path / "target.csv")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "nowhere")
    Store(RunFolder(tmp_path / "other.errata")).close()
    with pytest.raises(SetupError, match=why):
        write(gate, tmp_path / place, b"new", force=True)
    assert (tmp_path / "mail.csv").read_bytes() == b"source" and (tmp_path / "target.csv").read_bytes() == b"target"


def test_a_file_that_changes_while_it_is_replaced_is_noticed(gate: Gate, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    write(gate, out, b"one")
    with pytest.raises(PatchConflict, match="changed while"), gate.replacing(out) as draft:
        draft.write_bytes(b"two")
        out.write_bytes(b"edited")
    assert out.read_bytes() == b"edited"


def test_a_file_that_appears_meanwhile_stays(gate: Gate, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with pytest.raises(PatchConflict, match="changed while"), gate.replacing(out) as draft:
        draft.write_bytes(b"two")
        out.write_bytes(b"somebody's")
    assert out.read_bytes() == b"somebody's"


def test_what_is_written_is_known_before_it_takes_its_place(gate: Gate, tmp_path: Path) -> None:
    # Killed between the two, errata must still recognize its own file.
    out = tmp_path / "out.csv"
    with gate.drafting(out) as draft:
        draft.write_bytes(b"one")
        gate.note(out, draft)
        draft.replace(out)
    write(gate, out, b"two")
    assert out.read_bytes() == b"two"


def test_links_inside_the_run_folder_are_refused(gate: Gate, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (gate.store.folder.path / "arrays").symlink_to(elsewhere)
    with pytest.raises(StoreError, match="arrays is a link"):
        Store(gate.store.folder)


def test_edits_to_run_toml_are_kept(gate: Gate) -> None:
    write_settings(gate.store, {"label": "topic"})
    write_settings(gate.store, {"label": "kind"})
    assert not gate.store.folder.backups.exists()
    gate.store.folder.settings.write_text("# mine\n", encoding="utf-8")
    write_settings(gate.store, {"label": "kind"})
    assert gate.store.folder.frozen_settings() == {"label": "kind"}
    assert [backup.read_text(encoding="utf-8") for backup in gate.store.folder.backups.iterdir()] == ["# mine\n"]
