"""A question bank: yes/no questions about one label each, prepared once per label and per confusable pair.

After VDC (Zhu et al., ICLR 2024; ALGORITHMS B3), with both polarities: some questions have the right answer "no", so
that a judge that says yes to everything does not seem to agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from errata.prompts.options import NO, YES, one_line
from errata.prompts.quoting import quoted
from errata.types import LabelSpace, sha_of

Kind = Literal["presence", "attribute", "discriminative", "negative"]

PRESENCE = ("Is {label} the right label for the item?", "Would most people say that the item is {label}?")
DENIED = "Is {label} a wrong label for the item?"
DEFINED = "Does this describe the item: {definition}"
RATHER = "Is the item {label} rather than {other}?"


@dataclass(frozen=True, slots=True)
class BankQuestion:
    """One question about ``label``: ``expects`` (yes or no) is the answer if the label is right.

    A ``discriminative`` question distinguishes it from the label ``against``; a ``negative`` one asks for something the
    item is not if the label is right, so its ``expects`` is "no".
    """

    label: str
    kind: Kind
    text: str
    expects: str = YES
    against: str | None = None

    @property
    def id(self) -> str:
        return sha_of([self.label, self.text, self.expects])[:12]


Bank = tuple[BankQuestion, ...]


def by_rule(space: LabelSpace, confused: Mapping[str, Sequence[str]]) -> Bank:
    """The bank that no model needs to write: per label two presence questions, a negated one, one by its definition if
    it has one, one against each label it is ``confused`` with, and one for a label that it is not."""
    return tuple(question for label in space.names for question in _about(label, space, confused.get(label, ())))


def confusions(joint_KK: Sequence[Sequence[float]], space: LabelSpace, most: int = 2) -> dict[str, tuple[str, ...]]:
    """For each label, those most often confused with it, in either direction, by the confident joint."""
    found = {}
    for a, name in enumerate(space.names):
        mass = {b: joint_KK[a][b] + joint_KK[b][a] for b in range(len(space.names)) if b != a}
        worst = sorted(mass, key=lambda b: (-mass[b], b))[:most]
        found[name] = tuple(space.names[b] for b in worst if mass[b] > 0)
    return found


def merged(written: Bank, rules: Bank) -> Bank:
    """What a questioner wrote, followed by the rule-based questions about the same labels, without duplicates."""
    return tuple({(q.label, q.text): q for q in (*written, *rules)}.values())


def _about(label: str, space: LabelSpace, confused: Sequence[str]) -> list[BankQuestion]:
    name = quoted(label)
    questions = [BankQuestion(label, "presence", text.format(label=name)) for text in PRESENCE]
    questions.append(BankQuestion(label, "negative", DENIED.format(label=name), NO))
    if label in space.definitions:
        definition = one_line(space.definitions[label])
        questions.append(BankQuestion(label, "attribute", DEFINED.format(definition=quoted(definition))))
    for other in confused:
        text = RATHER.format(label=name, other=quoted(other))
        questions.append(BankQuestion(label, "discriminative", text, YES, other))
    if unlike := next((other for other in space.names if other != label and other not in confused), None):
        text = PRESENCE[0].format(label=quoted(unlike))
        questions.append(BankQuestion(label, "negative", text, NO, unlike))
    return questions
