"""Adjusting all verdicts at once gives the same as adjusting each of them separately."""

from __future__ import annotations

import math

import numpy as np

from errata.agent.contributions import Contributions, JudgeProfile, JudgeProfiles
from errata.agent.evidence.adjusted_verdicts import adjusted, adjusted_columns
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.tools.judging.calibration.track_record import TrustedAnswer
from errata.types import OTHER_ANSWERS, Decision, LabelSpace, PromptRef, Verdict
from tests.agent.roles.made import view

SPACE = view().space
PRIOR = {"judge": "small", "prompt_sha": "", "style": "", "items": 20}


def profile(share: float, **log_prior: float) -> JudgeProfile:
    return JudgeProfile(prior=PRIOR | {"log_prior": log_prior}, prior_share=share, anchor_bias=(0.0, 0.0, 0))


def drawn(protocol: str, idx: int, labels: tuple[str, ...], draw: np.random.Generator) -> Verdict:
    options = (*labels, *OTHER_ANSWERS)
    log_probs = dict(zip(options, np.log(draw.dirichlet(np.ones(len(options)))).tolist(), strict=True))
    return Verdict(idx, "small", protocol, PromptRef(protocol, "v1", ""), log_probs, "", ())


def test_a_prior_is_taken_out_of_many_blind_choices_as_out_of_one() -> None:
    draw = np.random.default_rng(0)
    verdicts = [drawn("blind_choice", n % 6, SPACE.names[: 2 + n % 2], draw) for n in range(20)]
    verdicts += [drawn("contest", n, ("cat", "dog"), draw) for n in range(6)]
    came = VerdictColumns.of(verdicts, SPACE)
    for known in (profile(1.0, cat=-0.2, cow=-2.0, dog=-3.0), profile(0.4, cat=-0.5, dog=-1.0), profile(1.0)):
        profiles = {"small": known}
        each = VerdictColumns.of(adjusted(verdicts, view().rows, SPACE, profiles, (), {}), SPACE)
        found = adjusted_columns(verdicts, came, view().rows, profiles, (), {})
        np.testing.assert_array_equal(found.options_MW, each.options_MW)
        np.testing.assert_allclose(found.log_probs_MW, each.log_probs_MW, atol=1e-12)
    assert adjusted_columns(verdicts, came, view().rows, {}, (), {}) is came


def test_a_judge_is_right_whose_answer_is_the_decided_label_in_another_spelling() -> None:
    space = LabelSpace(SPACE.names, spellings={"Cat": "cat"})
    sure = {option: math.log(0.95 if option == "cat" else 0.01) for option in (*space.names, *OTHER_ANSWERS)}
    verdict = Verdict(1, "small", "blind_choice", PromptRef("blind_choice", "v1", ""), sure, "", ())
    wrong = TrustedAnswer(2, "blind_choice", "cow", None, "dog", 3)
    known = profile(0.0).model_copy(update={"trusted": (wrong,)})
    decision = Decision("1", "", "Cat", "label", "Cat", "ann", "", "proposal", "item", "", "")
    left = Contributions.made(JudgeProfiles(judges={"small": known}))
    seen = view(space=space, verdicts=[verdict], decisions={1: decision}, contributions=left)
    record = seen.track_records["small", "blind_choice"]
    assert (record.asked, record.right) == (2, 1)
