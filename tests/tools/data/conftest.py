"""Small real files for the tests of the formats."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def png() -> Callable[..., bytes]:
    """Encoded pictures: ``png(3)`` is a small gray one, different for each number."""

    def encode(gray: int = 0, size: tuple[int, int] = (4, 3), format: str = "PNG") -> bytes:
        out = io.BytesIO()
        Image.fromarray(np.full((size[1], size[0]), gray, dtype=np.uint8)).save(out, format=format)
        return out.getvalue()

    return encode
