"""A judge for large images with random weights: the cost of its answers is real, their content is not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from errata import demo

TINY_JUDGE = Path(demo.__file__).parent / "tiny_judge"
SIDE, PATCH, SEED = 336, 14, 0
CONTEXT = 2048


def picture(rng: np.random.Generator) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def save_large(folder: Path) -> None:
    """The tiny judge's kind of model and its tokenizer, with a tower for large images and random weights."""
    import torch
    from transformers import LlavaForConditionalGeneration

    from evals.tiny_judge.model import load as load_tiny
    from evals.tiny_judge.model import save

    tiny, processor = load_tiny(TINY_JUDGE)
    config, side = tiny.config, {"height": SIDE, "width": SIDE}
    config.vision_config.image_size, config.vision_config.patch_size = SIDE, PATCH
    config.image_seq_length = (SIDE // PATCH) ** 2
    config.text_config.max_position_embeddings = processor.tokenizer.model_max_length = CONTEXT
    processor.image_processor.size = processor.image_processor.crop_size = side
    processor.patch_size = PATCH
    torch.manual_seed(SEED)
    save(LlavaForConditionalGeneration(config).float(), processor, folder)
