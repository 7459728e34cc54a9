"""Ordered labels: one for each item, from the least to the most. A far mistake weighs more than a near one."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from errata.errors import DataError, nearest
from errata.tools.data.labels import WHOLE
from errata.tools.tasks.single import Single
from errata.tools.tasks.task import Column, LabelOptions, Labels
from errata.types import F32, LabelSpace


class Ordered(Single):
    name = "ordered"
    adds = "one label for each item, from the least to the most"
    ordered: ClassVar[bool] = True

    def read(self, column: Column, options: LabelOptions) -> Labels:
        """The order is the one that the user named, that of labels.toml, or that of whole numbers. Raises DataError if
        there is none, or if it lacks a label."""
        found = super().read(column, options)
        names = options.order or found.space.names
        if not options.order and not options.file and not all(map(WHOLE.fullmatch, names)):
            raise DataError(
                f"In which order are the labels of column {column.name!r}? Pass --order, from the least to the most, "
                "separated by commas, or list them in a labels.toml (--labels)."
            )
        twice = {name for name in names if list(names).count(name) > 1}
        if twice:
            raise DataError(f"--order names {min(twice)!r} twice.")
        lacking = [name for name in found.space.names if name not in names]
        if lacking:
            raise DataError(
                f"--order lacks the label {lacking[0]!r} of column {column.name!r}{nearest(lacking[0], names)}."
            )
        return replace(found, space=replace(found.space, names=tuple(names), task=self.name))

    def distances(self, space: LabelSpace) -> F32:
        """Steps from one label to another."""
        steps_K = np.arange(len(space.names), dtype=np.float32)
        distances_KK: F32 = np.abs(steps_K[:, None] - steps_K)
        return distances_KK


TASK = Ordered()
