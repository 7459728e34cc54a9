"""NAME.errata/, the folder beside the data in which a run lives. Plain files that a person can read."""

from __future__ import annotations

import getpass
import os
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errata.errors import RunLocked, SetupError, StoreError

GITIGNORE = "*\n!.gitignore\n!run.toml\n!patches/\n!patches/*.jsonl\n"


@dataclass(frozen=True, slots=True)
class RunFolder:
    path: Path

    @classmethod
    def beside(cls, data: Path) -> RunFolder:
        return cls(data.parent / f"{data.stem if data.is_file() else data.name}.errata")

    @property
    def store(self) -> Path:
        return self.path / "store.sqlite"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints.sqlite"

    @property
    def settings(self) -> Path:
        return self.path / "run.toml"

    @property
    def patches(self) -> Path:
        return self.path / "patches"

    @property
    def backups(self) -> Path:
        return self.path / "backups"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    def arrays(self, run_id: int) -> Path:
        return self.path / "arrays" / f"run-{run_id}"

    def create(self) -> None:
        for folder in (self.path, self.patches):
            folder.mkdir(parents=True, exist_ok=True)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text(GITIGNORE, encoding="utf-8")
        self._make_token()

    def exists(self) -> bool:
        return self.store.exists()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held while a command works on the run. The operating system lets go of it when the process dies."""
        from filelock import FileLock, Timeout

        # One lock a process: the graph's nodes run in threads of the command that holds it.
        lock = FileLock(self.path / "run.lock", timeout=0, thread_local=False, is_singleton=True)
        try:
            lock.acquire()
        except Timeout:
            raise RunLocked(
                f"Another errata command is working on {self.path}. Wait until it has ended, or name another run "
                "folder with --run DIR."
            ) from None
        try:
            yield
        finally:
            lock.release()

    # A person's token: whoever can read this file may decide. A model's tools never see it.
    @property
    def _token_file(self) -> Path:
        return self.path / "token"

    def _make_token(self) -> None:
        try:
            handle = os.open(self._token_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(32))

    def own_token(self) -> str:
        return self._token_file.read_text(encoding="utf-8").strip()

    def check_token(self, token: str) -> str:
        """The operating system's user, recorded with every decision; SetupError where the token is wrong."""
        if not secrets.compare_digest(token.encode(), self.own_token().encode()):
            raise SetupError(
                f"The token given is not the one of {self.path}. A decision needs a person's token: it is in "
                f"{self._token_file.name} in the run folder; unset ERRATA_TOKEN to use it."
            )
        return getpass.getuser()

    def frozen_settings(self) -> dict[str, Any]:
        """What run.toml holds; empty where there is none yet. StoreError where somebody has damaged it."""
        if not self.settings.exists():
            return {}
        try:
            return tomllib.loads(self.settings.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise StoreError(
                f"{self.settings} cannot be read ({error}): repair it, or name the columns again."
            ) from error


def to_toml(values: dict[str, Any]) -> str:
    """Settings as TOML: strings, numbers, lists of strings and one level of tables are all that settings hold."""
    import json

    def plain(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    scalars = [f"{k} = {plain(v)}" for k, v in values.items() if v is not None and not isinstance(v, dict)]
    tables = [
        f"\n[{name}]\n" + "\n".join(f"{k} = {plain(v)}" for k, v in table.items())
        for name, table in values.items()
        if isinstance(table, dict)
    ]
    return "\n".join(scalars + tables) + "\n"


def find_run(name: str | None, here: Path) -> RunFolder:
    """The run that a command means: a run folder, the data's path, or, without a name, the newest run here."""
    if name is None:
        folders = sorted(here.glob("*.errata/store.sqlite"), key=lambda p: p.stat().st_mtime)
        if not folders:
            raise SetupError(f"There is no run in {here}. Start one: errata run DATA --text COL --label COL")
        return RunFolder(folders[-1].parent)
    path = Path(name)
    candidates = [RunFolder(path)] + ([RunFolder.beside(path)] if path.exists() else [])
    for folder in candidates:
        if folder.exists():
            return folder
    raise SetupError(f"{name!r} is neither a run folder nor data with a run beside it. Start one: errata run DATA ...")
