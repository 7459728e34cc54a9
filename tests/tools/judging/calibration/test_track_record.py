"""How much a judge's verdicts count, from its answers about trusted items."""

from __future__ import annotations

import numpy as np
import pytest

from errata.tools.judging.calibration.track_record import TrustedAnswer, accuracy_among, track_record

NAMES = ("cat", "cow", "dog", "elk")


def blind(label: str, said: str, wrong: float = 0.0) -> TrustedAnswer:
    return TrustedAnswer(0, "blind_choice", label, None, said, len(NAMES), 1.0, wrong)


def right_on(right: int, asked: int) -> list[TrustedAnswer]:
    """Classes in turn; where it errs it names the next one."""
    labels = [NAMES[n % 4] for n in range(asked)]
    return [blind(label, label if n < right else NAMES[(n + 1) % 4]) for n, label in enumerate(labels)]


def test_accuracy_has_the_one_sided_limit_of_clopper_and_pearson() -> None:
    found = track_record(right_on(24, 24))
    assert found.accuracy == pytest.approx(1)
    assert (found.right, found.told, found.asked) == (24, 24, 24)
    assert found.at_least == pytest.approx(0.05 ** (1 / 24))
    assert track_record(right_on(100, 100)).at_least > found.at_least


def test_a_judge_is_used_once_it_is_better_than_its_own_answers_shuffled() -> None:
    assert track_record(right_on(24, 24)).used
    assert not track_record(right_on(30, 100)).used  # one in four is chance
    assert track_record(right_on(50, 100)).used
    same = [blind(NAMES[n % 4], "cat") for n in range(100)]
    assert track_record(same).chance == pytest.approx(0.25) and not track_record(same).used


def test_a_judge_may_be_better_than_chance_and_still_wrong_more_often_than_right() -> None:
    weak, fair = track_record(right_on(44, 100)), track_record(right_on(60, 100))
    assert weak.used and not weak.reliable
    assert fair.used and fair.reliable
    assert not fair.with_suspects(0.7).reliable, "among the suspects it is right in 42% of the cases"


def test_a_judge_that_takes_the_given_label_wherever_it_is_shown_knows_nothing() -> None:
    shown = [("cat", "cat"), ("cat", "dog")] * 50
    answers = [TrustedAnswer(n, "contest", label, given, given, 2) for n, (label, given) in enumerate(shown)]
    found = track_record(answers)
    assert [found.accuracy, found.chance] == pytest.approx([0.5, 0.5])
    assert not found.used and found.odds_ratio("cat") == 1.0


def test_answers_that_tell_nothing_are_no_mistakes_and_no_evidence() -> None:
    silent = track_record([blind("cat", "")] * 24)
    assert (silent.told, silent.at_least, silent.used) == (0, 0.0, False)
    some = track_record([*right_on(24, 24), *[blind("cat", "")] * 24])
    assert some.accuracy == pytest.approx(1)
    assert (some.told, some.asked) == (24, 48)


def test_what_a_verdict_may_add_grows_with_the_limit_and_is_never_less_than_nothing() -> None:
    ratios = [track_record(right_on(right, 100)).odds_ratio("cat") for right in (0, 25, 50, 75, 97)]
    assert ratios == sorted(ratios) and ratios[:2] == [1.0, 1.0] and ratios[-1] > 20
    best = track_record(right_on(97, 100))
    most = best.at_least * (len(NAMES) - 1) / (1 - best.at_least)
    assert best.odds_ratio("cat") <= most + 1e-9


def test_a_label_that_a_judge_names_wrongly_is_believed_less() -> None:
    answers = [*right_on(80, 80), *[blind(NAMES[n % 3], "elk") for n in range(20)]]
    found = track_record(answers)
    assert found.odds_ratio("elk") < found.odds_ratio("cat")


def test_wrong_labels_among_the_trusted_are_not_held_against_the_judge() -> None:
    seen = [blind(one.label, one.said, wrong=0.1) for one in right_on(90, 100)]
    assert track_record(seen).accuracy > track_record(right_on(90, 100)).accuracy


def test_classes_count_alike() -> None:
    answers = [blind("cat", "cat")] * 90 + [blind("dog", "cat")] * 10
    assert track_record(answers).accuracy == pytest.approx(0.5)


def test_accuracy_among_suspects_follows_what_the_scan_holds_likely_as_far_as_trusted_items_let_it() -> None:
    agrees, against = np.full(200, 0.9), np.full(200, 0.1)
    labels = np.full(200, 4.0)
    high, low = (accuracy_among(p, labels, 0.9, 24) for p in (agrees, against))
    assert low < 0.65 < 0.85 < high
    assert accuracy_among(np.full(200, 0.25), labels, 0.9, 24) == pytest.approx(0.9, abs=0.01)  # the scan knows nothing
