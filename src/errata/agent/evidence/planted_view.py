"""A run as it would look if errors that errata planted were in its labels: in memory only, never stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.view import Content, View
from errata.tools.data.left_out import LeftOut
from errata.tools.detectors.arrays.top_probs import replaced
from errata.tools.inference.planted_errors import PlantedErrors
from errata.tools.inference.scan import Scan
from errata.tools.inference.suspects import rank_suspects
from errata.tools.store.store import ItemRow
from errata.types import Int, Item


def planted_view(snapshot: Snapshot, errors: PlantedErrors, found: Scan) -> View:
    """The run's view with these errors in its labels, and what a scan of the labeled items ``found`` then.

    Its queue holds those of them that the scan suspects. What judges said and people decided about the replaced labels
    is left out.
    """
    view, labeled = snapshot.view, np.flatnonzero(snapshot.given_N >= 0)
    planted = dict(
        zip(labeled[errors.items_P].tolist(), map(view.space.names.__getitem__, errors.labels_P), strict=True)
    )
    rows = [row._replace(given_label=planted.get(row.idx, row.given_label), suspicion=None) for row in view.rows]
    again = replace(
        view,
        rows=rows,
        content=_Planted(view.content, planted),
        scan=_of_all_items(found, labeled, view.found),
        verdicts=[verdict for verdict in view.verdicts if verdict.idx not in planted],
        control_verdicts=[verdict for verdict in view.control_verdicts if verdict.idx not in planted],
        decisions={idx: one for idx, one in view.decisions.items() if idx not in planted},
        columns=None,
    )
    return replace(again, rows=_queued(again, planted))


@dataclass(frozen=True)
class _Planted:
    """The content of the data, with planted labels beside it."""

    _content: Content
    _labels: Mapping[int, str]

    @property
    def modality(self) -> Literal["text", "image"]:
        return self._content.modality

    @property
    def left_out(self) -> LeftOut:
        return self._content.left_out

    @property
    def remarks(self) -> tuple[str, ...]:
        return self._content.remarks

    def each(self, rows: Sequence[int]) -> Iterator[Item]:
        for item in self._content.each(rows):
            yield replace(item, given_label=self._labels.get(item.idx, item.given_label))

    def texts(self, rows: Sequence[int]) -> list[str | None]:
        return self._content.texts(rows)


def _of_all_items(found: Scan, labeled: Int, before: Scan) -> Scan:
    """A scan of the labeled items as one of all: what it says of the others stays as it was."""

    def spread(found_n: np.ndarray, before_N: np.ndarray) -> np.ndarray:
        all_N = np.array(before_N)
        all_N[labeled] = found_n
        return all_N

    return replace(
        before,
        probs_NK=replaced(before.probs_NK, labeled, found.probs_NK),
        label_probs=[
            replaced(before_NK, labeled, found_nK)
            for before_NK, found_nK in zip(before.label_probs, found.label_probs, strict=True)
        ],
        flags={name: spread(flag_n, before.flags[name]) for name, flag_n in found.flags.items()},
        quality_N=spread(found.quality_N, before.quality_N),
        noise=found.noise,
    )


def _queued(view: View, planted: Mapping[int, str]) -> list[ItemRow]:
    """The rows, with the planted errors that the scan suspects in the queue."""
    rows, scan = list(view.rows), view.found
    holds_N = np.full(len(rows), np.nan)
    asked = [idx for idx in planted if not rows[idx].protected]
    holds_N[asked] = view.scan_posterior.given_holds_N[asked]
    shas = [row.content_sha for row in rows]
    suspects = rank_suspects(holds_N, scan.quality_N, list(scan.flags.values()), shas, 0.0).suspects
    for place, idx in enumerate(suspects.tolist()):
        rows[idx] = rows[idx]._replace(suspicion=place)
    return rows
