"""The gate for everything that a run writes: nothing that errata did not write is ever destroyed.

errata recognizes its own files by hash. A file edited since belongs to the user.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from errata.errors import SetupError
from errata.tools.data.atomic import put_in_place, remove
from errata.tools.data.copying import copy_path
from errata.tools.data.fingerprint import sha_of_path
from errata.tools.store.relative_paths import is_inside, relative_path
from errata.tools.store.run_folder import RunFolder
from errata.tools.store.store import Store


@dataclass(frozen=True, slots=True)
class Gate:
    """For one run folder. ``source``: the data of its runs, which only an in-place patch may write."""

    store: Store
    source: Path

    @contextmanager
    def replacing(self, out: Path, *, force: bool = False) -> Iterator[Path]:
        """A draft to write; when the block ends it replaces ``out``, and is recorded as errata's.

        Raises SetupError before writing anything if ``out`` is a place where errata does not write, or a file or folder
        that errata did not write, unless ``force``, which keeps a backup of it.
        """
        self.check_place(out)
        stood = sha_of_path(out) if out.exists() else None
        if stood is not None and not self._is_own(out, stood):
            self._back_up(out, force)
        with self.drafting(out) as draft:
            yield draft
            self.note(out, draft)
            put_in_place(draft, out, lambda path: stood is not None and sha_of_path(path) == stood)

    @contextmanager
    def drafting(self, out: Path) -> Iterator[Path]:
        """A place for a draft of ``out`` in the run folder. A draft left there by a killed command is removed."""
        if self.store.read_only:
            with TemporaryDirectory(prefix="errata-") as elsewhere:
                yield Path(elsewhere) / out.name
            return
        draft = self.store.folder.drafts / out.name
        remove(draft)
        draft.parent.mkdir(exist_ok=True)
        try:
            yield draft
        finally:
            remove(draft)

    def note(self, out: Path, holds: Path) -> None:
        """Record ``out`` with the content of ``holds`` as errata's. If the store is read-only, nothing is recorded."""
        if self.store.read_only:
            return
        self.store.written.note(self._place(out), sha_of_path(holds))

    def check_place(self, out: Path) -> None:
        """SetupError for links, the source, and anything in a run folder or in the source's folder."""
        if out.is_symlink():
            raise SetupError(f"{out} is a link to {out.readlink()}: errata replaces no links. Name that file itself.")
        if not out.parent.is_dir():
            raise SetupError(f"There is no folder {out.parent}: make it first, or name another place.")
        if out.exists() and self.source.exists() and out.samefile(self.source):
            raise SetupError(f"{out} is the source itself. To change it: errata apply --in-place; a backup is kept.")
        if self.source.is_dir() and is_inside(out, self.source):
            raise SetupError(f"{out} is inside {self.source}: name a place outside it.")
        if is_inside(self.source, out):
            raise SetupError(f"{out} holds the source: name another place.")
        for folder in (out, *out.absolute().parents):
            if RunFolder(folder).exists() and (folder / "patches").is_dir():
                raise SetupError(f"{out} is in the run folder {folder}, which is errata's own: name another place.")

    def _is_own(self, out: Path, sha: str) -> bool:
        if out.is_dir() and not any(out.iterdir()):
            return True
        if self.store.written.is_known(self._place(out), sha):
            return True
        # Stores from before version 3 know what they wrote only from their history.
        return any(event.body.get("out_sha256") == sha for event in self.store.events.read("applied"))

    def _back_up(self, out: Path, force: bool) -> None:
        if not force:
            raise SetupError(
                f"{out} is there already, and is not errata's: it was made or edited by someone else. Name another "
                "place with -o, or say --force to replace it; a backup is kept."
            )
        copy_path(out, self.store.folder.free_backup(out.name))

    def _place(self, path: Path) -> str:
        return relative_path(path, self.store.folder.path)
