"""The graph of all-MiniLM-L6-v2 for onnxruntime, which multiplies in int8.

The packaged file holds int8 weights, but its graph widens them and multiplies floats, on long texts no faster than
torch. In this one each token's numbers become int8 too, by blocks of 128, so that integers are multiplied and a vector
never depends on what else is in the batch. All texts of a batch have the same length: no padding, no mask.
See docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from errata.tools.features.int8_graph import FUSED, Array, Int8Graph

LAYERS, HEADS, WIDTH = 6, 12, 384
EPSILON = 1e-12
EMBEDDINGS, LAYER = "inner.embeddings.", "inner.encoder.layer.{}."
PER_LAYER = 6  # query, key, value, attention output, intermediate, output


def minilm_graph(path: Path) -> bytes:
    """The model as ONNX: ``input_ids`` i64[B, T] to ``mean`` f32[B, 384], the mean of the tokens' last hidden states.

    ``path`` is the packaged file.
    """
    import onnx

    tensors = onnx.load(path).graph.initializer
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in tensors}
    graph = Int8Graph()
    x = _embedded(graph, weights)
    matrices = [name[:-2] for name in weights if name.startswith("val_") and name.endswith("_q")]
    for layer in range(LAYERS):
        x = _layer(graph, weights, x, layer, matrices[layer * PER_LAYER : (layer + 1) * PER_LAYER])
    graph.add("ReduceMean", [x, graph.hold(np.array([1]))], "mean", keepdims=0)
    return graph.written([("input_ids", onnx.TensorProto.INT64, ["B", "T"])], ("mean", ["B", WIDTH]))


def _embedded(graph: Int8Graph, weights: dict[str, Array]) -> str:
    """Word, position and type embeddings, normalized. The words' table stays in int8: 35 MB less."""
    import onnx

    words, places = f"{EMBEDDINGS}word_embeddings.weight", f"{EMBEDDINGS}position_embeddings.weight"
    found = graph.add("Gather", [graph.hold(weights[f"{words}_q"]), "input_ids"])
    found = graph.add("Cast", [found], to=onnx.TensorProto.FLOAT)
    found = graph.add("Mul", [found, graph.add("Gather", [graph.hold(weights[f"{words}_scale"]), "input_ids"])])
    place_PD = weights[f"{places}_q"].astype(np.float32) * weights[f"{places}_scale"]
    place_PD += weights[f"{EMBEDDINGS}token_type_embeddings.weight"][0]
    length = graph.add("Shape", ["input_ids"], start=1, end=2)
    place = graph.add("Slice", [graph.hold(place_PD), graph.hold(np.array([0])), length, graph.hold(np.array([0]))])
    return _normalized(graph, weights, [found, place], f"{EMBEDDINGS}LayerNorm")


def _layer(graph: Int8Graph, weights: dict[str, Array], x: str, layer: int, matrices: Sequence[str]) -> str:
    at = LAYER.format(layer)
    query, key, value, out, wide, narrow = ([weights[f"{name}_q"], weights[f"{name}_scale"]] for name in matrices)
    joint = [np.concatenate(both, axis=1) for both in zip(query, key, value, strict=True)]
    parts = graph.split(graph.times(x, *joint), 3)
    bias = np.concatenate([weights[f"{at}attention.self.{part}.bias"] for part in ("query", "key", "value")])
    seen = graph.add("MultiHeadAttention", [*parts, graph.hold(bias)], domain=FUSED, num_heads=HEADS)
    seen = graph.times(seen, *out)
    x = _normalized(graph, weights, [x, seen], f"{at}attention.output.LayerNorm", f"{at}attention.output.dense.bias")
    grown = graph.times(x, *wide)
    grown = graph.add("BiasGelu", [grown, graph.hold(weights[f"{at}intermediate.dense.bias"])], domain=FUSED)
    shrunk = graph.times(grown, *narrow)
    return _normalized(graph, weights, [x, shrunk], f"{at}output.LayerNorm", f"{at}output.dense.bias")


def _normalized(graph: Int8Graph, weights: dict[str, Array], terms: Sequence[str], norm: str, bias: str = "") -> str:
    total = graph.add("Add", terms)
    if bias:
        total = graph.add("Add", [total, graph.hold(weights[bias])])
    parts = [graph.hold(weights[f"{norm}.{part}"]) for part in ("weight", "bias")]
    return graph.add("LayerNormalization", [total, *parts], epsilon=EPSILON)
