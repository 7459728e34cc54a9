"""One SQLite file in WAL mode: many readers, one writer at a time, every write transaction BEGIN IMMEDIATE."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from errata.errors import StoreError
from errata.tools.store.schema import SCHEMA_VERSION, metadata

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
    """Transactions over store.sqlite. Errors of the file or the disk come out as StoreError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        refuse_network_file_system(path.parent)
        self._engine = _engine(path)
        with self.write() as connection:
            _check_version(connection, path)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        # A deferred transaction that reads and then writes can lose its write to another; an immediate one waits.
        with self._errors(), self._engine.connect().execution_options(immediate=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            raise StoreError(
                f"{self.path}: {error.orig}. Nothing of this step was kept; free the disk or the file, "
                "then run the same command again: it goes on from the last step."
            ) from error


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


def _check_version(connection: Connection, path: Path) -> None:
    found = connection.exec_driver_sql("PRAGMA user_version").scalar() or 0
    if found > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer errata (store version {found}; this errata knows {SCHEMA_VERSION}). "
            "Upgrade errata, or name another run folder with --run."
        )
    if 0 < found < SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by an older errata (store version {found}; this errata knows {SCHEMA_VERSION}). "
            "Read it with that errata, or start a new run in another folder: --run DIR"
        )
    if found == 0:
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")


def refuse_network_file_system(folder: Path) -> None:
    """WAL needs shared memory between processes, which network file systems do not give: they lose writes silently."""
    kind = _file_system(folder)
    if kind in NETWORK_FILE_SYSTEMS:
        raise StoreError(f"{folder} lies on a network file system ({kind}). Name a local folder with --run DIR.")


def _file_system(folder: Path) -> str | None:
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
