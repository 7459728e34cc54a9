"""What this user's machine remembers about a run folder, out of reach of anyone who can write next to the data: the
head of its history, the judges typed for it, the files that errata wrote elsewhere for it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from errata.errors import SetupError, StoreError
from errata.tools.data.atomic import atomic_write


@dataclass(frozen=True, slots=True)
class UserState:
    """One JSON file per run folder, identified by the folder's path. ``path`` is that file."""

    path: Path

    @classmethod
    def of(cls, run_folder: Path) -> UserState:
        place = os.path.realpath(run_folder)
        name = sha256(os.fsencode(place)).hexdigest()[:32]
        return cls(user_state_path("errata", appauthor=False) / "folders" / f"{name}.json")

    def read(self) -> dict[str, Any]:
        """What is remembered, JSON-plain; empty if nothing is. StoreError if the file is damaged."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise StoreError(f"{self.path} cannot be read ({error}): remove it; errata then starts afresh.") from None
        if not isinstance(found, dict):
            raise StoreError(f"{self.path} holds no JSON object: remove it; errata then starts afresh.")
        return found

    def update(self, **values: Any) -> None:
        """Remember these values in addition to the others. SetupError if the state folder cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SetupError(
                f"{self.path.parent} cannot be made ({error.strerror}): errata remembers there what was seen and "
                "typed on this machine. Put it right, or set XDG_STATE_HOME to a folder of yours."
            ) from None
        with atomic_write(self.path) as file:
            file.write(json.dumps(self.read() | values, ensure_ascii=False, indent=1, sort_keys=True).encode())
