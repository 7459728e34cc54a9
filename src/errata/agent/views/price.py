"""What judging would cost, said before a cent is spent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from errata.agent.contributions import Queue
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace

CHARACTERS_PER_TOKEN = 4
PROMPT_TOKENS = 150
IMAGE_TOKENS = 1500
ANSWER_TOKENS = 3
CALLS = {"open_answer": 1, "steering": 2, "contest": 2, "several_labels": 4, "question_bank": 14}
"""Of one item; a blind choice takes as many as it has permutations, a bank asks up to seven questions on each of two
labels."""


@dataclass(frozen=True, slots=True)
class Price:
    """Upper bounds: every suspect is asked everything; contests that cannot change an outcome will not be held."""

    suspects: int
    calls: int
    tokens: int
    usd: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def in_words(self) -> str:
        return (
            f"{self.suspects} suspects. Judging them takes at most {self.calls} calls, about {self.tokens:,} tokens, "
            f"{self.usd:.2f} USD at the prices set (usd_per_mtok_in, usd_per_mtok_out). No model was asked."
        )


def price(workspace: Workspace) -> Price:
    """Of the questions that a scanned run's queue stands for."""
    queue = Snapshot.of(workspace).left.find(Queue)
    suspects = 0 if queue is None else queue.suspects
    settings, judges = workspace.settings, max(len(workspace.settings.judge), 1)
    per_item = sum(CALLS.get(protocol, settings.permutations) for protocol in settings.protocols)
    calls = suspects * judges * per_item
    tokens_in = calls * (PROMPT_TOKENS + len(workspace.run.guideline) // CHARACTERS_PER_TOKEN + _item_tokens(workspace))
    usd = (tokens_in * settings.usd_per_mtok_in + calls * ANSWER_TOKENS * settings.usd_per_mtok_out) / 1e6
    return Price(suspects, calls, tokens_in + calls * ANSWER_TOKENS, usd)


def _item_tokens(workspace: Workspace) -> int:
    """Tokens of a typical suspect's content."""
    queue = [row.idx for row in Snapshot.of(workspace).rows if row.suspicion is not None][:100]
    if workspace.dataset.modality == "image" or not queue:
        return IMAGE_TOKENS
    texts = [text or "" for text in workspace.dataset.texts(queue)]
    return sum(map(len, texts)) // (CHARACTERS_PER_TOKEN * len(texts))
