"""The scan: features of every item, then detectors over all of them. No model is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from errata.agent.contributions import Contributions, Features, Geometry
from errata.agent.evidence.chosen_features import chosen
from errata.agent.evidence.copies import find_copies, near_labeled
from errata.agent.evidence.embedded_blocks import EmbeddedBlocks, clear_blocks
from errata.agent.evidence.prob_arrays import load_kept, save_kept
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.votes import keep_votes
from errata.agent.run.begin import item_rows
from errata.agent.run.external_settings import refuse_unconfirmed
from errata.agent.run.notices import Progress
from errata.agent.run.workspace import Workspace
from errata.errors import DataError
from errata.tools.detectors import DetectorInput, detector_named
from errata.tools.detectors.arrays.held_rows import held
from errata.tools.detectors.arrays.top_probs import TopProbs, labels_kept, only
from errata.tools.detectors.neighbors.copies import counted_once, numbered
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.probs import ensemble
from errata.tools.features.choose import choose_embedders, on_a_server
from errata.tools.features.embedder import Embedder, RemarksOnTexts, embed_readable
from errata.tools.features.geometry import intrinsic_dimension, label_sharpness, usual_distance
from errata.tools.features.own import load_embeddings, load_probs
from errata.tools.features.part_vectors import cut_apart
from errata.tools.features.probe import FOLDS, out_of_fold_probs
from errata.tools.features.side_by_side import SideBySide
from errata.tools.inference.candidates import ABSENT
from errata.tools.tasks.task import Vectors
from errata.types import F32, Int, Item, LabelProbs

WIDTHS = "widths"
"""Name of an array: the dimensions of each part of the embeddings, by each of its embedders."""
BLOCK, BLOCK_BYTES = 1024, 64 << 20
"""Items embedded together: at most this many, and at most this many bytes of encoded images."""


def embed(workspace: Workspace, progress: Progress) -> None:
    """Make features, nearest neighbors, copies, and out-of-sample probabilities, each once; the user's own arrays take
    precedence."""
    settings, arrays = workspace.settings, workspace.arrays
    keep_votes(workspace)
    needed = {need for name in Snapshot.of(workspace).detectors for need in detector_named(name).needs}
    wanted = "embeddings" in needed or not settings.probs
    if wanted and not arrays.has("embeddings"):
        arrays.save("embeddings", _own_embeddings(workspace) if settings.embeddings else _embed(workspace, progress))
    clear_blocks(arrays)
    if wanted and not arrays.has("probs") and not settings.probs:
        _by_task(workspace)
    if wanted and not workspace.task.own_scan and not arrays.has("similarities"):
        _find_neighbors(workspace, progress)
    if not arrays.has("copies"):
        find_copies(Snapshot.of(workspace))
        _measure_geometry(workspace)
    if not arrays.has("probs"):
        own = settings.probs
        save_kept(arrays, "probs", load_probs(own, workspace.dataset) if own else _probs(workspace, progress))


def detect(workspace: Workspace, detector: str, progress: Progress) -> None:
    """Run one detector over the labeled items. The others get quality NaN, no flag, and uniform probabilities."""
    snapshot, arrays = Snapshot.of(workspace), workspace.arrays
    if arrays.has(f"{detector}.quality"):
        return
    given_N, names = snapshot.given_N, snapshot.detectors
    labeled = np.flatnonzero(given_N >= 0)
    scores = detector_named(detector).detect(detector_input(snapshot, labeled))
    quality, flag = np.full(len(given_N), np.nan, np.float32), np.zeros(len(given_N), np.bool_)
    quality[labeled], flag[labeled] = scores.quality, scores.flag
    if scores.label_probs is not None:
        save_kept(arrays, f"{detector}.label_probs", _for_all(scores.label_probs, labeled, len(given_N)))
    arrays.save(f"{detector}.flag", flag)
    arrays.save(f"{detector}.quality", quality)
    progress("detect", sum(arrays.has(f"{name}.quality") for name in names), len(names))


def _by_task(workspace: Workspace) -> None:
    """The scan of a task that has its own: probabilities, and the annotations that seem to be missing."""
    if not workspace.task.own_scan:
        return
    dataset = workspace.dataset
    readable_N = np.zeros(len(dataset), np.bool_)
    readable_N[_readable(workspace)] = True
    found = workspace.task.scan(_vectors(workspace), dataset.cells, readable_N)
    given = len(workspace.task.annotations(dataset.cells))
    workspace.store.add_items(workspace.run.run_id, item_rows(dataset, found.more, given))
    workspace.arrays.save("probs", found.probs_AK)


def _vectors(workspace: Workspace) -> Vectors:
    """All features, and each part's, unless they are the user's own."""
    arrays = workspace.arrays
    embeddings_ND = np.asarray(arrays.load("embeddings"))
    if not arrays.has(WIDTHS):
        return Vectors(embeddings_ND)
    return Vectors(embeddings_ND, cut_apart(_embedder(workspace), arrays.load(WIDTHS).tolist(), embeddings_ND))


def _readable(workspace: Workspace) -> list[int]:
    """The rows of the data whose content can be read."""
    skipped = {row.row for row in Snapshot.of(workspace).rows if row.problem is not None}
    skipped |= workspace.dataset.problems.keys()
    return [row for row in range(len(workspace.dataset)) if row not in skipped]


def detector_input(snapshot: Snapshot, labeled: Int) -> DetectorInput:
    """What the run has computed for the labeled items so far."""
    arrays, rows = snapshot.workspace.arrays, snapshot.rows
    own_scan = snapshot.workspace.task.own_scan
    near, copies_n = near_labeled(snapshot, labeled), np.asarray(arrays.load("copies")[labeled])
    classes = len(snapshot.workspace.run.label_space.names)
    return DetectorInput(
        snapshot.given_N[labeled],
        classes,
        np.asarray(arrays.load("embeddings")[labeled]) if arrays.has("embeddings") and not own_scan else None,
        only(load_kept(arrays, "probs", classes), labeled) if arrays.has("probs") else None,
        [rows[idx].content_sha for idx in labeled],
        near if near is None else counted_once(near, copies_n),
        copies_n,
    )


def _find_neighbors(workspace: Workspace, progress: Progress) -> None:
    """The nearest labeled neighbors of each labeled item; the others have none."""
    given_N, arrays = Snapshot.of(workspace).given_N, workspace.arrays
    labeled = np.flatnonzero(given_N >= 0)
    embeddings_nD = np.asarray(arrays.load("embeddings")[labeled])
    near = neighbors(embeddings_nD, progress=lambda share: progress("neighbors", round(100 * share), 100))
    indices_Nk = np.full((len(given_N), near.indices_Nk.shape[1]), ABSENT, np.int64)
    indices_Nk[labeled] = labeled[near.indices_Nk]
    similarities_Nk = np.zeros(indices_Nk.shape, np.float32)
    similarities_Nk[labeled] = near.similarities_Nk
    arrays.save("neighbors", indices_Nk)
    arrays.save("similarities", similarities_Nk)


def _measure_geometry(workspace: Workspace) -> None:
    snapshot, arrays = Snapshot.of(workspace), workspace.arrays
    labeled = np.flatnonzero(snapshot.given_N >= 0)
    near = near_labeled(snapshot, labeled)
    if near is None:
        return
    groups_n = np.asarray(arrays.load("copies"))[labeled]
    usual = usual_distance(arrays.load("embeddings"), labeled)
    found = Geometry(
        sharpness=label_sharpness(near, snapshot.given_N[labeled], groups_n, usual),
        dimension=intrinsic_dimension(near, groups_n),
    )
    workspace.add_contributions("embed", found)


def _for_all(probs_nK: LabelProbs, labeled: Int, count: int) -> LabelProbs:
    """Spread over all items; uniform for those without a label."""
    classes = probs_nK.shape[1]
    if isinstance(probs_nK, TopProbs):
        return TopProbs.even(count, classes, probs_nK.ids_NM.shape[1]).replaced(labeled, probs_nK)
    probs_NK = np.full((count, classes), 1 / classes, np.float32)
    probs_NK[labeled] = np.asarray(probs_nK)
    return probs_NK


def _own_embeddings(workspace: Workspace) -> F32:
    source = str(workspace.settings.embeddings)
    workspace.add_contributions("embed", Features(name=f"your own ({source})", strength="own"))
    return load_embeddings(source, workspace.dataset)


def _probs(workspace: Workspace, progress: Progress) -> LabelProbs:
    snapshot, classes = Snapshot.of(workspace), len(workspace.run.label_space.names)
    given_N = snapshot.given_N
    labeled = np.flatnonzero(given_N >= 0)
    kept = labels_kept(len(labeled), classes)
    if workspace.settings.probe == "logistic":
        embeddings_ND = np.asarray(workspace.arrays.load("embeddings"))
        groups_N = numbered(np.asarray(workspace.arrays.load("copies")))
        report = _counted(progress, "probe", 0, FOLDS)
        probs_NK = out_of_fold_probs(embeddings_ND, given_N, classes, report, groups_N)
        return probs_NK if kept is None else held(probs_NK, np.maximum(given_N, 0), kept)
    given = detector_input(snapshot, labeled)
    report = _counted(progress, "probe", 0, ensemble.ROUNDS)
    probs_nK = ensemble.left_out_probs(
        given.embeddings(), given.labels_N, classes, given.near, kept, report, given.copies()
    )
    return _for_all(probs_nK, labeled, len(given_N))


def _embed(workspace: Workspace, progress: Progress) -> F32:
    """Vectors of all items; content that an earlier run, or this one before it was killed, embedded the same way is not
    embedded again."""
    embedder = chosen(workspace, _embedder(workspace), progress)
    embeddings_ND = embed_all(workspace, embedder, progress)
    if workspace.task.own_scan and isinstance(embedder, SideBySide):
        if not embedder.widths:  # all was embedded before: by an earlier run, or before a kill
            embedder.embed(workspace.dataset.items(_readable(workspace)[:1]))
        workspace.arrays.save(WIDTHS, np.array(embedder.widths))
    return embeddings_ND


def _embedder(workspace: Workspace) -> Embedder:
    columns, settings = workspace.dataset.columns, workspace.settings
    if on_a_server(settings.embedder):
        refuse_unconfirmed(settings, workspace.store.folder.path)
    return choose_embedders(
        columns.text, columns.image, settings.embedder, context=bool(columns.context), allow_host=settings.allow_host
    )


def embed_all(workspace: Workspace, embedder: Embedder, progress: Progress) -> F32:
    """f32[N, D]: as ``_embed``, by this embedder; zeros for items that cannot be read. DataError if all are."""
    shas = workspace.dataset.content_shas
    remarks = _remarks(workspace, embedder)
    blocks = EmbeddedBlocks(workspace.arrays, embedder.name)
    before = blocks.known()
    known = _inherited(workspace, embedder) | before
    first_row: dict[str, int] = {}
    for row in _readable(workspace):
        if shas[row] not in known:
            first_row.setdefault(shas[row], row)
    fresh = list(first_row.values())
    broken: dict[str, str] = {}
    done = 0
    for items in _blocks(workspace.dataset.each(fresh), at_once=not embedder.per_item):
        vectors, problems = embed_readable(embedder, items, _counted(progress, "embed", done, len(fresh)))
        known.update(vectors)
        broken.update(problems)
        if embedder.per_item and vectors:
            blocks.add(vectors)
        done += len(items)
        del items  # freed before the next ones are read
    if not known:
        raise DataError(f"no content of {workspace.data_path} can be read: {next(iter(broken.values()))}")
    if broken:
        rows = Snapshot.of(workspace).rows
        workspace.skip({row.idx: broken[row.content_sha] for row in rows if row.content_sha in broken})
    features = Features(
        name=embedder.name, strength=embedder.strength, embedded=len(before) + len(fresh), remarks=remarks
    )
    workspace.add_contributions("embed", features)
    nothing = np.zeros_like(next(iter(known.values())))
    return np.stack([known.get(sha, nothing) for sha in shas])


def _remarks(workspace: Workspace, embedder: Embedder) -> tuple[str, ...]:
    if not isinstance(embedder, RemarksOnTexts):
        return ()
    readable = _readable(workspace)
    return embedder.remarks(workspace.dataset.text_items(readable), len(readable))


def _blocks(items: Iterable[Item], *, at_once: bool) -> Iterator[list[Item]]:
    block: list[Item] = []
    held = 0
    for item in items:
        block.append(item)
        held += sum(len(part.image or b"") for part in item.images)
        del item
        if not at_once and (len(block) == BLOCK or held > BLOCK_BYTES):
            yield block
            block, held = [], 0
    if block:
        yield block


def _counted(progress: Progress, step: str, before: int, total: int) -> Callable[[int], None]:
    return lambda done: progress(step, before + done, total)


def _inherited(workspace: Workspace, embedder: Embedder) -> dict[str, F32]:
    """content_sha -> vector, from the newest earlier run with the same embedder."""
    if not embedder.per_item:
        return {}
    for run in reversed(workspace.store.all_runs()):
        if run.run_id >= workspace.run.run_id:
            continue
        features = Contributions.of_run(workspace.store, run.run_id).find(Features)
        earlier = Workspace(workspace.store, run)
        if features is not None and features.name == embedder.name and earlier.arrays.has("embeddings"):
            vectors = earlier.arrays.load("embeddings")
            return {row.content_sha: vectors[row.row] for row in earlier.rows() if row.problem is None}
    return {}
