"""A random sample of unsuspected items: whether it shows how many wrong labels the detectors miss."""

from __future__ import annotations

import numpy as np

from errata.settings import Settings
from errata.tools.detectors.confident import confident_learning
from errata.tools.inference.suspects import rank_suspects
from errata.types import sha_of
from evals.ablation.part import Figures, default_probs, over_sets, posterior
from evals.data.planted_noise import flipped


def measure(seed: int) -> Figures:
    found = {}
    for name, planted in flipped(seed):
        labels_N, probs_NK = planted.labels_N, default_probs(planted)
        holds_N = posterior(labels_N, probs_NK)[np.arange(len(labels_N)), labels_N]
        scores = confident_learning.detect(labels_N, probs_NK)
        shas = [sha_of([seed, n]) for n in range(len(labels_N))]
        given = (holds_N, scores.quality, [scores.flag], shas)
        suspects, queue = (np.concatenate(rank_suspects(*given, share)) for share in (0, Settings().random_share))
        others, few = np.setdiff1d(np.arange(len(labels_N)), suspects), queue[len(suspects) :]
        found[name] = {
            "others": float(len(others)),
            "wrong": float(planted.wrong_N[others].mean()),
            "few": float(len(few)),
            "few_wrong": float(planted.wrong_N[few].mean()),
        }
    return found


def said(found: Figures) -> dict[str, str]:
    fewest, most = (round(pick(of["few"] for of in found.values())) for pick in (min, max))
    return {
        "random_few": f"of the digits that nothing speaks against {over_sets(found, 'wrong')} are wrong, of the "
        f"{fewest} to {most} drawn among them {over_sets(found, 'few_wrong')} [ablation]"
    }
