"""A label space as a tree: the labels below each label, level by level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from errata.errors import DataError
from errata.types import LabelSpace

ROOT = ""


@dataclass(frozen=True)
class Taxonomy:
    """Built from a label space's ``parents``; without any it is flat: every label is directly below the root."""

    space: LabelSpace

    @cached_property
    def children(self) -> Mapping[str, Sequence[str]]:
        """Node -> the nodes below it, in the order of the label space; the root is ROOT. DataError for circular
        parents."""
        under: dict[str, dict[str, None]] = {}
        for name in self.space.names:
            for node, parent in self._way_up(name):
                under.setdefault(parent, {})[node] = None
        return {parent: tuple(nodes) for parent, nodes in under.items()}

    def leaves(self, node: str) -> list[str]:
        """The labels of the label space below a node, including the node itself if it is one."""
        own = [node] if node in self._names else []
        return own + [leaf for child in self.children.get(node, ()) for leaf in self.leaves(child)]

    @property
    def depth(self) -> int:
        """How many levels the deepest label is below the root."""
        return max(len(self._way_up(name)) for name in self.space.names)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.space.names)

    def _way_up(self, name: str) -> list[tuple[str, str]]:
        way, seen = [], {name}
        while (parent := self.space.parents.get(name, ROOT)) != ROOT:
            if parent in seen:
                raise DataError(f"The parents of the labels run in a circle through {parent!r}. Put labels.toml right.")
            seen.add(parent)
            way.append((name, parent))
            name = parent
        return [*way, (name, ROOT)]
