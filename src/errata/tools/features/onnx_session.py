"""Sessions of onnxruntime, as errata runs them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

QUIET = 3  # errors only


def session(model: bytes, *, convolutions: bool = False) -> InferenceSession:
    """``model``, the bytes of an ONNX file, on as many threads as this process may use cores. Waiting threads sleep: on
    a shared machine, spinning takes the time of others. ``convolutions``: the model consists of them; onnxruntime
    then lays out their channels in blocks, which takes half the time."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if convolutions else level.ORT_ENABLE_BASIC
    options.log_severity_level = QUIET
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
