"""The status of a run, in numbers and in words, and what to type next."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from errata import words
from errata.agent.contributions import Copies, Features, JudgeCards, Judging, Leaks, Plan, Profile, Queue
from errata.agent.decisions.approval import OPEN_OUTCOMES
from errata.agent.evidence.checked import all_in_words as checks_in_words
from errata.agent.evidence.error_count import wrong_labels
from errata.agent.evidence.ruled import ruled
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.applied import WORDS, on_disk, standing_patches
from errata.agent.run.workspace import Workspace
from errata.agent.views.agreement import agreement_of
from errata.agent.views.results import item_statuses
from errata.tools.judging.pacing.budget import spent_in_words
from errata.tools.store.decisions import settled

ASKED = 3
NAMED = 20
"""Unreadable items that are named one by one."""


def status_of(workspace: Workspace) -> dict[str, Any]:
    """JSON-plain: the run, its data, its counts by status and outcome, the count of wrong labels, what was spent."""
    snapshot = Snapshot.of(workspace)
    left, found = snapshot.contributions, snapshot.proposed
    profile, plan, features = left.find(Profile) or Profile(), left.find(Plan) or Plan(), left.find(Features)
    queue, judging = left.find(Queue), left.find(Judging) or Judging()
    decided = settled(snapshot.decisions)
    outcomes: Counter[str] = Counter(outcome for outcome in found.outcome if outcome)
    undecided = [
        i for i, outcome in zip(found.idx, found.outcome, strict=True) if outcome in OPEN_OUTCOMES and i not in decided
    ]
    suspects = set(snapshot.suspects)
    unproposed = sum(
        outcome is None and i in suspects and i not in decided
        for i, outcome in zip(found.idx, found.outcome, strict=True)
    )
    agreement = agreement_of(snapshot)
    wrong, cards = wrong_labels(snapshot), (left.find(JudgeCards) or JudgeCards()).judges
    return {
        "run": str(workspace.folder.path),
        "run_id": workspace.run.run_id,
        "data": str(workspace.data_path),
        "items": len(snapshot.usable_N) if workspace.task.of_items else len({row.row for row in snapshot.rows}),
        "labels": len(snapshot.usable_N),
        "statuses": dict(Counter(item_statuses(snapshot))),
        "outcomes": {name: outcomes[name] for name in ("keep", *OPEN_OUTCOMES) if outcomes[name]},
        "open": len(undecided),
        "unproposed": unproposed,
        "decided": len(decided),
        "wrong": {name: getattr(wrong, name) for name in ("estimate", "low", "high", "checked", "sentence")},
        "checks": checks_in_words(snapshot, wrong),
        "ruled": [one.sentence for one in ruled(snapshot)],
        "features": None if features is None else features.model_dump(),
        "probs_order": _probs_order(workspace),
        "modality": "image" if workspace.settings.image or not workspace.settings.text else "text",
        "detectors": list(plan.detectors),
        "judges": list(workspace.settings.judge),
        "suspects": None if queue is None else queue.suspects,
        "drawn": 0 if queue is None else queue.drawn,
        "control_items": 0 if queue is None else len(queue.control_items),
        "judge_cards": {judge: card.model_dump() for judge, card in cards.items()},
        "spent": judging.model_dump(include={"calls", "tokens", "usd", "estimated"}),
        "unreadable_answers": judging.unreadable + sum(card.unreadable for card in cards.values()),
        "refused_requests": sum(card.refused for card in cards.values()),
        "unreadable": len(snapshot.unreadable),
        "copies": (left.find(Copies) or Copies()).model_dump(),
        "leaks": [leak._asdict() for leak in (left.find(Leaks) or Leaks()).found],
        "left_out": profile.left_out,
        "remarks": list(profile.remarks),
        "unreadable_items": snapshot.unreadable[:NAMED],
        "stopped": judging.stopped,
        "failed": judging.failed,
        "plan": list(plan.reasons),
        "applied": _applied(workspace),
        "agreement": None if agreement is None else asdict(agreement) | {"sentence": agreement.sentence},
        "report": str(workspace.folder.report),
    }


def tested(found: dict[str, Any]) -> str:
    """What judges were asked about besides the suspects."""
    asked = found["control_items"]
    return f"; also asked about {asked} control items, which test it" * bool(asked)


def describe(found: dict[str, Any]) -> str:
    wrong, spent = found["wrong"], found["spent"]
    several = f", {found['labels']} labels in them" * (found["labels"] != found["items"])
    lines = [f"{found['items']} items{several} in {found['data']}"]
    lines += [f"left out  {found['left_out']['sentence']}"] if found["left_out"].get("sentence") else []
    lines += [f"note      {remark}" for remark in found["remarks"]]
    if found["copies"]["items"]:
        lines.append(f"copies    {words.copies(**found['copies'])}")
    lines += [f"leaks     {words.leak(**leak)}" for leak in found["leaks"]]
    if found["features"]:
        lines.append(f"features  {found['features']['name']}")
        lines += [f"          {remark}" for remark in found["features"]["remarks"]]
    lines += [f"probs     {found['probs_order']}"] if found["probs_order"] else []
    drawn = f", {found['drawn']} others drawn at random" * bool(found["drawn"] and found["judges"])
    lines.append(f"scan      {found['suspects'] or 0} suspects{drawn} ({', '.join(found['detectors'])})")
    if found["judges"]:
        lines.append(f"judge     {spent_in_words(**spent)}{_failed(found)}{tested(found)}")
    lines += [f"          {judge}: {line}" for judge, card in found["judge_cards"].items() for line in card["lines"]]
    lines += _agreement(found["agreement"])
    counts = [f"{n} {words.outcome(name)}" for name, n in found["outcomes"].items()]
    lines.append("propose   " + (", ".join(counts) or "nothing"))
    if found["unproposed"]:
        lines.append(
            f"          {found['unproposed']} more suspects, of which the given label is the likeliest, come last"
        )
    lines += [f"decided   {found['decided']}, {found['open']} open"] if found["decided"] else []
    lines += [f"          {line}" for line in found["ruled"]]
    lines += [_applied_line(one) for one in found["applied"]]
    if found["unreadable"]:
        more = ", ..." if found["unreadable"] > NAMED else ""
        lines.append(f"skipped   {found['unreadable']} unreadable: {', '.join(found['unreadable_items'])}{more}")
    lines += [f"check     {line}" for line in found["checks"]]
    lines.append(wrong["sentence"])
    lines += [f"Stopped early: {found['stopped']}"] if found["stopped"] else []
    lines += _weak_features(found)
    lines += ["", *_next(found)]
    return "\n".join(lines)


def _agreement(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    lines = [f"votes     {found['sentence']}"]
    lines += [f"          {found['remark']}"] * bool(found["remark"])
    again = [one for one in found["annotators"] if one["ask_again"]]
    lines += [f"          ask {one['name']} again for {one['ask_again']}" for one in again[:ASKED]]
    more = len(again) - ASKED
    lines += [f"          and {more} more annotators: they are in the report"] * (more > 0)
    if found["contested"]:
        lines.append(f"          one more vote says most on {', '.join(found['contested'][:ASKED])}")
    return lines + [f"          {fault}" for fault in found["faults"][:ASKED]]


def _probs_order(workspace: Workspace) -> str:
    """The order in which the columns of the user's own probabilities were read; empty if there are none."""
    names = workspace.run.label_space.names
    more = ", ..." if len(names) > NAMED else ""
    return f"your own, columns in this order: {', '.join(names[:NAMED])}{more}" if workspace.settings.probs else ""


