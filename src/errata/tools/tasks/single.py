"""Single labels: each item has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from errata.tools.data.label_file import read_label_space
from errata.tools.data.label_space import check_classes, check_label_space, infer_label_space
from errata.tools.data.labels import label_codec
from errata.tools.data.remarks import remarks
from errata.tools.detectors.tasks.hierarchy import SIBLINGS, tree
from errata.tools.tasks.task import Column, LabelOptions, Labels, Task
from errata.types import F32, LabelSpace


class Single(Task):
    name = "single"
    adds = "one label for each item"

    def read(self, column: Column, options: LabelOptions) -> Labels:
        codec = label_codec(
            column.values, column.class_names, column.name, of_text=column.of_text, no_label=options.no_label
        )
        cells = tuple(codec.label(value) for value in column.values)
        if not (options.many_labels or options.file or options.allow_one_label):
            check_classes(cells, column.name)
        space = read_label_space(options.file, cells, column.place) if options.file else infer_label_space(cells, codec)
        check_label_space(space, cells, column.name, least=1 if options.allow_one_label else 2)
        if options.hierarchy:
            space = replace(space, parents=paths(space.names, options.hierarchy))
        return Labels(cells, codec, space, remarks(cells, space, "row" if column.places is None else "vote"))

    def distances(self, space: LabelSpace) -> F32 | None:
        """Half the edges of the tree between two labels, so that siblings are an ordinary mistake apart."""
        if not space.parents:
            return None
        distances_KK: F32 = tree(space).distances_VV[: len(space.names), : len(space.names)] / np.float32(SIBLINGS)
        return distances_KK


def paths(names: Sequence[str], separator: str) -> dict[str, str]:
    """Node -> its parent, of labels that are paths such as "animals > cats > lynx". A node is named by its path."""
    parents: dict[str, str] = {}
    for name in names:
        while separator in name:
            parents[name] = name.rpartition(separator)[0]
            name = parents[name]
    return parents


TASK = Single()
