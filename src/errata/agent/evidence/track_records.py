"""How much each judge's verdicts count under each protocol: measured on trusted items, corrected by how the judge does
on the suspects, and refined by people's decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from errata.agent.contributions import JudgeProfile
from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.posterior import Posteriors
from errata.tools.inference.verdict_columns import Source, VerdictColumns
from errata.tools.judging.calibration.track_record import (
    TrackRecord,
    TrustedAnswer,
    accuracy_among,
    track_record,
)
from errata.types import F64, OTHER_ANSWERS, Bool, Decision, Int

Records = Mapping[Source, TrackRecord]


def track_records(
    profiles: Mapping[str, JudgeProfile],
    columns: VerdictColumns,
    scan_posterior: Posteriors,
    decisions: Mapping[int, Decision],
) -> dict[Source, TrackRecord]:
    """One for each protocol under which a judge was measured. ``decisions``: those that say something about judges.

    The scan chose the trusted items, and a judge does worse where the scan is unsure. So the lower of two accuracies
    counts: on trusted items, and on the suspects as estimated from its agreement with the scan.
    """
    found = {}
    p_said_M, labels_M = _as_the_scan_sees_them(columns, scan_posterior)
    for judge, profile in profiles.items():
        among: float | None = None
        for protocol in dict.fromkeys(answer.protocol for answer in profile.trusted):
            of_source_M = _of(columns, (judge, protocol))
            record = track_record(
                [answer for answer in profile.trusted if answer.protocol == protocol]
                + _decided(columns, of_source_M, protocol, decisions)
            )
            open_M = of_source_M & np.isfinite(p_said_M) & ~np.isin(columns.items_M, list(decisions))
            if among is None and open_M.any():
                # Only the first protocol is put to all suspects; later ones are put to what it left open.
                among = _among(p_said_M[open_M], labels_M[open_M], record)
            found[judge, protocol] = record if among is None else record.with_suspects(among)
    return found


def _among(p_said_m: F64, labels_m: F64, record: TrackRecord) -> float:
    """The ratio of the judge's accuracy on the suspects to its accuracy on trusted items."""
    return accuracy_among(p_said_m, labels_m, record.accuracy, record.told) / max(record.accuracy, 1e-9)


def is_used(records: Records, source: Source) -> bool:
    """Whether the verdicts of this judge under this protocol count. If it was not measured under this protocol, they
    count if it is used under another one or was not measured at all."""
    return records[source].used if source in records else is_used_at_all(records, source[0])


def is_used_at_all(records: Records, judge: str) -> bool:
    """Whether it is used under some protocol, or was not measured."""
    of_judge = [record.used for (name, _), record in records.items() if name == judge]
    return not of_judge or any(of_judge)


def believed(columns: VerdictColumns, records: Records) -> VerdictColumns:
    """The verdicts that count, of judges better than chance, with the most that each may contribute. Verdicts of an
    unmeasured judge count unchanged."""
    ratio_M, reliable_M = columns.odds_ratio_M.copy(), columns.reliable_M.copy()
    for number, source in enumerate(columns.sources):
        of_source_M = columns.sources_M == number
        if not is_used(records, source):
            ratio_M[of_source_M] = 1.0
        elif record := records.get(source):
            ratio_M[of_source_M] = _ratios(record, columns.answers_M[of_source_M], columns.space.names)
            reliable_M[of_source_M] = record.reliable
    return columns.as_measured(ratio_M, reliable_M).only(columns.tells_M & (ratio_M > 1))


def _ratios(record: TrackRecord, answers_m: Int, names: Sequence[str]) -> F64:
    known, place_m = np.unique(answers_m, return_inverse=True)
    ratios = [record.odds_ratio(names[answer] if answer < len(names) else "") for answer in known.tolist()]
    return np.array(ratios, np.float64)[place_m]


def _of(columns: VerdictColumns, source: Source) -> Bool:
    if source not in columns.sources:
        return np.zeros(len(columns.items_M), bool)
    of_source_M: Bool = columns.sources_M == columns.sources.index(source)
    return of_source_M


def _as_the_scan_sees_them(columns: VerdictColumns, scan_posterior: Posteriors) -> tuple[F64, F64]:
    """The scan's probability of what each verdict says, among the labels asked about, f64[M], NaN if it names no label;
    and the number of these labels."""
    labels = len(columns.space.names)
    asked_MW = (columns.options_MW != ABSENT) & (columns.options_MW < labels)
    cand_MC, probs_MC = scan_posterior.cand_NC[columns.items_M], scan_posterior.probs_NS[columns.items_M, :-2]
    match_MWC = (columns.options_MW[:, :, None] == cand_MC[:, None, :]) & (cand_MC != ABSENT)[:, None, :]
    p_MW = np.where(asked_MW, (match_MWC * probs_MC[:, None, :]).sum(axis=2), 0.0)
    said_MW = columns.options_MW == columns.answers_M[:, None]
    total_M = p_MW.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        p_said_M = np.where(said_MW, p_MW, 0.0).sum(axis=1) / total_M
    known_M = columns.tells_M & (columns.answers_M < labels) & (columns.answers_M != ABSENT) & (total_M > 0)
    return np.where(known_M, p_said_M, np.nan), asked_MW.sum(axis=1).astype(float)


def _decided(
    columns: VerdictColumns, of_source_M: Bool, protocol: str, decisions: Mapping[int, Decision]
) -> list[TrustedAnswer]:
    """The judge's answers about items that a person looked at and decided."""
    if not decisions:
        return []
    names = (*columns.space.names, *OTHER_ANSWERS)
    found = []
    for m in np.flatnonzero(of_source_M).tolist():
        idx = int(columns.items_M[m])
        if idx not in decisions:
            continue
        decision = decisions[idx]
        said = names[columns.answers_M[m]] if columns.tells_M[m] else ""
        offered = int(((columns.options_MW[m] != ABSENT) & (columns.options_MW[m] < len(columns.space.names))).sum())
        found.append(TrustedAnswer(idx, protocol, str(decision.label or decision.answer), None, said, offered))
    return found
