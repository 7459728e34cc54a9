"""Fitted calibrations are better on unseen items, and never make the first choice right less often."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.tools.judging.calibration.fitted import FEWEST, Calibration, CvScore, fit, fit_rows
from errata.tools.judging.calibration.isotonic import Isotonic, fit_isotonic, margins
from errata.tools.judging.calibration.rows import FLOOR, normalized, to_rows
from errata.tools.judging.calibration.scaling import SCALES, Scaling, fit_temperature, fit_vector
from errata.types import F64, OTHER_ANSWERS, Int

LABELS = ("cat", "cow", "dog")
COLUMNS = (*LABELS, *OTHER_ANSWERS)
SCORE = CvScore(1.0, 0.6)


def judged(items: int, scale: float, lean: float = 0.0, seed: int = 0) -> tuple[F64, Int]:
    """Rows over three labels. The truth is drawn from the rows scaled by ``scale``, minus ``lean`` for the first
    label."""
    draw = np.random.default_rng(seed)
    rows_NM = normalized(draw.normal(0, 3, (items, 3)))
    honest_NM = np.exp(normalized(rows_NM * scale - np.array([lean, 0, 0])))
    truth = [draw.choice(3, p=honest_M) for honest_M in honest_NM]
    return rows_NM, np.array(truth, dtype=np.int64)


def groups(items: int) -> list[str]:
    return [str(i) for i in range(items)]


def log_loss(rows_NM: F64, truth_N: Int) -> float:
    return -float(rows_NM[np.arange(len(rows_NM)), truth_N].mean())


def accuracy(rows_NM: F64, truth_N: Int) -> float:
    return float((rows_NM.argmax(axis=1) == truth_N).mean())


def test_an_overconfident_judge_is_taken_at_its_true_worth_on_new_items() -> None:
    found = fit_rows(*judged(400, 0.4), LABELS, groups(400))
    rows_NM, truth_N = judged(2000, 0.4, seed=1)
    assert log_loss(found.map.apply(rows_NM), truth_N) < log_loss(rows_NM, truth_N) - 0.2
    assert found.how in {"temperature", "vector"}
    assert found.after.log_loss < found.before.log_loss
    assert found.items == 400


def test_a_lean_to_one_label_is_found_and_makes_the_judge_right_more_often() -> None:
    found = fit_rows(*judged(600, 0.6, lean=2.0), LABELS, groups(600))
    rows_NM, truth_N = judged(2000, 0.6, lean=2.0, seed=1)
    assert found.how == "vector"
    honest_NM = normalized(rows_NM * 0.6 - np.array([2.0, 0, 0]))
    assert log_loss(found.map.apply(rows_NM), truth_N) < log_loss(honest_NM, truth_N) + 0.05
    assert accuracy(found.map.apply(rows_NM), truth_N) > accuracy(rows_NM, truth_N) + 0.03


def test_few_decided_items_change_nothing_and_fewer_than_200_change_no_first_choice() -> None:
    assert fit_rows(*judged(FEWEST - 1, 0.3), LABELS, groups(FEWEST - 1)).how == "unchanged"
    assert fit_rows(*judged(100, 0.3), LABELS, ["same"] * 100).how == "unchanged"
    assert fit_rows(np.empty((0, 3)), np.empty(0, dtype=np.int64), LABELS, []).how == "unchanged"
    found = fit_rows(*judged(150, 0.3, lean=2.0), LABELS, groups(150))
    assert found.how in {"isotonic", "temperature"}
    rows_NM, _ = judged(500, 0.3, seed=1)
    assert (found.map.apply(rows_NM).argmax(axis=1) == rows_NM.argmax(axis=1)).all()


@pytest.mark.parametrize("seed", range(12))
def test_no_chosen_map_loses_accuracy(seed: int) -> None:
    rows_NM, truth_N = judged(240, 0.5, lean=0.3, seed=seed)
    found = fit_rows(rows_NM, truth_N, LABELS, groups(240))
    assert found.after.accuracy >= found.before.accuracy
    assert found.before == pytest.approx((log_loss(rows_NM, truth_N), accuracy(rows_NM, truth_N)))


def test_a_calibrated_judge_is_left_about_as_it_is() -> None:
    rows_NM, truth_N = judged(400, 1.0)
    after = fit_rows(rows_NM, truth_N, LABELS, groups(400)).map.apply(rows_NM)
    assert np.abs(np.exp(after) - np.exp(rows_NM)).mean() < 0.03


def test_an_undecided_label_keeps_its_offset_and_stays_possible() -> None:
    rows_NM = to_rows([{"cat": -0.1, "dog": -2.4}] * 300, COLUMNS)
    found = fit_vector(rows_NM, np.zeros(300, dtype=np.int64), 1.0)
    assert found.offsets[COLUMNS.index("cow")] == 0
    assert np.isfinite(found.apply(to_rows([{"cat": -1.0, "cow": -0.6}], COLUMNS))[0, :2]).all()


def test_vector_scaling_is_the_least_of_its_penalized_log_loss() -> None:
    rows_NM, truth_N = judged(120, 0.5, lean=1.0)
    found = fit_vector(rows_NM, truth_N, 10.0)

    def objective(flat: list[float]) -> float:
        away = sum((value - 1) ** 2 for value in flat[:3]) + sum(value**2 for value in flat[3:])
        return log_loss(Scaling(tuple(flat[:3]), tuple(flat[3:])).apply(rows_NM), truth_N) + 10.0 / 120 * away

    best = [*found.scales, *found.offsets]
    for at in range(6):
        for step in (-0.05, 0.05):
            assert objective([value + step * (i == at) for i, value in enumerate(best)]) > objective(best)


def test_copies_of_one_item_do_not_vouch_for_each_other() -> None:
    draw = np.random.default_rng(0)
    rows_NM = normalized(draw.normal(0, 2, (6, 3)).repeat(40, axis=0))
    truth_N = draw.integers(0, 3, 6).repeat(40)
    copies = fit_rows(rows_NM, truth_N, LABELS, [str(i // 40) for i in range(240)])
    singles = fit_rows(rows_NM, truth_N, LABELS, groups(240))
    assert copies.after.log_loss > singles.after.log_loss + 0.1


def test_temperature_finds_the_scale() -> None:
    found = fit_temperature(*judged(4000, 0.5))
    assert found.scales[0] == pytest.approx(0.5, abs=0.06)
    assert set(found.offsets) == {0.0}


def test_a_label_that_was_not_on_offer_makes_none_of_these_the_right_answer() -> None:
    sure = {"cat": math.log(0.5), "none_of_these": math.log(0.5)}
    asked = [sure] * 40 + [{"cat": math.log(0.5), "dog": math.log(0.5)}] * 5
    found = fit(asked, ["cow"] * 40 + ["cow"] * 5, COLUMNS, groups(45))
    assert found.items == 40
    assert found.before.log_loss == pytest.approx(math.log(2))


def test_a_verdict_keeps_its_own_answers_and_an_unknown_or_unreadable_one_stays() -> None:
    scaling = Scaling((0.5,) * 6, (1.0, 0, 0, 0, 0, 0))
    found = Calibration(COLUMNS, "vector", scaling, 300, SCORE, SCORE)
    after = found.apply({"cat": math.log(0.2), "dog": math.log(0.8)})
    assert set(after) == {"cat", "dog"}
    assert after["cat"] - after["dog"] == pytest.approx(0.5 * math.log(0.25) + 1)
    assert found.apply({}) == {}
    assert found.apply({"moved": 0.0}) == {"moved": 0.0}


@pytest.mark.parametrize(
    "kind", [Scaling((0.5, 1.0, 1.0), (0.1, 0.0, -0.2)), Isotonic((-1.0, 2.0), (0.3, 0.9))], ids=["scaling", "isotonic"]
)
def test_a_calibration_is_plain_json(kind: Scaling | Isotonic) -> None:
    found = Calibration(LABELS, "any", kind, 10, SCORE, CvScore(0.9, 0.7))
    assert Calibration.from_json(json.loads(json.dumps(found.as_json()))) == found


@given(
    st.lists(st.lists(st.floats(-30, 0), min_size=4, max_size=4), min_size=1, max_size=6),
    st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3),
)
def test_isotonic_keeps_the_first_choice_and_the_rows_normalized(rows: list[list[float]], steps: list[float]) -> None:
    rows_NM = to_rows([dict(zip("abcd", row, strict=True)) for row in rows], "abcd")
    after_NM = Isotonic((0.0, 1.0, 5.0), tuple(sorted(steps))).apply(rows_NM)
    assert np.exp(after_NM).sum(axis=1) == pytest.approx(1)
    first_N = rows_NM.argmax(axis=1)
    chosen_N = np.take_along_axis(after_NM, first_N[:, None], axis=1)[:, 0]
    assert (chosen_N >= after_NM.max(axis=1) - 1e-9).all()


@given(st.lists(st.floats(*SCALES), min_size=3, max_size=3), st.lists(st.floats(-5, 5), min_size=3, max_size=3))
def test_scaled_rows_stay_normalized(scales: list[float], offsets: list[float]) -> None:
    rows: list[Mapping[str, float]] = [{"cat": -0.2, "dog": -1.7}, {"cat": -900.0, "cow": 0.0}]
    after_NM = Scaling(tuple(scales), tuple(offsets)).apply(to_rows(rows, LABELS))
    assert np.exp(after_NM).sum(axis=1) == pytest.approx(1)
    assert np.isneginf(after_NM[0, 1])


def test_isotonic_says_no_more_than_the_items_can_show_and_never_turns_around() -> None:
    found = fit_isotonic(np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, True, False, True]))
    assert found.probability(np.array([0.0, 0.5, 1.0])) == pytest.approx([1 / 6, 0.5, 5 / 6])
    down = fit_isotonic(np.array([0.1, 0.9]), np.array([True, False]))
    assert down.probability(np.array([0.1, 0.9])) == pytest.approx([0.5, 0.5])


def test_isotonic_gives_the_first_choice_what_its_margin_earned() -> None:
    rows_NM = np.log([[0.8, 0.1, 0.1], [0.9, 0.05, 0.05]])
    after_NM = np.exp(Isotonic((0.0, 1.0), (0.6, 0.6)).apply(rows_NM))
    assert after_NM == pytest.approx(np.array([[0.6, 0.2, 0.2], [0.6, 0.2, 0.2]]))


def test_margins_and_rows() -> None:
    rows_NM = to_rows([{"cat": -1.0, "dog": -3.0}, {"cow": -2.0}, {"cat": -700.0, "dog": 0.0}], LABELS)
    top_N, margin_N = margins(rows_NM)
    assert top_N.tolist() == [0, 1, 2]
    assert margin_N.tolist() == pytest.approx([2.0, math.inf, -FLOOR])
    assert Isotonic((0.0,), (0.5,)).apply(rows_NM)[1].tolist() == [-math.inf, 0.0, -math.inf]
