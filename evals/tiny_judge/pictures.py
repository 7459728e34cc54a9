"""The pictures that the tiny judge learns from: digits bent in many ways, and pictures that show nothing.

All work is done on the 8 x 8 digits, values in 0..1, before they become blocks of a 32 x 32 picture: what is trained
on is what a person could have drawn and scanned, with the same blocks.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as nnf

from errata.demo.digits import PICTURE_SIDE, SIDE
from errata.tools.judging.images.region import RED

FINE = 4
"""Digits are bent on a grid this many times finer than their pixels, so that thin strokes stay whole."""


def bend(digits_NHW: Tensor, rng: torch.Generator) -> Tensor:
    """Digits f32[N, 8, 8] in 0..1, each shifted, turned, scaled, sheared, rippled, thickened and made noisy."""
    n = len(digits_NHW)
    fine = nnf.interpolate(digits_NHW[:, None], scale_factor=FINE, mode="bicubic", align_corners=False)
    grid = nnf.affine_grid(_affine(n, rng), list(fine.shape), align_corners=False)
    ripple = nnf.interpolate(
        _normal((n, 2, 3, 3), rng) * 0.06, size=fine.shape[-2:], mode="bicubic", align_corners=True
    )
    moved = nnf.grid_sample(fine, grid + ripple.permute(0, 2, 3, 1), mode="bilinear", align_corners=False)
    small = nnf.avg_pool2d(moved, FINE)[:, 0].clamp(0, 1)
    thick = torch.exp(_normal((n, 1, 1), rng) * 0.3)
    gain = 1 + 0.12 * _normal((n, 1, 1), rng)
    noise = 0.06 * _normal(small.shape, rng) * _uniform((n, 1, 1), rng)
    return (small.pow(thick) * gain + noise).clamp(0, 1)


def show_nothing(digits_NHW: Tensor, rng: torch.Generator) -> Tensor:
    """Pictures f32[N, 3, 32, 32] in 0..1 in which no one could recognize a digit: flat, noise, pieces in a wrong order,
    or blurred beyond recognition."""
    n = len(digits_NHW)
    kind = torch.randint(0, 5, (n,), generator=rng)
    flat = _uniform((n, 1, 1), rng).expand(n, SIDE, SIDE)
    flat = torch.where(_uniform((n, 1, 1), rng) < 0.3, flat.round(), flat)
    noise = _uniform((n, SIDE, SIDE), rng)
    loose = _shuffled(digits_NHW, 1, rng)
    patches = _shuffled(digits_NHW, 2, rng)
    blurred = nnf.avg_pool2d(nnf.pad(digits_NHW[:, None], (3, 3, 3, 3), mode="reflect"), 7, stride=1)[:, 0]
    small = torch.stack([flat, noise, loose, patches, blurred])[kind, torch.arange(n)]
    pictures = as_pictures(small)
    speckle = _uniform((*pictures.shape[:1], 1, PICTURE_SIDE, PICTURE_SIDE), rng).expand_as(pictures)
    fine = (kind == 1) & (_uniform((n,), rng) < 0.5)
    return torch.where(fine[:, None, None, None], speckle, pictures)


def side_by_side(left_NHW: Tensor, right_NHW: Tensor) -> Tensor:
    """Two digits f32[N, 8, 8] in one picture f32[N, 8, 8], each squeezed to half its width."""
    halves = [nnf.avg_pool2d(digits[:, None], (1, 2))[:, 0] for digits in (left_NHW, right_NHW)]
    return torch.cat(halves, 2)


def outline(picture: Tensor, box: tuple[int, int, int, int]) -> None:
    """Draw into a picture f32[3, 32, 32] what ``region.render`` draws: a red line of one pixel along the inside of a
    box (left, top, right, bottom, the last two exclusive)."""
    left, top, right, bottom = box
    red = torch.tensor(RED)[:, None] / 255
    for row in (top, bottom - 1):
        picture[:, row, left:right] = red
    for column in (left, right - 1):
        picture[:, top:bottom, column] = red


def as_pictures(digits_NHW: Tensor) -> Tensor:
    """Digits f32[N, 8, 8] in 0..1 as pictures f32[N, 3, 32, 32] in 0..1, the same pixels as ``digits.picture``."""
    block = PICTURE_SIDE // SIDE
    gray = (digits_NHW * 255).round() / 255
    large = gray.repeat_interleave(block, 1).repeat_interleave(block, 2)
    return large[:, None].expand(-1, 3, -1, -1)


def _affine(n: int, rng: torch.Generator) -> Tensor:
    angle = _normal((n,), rng) * math.radians(8)
    shear = _normal((n,), rng) * 0.12
    scale_y, scale_x = torch.exp(_normal((2, n), rng) * 0.09)
    shift = (_uniform((n, 2), rng) - 0.5) * (2 * 1.4 / SIDE)
    cos, sin = angle.cos(), angle.sin()
    row_x = torch.stack([cos * scale_x, (shear - sin) * scale_x, shift[:, 0]], 1)
    row_y = torch.stack([sin * scale_y, cos * scale_y, shift[:, 1]], 1)
    return torch.stack([row_x, row_y], 1)


def _shuffled(digits_NHW: Tensor, piece: int, rng: torch.Generator) -> Tensor:
    """Each digit cut into squares of ``piece`` pixels, put back in a random order."""
    n = len(digits_NHW)
    pieces = nnf.unfold(digits_NHW[:, None], piece, stride=piece)
    order = _uniform((n, 1, pieces.shape[2]), rng).argsort(2).expand_as(pieces)
    return nnf.fold(pieces.gather(2, order), (SIDE, SIDE), piece, stride=piece)[:, 0]


def _normal(shape: tuple[int, ...] | torch.Size, rng: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=rng)


def _uniform(shape: tuple[int, ...] | torch.Size, rng: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=rng)
