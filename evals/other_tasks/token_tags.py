"""Wrong tags of tokens: the real ones of token_conllpp_test, or errors planted among its true tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from sklearn.metrics import average_precision_score

from errata.tools.detectors.probs import discriminant
from errata.tools.detectors.tasks import token
from errata.tools.detectors.tasks.token import Span
from errata.types import F32, Bool, Int
from evals.other_tasks.token_vectors import token_vectors
from evals.ranking import figures_of, flag_figures

SEED = 0
DRAWS = 200


class Tagged(NamedTuple):
    """T tokens of S sentences: vectors f32[T, D], the given tags and the true ones as indices into ``tags``."""

    vectors_TD: F32
    given_T: Int
    true_T: Int
    lengths_S: Int
    tags: list[str]
    capital_T: Bool


def read(path: Path) -> Tagged:
    rows = pq.read_table(path).to_pylist()
    tags = sorted({tag for row in rows for tag in (*row["given_tags"], *row["true_tags"])})
    given_T, true_T = (np.array([tags.index(t) for row in rows for t in row[c]]) for c in ("given_tags", "true_tags"))
    capital_T = np.array([word[:1].isupper() for row in rows for word in row["tokens"]])
    lengths_S = np.array([len(row["tokens"]) for row in rows])
    return Tagged(token_vectors([row["tokens"] for row in rows]), given_T, true_T, lengths_S, tags, capital_T)


def measure(data: Tagged, draws: int = DRAWS) -> dict[str, Any]:
    """Wrong tokens and sentences among the given tags: errata, and cleanlab on the same probabilities."""
    from cleanlab.token_classification.filter import find_label_issues
    from cleanlab.token_classification.rank import get_label_quality_scores

    given_T, lengths_S = data.given_T, data.lengths_S
    probs_TK = discriminant.leave_one_out(data.vectors_TD, given_T, len(data.tags))
    scores = token.detect(given_T, probs_TK, lengths_S, data.tags)
    starts = np.cumsum(lengths_S)[:-1]
    labels, probs = [part.tolist() for part in np.split(given_T, starts)], np.split(probs_TK, starts)
    theirs_S, theirs_parts = get_label_quality_scores(labels, probs)
    theirs_T = np.concatenate([np.asarray(part, np.float32) for part in theirs_parts])
    first_S = np.append(0, starts)
    flagged = [first_S[s] + t for s, t in find_label_issues(labels, probs)]
    wrong_T = given_T != data.true_T
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
    }
    if draws:
        figures["errata_minus_cleanlab_95"] = {
            "token_ap": interval(wrong_T, scores.quality, theirs_T, lengths_S, draws),
            "sentence_ap": interval(wrong_S, ours_S, theirs_S, np.ones_like(lengths_S), draws),
        }
    return figures


def plant(data: Tagged, share: float, seed: int) -> Tagged:
    """Errors as people make them, on the share of all tokens: a wrong kind, a boundary one token off, a missed entity,
    or a capitalized word taken for one. The four are tried equally often."""
    rng = np.random.default_rng(seed)
    given_T, outside = data.true_T.copy(), data.tags.index("O")
    sentence_T = np.repeat(np.arange(len(data.lengths_S)), data.lengths_S)
    kinds = sorted({tag[2:] for tag in data.tags if tag != "O"})
    entities = token.spans(data.true_T, data.lengths_S, data.tags)
    entities = [entities[i] for i in rng.permutation(len(entities))]
    words = rng.permutation(np.flatnonzero(data.capital_T & (data.true_T == outside))).tolist()
    while np.count_nonzero(given_T != data.true_T) < share * len(given_T):
        mistake = rng.choice(["kind", "boundary", "missed", "spurious"])
        word = words.pop() if mistake == "spurious" else 0
        old = Span(word, word, "O") if mistake == "spurious" else entities.pop()
        if mistake == "boundary":
            start, stop = [(-1, 0), (1, 0), (0, -1), (0, 1)][rng.integers(4)]
            new = Span(old.start + start, old.stop + stop, old.kind)
        else:
            new = Span(
                old.start, max(old.stop, word + 1), str(rng.choice([kind for kind in kinds if kind != old.kind]))
            )
        if mistake == "missed":
            given_T[old.start : old.stop] = outside
        else:
            _move(given_T, old, new, sentence_T, data.tags)
    return data._replace(given_T=given_T)


def _move(given_T: Int, old: Span, new: Span, sentence_T: Int, tags: list[str]) -> None:
    """Tag the new span in place of the old; does nothing if it is empty, leaves its sentence, or meets another
    entity."""
    place, outside = slice(max(new.start, 0), new.stop), tags.index("O")
    rest_T = given_T.copy()
    rest_T[old.start : old.stop] = outside
    if new.start >= new.stop or (rest_T[place] != outside).any() or len(set(sentence_T[place])) > 1:
        return
    rest_T[place] = tags.index(f"I-{new.kind}")
    rest_T[place.start] = tags.index(f"B-{new.kind}")
    given_T[:] = rest_T


def interval(wrong_T: Bool, ours_T: F32, theirs_T: F32, lengths_S: Int, draws: int) -> list[float]:
    """2.5% and 97.5% points of ours minus theirs in average precision, over bootstrap draws of whole sentences."""
    rng = np.random.default_rng(SEED)
    sentence_T = np.repeat(np.arange(len(lengths_S)), lengths_S)
    differences = []
    for _ in range(draws):
        times_T = np.bincount(rng.integers(0, len(lengths_S), len(lengths_S)), minlength=len(lengths_S))[sentence_T]
        ours, theirs = (average_precision_score(wrong_T, -s, sample_weight=times_T) for s in (ours_T, theirs_T))
        differences.append(ours - theirs)
    return [round(float(point), 4) for point in np.quantile(differences, [0.025, 0.975])]
