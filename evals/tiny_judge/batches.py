"""Batches of (question, picture, answer) for the tiny judge, as tensors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

import torch
from torch import Tensor

from errata.demo.digits import PICTURE_SIDE
from evals.tiny_judge.guidelines import draw_guideline
from evals.tiny_judge.model import END, IMAGE, PATCH, START
from evals.tiny_judge.questions import DigitQuestion, Protocol, Shown, Style, draw_choice
from evals.tiny_judge.scenes import draw_scenes, mark
from evals.tiny_judge.yes_no import draw_yes_no

Kinds = dict[tuple[Protocol, Style], float]
"""How often each kind is drawn among those of a batch."""

CHOICES: Kinds = {
    ("blind_choice", "names"): 3,
    ("blind_choice", "letters"): 4,
    ("contest", "names"): 2,
    ("contest", "letters"): 3,
    ("open_answer", "names"): 0.8,
    ("marked_choice", "names"): 0.6,
    ("marked_choice", "letters"): 0.6,
}
YES_NO: Kinds = {
    ("question_bank", "names"): 3,
    ("question_bank", "letters"): 4,
    ("several_labels", "names"): 2,
    ("several_labels", "letters"): 2.5,
    ("image_text_pair", "names"): 2,
    ("image_text_pair", "letters"): 2.5,
}
BESIDE: Kinds = {("steering", "names"): 1, ("steering", "letters"): 1.3}

BATCHES: tuple[tuple[float, Kinds], ...] = ((0.62, CHOICES), (0.29, YES_NO), (0.09, BESIDE))
"""Share of the batches: questions of one length go together, or a batch would be mostly padding. Blind choice and
contest get more than half of them. Letters are the harder style everywhere."""

GUIDED = 0.04
"""Share of the batches whose questions come with a guideline."""

PAIRS: dict[str, float] = {"several_labels": 0.2, "image_text_pair": 0.15, "marked_choice": 0.25, "open_answer": 0.1}
PAIRS_ELSEWHERE = 0.05
"""Share of pictures that show two digits, by protocol."""

LINE_BREAK = re.compile(r"(?=\n)")
"""Tokens reach over no line break but one at their beginning, so a prompt may be cut before each."""

N_IMAGE_TOKENS = (PICTURE_SIDE // PATCH) ** 2


@dataclass(frozen=True, slots=True)
class Batch:
    """B questions, each with its right answer: token ids [B, L] padded on the right, ``last`` [B] the index of each
    prompt's last token, pictures as the model takes them f32[P, 3, 32, 32] in -1..1, one for each question or two, and
    the wanted answer f32[B, V], rows summing to 1."""

    ids: Tensor
    last: Tensor
    pictures: Tensor
    wanted: Tensor


def training_batch(
    digits: Tensor, labels: list[int], tokenizer: Any, rng: Random, torch_rng: torch.Generator, smooth: float, most: int
) -> Batch:
    """Digits f32[N, 8, 8] in 0..1, bent, some replaced by nothing or by two, each with a question of a random kind."""
    kinds = rng.choices([kinds for _, kinds in BATCHES], [share for share, _ in BATCHES])[0]
    drawn = rng.choices(list(kinds), list(kinds.values()), k=len(labels))
    pictures, shown = draw_scenes(digits, labels, [PAIRS.get(p, PAIRS_ELSEWHERE) for p, _ in drawn], torch_rng)
    for i, (protocol, _) in enumerate(drawn):
        if protocol == "marked_choice":
            shown[i] = mark(pictures[i], shown[i], rng)
    guided = rng.random() < GUIDED
    questions = [_draw(what, rng, *kind, most, guided) for what, kind in zip(shown, drawn, strict=True)]
    if kinds is BESIDE:
        order = torch.randperm(len(labels), generator=torch_rng)
        others, _ = draw_scenes(digits[order], [labels[i] for i in order.tolist()], [0.0] * len(labels), torch_rng)
        pictures = torch.stack([pictures, others], 1).flatten(0, 1)
    return collate(questions, pictures, tokenizer, smooth)


def _draw(shown: Shown, rng: Random, protocol: Protocol, style: Style, most: int, guided: bool) -> DigitQuestion:
    if (protocol, style) in YES_NO:
        question = draw_yes_no(shown, rng, protocol, style)
    else:
        question = draw_choice(shown, rng, protocol, style, most)
    return replace(question, guideline=draw_guideline(rng)) if guided else question


def collate(questions: Sequence[DigitQuestion], pictures: Tensor, tokenizer: Any, smooth: float = 0.0) -> Batch:
    """Pictures f32[P, 3, 32, 32] in 0..1 in the order of the questions that show them. ``smooth`` is the part of the
    wanted answer that is spread evenly over a question's options."""
    rows = [[*token_ids(q, tokenizer), answer_id(q.right.answer, tokenizer)] for q in questions]
    ids = torch.full((len(rows), max(map(len, rows))), tokenizer.pad_token_id)
    wanted = torch.zeros(len(rows), len(tokenizer))
    for i, (row, question) in enumerate(zip(rows, questions, strict=True)):
        ids[i, : len(row)] = torch.tensor(row)
        answers = [answer_id(option.answer, tokenizer) for option in question.options]
        wanted[i, answers] = smooth / len(answers)
        wanted[i, answer_id(question.right.answer, tokenizer)] += 1 - smooth
    return Batch(ids, torch.tensor([len(row) - 2 for row in rows]), pictures * 2 - 1, wanted)


def token_ids(question: DigitQuestion, tokenizer: Any) -> list[int]:
    """What ``processor.apply_chat_template`` gives for the question, put together line by line for speed."""
    system, user = question.messages()
    question_text = user["content"][-1]["text"]
    image = IMAGE * N_IMAGE_TOKENS * question.n_pictures
    text = f"{START}system\n{system['content']}{END}\n{START}user\n{image}{question_text}{END}\n{START}assistant\n"
    return [i for line in LINE_BREAK.split(text) for i in _line_ids(line, tokenizer)]


def answer_id(answer: str, tokenizer: Any) -> int:
    (only,) = _line_ids(answer, tokenizer)
    return only


@cache
def _line_ids(line: str, tokenizer: Any) -> tuple[int, ...]:
    return tuple(tokenizer(line)["input_ids"])
