"""What is known of each judge of a run, as a person may read it: how often it was right, how it leans, what it cost."""

from __future__ import annotations

from collections.abc import Sequence

from errata import words
from errata.agent.contributions import JudgeCard, JudgeCards
from errata.agent.evidence.control_items import is_watched
from errata.agent.evidence.track_records import is_used_at_all
from errata.agent.evidence.view import View
from errata.tools.judging.calibration.bias import Bias, position_bias
from errata.tools.judging.calibration.track_record import TrackRecord
from errata.types import Verdict


def judge_cards(view: View) -> JudgeCards:
    """Of the judges that were measured or asked."""
    judges = dict.fromkeys((*view.profiles.judges, *(verdict.judge for verdict in view.verdicts)))
    return JudgeCards(judges={judge: card_of(view, judge) for judge in judges})


def card_of(view: View, judge: str) -> JudgeCard:
    said = [verdict for verdict in view.verdicts if verdict.judge == judge]
    records = {protocol: record for (name, protocol), record in view.track_records.items() if name == judge}
    used = is_used_at_all(view.track_records, judge)
    lines = [_record_in_words(protocol, record) for protocol, record in records.items()]
    every = [*said, *(verdict for verdict in view.control_verdicts if verdict.judge == judge)]
    if not is_watched(view, judge):
        lines.append(words.without_control(judge))
    return JudgeCard(
        used=used,
        lines=(*lines, *_leaning(view, judge, said), *_cost_in_words(said)),
        unreadable=sum(map(_unread, every)),
        refused=sum(verdict.refused for verdict in every),
    )


def _unread(verdict: Verdict) -> int:
    """How many of its answers could not be read; older verdicts do not say."""
    return verdict.unread or (0 if verdict.readable else len(verdict.call_keys))


def _record_in_words(protocol: str, record: TrackRecord) -> str:
    found = f"{protocol}: right on {record.right} of {record.asked} trusted items"
    if record.told < record.asked:
        found += f", told nothing on {record.asked - record.told}"
    found += f" ({record.accuracy:.0%}, at least {record.at_least:.0%}; by chance {record.chance:.0%})"
    if record.among_suspects is not None:
        found += f", about {record.among_suspects:.0%} among the suspects"
    return found if record.used else f"{found}; not used"


def _leaning(view: View, judge: str, said: Sequence[Verdict]) -> list[str]:
    """In log-odds: how far it leans to what stands first, and to a label that it is shown."""
    profile = view.profiles.judges.get(judge)
    measured = None if profile is None else profile.position_bias
    parts = [f"position bias {Bias(*measured) if measured else position_bias(said)}"] if measured or said else []
    if profile is not None and profile.anchor_bias[2]:
        parts.append(f"anchor bias {Bias(*profile.anchor_bias)}")
    if profile is not None and profile.disabled:
        parts.append(f"ignored about {', '.join(profile.disabled)}: it says yes to them where there is nothing")
    return [", ".join(parts)] if parts else []


def _cost_in_words(said: Sequence[Verdict]) -> list[str]:
    fresh = [verdict for verdict in said if not verdict.cached and verdict.ms]
    if not fresh:
        return []
    seconds = sum(verdict.ms for verdict in fresh) / len(fresh) / 1000
    return [f"{seconds:.1f} s and {sum(verdict.tokens for verdict in fresh) / len(fresh):,.0f} tokens a question"]
