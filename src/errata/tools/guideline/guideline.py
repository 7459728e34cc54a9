"""What the labels mean: a guideline's text and the definitions, hashed for each class and each pair of classes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from errata.tools.guideline.class_names import ClassNames, Word, words_of
from errata.tools.guideline.units import About, parts, units
from errata.types import Decision, LabelSpace, Verdict, sha_of

MATTERS = 0.02
"""At or above this probability, a verdict also rests on a label that the judge did not favor."""

HASH_CHARS = 16


def same_words(one: str, other: str) -> bool:
    """White space in a guideline does not matter."""
    return one.split() == other.split()


@lru_cache(maxsize=65536)
def key(about: About) -> str:
    """How hashes are stored: ``[]`` for general statements, ``["cat"]``, ``["cat", "dog"]``."""
    return json.dumps(sorted(set(about)), ensure_ascii=False)


@dataclass(frozen=True)
class Guideline:
    """``text`` in Markdown; ``space`` with the definitions and parents of its classes, which are part of what is said
    about them."""

    text: str
    space: LabelSpace

    @cached_property
    def said(self) -> Mapping[str, str]:
        """Key -> hash of what is said, for everything about which something is said."""
        return self.said_by(words_of(self.space))

    def said_by(self, words: Iterable[Word]) -> Mapping[str, str]:
        """The same, with classes found by these words."""
        said: dict[str, list[str]] = {}
        if self.text.strip():
            for unit in units(self.text, ClassNames(words).named):
                for about in unit.about:
                    said.setdefault(key(about), []).extend(unit.text.split())
        meanings = {key((name,)): self.meaning(name) for name in {*self.space.definitions, *self.space.parents}}
        return {
            about: sha_of([said.get(about, []), *meanings.get(about, ("", ""))])[:HASH_CHARS]
            for about in {*said, *meanings}
        }

    def meaning(self, name: str) -> tuple[str, str]:
        """A class's definition and parent; white space does not matter."""
        return " ".join(self.space.definitions.get(name, "").split()), self.space.parents.get(name, "")

    def wording(self, labels: Iterable[str]) -> dict[str, str]:
        """What is said about these labels, about pairs of them, and in general: recorded by a verdict or decision."""
        if not self.said:
            return {}
        return {about: self.said[about] for about in map(key, parts(labels)) if about in self.said}

    def of_decision(self, decision: Decision) -> set[str]:
        """The labels that a decision rests on: the given, the decided, and the proposed one; or the mark."""
        if decision.place in self.space.marks:
            return {decision.place}
        labels = (decision.given_label, decision.label, decision.proposed_label)
        return {str(self.space.canonical(label)) for label in labels if label is not None}

    def of_verdict(self, verdict: Verdict, given: str | None) -> set[str]:
        """The labels that a verdict rests on: the given one, the judge's favorite, and all it considered possible; or
        the mark."""
        if verdict.place in self.space.marks:
            return {verdict.place}
        log_probs = {label: log_prob for label, log_prob in verdict.log_probs.items() if label in self._names}
        likely = min(math.log(MATTERS), max(log_probs.values(), default=0.0))
        labels = {label for label, log_prob in log_probs.items() if log_prob >= likely}
        return labels | ({str(self.space.canonical(given))} if given is not None else set())

    def worded(self, verdict: Verdict, given: str | None) -> Verdict:
        """The verdict with what was said about the labels that it rests on; ``given``: its item's given label."""
        return replace(verdict, wording=self.wording(self.of_verdict(verdict, given))) if self.said else verdict

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.space.names)
