"""Batches of (question, picture, answer) for the tiny judge, as tensors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import torch
from torch import Tensor

from errata.demo.digits import PICTURE_SIDE
from evals.tiny_judge.model import END, IMAGE, PATCH, START
from evals.tiny_judge.pictures import as_pictures, bend, show_nothing
from evals.tiny_judge.questions import Protocol, Question, Style, draw

KINDS: tuple[tuple[Protocol, Style], ...] = (
    ("blind_choice", "names"),
    ("blind_choice", "letters"),
    ("contest", "names"),
    ("contest", "letters"),
)
SHARES = (3, 4, 2, 3)
"""How often each kind is drawn: letters are the harder style, blind choice the harder question."""

NOTHING = 0.08
"""Share of pictures that show nothing."""

N_IMAGE_TOKENS = (PICTURE_SIDE // PATCH) ** 2


@dataclass(frozen=True, slots=True)
class Batch:
    """B questions, each with its right answer: token ids [B, L] padded on the right, ``last`` [B] the index of each
    prompt's last token, pictures as the model takes them f32[B, 3, 32, 32] in -1..1, and the wanted answer f32[B, V],
    rows summing to 1."""

    ids: Tensor
    last: Tensor
    pictures: Tensor
    wanted: Tensor


def training_batch(
    digits: Tensor, labels: list[int], tokenizer: Any, rng: Random, torch_rng: torch.Generator, smooth: float, most: int
) -> Batch:
    """Digits f32[B, 8, 8] in 0..1, bent, some replaced by nothing, each with a question of a random kind."""
    nothing = torch.rand(len(labels), generator=torch_rng) < NOTHING
    pictures = as_pictures(bend(digits, torch_rng))
    pictures = torch.where(nothing[:, None, None, None], show_nothing(digits, torch_rng), pictures)
    shown = [None if gone else label for label, gone in zip(labels, nothing.tolist(), strict=True)]
    questions = [draw(digit, rng, *rng.choices(KINDS, SHARES)[0], most) for digit in shown]
    return collate(questions, pictures, tokenizer, smooth)


def collate(questions: list[Question], pictures: Tensor, tokenizer: Any, smooth: float = 0.0) -> Batch:
    """``smooth`` is the part of the wanted answer that is spread evenly over a question's options."""
    rows = [[*token_ids(q, tokenizer), answer_id(q.right.answer, tokenizer)] for q in questions]
    ids = torch.full((len(rows), max(map(len, rows))), tokenizer.pad_token_id)
    wanted = torch.zeros(len(rows), len(tokenizer))
    for i, (row, question) in enumerate(zip(rows, questions, strict=True)):
        ids[i, : len(row)] = torch.tensor(row)
        answers = [answer_id(option.answer, tokenizer) for option in question.options]
        wanted[i, answers] = smooth / len(answers)
        wanted[i, answer_id(question.right.answer, tokenizer)] += 1 - smooth
    return Batch(ids, torch.tensor([len(row) - 2 for row in rows]), pictures * 2 - 1, wanted)


def token_ids(question: Question, tokenizer: Any) -> list[int]:
    """What ``processor.apply_chat_template`` gives for the question, put together line by line for speed."""
    system, user = question.messages()
    question_text = user["content"][-1]["text"]
    image = IMAGE * N_IMAGE_TOKENS
    text = f"{START}system\n{system['content']}{END}\n{START}user\n{image}{question_text}{END}\n{START}assistant\n"
    return [i for line in text.splitlines(keepends=True) for i in _line_ids(line, tokenizer)]


def answer_id(answer: str, tokenizer: Any) -> int:
    (only,) = _line_ids(answer, tokenizer)
    return only


@cache
def _line_ids(line: str, tokenizer: Any) -> tuple[int, ...]:
    return tuple(tokenizer(line)["input_ids"])