def _failed(found: dict[str, Any]) -> str:
    unread, refused = found["unreadable_answers"], found["refused_requests"]
    return f", {unread} answers unreadable" * bool(unread) + f", {refused} requests refused" * bool(refused)


def _applied(workspace: Workspace) -> list[dict[str, Any]]:
    """The patches that are applied, and the state of their output on disk."""
    standing = standing_patches(workspace.store)
    states = on_disk(standing)
    return [
        {
            "patch": patch.event.body["patch"],
            "output": str(patch.output),
            "label": patch.event.body.get("into") or patch.run.label_column,
            "changes": len(patch.event.body["items"]),
            "state": states[patch.event.seq],
        }
        for patch in standing
    ]


def _applied_line(one: dict[str, Any]) -> str:
    line = f"applied   {one['changes']} labels of {one['label']} in {one['output']} ({one['patch']})"
    return f"{line}: {WORDS[one['state']]}" if WORDS[one["state"]] else line


def _weak_features(found: dict[str, Any]) -> list[str]:
    features = found["features"] or {}
    if features.get("strength") != "plain" or found["modality"] != "image" or found["judges"]:
        return []
    return [
        f"Features were plain ({features['name']}): errata ranks by looks alone. A judge would look: errata run --judge"
    ]


def _next(found: dict[str, Any]) -> list[str]:
    lines = [f"report:   {found['report']}"]
    return [*lines, f"Next:     {_to_type(found)}"]


def _to_type(found: dict[str, Any]) -> str:
    if found["open"]:
        return "errata review --terminal    one key a decision"
    if found["statuses"].get("decided"):
        return "errata diff, then errata apply"
    if found["applied"]:
        return "errata blame ITEM says who changed a label and why; errata revert undoes it"
    return "errata eval --plant 200    how many errors planted in these labels would be found"
