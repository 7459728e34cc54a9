"""Where torch sees a GPU, a larger encoder than errata's own costs little."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from errata.tools.features.vision_tower import PREFIX

DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/kfd"), Path("/dev/dxg"))
"""Of NVIDIA, of AMD, and of either under WSL."""
LARGER = {
    "text": ("sentence-transformers/all-mpnet-base-v2", "sentence-transformers"),
    "image": (f"{PREFIX}facebook/dinov2-base", "transformers"),
}
"""Of English texts, and of images: a model, and the library that runs it."""


def torch_sees_a_gpu(drivers: Sequence[Path] = DRIVERS) -> bool:
    """Importing torch takes seconds, so it is asked only where there is a GPU's driver."""
    if find_spec("torch") is None or not any(driver.exists() for driver in drivers):
        return False
    import torch

    return torch.cuda.is_available()


def larger(kind: str) -> str:
    """What a person should know who has a GPU, about the default encoder of ``text`` or ``image``."""
    model, library = LARGER[kind]
    return (
        f"torch sees a GPU here: on it a larger encoder costs little, and it may find more: --embedder {model} "
        f"(by {library}: errata-labels[local])"
    )
