"""What docs/methods.md says about each paper is true of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from errata.tools.detectors import detectors
from evals.ablation.centers import missing_found
from evals.ablation.learning import until
from evals.ablation.parts import PARTS
from evals.pages.measured import SETS, Ablation
from evals.pages.methods import PAGE, RESULTS, page
from evals.pages.papers import NOTHING_TO_BUILD, PAPERS, Paper
from evals.ranking import span

BUILT = [paper for paper in PAPERS if paper.runs not in ("later", "dropped")]


def test_the_page_is_what_the_command_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(RESULTS)


def test_every_paper_is_named_once() -> None:
    numbers = [paper.number for paper in PAPERS] + list(NOTHING_TO_BUILD)
    assert sorted(numbers) == list(range(1, 102))
    assert len(PAPERS) == 62


def test_papers_come_in_their_order() -> None:
    numbers = [paper.number for paper in PAPERS]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("paper", BUILT, ids=lambda paper: f"{paper.number}")
def test_what_is_built_has_a_file_and_a_test_and_says_what_was_measured(paper: Paper) -> None:
    path, _, name = paper.test.partition("::")
    assert Path(paper.file).is_file()
    assert re.search(rf"^(async )?def {name}\(", Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    assert paper.measured


def test_what_is_not_built_claims_nothing() -> None:
    assert all(not (paper.file or paper.test or paper.measured) for paper in PAPERS if paper.runs == "later")


def test_a_detector_runs_when_the_page_says_so() -> None:
    known = {name: detector.default or detector.in_ensemble for name, detector in detectors().items()}
    said = [(paper.runs, known[name]) for paper in BUILT if (name := Path(paper.file).stem) in known]
    assert ("option", False) in said and ("default", True) in said
    assert not {("option", True), ("default", False)} & set(said)


def test_each_paper_has_one_paragraph() -> None:
    paragraphs = re.findall(r"^\*\*(\d+) .*?(?=^$)", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert sorted(map(int, paragraphs)) == sorted(paper.number for paper in PAPERS)


def test_every_link_leads_somewhere() -> None:
    text = PAGE.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((\.\./[^)]+)\)", text) + re.findall(r"^\[\w+\]: (\S+)$", text, re.MULTILINE)
    assert len(targets) > 100
    assert all((PAGE.parent / target).is_file() for target in targets)


def test_what_a_detector_adds_is_shown_from_minimum_to_maximum() -> None:
    alone, adds = dict(zip(SETS, (0.9, 0.8, 0.7, 0.6, 0.5, 0.4), strict=True)), dict.fromkeys(SETS, 0.0)
    adds |= {"digits, even": -0.0124, "blurred, even": 0.003}
    joined = Ablation({"alone: x": alone, "+ x": alone}, {"x": adds}).joined("x")
    assert joined == "AP alone 0.400 to 0.900, added -0.012 to +0.003 [ablation]"


def test_a_loss_too_small_to_measure_is_none() -> None:
    assert span([-0.0001, 0.0001], "+") == "+0.000"


def test_every_part_of_the_ablation_is_told_of_some_paper() -> None:
    found = json.loads((RESULTS / "ablation.json").read_text(encoding="utf-8"))["parts"]
    told = {key for name, part in PARTS.items() for key in part.said(found[name])}
    assert found.keys() == PARTS.keys()
    assert told <= {paper.measured.strip("{}") for paper in PAPERS}


def test_missing_marks_count_among_the_first_labels_that_an_item_is_not_marked_with() -> None:
    true, marks = np.array([[1, 1, 1, 0]], np.bool_), np.array([[1, 0, 0, 0]], np.bool_)
    assert [missing_found(np.array([order]), true, marks) for order in ([0, 3, 1, 2], [3, 0, 1, 2], [1, 0, 2, 3])] == [
        0.5,
        0.5,
        1.0,
    ]


def test_margins_are_averaged_over_the_first_epochs_alone() -> None:
    assert until(np.array([[1.0, 2, 9], [3, 9, 9]]), np.array([2, 1])).tolist() == [1.5, 3]
