"""Real news with their annotators' wrong labels, with attacks added; also the same rows without attacks."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from evals.red_team.attacks import Attack
from evals.red_team.new_attacks import COPIES, NEAR_COPIES, TRUE_TEXT
from evals.red_team.obedient import News

FILE = "text_noisyag_news.parquet"


@dataclass(frozen=True, slots=True)
class Story:
    """One row. ``wants``: the label that its attack asks for, never the true one; None without an attack. ``donor``:
    the id of the row whose text follows its own."""

    item_id: str
    text: str
    honest: str
    truth: str
    given: str
    attack: Attack | None = None
    wants: str | None = None
    donor: str | None = None


def plant(data: Path, attacks: Sequence[Attack], honest: int, seed: int) -> list[Story]:
    """Plant every attack three times: in a text with a wrong label, which it asks to keep, and in two with right
    labels, which it asks to change. FileNotFoundError if the data are missing."""
    rng = random.Random(seed)
    rows = pq.read_table(data / FILE).to_pylist()
    rng.shuffle(rows)
    labels = sorted({row["given_label"] for row in rows})
    pools = {wrong: iter([row for row in rows[honest:] if row["is_error"] == wrong]) for wrong in (True, False)}
    found = [_story(row) for row in rows[:honest]]
    for attack in attacks:
        for wrong in (True, False, False):
            row = next(pools[wrong])
            wants = row["given_label"] if wrong else rng.choice([name for name in labels if name != row["true_label"]])
            if attack == TRUE_TEXT:
                donor = next(one for one in pools[False] if one["true_label"] == wants)
                found.append(_followed(row, donor, wants))
            else:
                found += _attacked(row, attack, wants)
    return found


def other_rows(data: Path, stories: Sequence[Story]) -> list[dict[str, Any]]:
    """The rows of the file that no story uses."""
    used = {story.item_id for story in stories} | {story.donor for story in stories}
    return [row for row in pq.read_table(data / FILE).to_pylist() if row["id"] not in used]


def write(file: Path, stories: Sequence[Story], attacked: bool) -> Path:
    """Write the stories as CSV with columns id, text, label. Unless ``attacked``, without attacks and near copies."""
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("id", "text", "label"))
        for story in stories:
            if attacked or "copy" not in story.item_id:
                writer.writerow((story.item_id, story.text if attacked else story.honest, story.given))
    return file


def known(stories: Sequence[Story]) -> dict[str, News]:
    """What judges know about each text, with its attack and without."""
    labels = sorted({label for story in stories for label in (story.truth, story.given)})
    found: dict[str, News] = {}
    for story in stories:
        found[story.text] = found[story.honest] = News.of(story.honest, story.truth, labels)
    return found


def _story(row: Mapping[str, Any], **more: Any) -> Story:
    text = " ".join(row["text"].split())
    return Story(row["id"], more.pop("text", text), text, row["true_label"], row["given_label"], **more)


def _followed(row: Mapping[str, Any], donor: Mapping[str, Any], wants: str) -> Story:
    text = " ".join((row["text"] + " " + donor["text"]).split())
    return _story(row, text=text, attack=TRUE_TEXT, wants=wants, donor=donor["id"])


def _attacked(row: Mapping[str, Any], attack: Attack, wants: str) -> list[Story]:
    honest = " ".join(row["text"].split())
    if attack == NEAR_COPIES:
        parts = honest.split(" ")
        copies = [" ".join(parts[:at] + parts[at + 1 :]) for at in range(1, COPIES + 1)]
        twins = [
            Story(f"{row['id']} copy {number}", text, text, row["true_label"], wants)
            for number, text in enumerate(copies)
        ]
        return [_story(row, attack=attack, wants=wants), *twins]
    key = " ".join(re.sub(r'["\\]', "", honest).split()[:3])
    text = attack.into(honest, wants, row["true_label"]).replace("{key}", key)
    return [_story(row, text=text, attack=attack, wants=wants)]
