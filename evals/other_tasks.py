"""How well wrong labels are found where an item is not one label: token tags, image-text pairs, many labels at once.

    python -m evals.other_tasks DATA_FOLDER [--out evals/results/other_tasks.json]

Tokens and pairs are real errors in token_conllpp_test and pairs_flickr8k; the marks of many labels are synthetic.
Beside errata stands cleanlab on the same features: its token and multi-label scores. It has none for pairs.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from errata.tools.detectors import discriminant, multi_label, text_image, token
from errata.tools.detectors.neighbors import Neighbors, neighbors
from errata.tools.features.embedder import unit_rows
from errata.tools.features.minilm import MiniLM
from errata.tools.features.plain import PlainImage
from errata.types import F32, Bool, Int, Item
from evals.result import write_result

SEED = 0
SEEDS = range(100, 110)
"""Of the synthetic marks. Seeds 0 and 1 served to choose the method."""
DRAWS = 200
FILES = ("token_conllpp_test", "pairs_flickr8k", "pairs_flickr8k_images")
SPELLING_WIDTH = 200
SENTENCES_AT_ONCE = 32
MARKED_ITEMS = 1500
LABELS = 8
FOLDS = 5


class Marked(NamedTuple):
    """Vectors f32[N, D], the labels that truly apply bool[N, K], and the marks with planted errors bool[N, K]."""

    vectors_ND: F32
    true_NK: Bool
    marks_NK: Bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with " + " and ".join(f"{name}.parquet" for name in FILES))
    parser.add_argument("--out", type=Path, default=Path("evals/results/other_tasks.json"))
    options = parser.parse_args()
    missing = [name for name in FILES if not (options.data / f"{name}.parquet").is_file()]
    if missing:
        parser.exit(
            2, f"{options.data} has no {', '.join(missing)} (.parquet): these data sets are not part of errata\n"
        )
    figures = {
        "tokens": tokens(options.data / "token_conllpp_test.parquet"),
        "pairs": pairs(options.data / "pairs_flickr8k.parquet", options.data / "pairs_flickr8k_images.parquet"),
        "marks": {name: marks(name) for name in ("word_counts", "sums_of_directions")},
    }
    write_result(options.out, figures, seed=SEED)
    print(f"written to {options.out}")


def tokens(path: Path) -> dict[str, Any]:
    """Wrong tokens and sentences among the given tags: errata, and cleanlab on the same probabilities."""
    from cleanlab.token_classification.filter import find_label_issues
    from cleanlab.token_classification.rank import get_label_quality_scores

    rows = pq.read_table(path).to_pylist()
    tags = sorted({tag for row in rows for tag in (*row["given_tags"], *row["true_tags"])})
    given_T, true_T = (np.array([tags.index(t) for row in rows for t in row[c]]) for c in ("given_tags", "true_tags"))
    lengths_S = np.array([len(row["tokens"]) for row in rows])
    probs_TK = discriminant.leave_one_out(token_vectors([row["tokens"] for row in rows]), given_T, len(tags))
    scores = token.detect(given_T, probs_TK, lengths_S, tags)
    starts = np.cumsum(lengths_S)[:-1]
    labels, probs = [part.tolist() for part in np.split(given_T, starts)], np.split(probs_TK, starts)
    theirs_S, theirs_parts = get_label_quality_scores(labels, probs)
    theirs_T = np.concatenate([np.asarray(part, np.float32) for part in theirs_parts])
    first_S = np.append(0, starts)
    flagged = [first_S[s] + t for s, t in find_label_issues(labels, probs)]
    wrong_T = given_T != true_T
    wrong_S = np.add.reduceat(wrong_T, first_S, dtype=np.int64) > 0
    ours_S = token.sentence_quality(scores.quality, lengths_S)
    figures = {
        "tokens": len(wrong_T),
        "wrong_tokens": int(wrong_T.sum()),
        "sentences": len(wrong_S),
        "wrong_sentences": int(wrong_S.sum()),
        "errata": {
            "token": figures_of(wrong_T, scores.quality),
            "sentence": figures_of(wrong_S, ours_S),
            "flag": flag_figures(scores.flag, wrong_T),
        },
        "cleanlab": {
            "token": figures_of(wrong_T, theirs_T),
            "sentence": figures_of(wrong_S, theirs_S),
            "flag": flag_figures(np.isin(np.arange(len(wrong_T)), flagged), wrong_T),
        },
        "errata_minus_cleanlab_95": {
            "token_ap": token_interval(wrong_T, scores.quality, theirs_T, lengths_S),
            "sentence_ap": token_interval(wrong_S, ours_S, theirs_S, np.ones_like(lengths_S)),
        },
    }
    show("tokens", figures)
    return figures


def token_vectors(sentences: Sequence[Sequence[str]]) -> F32:
    """f32[T, D]: each token as the language model sees it in its sentence, beside its and its neighbors' spelling."""
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


