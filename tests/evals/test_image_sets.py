"""Image sets out of packages: read as they were written, or absent."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from errata.tools.data.images import load_image
from evals.data.image_sets import FASHION_FILES, fashion_mnist, mnist

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)
LABELS = np.array([3, 1, 4, 1, 5, 9], np.uint8)


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


def test_fashion_is_read_from_the_files_of_a_folder(tmp_path: Path) -> None:
    assert fashion_mnist(tmp_path) is None
    for name, array in zip(FASHION_FILES, (PIXELS, LABELS), strict=True):
        (tmp_path / name).write_bytes(idx(array))
    found = fashion_mnist(tmp_path)
    assert found is not None
    np.testing.assert_array_equal(found.pixels_NHW, PIXELS)
    assert found.truth_N.tolist() == LABELS.tolist()


def test_digits_are_read_from_a_table_of_pixels_and_drawn_as_pngs(tmp_path: Path) -> None:
    assert mnist(tmp_path / "absent.csv.gz") is None
    file = tmp_path / "mnist_5k.csv.gz"
    with gzip.open(file, "wt") as lines:
        for pixels, label in zip(PIXELS, LABELS, strict=True):
            lines.write(",".join(map(str, [*pixels.ravel(), label])) + "\n")
    found = mnist(file)
    assert found is not None and found.truth_N.tolist() == LABELS.tolist()
    drawn = found.drawn(4, seed=0)
    for item, pixels, label in zip(drawn.items(), drawn.pixels_NHW, drawn.truth_N, strict=True):
        shown = np.asarray(load_image(item.image or b""))[..., 0]
        np.testing.assert_array_equal(shown, pixels)
        assert any((pixels == one).all() and label == of for one, of in zip(PIXELS, LABELS, strict=True))
