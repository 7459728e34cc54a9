"""Images in the space of texts: the names of ImageNet's classes, weighed by how much an image looks like each (ConSE:
Norouzi et al. 2014)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from errata.tools.features.efficientnet import NAME
from errata.tools.features.embedder import Embedder, unit_rows
from errata.tools.features.torch_file import read_tensors
from errata.tools.features.weights import weights_named
from errata.types import F32, Item

USUAL_SUM = 312.7
"""Of the network's numbers for one image, on Flickr8k; its vectors, of length 1, no longer tell it. On 394 captions the
images' own sums found no more of the wrong ones."""
ROWS = 4096


def in_space_of(texts: Embedder, vectors_ND: F32) -> F32:
    """f32[N, E]: EfficientNet's vectors of images as the vectors of a text encoder, rows of length 1.

    Raises SetupError if the weights are not there.
    """
    tensors = read_tensors(weights_named(NAME).path())
    weight_DK, bias_K = tensors["_fc.weight"].T, tensors["_fc.bias"]
    names_KE = texts.embed([Item.of(0, name, "", None, text=name) for name in class_names()])
    return np.concatenate([_weighed(rows_nD, weight_DK, bias_K, names_KE) for rows_nD in _blocks(vectors_ND)])


def _blocks(vectors_ND: F32) -> list[F32]:
    return [vectors_ND[start : start + ROWS] for start in range(0, max(len(vectors_ND), 1), ROWS)]


def _weighed(vectors_nD: F32, weight_DK: F32, bias_K: F32, names_KE: F32) -> F32:
    from scipy.special import softmax

    logits_nK = (USUAL_SUM * vectors_nD**2) @ weight_DK + bias_K
    return unit_rows(softmax(logits_nK, axis=1) @ names_KE)


@cache
def class_names() -> tuple[str, ...]:
    """In the order of the classifier's outputs, each with its synonyms."""
    text = (files(__package__) / "imagenet_classes.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())
