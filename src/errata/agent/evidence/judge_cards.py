"""What is known about each judge of a run, in words: how often it was right, its biases, and what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from errata import words
from errata.agent.contributions import Answering, JudgeCard, JudgeCards
from errata.agent.evidence.control_items import is_watched
from errata.agent.evidence.track_records import is_used_at_all
from errata.agent.evidence.view import View
from errata.tools.judging.calibration.bias import Bias, position_bias
from errata.tools.judging.calibration.track_record import TrackRecord
from errata.tools.judging.pacing.budget import Prices
from errata.tools.judging.registry import title_of
from errata.types import Verdict

LABELS = 5
"""How many labels are listed, starting with those for which the judge is right least often."""


def judge_cards(view: View) -> JudgeCards:
    """A card for every judge that was measured or asked."""
    judges = dict.fromkeys((*view.profiles.judges, *(verdict.judge for verdict in view.verdicts)))
    return JudgeCards(judges={judge: card_of(view, judge) for judge in judges})


def card_of(view: View, judge: str) -> JudgeCard:
    said = [verdict for verdict in view.verdicts if verdict.judge == judge]
    records = {protocol: record for (name, protocol), record in view.track_records.items() if name == judge}
    profile, used = view.profiles.judges.get(judge), is_used_at_all(view.track_records, judge)
    lines = [_record_in_words(protocol, record) for protocol, record in records.items()]
    lines += _by_label_in_words(list(records.values()))
    answering = Answering.of([*said, *(verdict for verdict in view.control_verdicts if verdict.judge == judge)])
    answering = answering if profile is None else answering.plus(profile.answering)
    prices = Prices(view.settings.usd_per_mtok_in, view.settings.usd_per_mtok_out)
    if not is_watched(view, judge):
        lines.append(words.WITHOUT_CONTROL)
    return JudgeCard(
        used=used,
        lines=(*lines, *_leaning(view, judge, said), *_answering_in_words(answering, prices)),
        unreadable=answering.unreadable,
        refused=answering.refused,
    )


def _record_in_words(protocol: str, record: TrackRecord) -> str:
    found = f"{title_of(protocol)}: right on {record.right} of {record.asked} trusted items"
    if record.told < record.asked:
        found += f", no answer of use on {record.asked - record.told}"
    found += f" ({record.accuracy:.0%}, at least {record.at_least:.0%}; by chance {record.chance:.0%})"
    if record.among_suspects is not None:
        found += f", about {record.among_suspects:.0%} among the suspects"
    return found if record.used else f"{found}; not used"


def _by_label_in_words(records: Sequence[TrackRecord]) -> list[str]:
    """How often the judge was right when it named each label, over all protocols, the worst label first."""
    named, right = Counter[str](), Counter[str]()
    for record in records:
        named.update({label: count for label, (_, count) in record.by_label.items()})
        right.update({label: count for label, (count, _) in record.by_label.items()})
    worst = sorted(named, key=lambda label: (right[label] / named[label], -named[label]))
    parts = [f"{words.answer(label)} ({right[label]} of {named[label]})" for label in worst[:LABELS]]
    more = f", and {len(worst) - LABELS} labels more" * (len(worst) > LABELS)
    return [f"right when it said {', '.join(parts)}{more}"] if parts else []


def _leaning(view: View, judge: str, said: Sequence[Verdict]) -> list[str]:
    """Its biases in log-odds, toward the first option and toward a label it is shown, and the labels about which it is
    ignored."""
    profile = view.profiles.judges.get(judge)
    measured = None if profile is None else profile.position_bias
    parts = [f"position bias {Bias(*measured) if measured else position_bias(said)}"] if measured or said else []
    if profile is not None and profile.anchor_bias[2]:
        parts.append(f"anchor bias {Bias(*profile.anchor_bias)}")
    if profile is not None and profile.disabled:
        parts.append(f"ignored about {', '.join(profile.disabled)}: it says yes to them where there is nothing")
    return [", ".join(parts)] if parts else []


def _answering_in_words(found: Answering, prices: Prices) -> list[str]:
    """How many of its answers could be read, and the average time, tokens and, if known, price per question."""
    lines = []
    if found.answers or found.refused:
        unread, refused = found.unreadable, found.refused
        read = f"{unread} of {found.answers} answers could not be read" if unread else "all answers could be read"
        lines.append(f"{read}, {refused} requests refused" if refused else read)
    if found.questions:
        seconds, tokens = found.ms / found.questions / 1000, found.tokens / found.questions
        cost = f"{seconds:.1f} s and {tokens:,.0f} tokens"
        if prices.known:
            usd = prices.cost_usd(found.tokens - found.tokens_out, found.tokens_out) / found.questions
            cost = f"{seconds:.1f} s, {tokens:,.0f} tokens and {_in_usd(usd)}"
        lines.append(f"{cost} a question")
    return lines


def _in_usd(amount: float) -> str:
    """Two digits, however small the amount is."""
    return f"{Decimal(f'{amount:.2g}'):f} USD"
