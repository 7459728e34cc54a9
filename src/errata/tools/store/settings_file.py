"""run.toml: the settings of the run that was begun last, for people and for git. The store is what counts."""

from __future__ import annotations

import hashlib
from typing import Any

from errata.tools.data.atomic import atomic_write
from errata.tools.data.copying import copy_path
from errata.tools.store.run_folder import to_toml
from errata.tools.store.store import Store


def write_settings(store: Store, settings: dict[str, Any]) -> None:
    """What somebody wrote into it since is kept among the backups."""
    file, content = store.folder.settings, to_toml(settings).encode()
    if file.exists():
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        if found == hashlib.sha256(content).hexdigest():
            return
        if not store.written.is_known(file.name, found):
            copy_path(file, store.folder.free_backup(file.name))
    store.written.note(file.name, hashlib.sha256(content).hexdigest())
    with atomic_write(file) as out:
        out.write(content)
