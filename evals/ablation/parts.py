"""The parts of the ablation other than a run's detectors, by name."""

from __future__ import annotations

from evals.ablation import (
    annotators,
    cells,
    centers,
    learning,
    ordered,
    out_of_class,
    overlooked,
    patches,
    rare,
    stable,
    surroundings,
    totals,
    trees,
    views,
)
from evals.ablation.part import Part

PARTS = {
    "annotators": Part(annotators.measure, annotators.said),
    "cells": Part(cells.measure, cells.said),
    "centers": Part(centers.measure, centers.said),
    "learning": Part(learning.measure, learning.said),
    "ordered": Part(ordered.measure, ordered.said),
    "outside": Part(out_of_class.measure, out_of_class.said),
    "overlooked": Part(overlooked.measure, overlooked.said),
    "patches": Part(patches.measure, patches.said),
    "rare": Part(rare.measure, rare.said),
    "stable": Part(stable.measure, stable.said),
    "surroundings": Part(surroundings.measure, surroundings.said),
    "totals": Part(totals.measure, totals.said),
    "trees": Part(trees.measure, trees.said),
    "views": Part(views.measure, views.said),
}
