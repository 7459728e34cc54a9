"""Choose a run's embedder."""

from __future__ import annotations

from typing import Literal

from errata.errors import SetupError
from errata.tools.features import efficientnet, minilm, minilm_int8, vision_tower
from errata.tools.features.efficientnet import EfficientNet
from errata.tools.features.embedder import Embedder
from errata.tools.features.minilm_int8 import MiniLMInt8
from errata.tools.features.plain import PlainImage, PlainText
from errata.tools.features.sentence_model import SentenceModel
from errata.tools.features.side_by_side import SideBySide

SHIPPED = ("plain", efficientnet.NAME, minilm_int8.NAME, "minilm", minilm.NAME)
"""Names of embedders that are errata's own or come in packages it names; any other is a model of the user's."""


def choose_embedder(modality: Literal["text", "image"], name: str | None = None) -> Embedder:
    """The named one; otherwise MiniLM in int8 for text, and EfficientNet beside plain features for images; otherwise
    plain features, with a remark, if a package is missing.

    ``name`` is ``plain``; for text, ``minilm-int8``, ``minilm`` (fp32, by sentence-transformers), or a
    sentence-transformers folder or hub name; for images, ``efficientnet-lite0``, or ``transformers:`` and a folder or
    hub name. Raises SetupError for another name on images, and if a package of a named model is missing.
    """
    if modality == "image":
        return _of_images(name)
    if name == "plain":
        return PlainText()
    if name in (None, minilm_int8.NAME):
        return _own(named=name is not None)
    return minilm.MiniLM() if name in SHIPPED else SentenceModel(name)


def _own(named: bool) -> Embedder:
    absent = minilm_int8.absent()
    if not absent:
        return MiniLMInt8()
    why = f"errata's text model needs {', '.join(absent)}, not installed here: pip install errata-labels"
    if named:
        raise SetupError(f"{why}. Or --embedder plain, which counts words.")
    return PlainText(because=f"{why}; until then words are counted, which finds fewer wrong labels")


def _of_images(name: str | None) -> Embedder:
    if name == "plain":
        return PlainImage()
    if name and name.startswith(vision_tower.PREFIX):
        return vision_tower.VisionTower(name.removeprefix(vision_tower.PREFIX))
    if name not in (None, efficientnet.NAME):
        raise SetupError(
            f"There is no image embedder {name!r}. Leave it out, name {efficientnet.NAME}, plain, or "
            f"{vision_tower.PREFIX}FOLDER (or a name on the Hugging Face hub), or give your own vectors: --embeddings "
            "FILE.npy"
        )
    absent = efficientnet.absent()
    if not absent:
        return EfficientNet() if name else SideBySide([EfficientNet(), PlainImage()])
    why = f"errata's image model needs {', '.join(absent)}, not installed here: pip install 'errata-labels[images]'"
    if name:
        raise SetupError(f"{why}. Or --embedder plain, which describes edges and colors.")
    return PlainImage(because=f"{why}; until then edges and colors are compared, and a scan by itself proposes nothing")
