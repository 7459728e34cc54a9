"""Graphs for onnxruntime that multiply by int8 matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

FUSED = "com.microsoft"
"""The domain of the operators that onnxruntime adds."""
OPSET, FORMAT = 18, 9
BLOCK, IN_INT8 = 128, 4
Array = NDArray[Any]


class Int8Graph:
    """Nodes and constants in the order in which they are added; each result gets the name of its number."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._held: list[TensorProto] = []

    def hold(self, array: Array) -> str:
        from onnx import numpy_helper

        name = f"held{len(self._held)}"
        self._held.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, inputs: Sequence[str], name: str = "", *, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = name or f"made{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], domain=domain, **attributes))
        return name

    def split(self, whole: str, parts: int) -> list[str]:
        from onnx import helper

        names = [f"made{len(self._nodes)}_{part}" for part in range(parts)]
        self._nodes.append(helper.make_node("Split", [whole], names, axis=2, num_outputs=parts))
        return names

    def times(self, x: str, matrix_IO: Array, scale_O: Array) -> str:
        """x times an int8 matrix with a scale for each of its columns. onnxruntime rounds x to bytes as well, with a
        scale for each BLOCK numbers of a token."""
        inputs, outputs = matrix_IO.shape
        blocks = (matrix_IO.astype(np.int16) + 128).astype(np.uint8).T.reshape(outputs, inputs // BLOCK, BLOCK)
        scales = np.repeat(scale_O.reshape(outputs), inputs // BLOCK)
        sizes = {"K": inputs, "N": outputs, "bits": 8, "block_size": BLOCK, "accuracy_level": IN_INT8}
        return self.add("MatMulNBits", [x, self.hold(blocks), self.hold(scales)], domain=FUSED, **sizes)

    def written(self, inputs: Sequence[tuple[str, int, list[str | int]]], output: tuple[str, list[str | int]]) -> bytes:
        from onnx import TensorProto, helper

        taken = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs]
        given = helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])
        graph = helper.make_graph(self._nodes, "errata", taken, [given], self._held)
        imports = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        written: bytes = helper.make_model(graph, opset_imports=imports, ir_version=FORMAT).SerializeToString()
        return written
