"""${message}"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "${up_revision}"
down_revision = ${repr(down_revision)}


def upgrade(folder: Path) -> None:
    op.get_bind().exec_driver_sql(f"PRAGMA user_version={int(revision)}")
