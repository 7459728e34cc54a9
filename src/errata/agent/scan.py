"""The scan: features of every item, then detectors over all of them. No model is asked anything."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from errata.agent.workspace import Workspace
from errata.errors import DataError
from errata.tools.detectors import DETECTORS, DetectorInput
from errata.tools.features.choose import choose_embedder
from errata.tools.features.embedder import Embedder, embed_readable
from errata.tools.features.own import load_embeddings, load_probs
from errata.tools.features.probe import FOLDS, out_of_fold_probs
from errata.tools.inference.candidates import NOBODY
from errata.types import F32

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""

BLOCK = 1024


def embed(workspace: Workspace, progress: Progress) -> None:
    """Features and out-of-fold probabilities, each made once; a user's own arrays come first."""
    settings, arrays = workspace.settings, workspace.arrays
    wanted = workspace.run.facts["detectors"] != ["confident_learning"] or not settings.probs
    if wanted and not arrays.has("embeddings"):
        arrays.save("embeddings", _own_embeddings(workspace) if settings.embeddings else _embed(workspace, progress))
    if not arrays.has("probs"):
        own = settings.probs
        arrays.save("probs", load_probs(own, workspace.dataset) if own else _probe(workspace, progress))


def detect(workspace: Workspace, detector: str, progress: Progress) -> None:
    """One detector over the labeled items. The others get quality NaN, no flag and even probabilities."""
    given_N, arrays = workspace.given_N, workspace.arrays
    if arrays.has(f"{detector}.quality"):
        return
    labeled = np.flatnonzero(given_N >= 0)
    classes = len(workspace.run.label_space.names)
    embeddings_ND = np.asarray(arrays.load("embeddings")[labeled]) if arrays.has("embeddings") else None
    probs_NK = np.asarray(arrays.load("probs")[labeled])
    given = DetectorInput(given_N[labeled], classes, embeddings_ND, probs_NK)
    scores = DETECTORS[detector](given)
    if detector == "neighbors":
        near_nk = given.near.indices_Nk
        near_Nk = np.full((len(given_N), near_nk.shape[1]), NOBODY, np.int64)
        near_Nk[labeled] = labeled[near_nk]
        arrays.save("neighbors", near_Nk)
    quality, flag = np.full(len(given_N), np.nan, np.float32), np.zeros(len(given_N), np.bool_)
    quality[labeled], flag[labeled] = scores.quality, scores.flag
    if scores.label_probs is not None:
        probs_NK = np.full((len(given_N), classes), 1 / classes, np.float32)
        probs_NK[labeled] = scores.label_probs
        arrays.save(f"{detector}.label_probs", probs_NK)
    arrays.save(f"{detector}.flag", flag)
    arrays.save(f"{detector}.quality", quality)
    names = workspace.run.facts["detectors"]
    progress("detect", sum(arrays.has(f"{name}.quality") for name in names), len(names))


def _own_embeddings(workspace: Workspace) -> F32:
    source = str(workspace.settings.embeddings)
    workspace.note(features={"name": f"your own ({source})", "strength": "own", "embedded": 0})
    return load_embeddings(source, workspace.dataset)


def _probe(workspace: Workspace, progress: Progress) -> F32:
    embeddings_ND = np.asarray(workspace.arrays.load("embeddings"))
    classes = len(workspace.run.label_space.names)
    return out_of_fold_probs(embeddings_ND, workspace.given_N, classes, _counted(progress, "probe", 0, FOLDS))


def _embed(workspace: Workspace, progress: Progress) -> F32:
    """Vectors of all items; content that an earlier run has embedded the same way is not embedded again."""
    embedder = choose_embedder(workspace.dataset.modality, workspace.settings.embedder)
    rows = workspace.rows()
    known = _inherited(workspace, embedder)
    first_row: dict[str, int] = {}
    for row in rows:
        if row.problem is None and row.content_sha not in known:
            first_row.setdefault(row.content_sha, row.idx)
    fresh = list(first_row.values())
    broken: dict[str, str] = {}
    block = BLOCK if embedder.per_item else max(len(fresh), 1)
    for start in range(0, len(fresh), block):
        items = workspace.dataset.items(fresh[start : start + block])
        vectors, problems = embed_readable(embedder, items, _counted(progress, "embed", start, len(fresh)))
        known.update(vectors)
        broken.update(problems)
    if not known:
        raise DataError(f"no content of {workspace.run.data_path} can be read: {next(iter(broken.values()))}")
    if broken:
        workspace.skip({row.idx: broken[row.content_sha] for row in rows if row.content_sha in broken})
    workspace.note(features={"name": embedder.name, "strength": embedder.strength, "embedded": len(fresh)})
    nothing = np.zeros_like(next(iter(known.values())))
    return np.stack([known.get(row.content_sha, nothing) for row in rows])


def _counted(progress: Progress, step: str, before: int, total: int) -> Callable[[int], None]:
    return lambda done: progress(step, before + done, total)


def _inherited(workspace: Workspace, embedder: Embedder) -> dict[str, F32]:
    """content_sha -> vector, from the newest earlier run that used the same embedder."""
    if not embedder.per_item:
        return {}
    for run in reversed(workspace.store.all_runs()):
        if run.run_id >= workspace.run.run_id or run.facts.get("features", {}).get("name") != embedder.name:
            continue
        earlier = Workspace(workspace.store, run)
        if earlier.arrays.has("embeddings"):
            vectors = earlier.arrays.load("embeddings")
            return {row.content_sha: vectors[row.idx] for row in earlier.rows() if row.problem is None}
    return {}
