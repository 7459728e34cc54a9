"""What an event of each kind must contain. It may contain more: from an older or newer errata."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from errata.types import ITEM, Answer, Looked, Place, Seeing


class Body(BaseModel):
    model_config = ConfigDict(strict=True, defer_build=True)  # most runs have few kinds of them
    run_id: int


class DecisionBody(Body):
    user: str
    item_id: str
    content_sha: str
    given_label: str | None
    answer: Answer
    label: str | None
    by: str
    seeing: Seeing
    looked: Looked
    guideline_sha: str
    panel_sha: str
    proposed_label: str | None
    place: Place = ITEM
    wording: dict[str, str] = {}
    rule: int = 0
    check: int = 0


class RuleBody(Body):
    """A condition, and whether what it matches was accepted or rejected."""

    by: str
    user: str
    accept: bool
    where: str


class CheckBody(Body):
    """A random check as it was drawn: tools/store/checks.py says what each field holds."""

    model_config = ConfigDict(strict=False)  # JSON has no tuples

    by: str
    user: str
    where: str | None
    people: int
    seed: str
    sample: list[tuple[str, Place]]
    order: list[int]
    proposed: list[tuple[Answer, str | None]]
    members: str


class RepeatBody(Body):
    """An answer on an item that this person had answered before in the same random check."""

    by: str
    user: str
    check: int
    item_id: str
    place: Place
    answer: Answer
    label: str | None


class UndoBody(Body):
    by: str
    user: str
    undoes: int


class AppliedBody(Body):
    """``places``: one for each of ``items``; empty in events from before there were places. ``into``: the new column
    that the labels are in."""

    patch: str
    output: str
    out_sha256: str | None
    backup: str | None
    items: list[str]
    patch_sha256: str | None = None
    source_sha256: str | None = None
    moves_files: bool | None = None
    places: list[Place] = []
    into: str | None = None


class RevertedBody(Body):
    patch: str
    output: str
    items: list[str]


class TrustedBody(Body):
    by: str
    user: str


KINDS: dict[str, type[Body]] = {
    "decision": DecisionBody,
    "undo": UndoBody,
    "rule": RuleBody,
    "check": CheckBody,
    "repeat": RepeatBody,
    "applied": AppliedBody,
    "reverted": RevertedBody,
    "trusted": TrustedBody,
}


def misshapen(kind: str, body: object) -> str:
    """What is wrong with an event's body, in words; "" if nothing is."""
    if kind not in KINDS:
        return f"there is no such kind as {kind!r}"
    try:
        KINDS[kind].model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    return ""
