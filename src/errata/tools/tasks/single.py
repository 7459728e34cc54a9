"""Single labels: each item has one."""

from __future__ import annotations

from errata.tools.data.label_file import read_label_space
from errata.tools.data.label_space import check_classes, check_label_space, infer_label_space
from errata.tools.data.labels import label_codec
from errata.tools.data.remarks import remarks
from errata.tools.tasks.task import Column, LabelOptions, Labels, Task


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
        return Labels(cells, codec, space, remarks(cells, space, "row" if column.places is None else "vote"))


TASK = Single()
