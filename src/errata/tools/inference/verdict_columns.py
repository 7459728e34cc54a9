"""Verdicts as columns, so that a posterior over all items needs no loop over verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from errata.types import CANNOT_TELL, F64, NONE_OF_THESE, OTHER_ANSWERS, SEVERAL, Bool, Int, LabelSpace, Verdict

Source = tuple[str, str]
"""A judge and the protocol it was asked under."""

ABSENT = -1
FLAT = 0.05
"""A verdict says nothing if its entropy is this close to a uniform one's, as a share of it."""
LEAST_KNOWN = 1e-12
LEAST_ERROR = 0.02
"""The minimum share of a judge's answers assumed to carry no information, whatever was claimed or measured."""


@dataclass(frozen=True)
class VerdictColumns:
    """M readable verdicts, each with up to W options.

    ``items_M``: which item; ``sources_M``: the index of its judge and protocol in ``sources``; ``options_MW`` int: the
    column of each label in the label space, K.. for OTHER_ANSWERS in order, -1 = unused; ``log_probs_MW`` f64, -inf =
    unused. ``odds_ratio_M`` f64, at least 1: the most by which each multiplies the odds of what it favors; infinite if
    the judge was not measured. ``reliable_M``: whether its judge is right more often than not, true if not measured.
    """

    items_M: Int
    sources_M: Int
    options_MW: Int
    log_probs_MW: F64
    sources: tuple[Source, ...]
    space: LabelSpace
    odds_ratio_M: F64
    reliable_M: Bool

    @classmethod
    def of(cls, verdicts: Sequence[Verdict], space: LabelSpace) -> VerdictColumns:
        """The readable ones of ``verdicts``. Options missing from the label space are dropped."""
        column = space.index() | {answer: len(space.names) + n for n, answer in enumerate(OTHER_ANSWERS)}
        readable = [verdict for verdict in verdicts if verdict.readable]
        sources = tuple(dict.fromkeys((verdict.judge, verdict.protocol) for verdict in readable))
        number = {source: n for n, source in enumerate(sources)}
        width = max((len(verdict.log_probs) for verdict in readable), default=0)
        options_MW = np.full((len(readable), width), ABSENT, np.int64)
        log_probs_MW = np.full((len(readable), width), -np.inf)
        for m, verdict in enumerate(readable):
            known = [(column[option], lp) for option, lp in verdict.log_probs.items() if option in column]
            for w, (option, log_prob) in enumerate(known):
                options_MW[m, w], log_probs_MW[m, w] = option, log_prob
        items_M = np.array([verdict.idx for verdict in readable], np.int64)
        sources_M = np.array([number[verdict.judge, verdict.protocol] for verdict in readable], np.int64)
        unbounded_M, reliable_M = np.full(len(readable), np.inf), np.ones(len(readable), bool)
        return cls(items_M, sources_M, options_MW, log_probs_MW, sources, space, unbounded_M, reliable_M)

    @staticmethod
    def answers(verdicts: Sequence[Verdict], space: LabelSpace) -> list[str]:
        """The likeliest answer of each; "" if it is unreadable or says nothing."""
        readable = [verdict for verdict in verdicts if verdict.readable]
        columns, names = VerdictColumns.of(readable, space), (*space.names, *OTHER_ANSWERS)
        told = zip(readable, columns.answers_M.tolist(), columns.tells_M.tolist(), strict=True)
        said = {id(verdict): names[answer] if tells else "" for verdict, answer, tells in told}
        return [said.get(id(verdict), "") for verdict in verdicts]

    def with_more(self, verdicts: Sequence[Verdict]) -> VerdictColumns:
        """Add further verdicts."""
        more = VerdictColumns.of(verdicts, self.space)
        sources = tuple(dict.fromkeys((*self.sources, *more.sources)))
        number_of_J = np.array([sources.index(source) for source in more.sources], np.int64)
        width = max(self.options_MW.shape[1], more.options_MW.shape[1])
        return VerdictColumns(
            np.concatenate([self.items_M, more.items_M]),
            np.concatenate([self.sources_M, number_of_J[more.sources_M]]),
            np.concatenate([_wide(self.options_MW, width, ABSENT), _wide(more.options_MW, width, ABSENT)]),
            np.concatenate([_wide(self.log_probs_MW, width, -np.inf), _wide(more.log_probs_MW, width, -np.inf)]),
            sources,
            self.space,
            np.concatenate([self.odds_ratio_M, more.odds_ratio_M]),
            np.concatenate([self.reliable_M, more.reliable_M]),
        )

    def as_measured(self, odds_ratio_M: F64, reliable_M: Bool | None = None) -> VerdictColumns:
        """The same verdicts of judges that were measured."""
        return replace(
            self, odds_ratio_M=odds_ratio_M, reliable_M=self.reliable_M if reliable_M is None else reliable_M
        )

    def only(self, kept_M: Bool) -> VerdictColumns:
        """The rows to keep, bool[M]."""
        return replace(
            self,
            items_M=self.items_M[kept_M],
            sources_M=self.sources_M[kept_M],
            options_MW=self.options_MW[kept_M],
            log_probs_MW=self.log_probs_MW[kept_M],
            odds_ratio_M=self.odds_ratio_M[kept_M],
            reliable_M=self.reliable_M[kept_M],
        )

    @property
    def judges(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(judge for judge, _ in self.sources))

    @property
    def judges_M(self) -> Int:
        """The index of each verdict's judge in ``judges``."""
        number_S = np.array([self.judges.index(judge) for judge, _ in self.sources], np.int64)
        return number_S[self.sources_M]

    @cached_property
    def tells_M(self) -> Bool:
        """Whether each verdict says anything, bool[M]: false if it is flat or cannot tell."""
        cannot_tell = len(self.space.names) + OTHER_ANSWERS.index(CANNOT_TELL)
        probs_MW = np.where(self.options_MW == cannot_tell, 0.0, np.exp(self.log_probs_MW))
        known_M = probs_MW.sum(axis=1)
        states_M = ((self.options_MW != ABSENT) & (self.options_MW != cannot_tell)).sum(axis=1)
        probs_MW = probs_MW / np.maximum(known_M, LEAST_KNOWN)[:, None]
        entropy_M = -(probs_MW * np.log(np.maximum(probs_MW, LEAST_KNOWN))).sum(axis=1)
        flat_M = entropy_M > (1 - FLAT) * np.log(np.maximum(states_M, 2))
        tells_M: Bool = (known_M > FLAT) & ~flat_M
        return tells_M

    @cached_property
    def answers_M(self) -> Int:
        """The likeliest option of each verdict, as in ``options_MW``."""
        if not self.log_probs_MW.size:
            return np.full(len(self.items_M), ABSENT, np.int64)
        best_M1 = self.log_probs_MW.argmax(axis=1)[:, None]
        answers_M: Int = np.take_along_axis(self.options_MW, best_M1, axis=1)[:, 0]
        return answers_M

    @cached_property
    def favorites_M(self) -> Int:
        """The label that each verdict favors among those asked about; -1 if none was."""
        labels_MW = np.where(self.options_MW < len(self.space.names), self.log_probs_MW, -np.inf)
        if not labels_MW.size:
            return np.full(len(labels_MW), ABSENT, np.int64)
        best_M1 = labels_MW.argmax(axis=1)[:, None]
        favorites_M = np.take_along_axis(self.options_MW, best_M1, axis=1)[:, 0]
        named_M = np.isfinite(np.take_along_axis(labels_MW, best_M1, axis=1)[:, 0])
        return np.where(named_M, favorites_M, ABSENT)

    def log_states(self, cand_NC: Int) -> F64:
        """Each verdict over the states of its item: C candidates, then several, then none of these; f64[M, C + 2].

        A label not asked about is part of "none of these". "Cannot tell" is no evidence: its mass goes to all states
        evenly, and so does the share of answers that carry no information.
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
        unsure_M1 = np.minimum(1.0, said[CANNOT_TELL] + self.errors_M(states_MS.shape[1]))[:, None]
        known_MS = states_MS / np.maximum(states_MS.sum(axis=1, keepdims=True), LEAST_KNOWN)
        mixed_MS: F64 = np.log((1 - unsure_M1) * known_MS + unsure_M1 / states_MS.shape[1])
        return mixed_MS

    def errors_M(self, states: int) -> F64:
        """The share of each judge's answers that carry no information, such that the rest multiplies the odds of one
        among this many states by at most ``odds_ratio_M``; in [LEAST_ERROR, 1]."""
        return np.maximum(LEAST_ERROR, states / (self.odds_ratio_M - 1 + states))


def _wide(array_MW: np.ndarray, width: int, fill: float) -> np.ndarray:
    return np.pad(array_MW, ((0, 0), (0, width - array_MW.shape[1])), constant_values=fill)
