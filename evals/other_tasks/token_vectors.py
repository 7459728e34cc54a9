"""Vectors of tokens: a language model's view of them in their sentence, and their and their neighbors' spelling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from errata.tools.features.embedder import unit_rows
from errata.tools.features.minilm import MiniLM
from errata.types import F32

SEED = 0
SPELLING_WIDTH = 200
SENTENCES_AT_ONCE = 32


def token_vectors(sentences: Sequence[Sequence[str]]) -> F32:
    """f32[T, D]: each token as the language model sees it in its sentence, plus its and its neighbors' spelling."""
    return np.hstack([_contextual(sentences), _spelling(sentences)])


def _contextual(sentences: Sequence[Sequence[str]]) -> F32:
    """The second and the last layer of MiniLM, a token being the mean of its pieces."""
    import torch

    model = MiniLM()._model
    vectors: list[F32] = [np.empty((0, 0), np.float32)] * len(sentences)
    order = np.argsort([len(sentence) for sentence in sentences], kind="stable")
    for start in range(0, len(order), SENTENCES_AT_ONCE):
        block = order[start : start + SENTENCES_AT_ONCE]
        words = [list(sentences[s]) for s in block]
        pieces = model.tokenizer(
            words, is_split_into_words=True, return_tensors="pt", padding=True, truncation=True, max_length=512
        )
        with torch.no_grad():
            layers = model[0].auto_model(**pieces, output_hidden_states=True).hidden_states
        seen_SLD = torch.cat([layers[2], layers[-1]], dim=-1).numpy()
        for row, s in enumerate(block):
            vectors[s] = _means(seen_SLD[row], pieces.word_ids(row), len(sentences[s]))
    return unit_rows(np.concatenate(vectors))


def _means(pieces_LD: F32, word_ids: Sequence[int | None], words: int) -> F32:
    means_WD = np.zeros((words, pieces_LD.shape[1]), np.float32)
    places = [(place, word) for place, word in enumerate(word_ids) if word is not None]
    np.add.at(means_WD, [word for _, word in places], pieces_LD[[place for place, _ in places]])
    counts_W = np.bincount([word for _, word in places], minlength=words)
    means_WD /= np.maximum(counts_W, 1)[:, None]
    return means_WD


def _spelling(sentences: Sequence[Sequence[str]]) -> F32:
    """Character n-grams of a token, and at half and a quarter of the weight those one and two places aside."""
    from scipy import sparse
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = [word for sentence in sentences for word in sentence]
    sentence_T = np.repeat(np.arange(len(sentences)), [len(sentence) for sentence in sentences])
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), lowercase=False, min_df=2, sublinear_tf=True)
    grams_TV = vectorizer.fit_transform(words).tocsr()
    parts = []
    for aside, weight in ((0, 1.0), (-1, 0.5), (1, 0.5), (-2, 0.25), (2, 0.25)):
        place_T = np.clip(np.arange(len(words)) + aside, 0, len(words) - 1)
        parts.append(sparse.diags_array(weight * (sentence_T[place_T] == sentence_T)) @ grams_TV[place_T])
    return unit_rows(TruncatedSVD(SPELLING_WIDTH, random_state=SEED).fit_transform(sparse.hstack(parts).tocsr()))
