"""Graphs for onnxruntime that multiply by int8 matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.tools.features.onnx_session import session

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

FUSED = "com.microsoft"
"""The domain of the operators that onnxruntime adds."""
OPSET, FORMAT = 18, 9
Array = NDArray[Any]


class Int8Graph:
    """Nodes and constants in the order in which they are added; each result gets the name of its number."""

    def __init__(self, signed: bool) -> None:
        self._nodes: list[NodeProto] = []
        self._held: list[TensorProto] = []
        self._signed = signed
        self._one, self._middle = self.hold(np.array(1, np.float32)), self.hold(np.array(128, np.uint8))
        self._share, self._last = self.hold(np.array(1 / 127, np.float32)), self.hold(np.array([-1]))

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
        """x times an int8 matrix with a scale for each of its columns; x in int8 with a scale for each token."""
        most = self.add("ReduceMax", [self.add("Abs", [x]), self._last], keepdims=1)
        unit = self.add("Mul", [most, self._share])
        bytes_ = self.add("QuantizeLinear", [self.add("Div", [x, unit]), self._one, self._middle])
        matrix = self.hold(matrix_IO if self._signed else (matrix_IO.astype(np.int16) + 128).astype(np.uint8))
        scales = self.hold(scale_O.reshape(-1))
        zeros = [self._middle] if self._signed else [self._middle, self._middle]
        product = self.add("MatMulIntegerToFloat", [bytes_, matrix, self._one, scales, *zeros], domain=FUSED)
        return self.add("Mul", [product, unit])

    def written(self, inputs: Sequence[tuple[str, int, list[str | int]]], output: tuple[str, list[str | int]]) -> bytes:
        from onnx import TensorProto, helper

        taken = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs]
        given = helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])
        graph = helper.make_graph(self._nodes, "errata", taken, [given], self._held)
        imports = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        written: bytes = helper.make_model(graph, opset_imports=imports, ir_version=FORMAT).SerializeToString()
        return written


def multiplies_signed() -> bool:
    """Whether this machine multiplies unsigned by signed bytes without an overflow. Processors with AVX2 but without
    VNNI do not: they add pairs of products in 16 bits. Unsigned by unsigned, half as fast elsewhere, is right there."""
    import onnx

    graph = Int8Graph(signed=True)
    graph.add("MatMulInteger", ["a", graph.hold(np.full((64, 16), 127, np.int8))], "sum")
    graph.add("Cast", ["sum"], "mean", to=onnx.TensorProto.FLOAT)
    found = session(graph.written([("a", onnx.TensorProto.UINT8, [4, 64])], ("mean", [4, 16])))
    return bool(np.all(found.run(None, {"a": np.full((4, 64), 255, np.uint8)})[0] == 64 * 127 * 255))
