"""The graph of EfficientNet-lite0 for onnxruntime, built from its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

SIDE, WIDTH = 224, 1280
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
"""Of each block's depthwise convolution (Tan, Le 2019, table 1). All else follows from the shapes of the tensors."""
EPSILON, HIGHEST = 1e-3, 6.0
MIDDLE, SPREAD = 127.0, 128.0
OPSET, FORMAT = 18, 9
Tensors = Mapping[str, NDArray[Any]]


def efficientnet_graph(tensors: Tensors) -> bytes:
    """The model as ONNX: ``image`` u8[B, 224, 224, 3] to ``mean`` f32[B, 1280], the last convolution's mean over the
    picture.

    Batch norms are part of the convolutions before them. ``tensors``: the state dict, by torch's names.
    """
    graph = _Graph(tensors)
    x = graph.pixels("image")
    x = graph.convolution(x, "_conv_stem", "_bn0", SIDE, stride=2)
    side = SIDE // 2
    for number, stride in enumerate(STRIDES):
        x = _block(graph, x, f"_blocks.{number}.", side, stride)
        side = -(-side // stride)
    x = graph.convolution(x, "_conv_head", "_bn1", side)
    graph.add("ReduceMean", [x, graph.hold("places", np.array([2, 3]))], "mean", keepdims=0)
    return graph.written()


def _block(graph: _Graph, x: str, at: str, side: int, stride: int) -> str:
    """An inverted residual: widen, convolve each channel, narrow, and add what came in if it has the same shape."""
    wide = graph.convolution(x, f"{at}_expand_conv", f"{at}_bn0", side) if graph.knows(f"{at}_expand_conv") else x
    seen = graph.convolution(wide, f"{at}_depthwise_conv", f"{at}_bn1", side, stride=stride)
    narrow = graph.convolution(seen, f"{at}_project_conv", f"{at}_bn2", -(-side // stride), bounded=False)
    same = stride == 1 and graph.channels(x) == graph.channels(narrow)
    return graph.add("Add", [x, narrow], f"{at}sum") if same else narrow


class _Graph:
    """Nodes and constants in the order in which they are added."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self._nodes: list[NodeProto] = []
        self._held: list[TensorProto] = []
        self._channels: dict[str, int] = {}

    def knows(self, convolution: str) -> bool:
        return f"{convolution}.weight" in self._tensors

    def channels(self, name: str) -> int:
        return self._channels[name]

    def hold(self, name: str, array: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self._held.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        self._channels[name] = self._channels.get(inputs[0], 0)
        return name

    def pixels(self, name: str) -> str:
        from onnx import TensorProto

        first = self.add("Transpose", [name], "channels_first", perm=[0, 3, 1, 2])
        number = self.add("Cast", [first], "number", to=TensorProto.FLOAT)
        centered = self.add("Sub", [number, self.hold("middle", np.array(MIDDLE, np.float32))], "centered")
        return self.add("Div", [centered, self.hold("spread", np.array(SPREAD, np.float32))], "scaled")

    def convolution(self, x: str, conv: str, norm: str, side: int, *, stride: int = 1, bounded: bool = True) -> str:
        """A convolution with the batch norm after it, cut off at 0 and 6 if ``bounded``. ``side``: of the picture that
        it gets. Padding is TensorFlow's: what is odd of it comes last."""
        weight_OIHW = self._tensors[f"{conv}.weight"]
        gain_O = self._tensors[f"{norm}.weight"] / np.sqrt(self._tensors[f"{norm}.running_var"] + EPSILON)
        bias_O = self._tensors[f"{norm}.bias"] - self._tensors[f"{norm}.running_mean"] * gain_O
        weight = self.hold(f"{conv}.weight", weight_OIHW * gain_O[:, None, None, None])
        outputs, kernel = len(weight_OIHW), weight_OIHW.shape[2]
        padding = max(kernel - stride - (-side % stride), 0)
        before, after = padding // 2, padding - padding // 2
        made = self.add(
            "Conv",
            [x, weight, self.hold(f"{conv}.bias", bias_O)],
            f"{conv}.made",
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=outputs if weight_OIHW.shape[1] == 1 else 1,
        )
        if bounded:
            bounds = [self.hold(f"{conv}.{low}", np.array(low, np.float32)) for low in (0.0, HIGHEST)]
            made = self.add("Clip", [made, *bounds], f"{conv}.bounded")
        self._channels[made] = outputs
        return made

    def written(self) -> bytes:
        from onnx import TensorProto, helper

        taken = helper.make_tensor_value_info("image", TensorProto.UINT8, ["B", SIDE, SIDE, 3])
        given = helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["B", WIDTH])
        graph = helper.make_graph(self._nodes, "efficientnet-lite0", [taken], [given], self._held)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FORMAT)
        written: bytes = model.SerializeToString()
        return written
