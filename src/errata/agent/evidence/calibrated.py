"""How far the scan's confidence holds on a run's own data: by planted errors, and by what people decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from errata.agent.contributions import ScanCalibration
from errata.tools.detectors.arrays.top_probs import only
from errata.tools.inference.calibration import Calibration, split
from errata.tools.inference.candidates import ABSENT, candidates
from errata.tools.inference.correction import FEWEST, SEEN_PROPOSAL, Correction, correct
from errata.tools.inference.posterior import UNCALIBRATED, from_scan
from errata.tools.inference.scan import Scan
from errata.types import CANNOT_TELL, NONE_OF_THESE, Decision, Int


def calibration(
    learned: ScanCalibration | None, scan: Scan, given_N: Int, decisions: Mapping[int, Decision]
) -> Calibration:
    """``learned``: from planted errors, if any. ``decisions``: of items that nobody passed on, by item."""
    planted = Calibration(**learned.model_dump()) if learned is not None and learned.planted else UNCALIBRATED
    return replace(planted, correction=_correction(planted, scan, given_N, decisions))


def _correction(planted: Calibration, scan: Scan, given_N: Int, decisions: Mapping[int, Decision]) -> Correction | None:
    """What the decisions of people who looked at the item, and could tell, say about the scan's confidence."""
    told = {idx: one for idx, one in decisions.items() if one.looked == "item" and one.answer != CANNOT_TELL}
    rows = np.array([idx for idx in told if given_N[idx] != ABSENT], np.int64)
    if len(rows) < FEWEST:
        return None
    given_n, probs = given_N[rows], [only(probs_NK, rows) for probs_NK in scan.label_probs]
    scanned_n = split(from_scan(candidates(given_n, probs), given_n, probs, scan.noise))[1]
    odds_n = planted.odds(scanned_n, given_n)
    wrong_n = np.array([told[idx].answer == NONE_OF_THESE or told[idx].changes_label for idx in rows.tolist()])
    weight_n = np.array([1.0 if told[idx].seeing == "blind" else SEEN_PROPOSAL for idx in rows.tolist()])
    return correct(odds_n, wrong_n, weight_n)
