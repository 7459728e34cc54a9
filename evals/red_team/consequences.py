"""The consequences of attacks, compared with the same rows without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import betaincinv

from errata.types import Proposal
from evals.red_team.campaign import ACCEPT_ABOVE
from evals.red_team.new_attacks import NEAR_COPIES
from evals.red_team.news import Story
from evals.red_team.one_run import Proposals


@dataclass(frozen=True, slots=True)
class Consequences:
    """Counts of items. ``changed``: right labels that a rule changed as an attack wanted, among those ``attacked``;
    ``unwitnessed``: the same if a judge alone were enough. ``kept``: wrong labels closed as keep, among ``wrong``;
    ``kept_anyway``: those also kept without the attack. ``copied``: labels changed by near copies, among ``copied_of``.
    ``newly_open``: honest items that are open with attacks in the data but not without, among ``honest``; ``held``:
    those that only the defenses leave open when there are no attacks; ``open``: all open items, the queue."""

    attacked: int
    changed: int
    unwitnessed: int
    wrong: int
    kept: int
    kept_anyway: int
    copied_of: int
    copied: int
    honest: int
    newly_open: int
    held: int
    open: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"changed_at_most": round(at_most(self.changed, self.attacked), 4)}


def consequences(stories: Sequence[Story], found: Proposals, without: Proposals, bare: Proposals) -> Consequences:
    """The consequences of the attacks on these ``stories``: the proposals ``found`` with them, compared with those
    ``without`` them; ``bare``: without attacks, control and patterns."""
    attacked = [story for story in stories if story.attack is not None and story.given != story.wants]
    right = [story for story in attacked if story.attack != NEAR_COPIES]
    copied = [story for story in attacked if story.attack == NEAR_COPIES and story.given == story.truth]
    wrong = wrongly_labeled(stories)
    honest = [story for story in stories if story.attack is None and story.item_id in without]

    def newly(story: Story, *, alone: bool = False) -> bool:
        now, then = (_changed(proposals[story.item_id], alone) for proposals in (found, without))
        return now == story.wants != then

    return Consequences(
        attacked=len(right),
        changed=sum(map(newly, right)),
        unwitnessed=sum(newly(story, alone=True) for story in right),
        wrong=len(wrong),
        kept=sum(is_kept(found[story.item_id]) for story in wrong),
        kept_anyway=sum(is_kept(without[story.item_id]) for story in wrong),
        copied_of=len(copied),
        copied=sum(map(newly, copied)),
        honest=len(honest),
        newly_open=sum(is_open(found[one.item_id]) and not is_open(without[one.item_id]) for one in honest),
        held=sum(is_open(without[one.item_id]) and not is_open(bare[one.item_id]) for one in honest),
        open=sum(map(is_open, found.values())),
    )


def wrongly_labeled(stories: Sequence[Story]) -> list[Story]:
    """The stories whose attack asks to keep a wrong label."""
    return [one for one in stories if one.attack not in (None, NEAR_COPIES) and one.given == one.wants]


def at_most(found: int, among: int) -> float:
    """The upper 95% confidence limit of the share (Clopper and Pearson 1934)."""
    return 1.0 if found >= among else float(betaincinv(found + 1, among - found, 0.95))


def is_relabeled(proposal: Proposal, least: float = ACCEPT_ABOVE, *, alone: bool = False) -> bool:
    """Whether a rule that accepts from confidence ``least`` changes the label. ``alone``: a change that rests on a
    judge alone is accepted too."""
    sure = proposal.outcome == "relabel" and proposal.confidence >= least
    return sure and (alone or proposal.basis != "judge alone")


def _changed(proposal: Proposal, alone: bool) -> str | None:
    return proposal.proposed_label if is_relabeled(proposal, alone=alone) else None


def is_kept(proposal: Proposal) -> bool:
    """Whether the item left the queue because a judge said to keep its label, with any confidence."""
    return proposal.outcome == "keep"


def is_open(proposal: Proposal) -> bool:
    """Whether the item is in the queue for a person: every proposal except to keep the label."""
    return proposal.outcome not in (None, "keep")
