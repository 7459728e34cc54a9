"""The figures of a tiny judge beyond blind choice and contest: each further protocol, and pictures of two digits."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import torch
from torch import Tensor

from errata.prompts.options import NO, WORDS, YES
from errata.types import CANNOT_TELL, OTHER_ANSWERS, SEVERAL
from evals.tiny_judge.asker import COLUMNS, Asker, share, share_right
from evals.tiny_judge.pictures import as_pictures, side_by_side
from evals.tiny_judge.questions import DigitQuestion, Protocol, Shown, Style, ask, draw_choice
from evals.tiny_judge.scenes import mark
from evals.tiny_judge.yes_no import FAMILIES, TEXTS, draw_of_family

UNSEEN = "Decide by what was meant. A zero with a slash is 0."
"""A guideline of which no sentence was in training."""


def measure_more(asker: Asker, digits: Tensor, nothing: Tensor, style: Style, rng: Random) -> dict[str, float]:
    """Figures on digits f32[N, 8, 8] in 0..1 and on pictures of nothing f32[N, 3, 32, 32], by name; all are shares
    of N."""
    pairs, both = _pairs(digits, asker.truth, rng)
    figures = _bank(asker, nothing, style, rng) | _several(asker, pairs, both, style, rng)
    figures |= _image_text_pair(asker, nothing, pairs, both, style, rng)
    figures |= _marked(asker, pairs, both, style, rng) | _steering(asker, style, rng) | _guided(asker, style, rng)
    if style == "names":
        open_ = [draw_choice((int(t),), rng, "open_answer", style) for t in asker.truth]
        figures["open_answer"] = share_right(asker.put(open_), open_)
    return figures


def _pairs(digits: Tensor, truth: list[str], rng: Random) -> tuple[Tensor, list[Shown]]:
    """Each digit beside a different one, and which two."""
    partners = [rng.choice([j for j, other in enumerate(truth) if other != t]) for t in truth]
    both = [(int(t), int(truth[j])) for t, j in zip(truth, partners, strict=True)]
    return as_pictures(side_by_side(digits, digits[partners])), [*both]


def _bank(asker: Asker, nothing: Tensor, style: Style, rng: Random) -> dict[str, float]:
    figures = {}
    for family in FAMILIES:
        drawn = [draw_of_family((int(t),), rng, family) for t in asker.truth]
        questions = [_yes_no("question_bank", style, rng, right, text, **slots) for right, text, slots in drawn]
        figures[f"bank_{family}"] = share_right(asker.put(questions), questions)
    drawn = [draw_of_family((), rng, rng.choice(FAMILIES)) for _ in asker.truth]
    questions = [_yes_no("question_bank", style, rng, right, text, **slots) for right, text, slots in drawn]
    return figures | {"bank_nothing": share_right(asker.put(questions, nothing), questions)}


def _several(asker: Asker, pairs: Tensor, both: list[Shown], style: Style, rng: Random) -> dict[str, float]:
    """One label at a time, then blind choice and contest where two labels hold."""
    held = [_label(style, rng, YES, t) for t in asker.truth]
    wrong = [_label(style, rng, NO, _other((int(t),), rng)) for t in asker.truth]
    left = [_label(style, rng, YES, str(shown[0])) for shown in both]
    right = [_label(style, rng, YES, str(shown[1])) for shown in both]
    absent = [_label(style, rng, NO, _other(shown, rng)) for shown in both]
    blind = asker("blind_choice", style, [rng.sample([*COLUMNS[:10], *OTHER_ANSWERS], 13) for _ in both], pairs)
    contest = asker("contest", style, [[str(a), str(b), *OTHER_ANSWERS] for a, b in both], pairs)
    alone = asker("blind_choice", style, [rng.sample([*COLUMNS[:10], *OTHER_ANSWERS], 13) for _ in both])
    several = COLUMNS.index(SEVERAL)
    found = [share_right(asker.put(questions, pairs), questions) for questions in (left, right)]
    return {
        "label_holds": share_right(asker.put(held), held),
        "label_does_not": share_right(asker.put(wrong), wrong),
        "two_digits_label_holds": sum(found) / 2,
        "two_digits_label_does_not": share_right(asker.put(absent, pairs), absent),
        "several_recall": share(blind, several),
        "several_recall_contest": share(contest, several),
        "several_false": share(alone, several),
    }


def _image_text_pair(
    asker: Asker, nothing: Tensor, pairs: Tensor, both: list[Shown], style: Style, rng: Random
) -> dict[str, float]:
    fits = [_text(style, rng, YES, t) for t in asker.truth]
    other = [_text(style, rng, NO, _other((int(t),), rng)) for t in asker.truth]
    part = [_text(style, rng, SEVERAL, str(rng.choice(shown))) for shown in both]
    blank = [_text(style, rng, CANNOT_TELL, t) for t in asker.truth]
    return {
        "text_fits": share_right(asker.put(fits), fits),
        "text_does_not": share_right(asker.put(other), other),
        "text_in_part": share_right(asker.put(part, pairs), part),
        "text_nothing": share_right(asker.put(blank, nothing), blank),
    }


def _marked(asker: Asker, pairs: Tensor, both: list[Shown], style: Style, rng: Random) -> dict[str, float]:
    """An outline around a digit, and around one of two."""
    figures = {}
    singles: list[Shown] = [(int(t),) for t in asker.truth]
    for name, pictures, shown in (("marked", asker.pictures, singles), ("marked_one_of_two", pairs, both)):
        outlined = pictures.clone()
        inside = [mark(picture, what, rng) for picture, what in zip(outlined, shown, strict=True)]
        keys = [rng.sample([*COLUMNS[:10], *OTHER_ANSWERS], 13) for _ in inside]
        asked = [ask("marked_choice", style, k, str(what[0])) for k, what in zip(keys, inside, strict=True)]
        figures[name] = share_right(asker.put(asked, outlined), asked)
    return figures


def _steering(asker: Asker, style: Style, rng: Random) -> dict[str, float]:
    """The same questions beside one picture and beside another, neither of the item's own digit."""
    keys = [rng.sample([*COLUMNS[:10], *OTHER_ANSWERS], 13) for _ in asker.truth]
    asked = [ask("steering", style, k, t) for k, t in zip(keys, asker.truth, strict=True)]
    answers, beside = [], []
    for _ in range(2):
        rows = [rng.choice([j for j, other in enumerate(asker.truth) if other != t]) for t in asker.truth]
        together = torch.stack([asker.pictures, asker.pictures[rows]], 1).flatten(0, 1)
        answers.append(asker.put(asked, together))
        beside.append(asker.right[rows])
    return {
        "steering_right": share_right(answers[0], asked),
        "steering_moved": float((answers[0].argmax(1) != answers[1].argmax(1)).mean()),
        "steering_second_named": share(answers[0], beside[0]),
    }


def _guided(asker: Asker, style: Style, rng: Random) -> dict[str, float]:
    keys = [rng.sample([*COLUMNS[:10], *OTHER_ANSWERS], 13) for _ in asker.truth]
    asked = [ask("blind_choice", style, k, t) for k, t in zip(keys, asker.truth, strict=True)]
    guided = [replace(question, guideline=UNSEEN) for question in asked]
    return {"blind_with_guideline": share_right(asker.put(guided), guided)}


def _label(style: Style, rng: Random, right: str, label: str) -> DigitQuestion:
    return _yes_no("several_labels", style, rng, right, label=label)


def _text(style: Style, rng: Random, right: str, label: str) -> DigitQuestion:
    return _yes_no("image_text_pair", style, rng, right, rng.choice(TEXTS).format(label))


def _yes_no(
    protocol: Protocol, style: Style, rng: Random, right: str, text: str | None = None, **slots: object
) -> DigitQuestion:
    keys = list(WORDS[protocol])
    rng.shuffle(keys)
    return ask(protocol, style, keys, right, text, **slots)


def _other(shown: Shown, rng: Random) -> str:
    return str(rng.choice([k for k in range(10) if k not in shown]))
