"""NAME.errata/, the folder next to the data that holds a run. Plain files that a person can read."""

from __future__ import annotations

import getpass
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from errata.errors import RunLocked, SetupError, StoreError
from errata.toml import read_toml

GITIGNORE = "*\n!.gitignore\n!run.toml\n!patches/\n!patches/*.jsonl\n"


@dataclass(frozen=True, slots=True)
class RunFolder:
    path: Path

    @classmethod
    def beside(cls, data: Path) -> RunFolder:
        """NAME.errata, without the file's extension; with it if that folder only has runs of other data."""
        folder = data.is_dir()
        first = cls(data.with_name(f"{data.name if folder else data.stem}.errata"))
        names = first.data_names()
        if not names or data.name in names:
            return first
        return cls(data.with_name(f"{data.name}.folder.errata" if folder else f"{data.name}.errata"))

    def data_names(self) -> set[str]:
        """The file names of the data with runs here, read without a write lock; empty if none can be read."""
        if not self.store.exists():
            return set()
        # If it can write, SQLite cleans up after itself; opened read-only, it leaves its journal behind.
        how = "mode=rw" if os.access(self.path, os.W_OK) else "mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(f"{self.store.absolute().as_uri()}?{how}", uri=True)) as connection:
                return {Path(str(path)).name for (path,) in connection.execute("SELECT DISTINCT data_path FROM runs")}
        except (sqlite3.Error, ValueError):  # opening the store will say what is wrong with it
            return set()

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

    def free_backup(self, name: str) -> Path:
        """A free path for a backup of something of this name: no backup is ever overwritten."""
        self.backups.mkdir(exist_ok=True)
        numbers = [int(file.name.split("-")[0]) for file in self.backups.iterdir() if file.name.split("-")[0].isdigit()]
        return self.backups / f"{max(numbers, default=0) + 1:04}-{name}"

    @property
    def drafts(self) -> Path:
        """For files being written, until they are complete."""
        return self.path / "drafts"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def replication(self) -> Path:
        return self.path / "replication"

    def arrays(self, run_id: int) -> Path:
        return self.path / "arrays" / f"run-{run_id}"

    def create(self) -> None:
        """StoreError if it cannot be created."""
        try:
            for folder in (self.path, self.patches):
                folder.mkdir(parents=True, exist_ok=True)
            ignore = self.path / ".gitignore"
            if not ignore.exists():
                ignore.write_text(GITIGNORE, encoding="utf-8")
            self._make_token()
        except OSError as error:
            raise StoreError(
                f"{self.path} cannot be made ({error.strerror}). Name a run folder elsewhere: --run DIR"
            ) from None

    def exists(self) -> bool:
        return self.store.exists()

    def refuse_links(self) -> None:
        """The folder may be a link, but its contents may not: errata would write somewhere other than it says."""
        for entry in self.path.iterdir():
            if entry.is_symlink():
                raise StoreError(f"{entry} is a link: errata writes to no links. Put the file or folder itself there.")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held while a command works on the run. The operating system releases it when the process dies."""
        from filelock import FileLock, Timeout

        # One lock per process: the graph's nodes run in threads of the command that holds it.
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

    # A person's token: anyone who can read this file may decide. A model's tools never see it.
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
        # A project that came through git has none: it must not be shared.
        self._make_token()
        return self._token_file.read_text(encoding="utf-8").strip()

    def check_token(self, token: str) -> str:
        """The operating system's user, recorded with every decision; SetupError if the token is wrong."""
        if not secrets.compare_digest(token.encode(), self.own_token().encode()):
            raise SetupError(
                f"The token given is not the one of {self.path}. A decision needs a person's token: it is in "
                f"{self._token_file.name} in the run folder; unset ERRATA_TOKEN to use it."
            )
        return getpass.getuser()

    def frozen_settings(self) -> dict[str, Any]:
        """The contents of run.toml; empty if there is none yet. StoreError if it was damaged."""
        if not self.settings.exists():
            return {}
        try:
            return read_toml(self.settings)
        except ValueError as error:
            raise StoreError(
                f"{self.settings} cannot be read ({error}): repair it, or name the columns again."
            ) from error


def to_toml(values: dict[str, Any]) -> str:
    """Settings as TOML, without those that are not set."""
    import tomli_w

    return tomli_w.dumps({name: value for name, value in values.items() if value is not None})


class NamedRun(NamedTuple):
    """The run folder that a command means, and the data's path if that is what was typed."""

    folder: RunFolder
    data: Path | None


def find_run(name: str | None, here: Path) -> NamedRun:
    """What a command means by a run folder, the data's path, or nothing: the newest run here."""
    if name is None:
        folders = sorted(here.glob("*.errata/store.sqlite"), key=_written_at)
        if not folders:
            raise SetupError(f"There is no run in {here}. Start one: errata run DATA --text COL --label COL")
        return NamedRun(RunFolder(folders[-1].parent), None)
    path = Path(name)
    if RunFolder(path).exists():
        return NamedRun(RunFolder(path), None)
    folder = RunFolder.beside(path)
    if folder.exists():
        return NamedRun(folder, path)
    raise SetupError(f"{name!r} is neither a run folder nor data with a run beside it. Start one: errata run DATA ...")


def _written_at(store: Path) -> float:
    """The latest writes may still be in the journal next to the store."""
    journal = store.with_name(f"{store.name}-wal")
    written = (file.stat() for file in (store, journal) if file.exists())
    return max((file.st_mtime for file in written if file.st_size), default=0.0)
