"""What roles and steps pass on becomes typed contributions under their names; the dict of facts is removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

WHOSE = {
    "profile": ("coordinator", "Profile"),
    "features": ("embed", "Features"),
    "bank": ("questioner", "QuestionBank"),
    "calibration": ("calibrator", "JudgeProfiles"),
}


def upgrade(folder: Path) -> None:
    connection = op.get_bind()
    op.add_column("runs", sa.Column("guideline", sa.String, nullable=False, server_default=""))
    op.add_column("runs", sa.Column("turn", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "contributions",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "author", "kind"),
    )
    op.create_table(
        "revisions",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column("part", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "part"),
    )
    for run_id, text in connection.execute(sa.text("SELECT run_id, facts FROM runs")).all():
        facts = json.loads(text)
        values = {"r": run_id, "g": facts.get("guideline", ""), "t": facts.get("turn", run_id)}
        connection.execute(sa.text("UPDATE runs SET guideline = :g, turn = :t WHERE run_id = :r"), values)
        rows = [{"r": run_id, "a": author, "k": kind, "b": json.dumps(body)} for author, kind, body in _left(facts)]
        if rows:
            connection.execute(sa.text("INSERT INTO contributions VALUES (:r, :a, :k, :b)"), rows)
    op.drop_column("runs", "facts")
    connection.exec_driver_sql(f"PRAGMA user_version={int(revision)}")


def _left(facts: dict[str, Any]) -> list[tuple[str, str, Any]]:
    found = [(*WHOSE[name], _body(name, facts[name])) for name in WHOSE if name in facts]
    if "detectors" in facts:
        plan = {"detectors": facts["detectors"], "reasons": facts.get("plan", [])}
        found.append(("coordinator", "Plan", plan))
    if "suspects" in facts:
        names = {"suspects": "suspects", "settled": "settled", "references": "control_items"}
        found.append(("triage", "Queue", {new: facts[old] for old, new in names.items() if old in facts}))
    if "stopped" in facts:
        spent = facts.get("spent", {})
        judging = {"asked": facts.get("asked", 0), "stopped": facts["stopped"], "failed": facts.get("failed", False)}
        found.append(("judge", "Judging", judging | spent))
    if "minutes" in facts:
        found.append(("panel", "Clock", {"minutes": facts["minutes"]}))
    return found


def _body(name: str, fact: Any) -> Any:
    if name == "bank":
        return {"questions": fact}
    return {"judges": fact} if name == "calibration" else fact
