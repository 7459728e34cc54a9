"""All tables, in one place. SCHEMA_VERSION goes up with every change; migrations/ says how an older store follows."""

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

SCHEMA_VERSION = 6

metadata = MetaData()

store = Table(
    "store",
    metadata,
    # Drawn once: a store that stands at a known place with another id is another store.
    Column("store_id", String, primary_key=True),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("started_at", String, nullable=False),
    # Relative to the run folder, so that a project that is moved or copied works on itself.
    Column("data_path", String, nullable=False),
    Column("data_sha256", String, nullable=False),
    Column("settings", String, nullable=False),
    Column("settings_sha", String, nullable=False),
    Column("label_space", String, nullable=False),
    Column("guideline_sha", String, nullable=False),
    Column("panel_sha", String, nullable=False),
    # As it was worded when the run began: the user's file may have moved on.
    Column("guideline", String, nullable=False, server_default=""),
    # Counts up with every run that begins or goes on.
    Column("turn", Integer, nullable=False, server_default="0"),
)

contributions = Table(
    "contributions",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.run_id"), nullable=False),
    # The role or the step that left it, and what it is.
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
    # Counts up with every change of it, so that whoever has read it knows whether to read it again.
    Column("number", Integer, nullable=False),
    PrimaryKeyConstraint("run_id", "part"),
)

items = Table(
    "items",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.run_id"), nullable=False),
    Column("idx", Integer, nullable=False),
    Column("item_id", String, nullable=False),
    Column("content_sha", String, nullable=False),
    Column("given_label", String),
    Column("protected", Boolean, nullable=False),
    Column("problem", String),
    # Where the item stands in the queue of suspects; NULL while nobody suspects it.
    Column("suspicion", Integer),
    PrimaryKeyConstraint("run_id", "idx"),
)
Index("items_by_id", items.c.run_id, items.c.item_id, unique=True)

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
    # As in events: relative to the run folder where it lies in the data's or the run's folder, else absolute.
    Column("path", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("at", String, nullable=False),
    PrimaryKeyConstraint("path", "sha256"),
)
