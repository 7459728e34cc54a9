"""The demo: the whole loop on handwritten digits with known planted errors, and how well it did."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from errata.agent.actions.changing import REVERT
from errata.agent.actions.deciding import DECIDE_WHERE
from errata.agent.actions.history import DIFF
from errata.agent.actions.perform import perform
from errata.agent.actions.permission import permission_of
from errata.agent.actions.running import ANSWER, BEGIN, RUN, SCAN
from errata.agent.actions.session import Progress, Session
from errata.agent.actions.tables import RESULTS
from errata.demo.digits import Half, read_key, write_digits
from errata.settings import Settings
from errata.tools.data.fingerprint import sha_of_file

ACCEPT_ABOVE = 0.9
"""Set on the training half: ``python -m evals demo --half training``."""
MORE_LIKELY_WRONG = 0.5
"""Below this quality a given label is more likely wrong than right."""


@dataclass(frozen=True, slots=True)
class Score:
    """Measured against the key. ``flagged``: items for which something other than keep is proposed. ``recall``: share
    of the planted errors that were flagged; ``precision``: share of the flagged that were planted errors. ``changed``:
    labels changed by the scripted approval; ``accepted_right``: share of them that got their true label; ``broken``:
    right labels that became wrong."""

    spoiled: int
    flagged: int
    found: int
    recall: float
    precision: float
    changed: int
    changed_right: int
    accepted_right: float
    broken: int


@dataclass(frozen=True, slots=True)
class Demo:
    """One run of the demo. ``rows`` is the results table with each item's ``reason``, ``true_label``, and ``accepted``
    added; ``status`` is the run's status before any decision."""

    errata: Score
    scan: Score
    calls: int
    seconds: float
    reverted_identical: bool
    status: dict[str, Any]
    rows: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        score = asdict(self.errata)
        head = {name: score[name] for name in ("recall", "precision", "accepted_right", "broken")}
        tail = {"calls": self.calls, "seconds": round(self.seconds, 1), "reverted_identical": self.reverted_identical}
        return head | tail | {"errata": score, "scan_alone": asdict(self.scan)}


def run_demo(folder: Path, progress: Progress, seed: int = 0, half: Half = "demo") -> Demo:
    """Write the digits into ``folder``, run the loop on them, and open the key at the end."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as locked_away:
        key = Path(locked_away) / "key.csv"
        data = write_digits(folder, seed, half, key)
        return _run(data, key, progress, started)


def _run(data: Path, key: Path, progress: Progress, started: float) -> Demo:
    source_sha = sha_of_file(data)
    scan_rows = _scan(data, progress)
    with Session(permission_of("a script"), progress) as session:
        perform(BEGIN, session, data=data, settings=_settings(("demo",)))
        status = perform(RUN, session)
        rows = perform(RESULTS, session, reasons=True)
        sure = f"outcome == 'relabel' and confidence >= {ACCEPT_ABOVE}"
        perform(DECIDE_WHERE, session, accept=True, where=sure)
        changed = {line.item_id: str(line.new) for line in perform(DIFF, session)}
        perform(ANSWER, session, approve=True)
        reverted = perform(REVERT, session, out=data.with_name("digits.reverted.csv"))
    truth = {row["item_id"]: row["given_label"] for row in rows} | dict(read_key(key))
    for row in rows:
        row |= {"true_label": truth[row["item_id"]], "accepted": row["item_id"] in changed}
    identical = reverted.identical and sha_of_file(data) == source_sha
    # By itself a scan of plain image features proposes nothing: what it thinks more likely wrong than right counts.
    favorites = {r["item_id"]: r["best_other_label"] for r in scan_rows if r["quality"] < MORE_LIKELY_WRONG}
    proposed = {row["item_id"] for row in rows if row["outcome"] not in (None, "keep")}
    return Demo(
        errata=_score(rows, proposed, changed, truth),
        scan=_score(scan_rows, favorites.keys(), favorites, truth),
        calls=status["spent"]["calls"],
        seconds=time.monotonic() - started,
        reverted_identical=identical,
        status=status,
        rows=rows,
    )


def _settings(judge: tuple[str, ...]) -> Settings:
    # Ignore the user's other settings and packages: a demo is the same for everybody.
    of_data = {"label": "label", "image": "image", "id": "id", "embedder": "plain"}
    return Settings.model_validate({**of_data, "judge": judge, "style": "names"})


def _scan(data: Path, progress: Progress) -> list[dict[str, Any]]:
    with Session(permission_of("a script"), progress) as session:
        perform(BEGIN, session, data=data, settings=_settings(()))
        perform(SCAN, session)
        return perform(RESULTS, session)


def _score(
    rows: list[dict[str, Any]], flagged: Set[str], changed: Mapping[str, str], truth: Mapping[str, str]
) -> Score:
    given = {row["item_id"]: row["given_label"] for row in rows}
    spoiled = {item for item, label in given.items() if label != truth[item]}
    right = sum(truth[item] == label for item, label in changed.items())
    return Score(
        spoiled=len(spoiled),
        flagged=len(flagged),
        found=len(flagged & spoiled),
        recall=len(flagged & spoiled) / max(len(spoiled), 1),
        precision=len(flagged & spoiled) / max(len(flagged), 1),
        changed=len(changed),
        changed_right=right,
        accepted_right=right / max(len(changed), 1),
        broken=sum(item not in spoiled and truth[item] != label for item, label in changed.items()),
    )
