"""Choose a run's embedder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from errata.errors import SetupError
from errata.tools.features import efficientnet, minilm, minilm_int8, vision_tower
from errata.tools.features.efficientnet import EfficientNet
from errata.tools.features.embedder import Embedder
from errata.tools.features.minilm_int8 import MiniLMInt8
from errata.tools.features.of_part import OfPart
from errata.tools.features.plain import PlainImage, PlainText
from errata.tools.features.sentence_model import SentenceModel
from errata.tools.features.side_by_side import SideBySide
from errata.tools.judging.spec import ON_A_SERVER

Modality = Literal["text", "image"]

SHIPPED = ("plain", efficientnet.NAME, minilm_int8.NAME, "minilm", minilm.NAME)
"""Names of embedders that are errata's own or come in packages it names; any other is a model of the user's."""


def on_a_server(name: str | None) -> bool:
    """Whether an embedder of this name sends items to a server."""
    return ON_A_SERVER.fullmatch(name or "") is not None


def choose_embedders(
    texts: Sequence[str],
    images: Sequence[str],
    name: str | None = None,
    *,
    context: bool = False,
    allow_host: Collection[str] = (),
) -> Embedder:
    """Of items with these parts, side by side if they have several; ``context``: they also have a part without
    features. ``name`` and ``allow_host`` as below: "plain" is for all parts, any other for the texts or the images, as
    it fits."""
    if len(texts) + len(images) == 1 and not context:
        return choose_embedder("image" if images else "text", name, allow_host)
    names = _names(name, bool(texts), bool(images))
    parts: list[Embedder] = []
    kinds: tuple[tuple[Modality, Sequence[str]], ...] = (("text", texts), ("image", images))
    for kind, columns in kinds:
        if columns:  # one model reads all parts of a kind
            embedder = choose_embedder(kind, names[kind], allow_host)
            parts += [_of_part(column, kind, embedder) for column in columns]
    return parts[0] if len(parts) == 1 else SideBySide(parts)


def _of_part(column: str, kind: Modality, embedder: Embedder) -> Embedder:
    if isinstance(embedder, SideBySide):
        return SideBySide([OfPart(column, kind, part) for part in embedder.parts])
    return OfPart(column, kind, embedder)


def _names(name: str | None, texts: bool, images: bool) -> dict[Modality, str | None]:
    if name in (None, "plain") or not (texts and images):
        return {"text": name, "image": name}
    of_images = name == efficientnet.NAME or name.startswith(vision_tower.PREFIX)
    return {"text": None if of_images else name, "image": name if of_images else None}


def choose_embedder(modality: Modality, name: str | None = None, allow_host: Collection[str] = ()) -> Embedder:
    """The named one; otherwise MiniLM in int8 for text, and EfficientNet beside plain features for images; otherwise
    plain features, with a remark, if a package is missing.

    ``name`` is ``plain``; for text, ``minilm-int8``, ``minilm`` (fp32, by sentence-transformers), or a
    sentence-transformers folder or hub name; for images, ``efficientnet-lite0``, or ``transformers:`` and a folder or
    hub name; for either, MODEL@URL of a server, whose host must be private or in ``allow_host``. Raises SetupError for
    another name on images, for another host, and if a package of a named model is missing.
    """
    if server := ON_A_SERVER.fullmatch(name or ""):
        from errata.tools.features.served_model import ServedModel

        return ServedModel(server["model"], server["url"], modality, allow_host)
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
            f"There is no image embedder {name!r}. Leave it out, name {efficientnet.NAME}, plain, "
            f"{vision_tower.PREFIX}FOLDER (or a name on the Hugging Face hub), MODEL@URL of a server, or give your own "
            "vectors: --embeddings FILE.npy"
        )
    absent = efficientnet.absent()
    if not absent:
        return EfficientNet() if name else SideBySide([EfficientNet(), PlainImage()])
    why = f"errata's image model needs {', '.join(absent)}, not installed here: pip install 'errata-labels[images]'"
    if name:
        raise SetupError(f"{why}. Or --embedder plain, which describes edges and colors.")
    return PlainImage(because=f"{why}; until then edges and colors are compared, and a scan by itself proposes nothing")
