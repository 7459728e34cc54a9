"""Features: vectors for items (a model's, plain ones, or the user's own) and the out-of-fold probe."""

from errata.tools.features.choose import choose_embedder
from errata.tools.features.embedder import Embedder
from errata.tools.features.own import load_embeddings, load_probs
from errata.tools.features.probe import out_of_fold_probs

__all__ = ["Embedder", "choose_embedder", "load_embeddings", "load_probs", "out_of_fold_probs"]
