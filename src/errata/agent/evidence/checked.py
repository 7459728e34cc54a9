"""What a random check found: how many of the given labels, or of the changes that a rule would accept, are wrong."""

from __future__ import annotations

from math import floor

from errata import words
from errata.agent.evidence.snapshot import Snapshot
from errata.tools.inference.random_check import Checked
from errata.tools.report.count import DISPUTED, WRONG, WrongCount
from errata.tools.store.checks import RandomCheck


def checked(check: RandomCheck, snapshot: Snapshot) -> Checked:
    """What is known from this check so far."""
    version = snapshot.revisions["items"], snapshot.revisions["events"]
    return snapshot.kept(f"check {check.event}", version, lambda _: _checked(check, snapshot))


def _checked(check: RandomCheck, snapshot: Snapshot) -> Checked:
    drawn = set(check.draw.sample)
    rows = {row.spot: row for row in snapshot.rows if row.spot in drawn}
    wrong = unknown = 0
    for spot, answered in zip(check.draw.sample, check.found, strict=True):
        if answered is None or answered[0] == "cannot_tell":
            unknown += 1
        else:
            about_labels, row = check.draw.where is None, rows[spot]
            wrong += answered != (("label", row.given_label) if about_labels else check.proposed(row.idx))
    return Checked(check.draw.population, len(check.draw.sample), wrong, unknown)


def count_in(check: RandomCheck, snapshot: Snapshot) -> WrongCount:
    """How many of the given labels are wrong, by a check of them."""
    found = checked(check, snapshot)
    units = "items" if snapshot.workspace.task.of_items else "labels"
    return WrongCount(found.estimate, *found.limits, found.population, noun(snapshot), found.sample, units)


def noun(snapshot: Snapshot) -> str:
    """What is counted: a consensus of votes that may not hold is not a wrong label, but a disagreement."""
    return DISPUTED if snapshot.workspace.settings.only_votes else WRONG


def of_unseen(found: Checked, of: int | None = None) -> str:
    """``of the 12,400 that nobody has looked at, 0.5% to 5.1% would be wrong``: of those not drawn, or of ``of`` of
    them."""
    unseen = found.unseen if of is None else of
    if not unseen:
        return "people have looked at all of them"
    low, high = (limit / unseen for limit in found.unseen_limits(unseen))
    between = f"{_percent(low, up=False)} to {_percent(high, up=True)}"
    return f"of the {unseen:,} that nobody has looked at, {between} would be wrong"


def _percent(share: float, *, up: bool) -> str:
    """Rounded outward, to a tenth of a percent."""
    tenths = round(1000 * share, 6)
    whole = -floor(-tenths) if up else floor(tenths)
    return f"{whole / 10:.1f}%"


def in_words(check: RandomCheck, snapshot: Snapshot) -> list[str]:
    """The check in lines: what it found once it is complete, and how people agreed."""
    found, draw = checked(check, snapshot), check.draw
    size = len(draw.sample)
    about = f"random check of {size:,}, about {words.checked(draw.where)}"
    if check.left:
        lines = [f"{about}: {size - check.left:,} answered, {check.left:,} left"]
    elif draw.where is None:
        lines = [count_in(check, snapshot).sentence]
    else:
        lines = [f"{about}: {found.wrong:,} would be wrong; {of_unseen(found)}"]
    if not check.left and found.unknown:
        lines.append(f"nobody can tell of {found.unknown:,} of the {size:,}: the interval allows for either")
    for by, same in sorted(_shown_again(check).items()):
        lines.append(f"shown {len(same)} items twice, {by} gave the same answer on {sum(same)}")
    twice = [said for said in check.answers.values() if len(said) > 1]
    if twice:
        agreed = sum(said[0].answered == said[1].answered for said in twice)
        lines.append(f"two people gave the same answer on {agreed} of {len(twice)} items")
    return lines


def _shown_again(check: RandomCheck) -> dict[str, list[bool]]:
    """For each person, whether they gave the same answer again on each item that they answered twice."""
    same: dict[str, list[bool]] = {}
    for position, again in check.repeats.items():
        first = {one.by: one.answered for one in check.answers.get(position, ())}
        for one in again:
            if one.by in first:
                same.setdefault(one.by, []).append(one.answered == first[one.by])
    return same


def all_in_words(snapshot: Snapshot, wrong: WrongCount) -> list[str]:
    """Every check of the run in lines, without what the count of wrong labels says already."""
    lines = [line for check in snapshot.checks for line in in_words(check, snapshot)]
    return [line for line in lines if line != wrong.sentence]
