"""Position and anchor bias of a judge, in log-odds, on labeled data.

    python -m evals judge_bias JUDGE DATA.parquet [DATA.parquet ...] [--items 50] [--out evals/results/judge_bias.json]

Each file has a column text or image, given_label, and true_label where the truth is known. Each drawn item is asked
about as a blind choice, and again with one line more: "The dataset says: ...". Shown are the given label, and for as
many items a label that is certainly wrong, drawn at random: leaning on a right label looks like knowing better, leaning
on a wrong one does not. The prior on content-free items of the same data is printed with them.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from errata.testing import MemoryCalls
from errata.tools.data.fingerprint import content_sha
from errata.tools.judging.calibration.anchored import ask_both_ways
from errata.tools.judging.calibration.bias import Bias, anchor_bias, position_bias
from errata.tools.judging.calibration.content_free import content_free
from errata.tools.judging.calibration.measure import choice_prior
from errata.tools.judging.chat import ChatModel
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.spec import open_model
from errata.types import Item, LabelSpace, parts_of
from evals.result import write_result

SEED = 0
MOST_LABELS = 12
"""As in a run, a blind choice offers no more labels than this."""

Asked = tuple[Item, tuple[str, ...], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("judge", help="a judge as errata run --judge takes it")
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--items", type=int, default=50)
    parser.add_argument("--style", choices=("letters", "names"), default="letters")
    parser.add_argument("--out", type=Path, default=Path("evals/results/judge_bias.json"))
    options = parser.parse_args()
    sets = {}
    for path in options.data:
        # A model belongs to one event loop, so each file has its own.
        found = asyncio.run(measure(open_model(options.judge), *read(path, options.items), options.style))
        sets[path.stem] = found
        print(f"{path.stem}: {found['line']}")
        print(f"  shown a wrong label: anchor bias {bias_line(found['anchor_wrong'])}")
        print(f"  prior: {', '.join(f'{name} {p:.2f}' for name, p in found['prior'].items())}")
    write_result(options.out, {"judge": options.judge, "style": options.style, "sets": sets}, seed=SEED)
    print(f"written to {options.out}")


def read(path: Path, count: int) -> tuple[list[Item], list[str | None], LabelSpace]:
    """``count`` random items with a given label, their true labels, and the labels of the whole file."""
    names = pq.read_schema(path).names
    content = "text" if "text" in names else "image"
    rows = pq.read_table(path, columns=[n for n in (content, "given_label", "true_label") if n in names]).to_pylist()
    labels = tuple(sorted({row["given_label"] for row in rows if row["given_label"] is not None}))
    drawn = random.Random(SEED).sample([row for row in rows if row["given_label"] is not None], count)
    items = [item_of(i, row) for i, row in enumerate(drawn)]
    return items, [row.get("true_label") for row in drawn], LabelSpace(labels)


def item_of(idx: int, row: dict[str, Any]) -> Item:
    image = row.get("image")
    data: bytes | None = image["bytes"] if isinstance(image, dict) else image
    parts = parts_of(row.get("text"), data)
    return Item(idx, str(idx), content_sha(parts), row["given_label"], parts)


async def measure(
    model: ChatModel,
    items: Sequence[Item],
    truths: Sequence[str | None],
    space: LabelSpace,
    style: Literal["letters", "names"],
) -> dict[str, Any]:
    given, wrong = questions(items, truths, space)
    door = Door(model, MemoryCalls(), Budget())
    try:
        as_given = await ask_both_ways(door, given, space, style=style)
        as_wrong = await ask_both_ways(door, wrong, space, style=style)
        sets = [candidates for _, candidates, _ in given]
        prior, _ = await choice_prior(door, content_free(items, seed=SEED), sets, space, style=style)
    finally:
        await door.close()
    position = position_bias(blind for blind, _ in as_given)
    anchor = anchor_bias(as_given, [shown for *_, shown in given])
    return {
        "line": described(position, anchor),
        "position": position._asdict(),
        "anchor": anchor._asdict(),
        "anchor_wrong": anchor_bias(as_wrong, [shown for *_, shown in wrong])._asdict(),
        "prior": {name: math.exp(value) for name, value in prior.log_prior.items()},
        "unreadable": sum(not verdict.readable for pair in (*as_given, *as_wrong) for verdict in pair),
    }


def questions(
    items: Sequence[Item], truths: Sequence[str | None], space: LabelSpace
) -> tuple[list[Asked], list[Asked]]:
    """Each item with its candidates and the label to show: the given one, and one that is neither given nor true."""
    draw = random.Random(SEED)
    given, wrong = [], []
    for item, truth in zip(items, truths, strict=True):
        held = {label for label in (item.given_label, truth) if label in space.names}
        rest = [name for name in space.names if name not in held]
        candidates = (*sorted(held), *draw.sample(rest, min(len(rest), MOST_LABELS - len(held))))
        given.append((item, candidates, str(item.given_label)))
        if rest:
            wrong.append((item, candidates, draw.choice(candidates[len(held) :])))
    return given, wrong


def bias_line(found: dict[str, Any]) -> str:
    return f"{Bias(**found)} (n={found['n']})"


def described(position: Bias, anchor: Bias) -> str:
    """One line for the end of a command: ``position bias +0.03 ± 0.02 (n=80), anchor bias ... (log-odds)``."""
    return f"position bias {position} (n={position.n}), anchor bias {anchor} (n={anchor.n}), in log-odds"
