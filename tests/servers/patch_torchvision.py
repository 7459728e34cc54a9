"""Make torchvision importable with a CPU build of torch.

Its wheel is linked to CUDA. Without CUDA its extension does not load, and the import fails because two operators are
not declared. This declares them if the extension is missing.

Run it with the interpreter whose torchvision is to be patched; running it again changes nothing.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

MARK = "# declared for a CPU build of torch"
PATCH = f"""
{MARK}
if not _has_ops():
    for _op in ("nms", "qnms"):
        torch.library.define("torchvision::" + _op, "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""

if __name__ == "__main__":
    spec = importlib.util.find_spec("torchvision")
    assert spec is not None and spec.origin is not None
    extension = Path(spec.origin).parent / "extension.py"
    source = extension.read_text(encoding="utf-8")
    if MARK not in source:
        extension.write_text(source + PATCH, encoding="utf-8")
