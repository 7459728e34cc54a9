"""Rank the pairs of digits by how much a linear probe confuses them.

    python -m evals look_alikes

Only the training half is used. A pair's score is the probability that out-of-fold logistic regression gives the other
class of the pair, averaged over both classes. Counting mistakes would be too coarse, since there are few.
"""

from __future__ import annotations

from itertools import combinations

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from errata.demo.digits import training_half


def main() -> None:
    for score, a, b in rank_pairs():
        print(f"{a} {b}  {score:.4f}")


def rank_pairs() -> list[tuple[float, int, int]]:
    """(score, a, b) for the 45 pairs a < b, the most confused first."""
    pixels_NHW, labels_N = training_half()
    probe = LogisticRegression(C=0.01, max_iter=2000)
    probs_NK = cross_val_predict(probe, pixels_NHW.reshape(len(labels_N), -1), labels_N, cv=5, method="predict_proba")
    flow_KK = [[float(probs_NK[labels_N == a, b].mean()) for b in range(10)] for a in range(10)]
    return sorted(((flow_KK[a][b] + flow_KK[b][a]) / 2, a, b) for a, b in combinations(range(10), 2))[::-1]
