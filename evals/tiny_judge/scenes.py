"""What a batch of training pictures shows: a digit, nothing, or two digits side by side."""

from __future__ import annotations

from random import Random

import torch
from torch import Tensor

from errata.demo.digits import PICTURE_SIDE
from evals.tiny_judge.pictures import as_pictures, bend, outline, show_nothing, side_by_side
from evals.tiny_judge.questions import Shown

NOTHING = 0.08
"""Share of pictures that show nothing."""


def draw_scenes(
    digits: Tensor, labels: list[int], pair_shares: list[float], torch_rng: torch.Generator
) -> tuple[Tensor, list[Shown]]:
    """Pictures f32[N, 3, 32, 32] in 0..1 made of digits f32[N, 8, 8], bent, and what each shows.

    ``pair_shares`` [N] in 0..1: how likely each picture shows two digits, its own and one of another row.
    """
    n = len(labels)
    bent, chance = bend(digits, torch_rng), torch.rand(n, generator=torch_rng)
    partner = torch.randperm(n, generator=torch_rng)
    nothing = chance < NOTHING
    differs = torch.tensor([labels[i] != labels[j] for i, j in enumerate(partner.tolist())])
    paired = (chance > 1 - torch.tensor(pair_shares)) & differs
    clear = as_pictures(torch.where(paired[:, None, None], side_by_side(bent, bent[partner]), bent))
    pictures = torch.where(nothing[:, None, None, None], show_nothing(digits, torch_rng), clear)
    shown: list[Shown] = [(label,) for label in labels]
    for i in paired.nonzero()[:, 0].tolist():
        shown[i] = (labels[i], labels[int(partner[i])])
    for i in nothing.nonzero()[:, 0].tolist():
        shown[i] = ()
    return pictures, shown


def mark(picture: Tensor, shown: Shown, rng: Random) -> Shown:
    """Outline what a picture f32[3, 32, 32] shows, or one of two digits; gives what lies inside."""
    middle, (a, b, c, d) = PICTURE_SIDE // 2, (rng.randrange(3) for _ in range(4))
    if len(shown) < 2:
        outline(picture, (a, b, PICTURE_SIDE - c, PICTURE_SIDE - d))
        return shown
    if rng.random() < 0.5:
        outline(picture, (a, b, middle, PICTURE_SIDE - d))
        return shown[:1]
    outline(picture, (middle, b, PICTURE_SIDE - c, PICTURE_SIDE - d))
    return shown[1:]
