"""Learning speed by class: margins summed until a class has been learned, until all are on average, or all along.

On sharp digits, a network with a hidden layer, which ends up memorizing many of its labels.
"""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.optional.learning_curve import learned_by
from errata.types import F64, Int
from evals.ablation.part import Figures, over_sets
from evals.data.planted_noise import PlantedNoise, flipped
from evals.ranking import aps

EPOCHS, HIDDEN, BATCH, RATE = 60, 256, 64, 2e-3


def measure(seed: int) -> Figures:
    found = {}
    for name, planted in flipped(seed, ["digits"]):
        margins_NT, labels_N = margins(planted, seed), planted.labels_N
        learned_K = learned_by(np.stack([(margins_NT[labels_N == k] > 0).mean(axis=0) for k in range(10)]))
        ways = {
            "all": margins_NT.mean(axis=1),
            "common": margins_NT[:, : round(learned_K.mean())].mean(axis=1),
            "own": until(margins_NT, learned_K[labels_N]),
        }
        found[name] = {
            **aps(planted.wrong_N, ways),
            "first_learned": float(learned_K.min()),
            "last_learned": float(learned_K.max()),
            "wrong_by_heart": float((margins_NT[planted.wrong_N, -1] > 0).mean()),
        }
    return found


def margins(planted: PlantedNoise, seed: int) -> F64:
    """f64[N, T]: margin of the given label's log-probability over the largest other, after each epoch."""
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(HIDDEN, learning_rate_init=RATE, batch_size=BATCH, random_state=seed)
    given_N, margins = (np.arange(len(planted.labels_N)), planted.labels_N), []
    for _ in range(EPOCHS):
        network.partial_fit(planted.features_ND, planted.labels_N, classes=range(10))
        logs_NK = network.predict_log_proba(planted.features_ND)
        own_N = logs_NK[given_N]
        logs_NK[given_N] = -np.inf
        margins.append(own_N - logs_NK.max(axis=1))
    return np.stack(margins, axis=1)


def until(margins_NT: F64, epochs_N: Int) -> F64:
    """f64[N]: mean margin of each item over its first epochs."""
    sums_NT = margins_NT.cumsum(axis=1)
    mean_N: F64 = sums_NT[np.arange(len(epochs_N)), epochs_N - 1] / epochs_N
    return mean_N


def said(found: Figures) -> dict[str, str]:
    return {
        "learned_by": "margins of a network until each class has been learned: AP "
        f"{over_sets(found, 'own')} (until all are on average: {over_sets(found, 'common')}, over all epochs: "
        f"{over_sets(found, 'all')}) [ablation]"
    }
