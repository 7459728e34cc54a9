"""Digits shifted by one pixel: whether labels and answers that a shift changes are the wrong ones.

Logistic regression in five folds answers for the held-out digits and for their four shifted copies.
"""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.confident.channel_quality import channel_quality
from errata.tools.detectors.optional import stability
from errata.types import F32
from evals.ablation.detectors import with_quality
from evals.ablation.part import Figures, default_probs, over_sets, rise
from evals.data.planted_noise import PlantedNoise, flipped
from evals.ranking import aps

SIDE, FOLDS = 8, 5
PUSHES = ((1, 0), (-1, 0), (0, 1), (0, -1))


def measure(seed: int) -> Figures:
    found = {}
    for name, planted in flipped(seed):
        probs_NK, *copies = answers(planted)
        scores = stability.detect(probs_NK, copies)
        default_N = channel_quality(planted.labels_N, default_probs(planted))
        labels = {"alone": scores.quality, "default": default_N, "added": with_quality(default_N, scores.quality)}
        confidence_N, wrong_N = probs_NK.max(axis=1), probs_NK.argmax(axis=1) != planted.truth_N
        of_answers = {"answers": scores.quality, "confidence": confidence_N, "both": confidence_N * scores.quality}
        found[name] = aps(planted.wrong_N, labels) | aps(wrong_N, of_answers)
    return found


def answers(planted: PlantedNoise) -> list[F32]:
    """Out-of-fold probabilities f32[N, K] of the digits, and of each shifted copy."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    images_NHW = planted.features_ND.reshape(-1, SIDE, SIDE)
    views = [images_NHW, *(np.roll(images_NHW, push, axis=(1, 2)) for push in PUSHES)]
    probs = [np.empty((len(images_NHW), 10), np.float32) for _ in views]
    for taught, asked in StratifiedKFold(FOLDS).split(planted.features_ND, planted.labels_N):
        model = LogisticRegression(max_iter=1000).fit(planted.features_ND[taught], planted.labels_N[taught])
        for probs_NK, view_NHW in zip(probs, views, strict=True):
            probs_NK[asked] = model.predict_proba(view_NHW[asked].reshape(len(asked), -1))
    return probs


def said(found: Figures) -> dict[str, str]:
    ways = ("alone", "answers", "confidence", "both")
    alone, answers, confidence, both = (over_sets(found, way) for way in ways)
    return {
        "stability": f"wrong labels, AP alone {alone}, added {rise(found)}; wrong answers of a probe, AP "
        f"{answers} (its confidence: {confidence}, both: {both}) [ablation]"
    }
