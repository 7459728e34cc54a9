"""Judges scripted from the truth: some that know nothing, others with a given accuracy and kind of error."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from errata.types import CANNOT_TELL, F64, NONE_OF_THESE, OTHER_ANSWERS, SEVERAL, PromptRef, Verdict, sha_of

SURE = 0.95
UNSURE_ACCURACY = {"trusted": 0.95, "suspects": 0.5}
ACCURACIES = (0.3, 0.6, 0.75, 0.9, 0.97)
IGNORANT = ("flat", "random", "first", "given", "cannot tell", "several", "inverted")


@dataclass(frozen=True)
class Asked:
    """One question: the item, the labels offered, and the given label if shown."""

    idx: int
    protocol: str
    labels: Sequence[str]
    given: str | None


@dataclass(frozen=True)
class World:
    """What a script may know: the true label of each item (None: no label is right), the order of the items by
    appearance, in [0, 1], and which of them the scan suspects."""

    truth: Sequence[str | None]
    names: Sequence[str]
    looks_N: F64
    suspects: frozenset[int]


Script = Callable[[World, Asked], str | Mapping[str, float]]
"""The answer: an option, said with SURE, or probabilities of all options."""


def scripts() -> dict[str, Script]:
    found: dict[str, Script] = {name: _ignorant(name) for name in IGNORANT}
    for accuracy in ACCURACIES:
        for kind in ("independent", "class", "content"):
            found[f"{accuracy:.0%} {kind}"] = _knowing(accuracy, kind)
    found["95% trusted, 50% suspects"] = _knowing(0.0, "unsure")
    return found


def verdict(judge: str, script: Script, world: World, asked: Asked) -> Verdict:
    said = script(world, asked)
    options = (*asked.labels, *OTHER_ANSWERS)
    if isinstance(said, str):
        said = {option: SURE if option == said else (1 - SURE) / (len(options) - 1) for option in options}
    log_probs = {option: math.log(said[option]) for option in options}
    return Verdict(asked.idx, judge, asked.protocol, PromptRef(asked.protocol, "", ""), log_probs, "", ())


def _ignorant(name: str) -> Script:
    def answer(world: World, asked: Asked) -> str | Mapping[str, float]:
        options = (*asked.labels, *OTHER_ANSWERS)
        if name == "flat":
            return dict.fromkeys(options, 1 / len(options))
        if name == "random":
            return _draw(asked, "random").choice(asked.labels)
        if name == "first":
            return asked.labels[0] if asked.protocol == "contest" else sorted(asked.labels)[0]
        if name == "given":
            shown = asked.given in asked.labels
            return str(asked.given) if shown else _draw(asked, "given").choice(asked.labels)
        if name == "inverted":
            return _draw(asked, "inverted").choice([label for label in asked.labels if label != world.truth[asked.idx]])
        return {"cannot tell": CANNOT_TELL, "several": SEVERAL}[name]

    return answer


def _knowing(accuracy: float, kind: str) -> Script:
    """It has one opinion of an item, whatever the question."""

    def answer(world: World, asked: Asked) -> str:
        opinion = _opinion(world, asked.idx, accuracy, kind)
        if opinion in asked.labels:
            return str(opinion)
        return NONE_OF_THESE

    return answer


def _opinion(world: World, idx: int, accuracy: float, kind: str) -> str | None:
    truth = world.truth[idx]
    draw = random.Random(sha_of([idx, kind]))
    errs = draw.random() >= accuracy
    if kind == "class":
        errs = _errs_in_class(world, truth, accuracy, draw)
    elif kind == "content":
        errs = float(world.looks_N[idx]) >= accuracy
    elif kind == "unsure":
        errs = draw.random() >= UNSURE_ACCURACY["suspects" if idx in world.suspects else "trusted"]
    if not errs:
        return truth
    others = [name for name in world.names if name != truth]
    if kind in ("class", "content") and truth in world.names:  # the same mistake each time
        return world.names[(world.names.index(truth) + 1) % len(world.names)]
    return draw.choice(others)


def _errs_in_class(world: World, truth: str | None, accuracy: float, draw: random.Random) -> bool:
    """The first classes always, as many as needed, one of them in part."""
    place = world.names.index(truth) / len(world.names) if truth in world.names else 1.0
    part = (1 - accuracy - place) * len(world.names)
    return draw.random() < part


def _draw(asked: Asked, name: str) -> random.Random:
    return random.Random(sha_of([name, asked.idx, asked.protocol]))


def by_looks(features_ND: np.ndarray) -> F64:
    """Items in the order of the widest direction of their features, as positions in [0, 1)."""
    centered_ND = features_ND - features_ND.mean(axis=0)
    direction_D = np.linalg.svd(centered_ND[:4096], full_matrices=False)[2][0]
    order_N = np.argsort(np.argsort(centered_ND @ direction_D))
    return np.asarray(order_N / len(order_N), np.float64)
