"""An item may have several annotations, each at a place of its own; before, each had one, about the item itself."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade(folder: Path) -> None:
    op.add_column("items", sa.Column("row", sa.Integer, nullable=False, server_default="0"))
    op.add_column("items", sa.Column("place", sa.String, nullable=False, server_default=""))
    op.execute(sa.text("UPDATE items SET row = idx"))
    op.drop_index("items_by_id", "items")
    op.create_index("items_by_id", "items", ["run_id", "item_id", "place"], unique=True)
    op.get_bind().exec_driver_sql(f"PRAGMA user_version={int(revision)}")
