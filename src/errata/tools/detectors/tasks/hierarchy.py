"""Decisions based on the distance between labels in a tree: risk, back-off to a broader label, severity of a change.

Loki (Roberts et al. 2023, "Geometry-Aware Adaptation for Pretrained Models"). Its distances are used for risk and
back-off. Its decision rule, the Frechet mean, is omitted: it favors central classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.checks import labeled, probabilities
from errata.tools.taxonomy import ROOT, Taxonomy
from errata.types import F32, Bool, Int, LabelSpace, Scores

ENOUGH = 0.95
"""Probability at which errata backs off to a node."""
SIBLINGS = 2
"""Edges between labels under one parent, in any tree: a longer distance is a severe change."""


@dataclass(frozen=True)
class Tree:
    """The V nodes of a label space: its K labels in order, then the parents that are not labels, then the root."""

    nodes: tuple[str, ...]
    """Names; the root's is empty."""
    under_VV: Bool
    """True if the column's node is the row's node or below it."""
    num_labels: int

    @cached_property
    def depths_V(self) -> Int:
        """Edges to the root."""
        depths: Int = self.under_VV.sum(axis=0) - 1
        return depths

    @cached_property
    def distances_VV(self) -> F32:
        """Edges between two nodes: both depths, minus twice that of the lowest node above both."""
        above_VV = self.under_VV.astype(np.float32)
        shared_VV = above_VV.T @ above_VV
        depths_V = shared_VV.diagonal()
        distances_VV: F32 = depths_V[:, None] + depths_V - 2 * shared_VV
        return distances_VV


def tree(space: LabelSpace) -> Tree:
    """The tree of a label space's parents; flat if it has none. Raises DataError for circular parents."""
    parent_of = {child: parent for parent, nodes in Taxonomy(space).children.items() for child in nodes}
    inner = dict.fromkeys(node for node in parent_of if node not in space.index())
    nodes = (*space.names, *inner, ROOT)
    index = {node: v for v, node in enumerate(nodes)}
    under_VV = np.eye(len(nodes), dtype=np.bool_)
    for node, v in index.items():
        while node != ROOT:
            node = parent_of[node]
            under_VV[index[node], v] = True
    return Tree(nodes, under_VV, len(space.names))


def detect(labels_N: ArrayLike, probs_NK: ArrayLike, of: Tree) -> Scores:
    """Scores of labeled items: ``quality`` is 1 minus the expected distance of the true label over the tree's width.

    ``flag``: the node that holds enough of the probability (see ``back_off``) does not include the given label: that it
    must change is certain, even if not to what. ``label_probs`` are the probabilities, unchanged. Raises DataError for
    invalid arrays.
    """
    labels = labeled(labels_N, of.num_labels)
    probs = _probabilities(probs_NK, len(labels), of)
    risk_N = expected_distance(probs, labels, of)
    widest = max(float(of.distances_VV[: of.num_labels, : of.num_labels].max()), 1)
    return Scores(np.clip(1 - risk_N / widest, 0, 1), ~of.under_VV[back_off(probs, of), labels], probs)


def expected_distance(probs_NK: ArrayLike, nodes_N: ArrayLike, of: Tree) -> F32:
    """f32[N]: the expected number of edges from an item's node to its true label: the risk of deciding for it."""
    nodes = labeled(nodes_N, len(of.nodes))
    probs = _probabilities(probs_NK, len(nodes), of)
    risk_N = np.empty(len(nodes), np.float32)

    def block(rows: slice) -> None:
        risk_N[rows] = np.einsum("nk,nk->n", probs[rows], of.distances_VV[nodes[rows], : of.num_labels])

    each_block(block, len(nodes), of.num_labels)
    return risk_N


def back_off(probs_NK: ArrayLike, of: Tree, enough: float = ENOUGH) -> Int:
    """i64[N]: the deepest node whose labels together have probability ``enough``, above 0.5; the root always has."""
    probs = _probabilities(probs_NK, len(np.asarray(probs_NK)), of)
    under_KV = of.under_VV[:, : of.num_labels].T.astype(np.float32)
    nodes_N = np.empty(len(probs), np.int64)

    def block(rows: slice) -> None:
        depths_NV = np.where(probs[rows] @ under_KV >= enough, of.depths_V, -1)
        depths_NV[:, -1] = 0  # the root, even if rounding makes it slightly less than 1
        nodes_N[rows] = depths_NV.argmax(axis=1)

    each_block(block, len(probs), len(of.nodes))
    return nodes_N


def severe(given_N: ArrayLike, proposed_N: ArrayLike, of: Tree) -> Bool:
    """bool[N]: the change goes farther than to a sibling."""
    given, proposed = (labeled(side, len(of.nodes)) for side in (given_N, proposed_N))
    return of.distances_VV[given, proposed] > SIBLINGS


def _probabilities(probs_NK: ArrayLike, rows: int, of: Tree) -> F32:
    probs = probabilities(probs_NK, rows)
    if probs.shape[1] != of.num_labels:
        raise DataError(f"Probabilities must have one column for each of {of.num_labels} labels, got {probs.shape[1]}.")
    return np.asarray(probs, np.float32)
