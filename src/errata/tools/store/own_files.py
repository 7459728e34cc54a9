"""errata's own files in the run folder, rewritten from time to time: a person's edits to them are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from errata.tools.data.atomic import atomic_write
from errata.tools.data.copying import copy_path
from errata.tools.data.fingerprint import sha_of_path
from errata.tools.store.run_folder import to_toml
from errata.tools.store.store import Store


@contextmanager
def writing_own(store: Store, *files: Path) -> Iterator[None]:
    """Use around writing these files or folders: edited versions are moved to the backups first, and the new ones are
    recorded afterwards."""
    for file in files:
        if file.exists() and not store.written.is_known(file.name, sha_of_path(file)):
            copy_path(file, store.folder.free_backup(file.name))
    yield
    for file in files:
        store.written.note(file.name, sha_of_path(file))


def write_settings(store: Store, settings: dict[str, Any]) -> None:
    """Write run.toml: the settings of the run begun last, for people and for git. The store is authoritative."""
    with writing_own(store, store.folder.settings), atomic_write(store.folder.settings) as file:
        file.write(to_toml(settings).encode())
