"""Image vectors by a transformers model: CLIP, SigLIP, DINO or another one that the user names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np

from errata.errors import SetupError, missing_extra
from errata.tools.data.fingerprint import sha_of_folder
from errata.tools.features.embedder import CountProgress, image_of, unit_rows
from errata.tools.features.weights import NAME_DIGITS
from errata.types import F32, Item

PREFIX = "transformers:"
PREPARED = 1
"""Raised whenever the same image would get another vector of the same model."""
DECODED_SIDE = 1024
"""More than these models read: their processors scale to a few hundred pixels."""
BATCH = 16


class VisionTower:
    """Vectors by one model, on a GPU where torch sees one. A source that is not a folder may be downloaded: only users
    name such sources.

    Where the model has a space for images and texts, vectors are those of that space; otherwise the first token of its
    last layer, or the mean over places if it has no tokens.
    """

    strength: Literal["semantic", "plain"] = "semantic"
    per_item = True

    def __init__(self, source: str) -> None:
        for package in ("transformers", "torch"):
            if find_spec(package) is None:
                raise missing_extra(package, "local")
        self._source = source

    @cached_property
    def name(self) -> str:
        """With a hash of the folder, or the revision on the hub. Raises SetupError if the model cannot be loaded."""
        folder = Path(self._source)
        revision = sha_of_folder(folder) if folder.is_dir() else str(self._loaded[0].config._commit_hash)
        return f"{PREFIX}{self._source} ({revision[:NAME_DIGITS]}, version {PREPARED})"

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, D], rows of length 1. Raises DataError for an unreadable image, SetupError if the model cannot be
        loaded."""
        blocks = []
        for start in range(0, len(items), BATCH):
            blocks.append(self._vectors(items[start : start + BATCH]))
            if progress:
                progress(min(start + BATCH, len(items)))
        return unit_rows(np.concatenate(blocks))

    def _vectors(self, items: Sequence[Item]) -> F32:
        import torch

        model, processor = self._loaded
        pictures = [image_of(item, DECODED_SIDE) for item in items]
        pixels = processor(images=pictures, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            if hasattr(model, "get_image_features"):
                found = model.get_image_features(**pixels).pooler_output
            else:
                last = model(**pixels).last_hidden_state
                found = last.mean((2, 3)) if last.ndim == 4 else last[:, 0]
        vectors: F32 = found.float().cpu().numpy()
        return vectors

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """The model and what prepares its images."""
        import torch
        import transformers
        from safetensors import SafetensorError

        transformers.utils.logging.disable_progress_bar()
        transformers.utils.logging.set_verbosity_error()
        try:
            processor = transformers.AutoImageProcessor.from_pretrained(self._source, trust_remote_code=False)
            model = transformers.AutoModel.from_pretrained(self._source, use_safetensors=True, trust_remote_code=False)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise SetupError(
                f"The image model {self._source!r} cannot be loaded: {' '.join(str(error).split())} Give a folder of a "
                "transformers model with its image processor, or a name on the Hugging Face hub that this machine can "
                "reach."
            ) from error
        return model.to("cuda" if torch.cuda.is_available() else "cpu").eval(), processor
