"""Files of errata's own in the run folder, written anew from time to time: what somebody wrote into one is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from errata.tools.data.atomic import atomic_write
from errata.tools.data.copying import copy_path
from errata.tools.data.fingerprint import sha_of_file
from errata.tools.store.run_folder import to_toml
from errata.tools.store.store import Store


@contextmanager
def writing_own(store: Store, *files: Path) -> Iterator[None]:
    """Around the writing of these files: edits that were made to them since go among the backups, and afterwards they
    are known again."""
    for file in files:
        if file.exists() and not store.written.is_known(file.name, sha_of_file(file)):
            copy_path(file, store.folder.free_backup(file.name))
    yield
    for file in files:
        store.written.note(file.name, sha_of_file(file))


def write_settings(store: Store, settings: dict[str, Any]) -> None:
    """run.toml: the settings of the run that was begun last, for people and for git. The store is what counts."""
    with writing_own(store, store.folder.settings), atomic_write(store.folder.settings) as file:
        file.write(to_toml(settings).encode())
