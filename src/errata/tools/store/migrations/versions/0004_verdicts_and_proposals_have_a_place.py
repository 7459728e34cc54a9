"""Verdicts and proposals are about one place in their item: "", the item itself, in all that were stored before."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

VERDICTS = (
    sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.run_id"), nullable=False),
    sa.Column("idx", sa.Integer, nullable=False),
    sa.Column("place", sa.String, nullable=False),
    sa.Column("judge", sa.String, nullable=False),
    sa.Column("protocol", sa.String, nullable=False),
    sa.Column("verdict", sa.String, nullable=False),
    sa.PrimaryKeyConstraint("run_id", "idx", "place", "judge", "protocol"),
)
PROPOSALS = (
    sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.run_id"), nullable=False),
    sa.Column("idx", sa.Integer, nullable=False),
    sa.Column("place", sa.String, nullable=False),
    sa.Column("outcome", sa.String),
    sa.Column("proposed_label", sa.String),
    sa.Column("confidence", sa.Float),
    sa.Column("quality", sa.Float),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("evidence", sa.String, nullable=False),
    sa.PrimaryKeyConstraint("run_id", "idx", "place"),
)


def upgrade(folder: Path) -> None:
    _with_place("verdicts", *VERDICTS)
    _with_place("proposals", *PROPOSALS)
    op.get_bind().exec_driver_sql(f"PRAGMA user_version={int(revision)}")


def _with_place(name: str, *columns: sa.schema.SchemaItem) -> None:
    """Recreate the table with its rows, because SQLite cannot change a primary key."""
    op.rename_table(name, f"{name}_before")
    table = op.create_table(name, *columns)
    kept = [column.name for column in table.columns if column.name != "place"]
    before = sa.table(f"{name}_before", *map(sa.column, kept))
    op.execute(sa.insert(table).from_select([*kept, "place"], sa.select(*before.columns, sa.literal(""))))
    op.drop_table(f"{name}_before")