def pairs(path: Path, images_path: Path) -> dict[str, Any]:
    """Wrong captions: by like pairs, by the pseudo-classes of the captions, and with an image's other captions hidden.

    The image side knows looks alone, so that only equal images are alike: the last figure says what remains.
    """
    rows = [row for row in pq.read_table(path).to_pylist() if row["in_noisy_corpus"]]
    content = {row["id"]: row["image"] for row in pq.read_table(images_path).to_pylist()}
    names = sorted({row["image_id"] for row in rows})
    image_N = np.array([names.index(row["image_id"]) for row in rows])
    looks_MD = PlainImage().embed([Item(0, name, "", None, image=content[name]) for name in names])
    images_ND = looks_MD[image_N]
    texts_NE = MiniLM().embed([Item(0, row["id"], "", None, text=row["text"]) for row in rows])
    wrong_N = np.array([bool(row["is_error"]) for row in rows])
    scores = text_image.detect(images_ND, texts_NE)
    agrees_N = text_image.agreement(images_ND, texts_NE, text_image.pseudo_classes(texts_NE, 20, SEED))
    nothing_N = np.zeros(len(rows), np.float32)
    others = without_same(neighbors(images_ND, len(rows) - 1), image_N)
    alone_N = 1 - text_image.distance_to_neighbors(others, texts_NE, nothing_N) / np.float32(2)
    figures = {
        "pairs": len(rows),
        "images": len(names),
        "wrong": int(wrong_N.sum()),
        "errata": {"pair": figures_of(wrong_N, scores.quality), "flag": flag_figures(scores.flag, wrong_N)},
        "agreement_of_pseudo_classes": {"pair": figures_of(wrong_N, agrees_N)},
        "same_image_hidden": {"pair": figures_of(wrong_N, alone_N)},
    }
    show("pairs", figures)
    return figures


def without_same(near: Neighbors, image_N: Int) -> Neighbors:
    """The same neighbors, those of an item's own image moved to where they have no say."""
    same_Nk = image_N[near.indices_Nk] == image_N[:, None]
    order_Nk = np.argsort(same_Nk, axis=1, kind="stable")
    similarities_Nk = np.where(same_Nk, -np.inf, near.similarities_Nk).astype(np.float32)
    return Neighbors(
        np.take_along_axis(near.indices_Nk, order_Nk, axis=1), np.take_along_axis(similarities_Nk, order_Nk, axis=1)
    )


