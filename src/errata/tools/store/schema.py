"""All tables in one place. SCHEMA_VERSION increases with every change; migrations/ upgrades older stores."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
)

SCHEMA_VERSION = 7

metadata = MetaData()

store = Table(
    "store",
    metadata,
    # Drawn once: a store with another id at a known path is another store.
    Column("store_id", String, primary_key=True),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("started_at", String, nullable=False),
    # Relative to the run folder, so that a moved or copied project works on its own data.
    Column("data_path", String, nullable=False),
    Column("data_sha256", String, nullable=False),
    Column("settings", String, nullable=False),
    Column("settings_sha", String, nullable=False),
    Column("label_space", String, nullable=False),
    Column("guideline_sha", String, nullable=False),
    Column("panel_sha", String, nullable=False),
    # As worded when the run began: the user's file may have changed.
    Column("guideline", String, nullable=False, server_default=""),
    # Increases with every run that begins or continues.
    Column("turn", Integer, nullable=False, server_default="0"),
)

contributions = Table(
    "contributions",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.run_id"), nullable=False),
    # The role or step that contributed it, and its kind.
    Column("author", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", String, nullable=False),
    PrimaryKeyConstraint("run_id", "author", "kind"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.run_id"), nullable=False),
    # Which part of the run: items, verdicts, proposals, contributions.
    Column("part", String, nullable=False),
    # Increases with every change, so that readers know whether to read it again.
    Column("number", Integer, nullable=False),
    PrimaryKeyConstraint("run_id", "part"),
)

items = Table(
    "items",
    metadata,
    # One row for each annotation.
    Column("run_id", Integer, ForeignKey("runs.run_id"), nullable=False),
    Column("idx", Integer, nullable=False),
    Column("item_id", String, nullable=False),
    Column("content_sha", String, nullable=False),
    Column("given_label", String),
    Column("protected", Boolean, nullable=False),
    Column("problem", String),
    # The item's position in the queue of suspects; NULL if it is not in it.
    Column("suspicion", Integer),
    # The item's row in the data, and where in the item the annotation is: "" is the item itself.
    Column("row", Integer, nullable=False),
    Column("place", String, nullable=False, server_default=""),
    PrimaryKeyConstraint("run_id", "idx"),
)
Index("items_by_id", items.c.run_id, items.c.item_id, items.c.place, unique=True)

calls = Table(
    "calls",
    metadata,
    Column("key", String, primary_key=True),
    Column("model", String, nullable=False),
    Column("prompt", String, nullable=False),
    Column("content_sha", String, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("tokens_in", Integer, nullable=False),
    Column("tokens_out", Integer, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("made_at", String, nullable=False),
    # The run that paid for it; NULL for calls from before version 3.
    Column("run_id", Integer),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.run_id"), nullable=False),
    Column("idx", Integer, nullable=False),
    # Where in the item: "" is the item itself.
    Column("place", String, nullable=False),
    Column("judge", String, nullable=False),
    Column("protocol", String, nullable=False),
    Column("verdict", String, nullable=False),
    PrimaryKeyConstraint("run_id", "idx", "place", "judge", "protocol"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.run_id"), nullable=False),
    Column("idx", Integer, nullable=False),
    Column("place", String, nullable=False),
    Column("outcome", String),
    Column("proposed_label", String),
    Column("confidence", Float),
    Column("quality", Float),
    Column("reason", String, nullable=False),
    Column("evidence", String, nullable=False),
    Column("basis", String, nullable=False),
    PrimaryKeyConstraint("run_id", "idx", "place"),
)

events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("prev_hash", String, nullable=False, unique=True),
    Column("hash", String, nullable=False, unique=True),
    Column("at", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", String, nullable=False),
)
Index("events_by_kind", events.c.kind)

written = Table(
    "written",
    metadata,
    # As in events: relative to the run folder if inside the data's or the run's folder, otherwise absolute.
    Column("path", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("at", String, nullable=False),
    PrimaryKeyConstraint("path", "sha256"),
)
