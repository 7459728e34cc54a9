"""Choose a run's embedder."""

from __future__ import annotations

from typing import Literal

from errata.errors import SetupError
from errata.tools.features import minilm
from errata.tools.features.embedder import Embedder
from errata.tools.features.plain import PlainImage, PlainText
from errata.tools.features.sentence_model import SentenceModel


def choose_embedder(modality: Literal["text", "image"], name: str | None = None) -> Embedder:
    """The named one; otherwise MiniLM for text if it is installed; otherwise plain features.

    ``name`` is ``plain``, ``minilm``, or, for text, a sentence-transformers folder or hub name. Raises SetupError for a
    named model on images, which errata cannot run yet, and if a package is missing.
    """
    if modality == "image":
        if name not in (None, "plain"):
            raise SetupError(
                f"There is no image embedder {name!r} yet. Leave it out for plain features, "
                "or give your own vectors: --embeddings FILE.npy"
            )
        return PlainImage()
    if name == "plain" or (name is None and not minilm.installed()):
        return PlainText()
    if name in (None, "minilm", minilm.NAME):
        return minilm.MiniLM()
    return SentenceModel(name)
