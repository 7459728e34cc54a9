"""Proposals say what they rest on. For older ones based on a judge, it is unknown whether the scan agreed."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

JUDGED = """evidence LIKE '%"verdict:%'"""


def upgrade(folder: Path) -> None:
    op.add_column("proposals", sa.Column("basis", sa.String, nullable=False, server_default="scan"))
    op.execute(sa.text(f"UPDATE proposals SET basis = 'judge alone' WHERE {JUDGED}"))  # noqa: S608  no input in it
    op.get_bind().exec_driver_sql(f"PRAGMA user_version={int(revision)}")
