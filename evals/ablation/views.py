"""Two views of the digits, their pixels and errata's plain features: neighbors in each, pooled, and in both fused."""

from __future__ import annotations

from errata.demo.digits import picture
from errata.tools.detectors.confident.channel_quality import channel_quality
from errata.tools.detectors.neighbors.neighbors import neighbor_votes, neighbors
from errata.tools.detectors.probs.stacking import pool
from errata.tools.detectors.tasks.fusion import fused
from errata.tools.features.plain import PlainImage
from errata.types import F32, Item
from evals.ablation.part import Figures, over_sets
from evals.data.planted_noise import flipped
from evals.ranking import aps

SIDE, WHITE = 8, 16


def measure(seed: int) -> Figures:
    found = {}
    for name, planted in flipped(seed):
        pixels_ND = planted.features_ND
        plain_NE = plain(pixels_ND)
        views = {"pixels": pixels_ND, "plain": plain_NE, "fused": fused([pixels_ND, plain_NE], [1, 1])}
        probs = {way: neighbor_votes(neighbors(of), planted.labels_N, 10) for way, of in views.items()}
        probs["pooled"] = pool([probs["pixels"], probs["plain"]], planted.labels_N)
        ways = {way: channel_quality(planted.labels_N, probs_NK) for way, probs_NK in probs.items()}
        found[name] = aps(planted.wrong_N, ways)
    return found


def plain(pixels_ND: F32) -> F32:
    pictures = [picture(WHITE * pixels_D.reshape(SIDE, SIDE)) for pixels_D in pixels_ND]
    return PlainImage().embed([Item.of(n, str(n), "", None, image=image) for n, image in enumerate(pictures)])


def said(found: Figures) -> dict[str, str]:
    ways = ("pixels", "plain", "fused", "pooled")
    pixels, plain, fused, pooled = (over_sets(found, way) for way in ways)
    return {
        "fused": f"neighbors' votes in two spaces fused, AP {fused} (by pixels: {pixels}, by plain features: {plain}, "
        f"both votes pooled: {pooled}) [ablation]"
    }
