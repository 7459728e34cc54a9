"""Choose a run's embedder."""

from __future__ import annotations

from typing import Literal

from errata.errors import SetupError
from errata.tools.features import minilm, minilm_int8
from errata.tools.features.embedder import Embedder
from errata.tools.features.minilm_int8 import MiniLMInt8
from errata.tools.features.plain import PlainImage, PlainText
from errata.tools.features.sentence_model import SentenceModel

SHIPPED = ("plain", minilm_int8.NAME, "minilm", minilm.NAME)
"""Names of embedders that are errata's own or come in packages it names; any other is a model of the user's."""


def choose_embedder(modality: Literal["text", "image"], name: str | None = None) -> Embedder:
    """The named one; otherwise MiniLM in int8 for text, or plain features, with a remark, if its packages are gone.

    ``name`` is ``plain``, or, for text, ``minilm-int8``, ``minilm`` (fp32, by sentence-transformers), or a
    sentence-transformers folder or hub name. Raises SetupError for a named model on images, which errata cannot run
    yet, and if a package of a named model is missing.
    """
    if modality == "image":
        if name not in (None, "plain"):
            raise SetupError(
                f"There is no image embedder {name!r} yet. Leave it out for plain features, "
                "or give your own vectors: --embeddings FILE.npy"
            )
        return PlainImage()
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
