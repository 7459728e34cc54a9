"""Matches: a column says of each row whether its parts match. Single labels, of which there are two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from errata.errors import DataError
from errata.tools.data.spelling import fold
from errata.tools.tasks.single import Single
from errata.tools.tasks.task import Column, LabelOptions, Labels

WORDS = frozenset(
    {"1", "true", "yes", "y", "fit", "fits", "match", "matches", "entailed", "entailment", "same", "duplicate"}
)


class Match(Single):
    name = "match"
    adds = "a label that says whether the parts of an item match"
    asked_as: ClassVar[str] = "match"

    def read(self, column: Column, options: LabelOptions) -> Labels:
        """The label of a match comes first in the space. It is the last one of ``--order`` or of labels.toml, or a word
        such as yes. Raises DataError if that is not clear, or if there are not two labels."""
        found = super().read(column, options)
        names = found.space.names
        if len(names) != 2:
            raise DataError(
                f"column {column.name!r} has {len(names)} labels, and pairs either match or not: two labels. "
                "With more, leave --task out."
            )
        match = self._match(column.name, names, options)
        other = next(name for name in names if name != match)
        return replace(found, space=replace(found.space, names=(match, other), task=self.name))

    def _match(self, column: str, names: Sequence[str], options: LabelOptions) -> str:
        if options.order:
            if set(options.order) != set(names):
                raise DataError(f"--order must name the labels of column {column!r}: {', '.join(names)}.")
            return options.order[-1]
        if options.file:
            return names[-1]
        known = [name for name in names if fold(name) in WORDS]
        if len(known) != 1:
            raise DataError(
                f"Which label of column {column!r} says that the parts match? Pass --order with that one last, such as "
                f"--order {','.join(map(repr, names))}, or list both in a labels.toml (--labels)."
            )
        return known[0]


MATCH = Match()
