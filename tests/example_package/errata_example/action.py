"""An action: the most common labels of the open run."""

from __future__ import annotations

from collections import Counter

from pydantic import Field

from errata.agent.actions.action import Action, Inputs
from errata.agent.actions.session import Session
from errata.errors import SetupError, StoreError


class HowMany(Inputs):
    most: int = Field(default=10, ge=1, description="At most so many labels.")


def count(session: Session, given: HowMany) -> dict[str, int]:
    labels = Counter(row.given_label for row in session.run.rows() if row.given_label is not None)
    return dict(labels.most_common(given.most))


COMMON_LABELS = Action(
    "common_labels",
    "The commonest given labels of the open run, each with how many items bear it.",
    "read",
    HowMany,
    dict[str, int],
    (SetupError, StoreError),
    count,
)