def marks(kind: str) -> dict[str, Any]:
    """Mean and standard deviation over seeds: wrong marks and items with some, errata beside cleanlab."""
    from cleanlab.multilabel_classification.filter import find_label_issues
    from cleanlab.multilabel_classification.rank import get_label_quality_scores

    measured: dict[str, list[dict[str, float]]] = {"errata": [], "cleanlab": []}
    wrong_marks = 0
    for seed in SEEDS:
        data = marked(kind, seed)
        wrong_NK = data.true_NK != data.marks_NK
        wrong_marks += int(wrong_NK.sum())
        scores = multi_label.detect(data.vectors_ND, data.marks_NK)
        ours_NK = multi_label.true_probs(data.vectors_ND, data.marks_NK)
        measured["errata"].append(mark_figures(data, ours_NK, scores.quality, scores.flag))
        probs_NK = one_against_rest(data)
        labels = [np.flatnonzero(row).tolist() for row in data.marks_NK]
        flag_N = np.asarray(find_label_issues(labels, probs_NK), np.bool_)
        theirs_N = np.asarray(get_label_quality_scores(labels, probs_NK), np.float32)
        measured["cleanlab"].append(mark_figures(data, probs_NK, theirs_N, flag_N))
    figures: dict[str, Any] = {"items": MARKED_ITEMS, "labels": LABELS, "wrong_marks": wrong_marks // len(SEEDS)}
    for method, runs in measured.items():
        values = {name: np.array([run[name] for run in runs]) for name in runs[0]}
        figures[method] = {name: [round(float(v.mean()), 4), round(float(v.std()), 4)] for name, v in values.items()}
    show(f"marks, {kind}", figures)
    return figures


def marked(kind: str, seed: int) -> Marked:
    """Vectors of several labels each; of a label's marks 10 to 50% are missing, and 2% of the absent are set."""
    from sklearn.datasets import make_multilabel_classification

    rng = np.random.default_rng(seed)
    if kind == "word_counts":
        counts_ND, true_NK = make_multilabel_classification(
            MARKED_ITEMS, n_features=60, n_classes=LABELS, length=60, random_state=seed
        )
        vectors_ND, true_NK = np.sqrt(counts_ND), true_NK.astype(np.bool_)
    else:
        true_NK = rng.random((MARKED_ITEMS, LABELS)) < np.linspace(0.08, 0.4, LABELS)
        sums_ND = true_NK @ rng.normal(size=(LABELS, 32)) / np.sqrt(np.maximum(true_NK.sum(axis=1, keepdims=True), 1))
        vectors_ND = sums_ND + 0.8 * rng.normal(size=sums_ND.shape)
    missing_NK = true_NK & (rng.random(true_NK.shape) < rng.uniform(0.1, 0.5, LABELS))
    superfluous_NK = ~true_NK & (rng.random(true_NK.shape) < 0.02)
    return Marked(vectors_ND.astype(np.float32), true_NK, (true_NK & ~missing_NK) | superfluous_NK)


def one_against_rest(data: Marked) -> NDArray[np.float64]:
    """f64[N, K]: cleanlab's usual input, a cross-validated logistic regression for each label."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    units_ND, model = unit_rows(data.vectors_ND), LogisticRegression(max_iter=1000)
    columns = [
        cross_val_predict(model, units_ND, mark_N, cv=FOLDS, method="predict_proba")[:, 1] for mark_N in data.marks_NK.T
    ]
    return np.stack(columns, axis=1)


def mark_figures(data: Marked, probs_NK: NDArray[Any], quality_N: F32, flag_N: Bool) -> dict[str, float]:
    wrong_NK = data.true_NK != data.marks_NK
    right_NK = np.where(data.marks_NK, probs_NK, 1 - probs_NK).astype(np.float32)
    wrong_N = wrong_NK.any(axis=1)
    return {
        "missing_ap": figures_of(wrong_NK[~data.marks_NK], right_NK[~data.marks_NK])["ap"],
        "superfluous_ap": figures_of(wrong_NK[data.marks_NK], right_NK[data.marks_NK])["ap"],
        "any_mark_ap": figures_of(wrong_NK.ravel(), right_NK.ravel())["ap"],
        "item_ap": figures_of(wrong_N, quality_N)["ap"],
        **{f"item_{name}": value for name, value in flag_figures(flag_N, wrong_N).items() if name != "flagged"},
        "marks_right_before": float((~wrong_NK).mean()),
        "marks_right_if_all_were_followed": float(((probs_NK > 0.5) == data.true_NK).mean()),
    }


def figures_of(error_n: Bool, quality_n: NDArray[np.floating[Any]]) -> dict[str, float]:
    return {
        "auroc": round(float(roc_auc_score(error_n, -quality_n)), 4),
        "ap": round(float(average_precision_score(error_n, -quality_n)), 4),
    }


def flag_figures(flag_N: Bool, wrong_N: Bool) -> dict[str, float]:
    hit = int((flag_N & wrong_N).sum())
    return {
        "flagged": int(flag_N.sum()),
        "precision": round(hit / max(int(flag_N.sum()), 1), 4),
        "recall": round(hit / max(int(wrong_N.sum()), 1), 4),
    }


def token_interval(wrong_T: Bool, ours_T: F32, theirs_T: F32, lengths_S: Int) -> list[float]:
    """2.5% and 97.5% points of ours minus theirs in average precision, over bootstrap draws of whole sentences."""
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(SEED)
    sentence_T = np.repeat(np.arange(len(lengths_S)), lengths_S)
    differences = []
    for _ in range(DRAWS):
        times_T = np.bincount(rng.integers(0, len(lengths_S), len(lengths_S)), minlength=len(lengths_S))[sentence_T]
        ours, theirs = (average_precision_score(wrong_T, -s, sample_weight=times_T) for s in (ours_T, theirs_T))
        differences.append(ours - theirs)
    return [round(float(point), 4) for point in np.quantile(differences, [0.025, 0.975])]


def show(name: str, figures: dict[str, Any]) -> None:
    print(f"\n{name}")
    for key, value in figures.items():
        print(f"  {key:34}{value}", flush=True)


if __name__ == "__main__":
    main()
