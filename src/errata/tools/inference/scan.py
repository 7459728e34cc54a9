"""What the scan found of all items, before anybody was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from errata.tools.inference.label_noise import LabelNoise
from errata.types import F32, Bool, Int


@dataclass(frozen=True, slots=True)
class Scan:
    """``probs_NK``: out-of-sample probabilities, f32[N, K]. ``label_probs``: what the detectors say of the labels, f32
    [N, K] each. ``flags``: detector -> its own cut, bool[N]. ``quality_N``: how well each given label fits, f32[N] in
    [0, 1], low = bad, NaN without one. ``neighbors_Nk``: the nearest labeled items, -1 = none. ``copies_N``: the group
    of each item that has copies, -1 = alone; None where an older errata scanned."""

    probs_NK: F32
    label_probs: Sequence[F32]
    flags: Mapping[str, Bool]
    quality_N: F32
    noise: LabelNoise
    neighbors_Nk: Int | None = None
    copies_N: Int | None = None

    def of_item(self, idx: int) -> Scan:
        """Of one item as if there were no others; without its neighbors and copies, which are others."""
        one = slice(idx, idx + 1)
        return replace(
            self,
            probs_NK=self.probs_NK[one],
            label_probs=[probs_NK[one] for probs_NK in self.label_probs],
            flags={name: flag_N[one] for name, flag_N in self.flags.items()},
            quality_N=self.quality_N[one],
            neighbors_Nk=None,
            copies_N=None,
        )
