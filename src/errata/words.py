"""The words that a person reads for outcomes and answers, defined once. What judges read is part of their prompts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from errata.types import Decision  # imports numpy, which `errata --help` must not wait for

LONGEST_RULE = 200
_OTHERWISE: Mapping[str, str] = {
    "several": "several labels",
    "none_of_these": "none of these",
    "cannot_tell": "cannot tell",
    "passed_on": "passed on",
}
"""What can be said about an item instead of one label: by a judge, by a person, or as an outcome."""


def outcome(name: str) -> str:
    """An outcome in words; "keep", "relabel", and "ambiguous" are words already."""
    return _OTHERWISE.get(name, name)


def answer(key: str) -> str:
    """A judge's or a person's answer in words; a label stands for itself."""
    return _OTHERWISE.get(key, key)


def said(answered: str, label: str | None) -> str:
    """A person's answer by itself: the label, or what was answered instead of one."""
    return str(label) if answered == "label" else answer(answered)


def rule(where: str) -> str:
    """A rule by its condition, which may hold thousands of ids."""
    shown = where if len(where) <= LONGEST_RULE else f"{where[: LONGEST_RULE - 1]}…"
    return f"the rule {shown or '(everything)'}"


def checked(where: str | None) -> str:
    """What a random check is about: what a rule would accept, or the given labels."""
    return "the given labels" if where is None else rule(where)


def spot(item_id: str, place: str) -> str:
    """Which annotation: its item and, if the item has several, its place."""
    return f"{item_id} [{place}]" if place else item_id


def mark(place: str, label: str | None) -> str | None:
    """A label in words: itself, or with the mark that it is about."""
    return f"{place}: {label}" if place and label else label


def rival(label: str, of_mark: bool) -> str:
    """What items of a class most often seem to be instead."""
    if not of_mark:
        return f"look like {label}"
    return "seem to be missing" if label == "marked" else "seem superfluous"


def proposal(name: str, given: str, best_other: str) -> str:
    """What is proposed for an item, with the labels it is about."""
    return {
        "keep": f"keep {given}",
        "relabel": f"relabel: {best_other}",
        "ambiguous": f"ambiguous: {given} or {best_other}",
    }.get(name) or outcome(name)


HARDER = "no decisions yet to compare with; people's errors are harder to find than planted ones"


def nothing_proposed(given: str, quality: float) -> str:
    """For a suspect without an outcome. Its neighbors may speak against the label, which most labels being right
    outweighs."""
    return f"nothing: {given} is still the likeliest label ({quality:.2f})"


def decided(answered: str, label: str | None, given: str | None) -> str:
    """What a person's answer does to a label: "kept cat", "cat -> dog", "cat: several labels"."""
    if answered != "label":
        return f"{given}: {answer(answered)}"
    return f"kept {label}" if label == given else f"{given} -> {label}"


def against_proposal(decision: Decision) -> str:
    """A person's answer, described by what it does to the given and the proposed label."""
    if decision.answer != "label":
        return answer(decision.answer)
    if not decision.changes_label:
        return "the given label holds"
    return "the proposed label" if decision.label == decision.proposed_label else "another label"


def copies(items: int, groups: int, conflicting: int) -> str:
    """What occurs more than once in the data, exactly or nearly."""
    told = f"{items} items are copies of each other, word for word or nearly, in {groups} groups that count once each"
    return f"{told}; {conflicting} of them under more than one label" if conflicting else told


def leak(split: str, other: str, items: int, of: int, exact: int) -> str:
    """Items of one split that another one holds too: a score on the first counts what was learned by heart."""
    return (
        f"{items:,} of the {of:,} items of {split!r} have copies in {other!r} ({exact:,} exact, {items - exact:,} near)"
    )


def geometry(sharpness: float | None, dimension: float | None) -> str:
    """Two figures about the data as a whole; empty if neither is known."""
    told = []
    if sharpness is not None:
        told.append(
            f"two items under different labels are up to {sharpness:.1f} times as near as any two (label sharpness)"
        )
    if dimension is not None:
        told.append(f"the features vary in about {dimension:.0f} directions (intrinsic dimension)")
    return "; ".join(told)


WITHOUT_CONTROL = "no working control: whether items steer it is not known"
"""A warning about a judge for which no control can tell whether items steer it."""
