"""The yes/no questions that the tiny judge learns: banks about digits, whether a label holds, whether a text fits."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from random import Random
from typing import Literal

from errata.prompts.options import NO, WORDS, YES
from errata.tools.judging.bank.bank import Bank, BankQuestion, by_rule
from errata.types import CANNOT_TELL, SEVERAL, LabelSpace
from evals.tiny_judge.questions import DigitQuestion, Protocol, Shown, Style, ask

DIGITS = tuple(map(str, range(10)))
TEXTS = ("{}", "a handwritten {}", "the digit {}")

Family = Literal["presence", "denied", "rather", "attribute"]
FAMILIES: tuple[Family, ...] = ("presence", "denied", "rather", "attribute")

Drawn = tuple[str, str | None, dict[str, object]]
"""The right answer, the item's text, the prompt's slots."""


def draw_yes_no(shown: Shown, rng: Random, protocol: Protocol, style: Style) -> DigitQuestion:
    """A question about a picture, as often with the answer yes as with no; ``cannot tell`` where it shows nothing."""
    draw = {"question_bank": _of_bank, "several_labels": _of_labels, "image_text_pair": _of_texts}[protocol]
    right, text, slots = draw(shown, rng)
    keys = list(WORDS[protocol])
    rng.shuffle(keys)
    return ask(protocol, style, keys, right, text, **slots)


def draw_of_family(shown: Shown, rng: Random, family: Family) -> Drawn:
    """A question of a bank, by the answer first, so that yes and no are equally often right."""
    answered = _answered(shown)
    right = rng.choice([answer for of, answer in answered if of == family])
    return right, None, {"question": rng.choice(answered[family, right])}


@cache
def attributes() -> Bank:
    """The attribute questions that the demo ships."""
    source = files("errata.demo").joinpath("questions.json").read_text(encoding="utf-8")
    return tuple(BankQuestion(**question) for question in json.loads(source))


@cache
def rules() -> Bank:
    """The bank by rule, with every digit confused with every other."""
    return by_rule(LabelSpace(DIGITS), {label: [k for k in DIGITS if k != label] for label in DIGITS})


def answer_of(question: BankQuestion, shown: Shown) -> str | None:
    """yes, no or cannot tell; None where people would not agree: a 4 may or may not be closed at the top, and of two
    digits side by side one is not "rather than" the other."""
    if not shown:
        return CANNOT_TELL
    family = family_of(question)
    if family == "attribute":
        return _attribute_of(question.text, shown)
    named = int(question.label) in shown
    if family == "rather" and len(shown) > 1 and (named or int(question.against or 0) in shown):
        return None
    return YES if named != (family == "denied") else NO


def family_of(question: BankQuestion) -> Family:
    if question.text in {q.text for q in attributes()}:
        return "attribute"
    if question.kind == "discriminative":
        return "rather"
    return "denied" if question.kind == "negative" else "presence"


def _attribute_of(text: str, shown: Shown) -> str | None:
    """A label of which the bank says nothing has not got the attribute."""
    if len(shown) > 1:
        return None
    told = {q.label: q.expects for q in attributes() if q.text == text}
    if shown == (4,) and "closed loop" in text and "4" not in told:
        return None
    return told.get(str(shown[0]), NO)


@cache
def _answered(shown: Shown) -> dict[tuple[Family, str], list[str]]:
    """(family, right answer) -> the texts of the questions that have it for such a picture."""
    found: dict[tuple[Family, str], list[str]] = {}
    for question in (*rules(), *attributes()):
        answer = answer_of(question, shown)
        if answer is not None:
            found.setdefault((family_of(question), answer), []).append(question.text)
    return found


def _of_bank(shown: Shown, rng: Random) -> Drawn:
    known = {family for family, _ in _answered(shown)}
    return draw_of_family(shown, rng, rng.choice([family for family in FAMILIES if family in known]))


def _of_labels(shown: Shown, rng: Random) -> Drawn:
    label, holds = _draw_label(shown, rng)
    return (holds if shown else CANNOT_TELL), None, {"label": label}


def _of_texts(shown: Shown, rng: Random) -> Drawn:
    label, holds = _draw_label(shown, rng)
    in_part = SEVERAL if len(shown) > 1 and holds == YES else holds
    return (in_part if shown else CANNOT_TELL), rng.choice(TEXTS).format(label), {}


def _draw_label(shown: Shown, rng: Random) -> tuple[str, str]:
    """A label and whether it is shown, half of the time."""
    if shown and rng.random() < 0.5:
        return str(rng.choice(shown)), YES
    return str(rng.choice([k for k in range(10) if k not in shown])), NO
