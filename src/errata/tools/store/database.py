"""One SQLite file in WAL mode: many readers, one writer at a time, every write transaction BEGIN IMMEDIATE."""

from __future__ import annotations

import os
import secrets
import shutil
import zlib
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from errata.errors import StoreError
from errata.tools.store import migrations
from errata.tools.store.schema import SCHEMA_VERSION, metadata, store

BUSY_TIMEOUT_MS = 30_000
NETWORK_FILE_SYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "9p",
    "ceph",
    "glusterfs",
    "lustre",
    "fuse.sshfs",
}


class Database:
    """Transactions on store.sqlite. Errors of the file or the disk are raised as StoreError.

    A missing store is created, an older one is upgraded after keeping a copy, and one that cannot be written is read
    from a temporary copy: looking at a run needs no right to change it.
    """

    def __init__(self, path: Path, refused: Set[str] = NETWORK_FILE_SYSTEMS) -> None:
        """``refused``: file system types on which the database may not be."""
        self.path = path
        refuse_network_file_system(path.parent, refused)
        self._copy = None if _writable(path) else _copied_elsewhere(path)
        self._engine = _engine(Path(self._copy.name) / path.name if self._copy else path)
        if self._version() != SCHEMA_VERSION:
            with self._write() as connection:
                _bring_up_to_date(connection, Path(str(self._engine.url.database)), path)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._errors(), self._engine.connect() as connection:
            try:
                yield connection
            except (ValueError, KeyError, TypeError, zlib.error) as error:
                raise StoreError(
                    f"{self.path} holds something that errata did not write ({error!r}). {DAMAGED}"
                ) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.refuse_read_only()
        with self._write() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        # A deferred transaction that reads and then writes can lose its write to another; an immediate one waits.
        with self._errors(), self._engine.connect().execution_options(immediate=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self._engine.dispose()
        if self._copy is not None:
            self._copy.cleanup()

    @property
    def read_only(self) -> bool:
        """Whether this is only a copy of a store that cannot be written."""
        return self._copy is not None

    def refuse_read_only(self) -> None:
        """Call before a change: StoreError if none is possible."""
        if self.read_only:
            raise StoreError(f"{self.path} cannot be written. Name another run folder: --run DIR")

    def _version(self) -> int:
        with self.read() as connection:
            return int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            raise StoreError(f"{self.path}: {error.orig}. {_advice(str(error.orig))}") from error
        except UnicodeDecodeError as error:  # a name in its schema
            raise StoreError(f"{self.path} is damaged ({error}). {DAMAGED}") from error


def raw_rows(connection: Connection, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a query as SQLite returns them, for tables with a row per item: SQLAlchemy's own take three times as
    long to make."""
    cursor = connection.exec_driver_sql(query, values).cursor
    return [] if cursor is None else list(cursor.fetchall())


DAMAGED = (
    "Restore it from a backup; or move it away to start over: decisions that were applied are also in patches/, and "
    "the source was never touched."
)


def _advice(said: str) -> str:
    if "locked" in said or "busy" in said:
        return "Another process has been writing to it for a long time. Wait until that has ended, then try again."
    if "malformed" in said or "not a database" in said or "UTF-8" in said or "no such" in said:
        return f"The file is damaged. {DAMAGED}"
    return (
        "Nothing of this step was kept; free the disk or the file, "
        "then run the same command again: it continues from the last step."
    )


def _writable(path: Path) -> bool:
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def _copied_elsewhere(path: Path) -> TemporaryDirectory[str]:
    """A copy of the store, including its write-ahead log, in a folder that lasts as long as it is used."""
    if not path.exists():
        raise StoreError(f"{path.parent} cannot be written. Name another run folder: --run DIR")
    folder = TemporaryDirectory(prefix="errata-")
    for file in (path, path.with_name(f"{path.name}-wal")):
        if file.exists():
            shutil.copyfile(file, Path(folder.name) / file.name)
    return folder


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def configure(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]  # SQLAlchemy types the DBAPI connection as object
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _bring_up_to_date(connection: Connection, path: Path, shown: Path) -> None:
    """Create the tables of a new store, or upgrade an older one, unless another process has done so meanwhile."""
    found = int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)
    if found > SCHEMA_VERSION:
        raise StoreError(
            f"{shown} was written by a newer errata (store version {found}; this errata knows {SCHEMA_VERSION}). "
            "Upgrade errata, or name another run folder with --run."
        )
    if 0 < found < migrations.OLDEST:
        raise StoreError(
            f"{shown} was written by an errata from before the first release (store version {found}): nothing reads it "
            "any more. Start a new run in another folder: --run DIR"
        )
    if found == 0:
        metadata.create_all(connection)
        connection.execute(store.insert().values(store_id=secrets.token_hex(16)))
        migrations.stamp(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
    elif found < SCHEMA_VERSION:
        migrations.keep_copy(path, found)
        try:
            migrations.upgrade(connection, shown.parent)
        except migrations.CannotUpgrade as error:
            raise StoreError(f"{shown} cannot be brought up to date: {error}. {DAMAGED}") from error


def refuse_network_file_system(folder: Path, refused: Set[str] = NETWORK_FILE_SYSTEMS) -> None:
    """WAL needs memory shared between processes, which network file systems lack: they lose writes silently."""
    kind = file_system(folder)
    if kind in refused:
        raise StoreError(f"{folder} is on a network file system ({kind}). Name a local folder with --run DIR.")


def file_system(folder: Path) -> str | None:
    """The type of the file system of a folder, such as "ext4"; None if the system does not tell."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return None
    target = os.path.realpath(folder)
    best, kind = "", None
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, mount, found, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        inside = target == mount or target.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, found
    return kind
