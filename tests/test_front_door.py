"""errata from Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import errata
from errata.errors import SetupError
from tests.topics import write_topics


def test_open_scan_decide_apply_revert(tmp_path: Path) -> None:
    data = tmp_path / "mail.csv"
    write_topics(data)
    source = data.read_bytes()
    run = errata.open(data, text="message", label="topic", id="id", embedder="plain")
    assert run.scan()["items"] == 150
    first = run.proposals[0]
    run.decide(first["item_id"], "label", first["best_other_label"], by="ann")
    assert [line.item_id for line in run.diff()] == [first["item_id"]]
    assert len(run.undo(where="status == 'decided'", since="1h").events) == 1 and run.diff() == []
    run.decide(first["item_id"], "label", first["best_other_label"], by="ann")
    assert run.results_with("topic")[0]["data.topic"] == run.results[0]["given_label"]
    applied = run.apply()
    assert applied.changed == 1 and applied.output.read_bytes() != source
    assert run.revert().identical and data.read_bytes() == source
    run.close()


def test_a_setting_that_does_not_exist_is_named_with_its_nearest() -> None:
    with pytest.raises(SetupError, match="nearest: 'label'"):
        errata.open("x.csv", labl="topic")


def test_find_label_issues_ranks_as_the_reference_does() -> None:
    labels = np.array([0, 0, 1, 1, 0])
    probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.05, 0.95]])
    found = errata.find_label_issues(labels, probs, return_indices_ranked_by="self_confidence")
    assert found.tolist() == [4]


def test_the_version_is_the_package_s() -> None:
    from importlib.metadata import version

    assert errata.__version__ == version("errata-labels")
    with pytest.raises(AttributeError, match="no attribute 'opn'"):
        errata.opn  # noqa: B018  asking is the test
