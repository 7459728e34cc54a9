"""Paths relative to the run folder; the run that paid for a call; what errata wrote; the store's id; array
checksums."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path, PurePath

import sqlalchemy as sa
from alembic import op

from errata.tools.store.arrays import seal_all
from errata.tools.store.relative_paths import relative_path

revision = "0003"
down_revision = None
"""The store that errata wrote before it had migrations, version 2."""


def upgrade(folder: Path) -> None:
    connection = op.get_bind()
    op.create_table("store", sa.Column("store_id", sa.String, primary_key=True))
    # Deterministic: a store that cannot be written is upgraded again each time it is read.
    first = connection.execute(sa.text("SELECT started_at, data_sha256, settings_sha FROM runs LIMIT 1")).first()
    store_id = sha256(repr(first and tuple(first)).encode()).hexdigest()[:32]
    connection.execute(sa.text("INSERT INTO store VALUES (:id)"), {"id": store_id})
    op.create_table(
        "written",
        sa.Column("path", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("path", "sha256"),
    )
    op.add_column("calls", sa.Column("run_id", sa.Integer))
    for run_id, data_path in connection.execute(sa.text("SELECT run_id, data_path FROM runs")).all():
        place = _seen_from(folder, PurePath(data_path))
        connection.execute(sa.text("UPDATE runs SET data_path = :p WHERE run_id = :r"), {"p": place, "r": run_id})
    if os.access(folder, os.W_OK):
        seal_all(folder / "arrays")
    connection.exec_driver_sql(f"PRAGMA user_version={int(revision)}")


def _seen_from(folder: Path, data: PurePath) -> str:
    """The data was next to its run folder unless the user had named another one. An absolute path may be of a project
    that has been moved or copied since, so data next to the folder takes precedence."""
    if folder.name in (f"{data.stem}.errata", f"{data.name}.errata") or (folder.parent / data.name).exists():
        return f"../{data.name}"
    return relative_path(Path(data), folder)
