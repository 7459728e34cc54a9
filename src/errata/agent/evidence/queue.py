"""The queue of suspects: the items to ask judges about, chosen once, from the scan alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from errata.agent.contributions import Queue
from errata.agent.evidence import control_items
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.view import View
from errata.agent.run.inherit import earlier_control_items, earlier_profiles, inherit_verdicts
from errata.tools.inference.suspects import rank_suspects
from errata.tools.inference.trusted_items import TrustedItem, draw_trusted
from errata.tools.judging.calibration.trusted import MOST
from errata.tools.judging.registry import controls


def form_queue(snapshot: Snapshot) -> Queue:
    """Form the queue and store it. Items that an earlier run settled stay settled while they are unchanged."""
    workspace, rows, view = snapshot.workspace, snapshot.rows, snapshot.view
    table = view.scan_posterior
    settled = inherit_verdicts(workspace.store, workspace.run, rows, table.challengers)
    all_holds_N = table.given_holds_N
    holds_N = all_holds_N.copy()
    holds_N[[row.idx for row in rows if row.idx in settled or row.protected or row.problem]] = np.nan
    shas, share = [row.content_sha for row in rows], workspace.settings.random_share
    ranked = rank_suspects(holds_N, view.found.quality_N, list(view.found.flags.values()), shas, share)
    workspace.store.set_suspicion(workspace.run.run_id, [*ranked.suspects.tolist(), *ranked.drawn.tolist()])
    controlled = workspace.settings.calibrate or controls(workspace.settings.protocols)
    before = earlier_control_items(workspace.store, workspace.run, rows)
    drawn = control_items.draw(view.given_N, all_holds_N, view.found, before) if controlled else []
    if workspace.settings.calibrate and (known := earlier_profiles(workspace.store, workspace.run)):
        workspace.add_contributions("calibrator", known)
    return Queue(
        suspects=len(ranked.suspects),
        drawn=len(ranked.drawn),
        settled=len(settled),
        control_items=tuple(drawn),
        trusted=_trusted(view, shas) if workspace.settings.calibrate else (),
    )


def _trusted(view: View, shas: Sequence[str]) -> tuple[TrustedItem, ...]:
    """Items that the scan does not suspect, even if an earlier run settled them."""
    holds_N = view.scan_posterior.given_holds_N.copy()
    holds_N[[row.idx for row in view.rows if row.problem]] = np.nan
    suspects = rank_suspects(holds_N, view.found.quality_N, list(view.found.flags.values()), shas, 0.0).suspects
    return draw_trusted(view.given_N, holds_N, suspects, shas, MOST)
