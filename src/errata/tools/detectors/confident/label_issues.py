"""The public function with the signature and results of cleanlab 2.9's ``filter.find_label_issues``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.errors import DataError, SetupError
from errata.tools.detectors.arrays.checks import floats, labeled, probabilities
from errata.tools.detectors.confident.confident_joint import checked_joint
from errata.tools.detectors.confident.confident_learning import FilterBy, suspected
from errata.tools.detectors.confident.label_quality import QualityScore, quality_scores
from errata.tools.detectors.confident.pruning import PruneBy
from errata.tools.detectors.tasks.confident_multilabel import item_quality, memberships, suspected_items
from errata.types import Probs


def find_label_issues(
    labels: Any,
    pred_probs: ArrayLike,
    *,
    return_indices_ranked_by: QualityScore | None = None,
    rank_by_kwargs: Mapping[str, Any] | None = None,
    filter_by: FilterBy = "prune_by_noise_rate",
    frac_noise: float = 1.0,
    num_to_remove_per_class: ArrayLike | None = None,
    min_examples_per_class: int = 1,
    confident_joint: ArrayLike | None = None,
    n_jobs: int | None = None,
    verbose: bool = False,
    multi_label: bool = False,
) -> NDArray[Any]:
    """bool[N], True if the label looks wrong; or, ranked by a score, the indices of those items, worst first.

    ``labels``: one class 0..K-1 per item or, with ``multi_label``, a list of classes per item. ``pred_probs``: [N, K],
    out of sample, read block by block: they may be memory-mapped. ``rank_by_kwargs``: {"adjust_pred_probs": True} ranks
    by scores adjusted for differences in confidence between classes.

    The filters that prune take ``frac_noise`` (scales how many are flagged), ``num_to_remove_per_class`` [K] (sets it),
    ``min_examples_per_class`` (smaller classes are not pruned), and ``confident_joint`` ([K, K], with ``multi_label``
    [K, 2, 2], used unchanged); the other filters ignore them. ``n_jobs`` and ``verbose`` have no effect.

    Raises DataError for invalid arrays, SetupError for options that do not exist or cannot be combined.
    """
    _check_options(filter_by, rank_by_kwargs, num_to_remove_per_class)
    probs_NK = floats(pred_probs, len(labels))
    classes = probs_NK.shape[1]
    options: dict[str, Any] = {
        "frac_noise": frac_noise,
        "keep_at_least": min_examples_per_class,
        "remove_K": _of_shape((classes,), num_to_remove_per_class, "num_to_remove_per_class"),
    }
    adjust = bool((rank_by_kwargs or {}).get("adjust_pred_probs", False))
    if multi_label:
        joint_K22 = _of_shape((classes, 2, 2), confident_joint, "confident_joint")
        probabilities(probs_NK, len(labels), exclusive=False)
        labels_NK = memberships(labels, classes)
        flag_N = suspected_items(labels_NK, probs_NK, filter_by, joint_K22=joint_K22, **options)
    else:
        joint_KK = _of_shape((classes, classes), confident_joint, "confident_joint")
        labels_N = labeled(labels, classes)
        joint = checked_joint(labels_N, probs_NK)
        flag_N = suspected(labels_N, probs_NK, filter_by, joint=joint, joint_KK=joint_KK, **options)
    if return_indices_ranked_by is None:
        return flag_N
    found = np.flatnonzero(flag_N)
    quality_n: Probs
    if multi_label:
        quality_n = item_quality(labels_NK, probs_NK, return_indices_ranked_by, adjust=adjust)[found]
    else:
        quality_n = quality_scores(labels_N, probs_NK, return_indices_ranked_by, adjust=adjust, items=found)
    # Equal scores keep the order of numpy's default sort, as in the reference.
    return found[np.argsort(quality_n)]


def _check_options(filter_by: str, rank_by_kwargs: Mapping[str, Any] | None, remove: ArrayLike | None) -> None:
    if filter_by not in get_args(FilterBy):
        raise SetupError(f"filter_by {filter_by!r} is unknown. There are: {', '.join(get_args(FilterBy))}")
    if remove is not None and filter_by not in get_args(PruneBy):
        raise SetupError(
            f"num_to_remove_per_class goes with {', '.join(get_args(PruneBy))}, got filter_by {filter_by!r}."
        )
    for name in rank_by_kwargs or {}:
        if name != "adjust_pred_probs":
            raise SetupError(f"rank_by_kwargs takes adjust_pred_probs alone, got {name!r}.")


def _of_shape(shape: tuple[int, ...], values: ArrayLike | None, name: str) -> NDArray[Any] | None:
    if values is None:
        return None
    array = np.asarray(values)
    if array.shape != shape or array.dtype.kind not in "iuf":
        raise DataError(f"{name} must hold numbers of shape {shape}, got shape {array.shape} of {array.dtype}.")
    return array
