"""Verdicts as columns, so that a posterior over all items takes no look at each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from errata.tools.inference.candidates import ABSENT
from errata.types import CANNOT_TELL, F64, NONE_OF_THESE, OTHER_ANSWERS, SEVERAL, Int, LabelSpace, Verdict


@dataclass(frozen=True)
class VerdictColumns:
    """M readable verdicts, each with up to W options.

    ``items_M``: which item; ``judges_M``: the number of its judge in ``judges``; ``options_MW`` int: the column of each
    label in the label space, K.. for OTHER_ANSWERS in their order, -1 = unused; ``log_probs_MW`` f64, -inf = unused.
    """

    items_M: Int
    judges_M: Int
    options_MW: Int
    log_probs_MW: F64
    judges: tuple[str, ...]
    space: LabelSpace

    @classmethod
    def of(cls, verdicts: Sequence[Verdict], space: LabelSpace) -> VerdictColumns:
        """Those of ``verdicts`` that are readable. An option that the label space does not have is left out."""
        column = space.index() | {answer: len(space.names) + n for n, answer in enumerate(OTHER_ANSWERS)}
        readable = [verdict for verdict in verdicts if verdict.readable]
        judges = tuple(dict.fromkeys(verdict.judge for verdict in readable))
        number = {judge: n for n, judge in enumerate(judges)}
        width = max((len(verdict.log_probs) for verdict in readable), default=0)
        options_MW = np.full((len(readable), width), ABSENT, np.int64)
        log_probs_MW = np.full((len(readable), width), -np.inf)
        for m, verdict in enumerate(readable):
            known = [(column[option], lp) for option, lp in verdict.log_probs.items() if option in column]
            for w, (option, log_prob) in enumerate(known):
                options_MW[m, w], log_probs_MW[m, w] = option, log_prob
        items_M = np.array([verdict.idx for verdict in readable], np.int64)
        judges_M = np.array([number[verdict.judge] for verdict in readable], np.int64)
        return cls(items_M, judges_M, options_MW, log_probs_MW, judges, space)

    def with_more(self, verdicts: Sequence[Verdict]) -> VerdictColumns:
        """These and further ones."""
        more = VerdictColumns.of(verdicts, self.space)
        judges = tuple(dict.fromkeys((*self.judges, *more.judges)))
        number_of_J = np.array([judges.index(judge) for judge in more.judges], np.int64)
        width = max(self.options_MW.shape[1], more.options_MW.shape[1])
        return VerdictColumns(
            np.concatenate([self.items_M, more.items_M]),
            np.concatenate([self.judges_M, number_of_J[more.judges_M]]),
            np.concatenate([_wide(self.options_MW, width, ABSENT), _wide(more.options_MW, width, ABSENT)]),
            np.concatenate([_wide(self.log_probs_MW, width, -np.inf), _wide(more.log_probs_MW, width, -np.inf)]),
            judges,
            self.space,
        )

    def of_item(self, idx: int) -> VerdictColumns:
        """Those on one item, as if there were no others."""
        on_it = np.flatnonzero(self.items_M == idx)
        return replace(
            self,
            items_M=np.zeros(len(on_it), np.int64),
            judges_M=self.judges_M[on_it],
            options_MW=self.options_MW[on_it],
            log_probs_MW=self.log_probs_MW[on_it],
        )

    @cached_property
    def favorites_M(self) -> Int:
        """The label that each verdict favors among the labels it was asked about; -1 where it was asked about none."""
        labels_MW = np.where(self.options_MW < len(self.space.names), self.log_probs_MW, -np.inf)
        if not labels_MW.size:
            return np.full(len(labels_MW), ABSENT, np.int64)
        best_M1 = labels_MW.argmax(axis=1)[:, None]
        favorites_M = np.take_along_axis(self.options_MW, best_M1, axis=1)[:, 0]
        named_M = np.isfinite(np.take_along_axis(labels_MW, best_M1, axis=1)[:, 0])
        return np.where(named_M, favorites_M, ABSENT)

    def log_states(self, cand_NC: Int, judge_error: float) -> F64:
        """Each verdict over the states of its item: C candidates, then several, then none of these; f64[M, C + 2].

        A label that was not asked about is part of "none of these". "Cannot tell" is no evidence for anything: its mass
        goes to all states alike, and so does the share of answers that carry no information, ``judge_error``.
        """
        probs_MW = np.exp(self.log_probs_MW)
        other = {answer: len(self.space.names) + n for n, answer in enumerate(OTHER_ANSWERS)}
        said = {name: (probs_MW * (self.options_MW == column)).sum(axis=1) for name, column in other.items()}
        cand_MC = cand_NC[self.items_M]
        match_MCW = cand_MC[:, :, None] == self.options_MW[:, None, :]
        used_MC, asked_MC = cand_MC != ABSENT, match_MCW.any(axis=2)
        none_share_M = said[NONE_OF_THESE] / (1 + (used_MC & ~asked_MC).sum(axis=1))
        states_MS = np.empty((len(cand_MC), cand_MC.shape[1] + 2))
        labels_MC = np.einsum("mcw,mw->mc", match_MCW, probs_MW)
        states_MS[:, :-2] = np.where(asked_MC, labels_MC, none_share_M[:, None]) * used_MC
        states_MS[:, -2], states_MS[:, -1] = said[SEVERAL], none_share_M
        unsure_M1 = np.minimum(1.0, said[CANNOT_TELL] + judge_error)[:, None]
        known_MS = states_MS / np.maximum(states_MS.sum(axis=1, keepdims=True), 1e-12)
        mixed_MS: F64 = np.log((1 - unsure_M1) * known_MS + unsure_M1 / states_MS.shape[1])
        return mixed_MS


def _wide(array_MW: np.ndarray, width: int, fill: float) -> np.ndarray:
    return np.pad(array_MW, ((0, 0), (0, width - array_MW.shape[1])), constant_values=fill)
