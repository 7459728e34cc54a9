"""What others do with the same features."""

from __future__ import annotations

import numpy as np

from errata.types import F32, Int


def cleanlab_recipe(features_ND: F32, labels_N: Int) -> F32:
    """f32[N], low = bad: cleanlab's own recipe for features, as its tutorials have it.

    5-fold cross-validated logistic regression (cross_val_predict's stratified folds, in the rows' order), then the
    self-confidence of the given label.
    """
    from cleanlab.rank import get_label_quality_scores
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    # One BLAS thread: the same results for a tenth of the CPU time on small products.
    with threadpool_limits(1):
        probs_NK = cross_val_predict(
            LogisticRegression(max_iter=1000), features_ND, labels_N, cv=StratifiedKFold(5), method="predict_proba"
        )
    return np.asarray(get_label_quality_scores(labels_N, probs_NK, method="self_confidence"), np.float32)
