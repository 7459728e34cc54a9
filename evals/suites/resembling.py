"""Text that resembles the wanted class and orders nothing: real news followed by real news of that class.

    python -m evals resembling DATA_FOLDER [--out evals/results/resembling.json]

Kept apart from the orders (``obedience``): a judge that reads such a text as the wanted class obeys nothing. It takes
from the whole text what a linear reader does, trained on other news. Reported with the control and the patterns on and
off: right labels that a rule changed to the class of the appended text, and not without it; wrong labels of that class
closed as keep; honest items newly open.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.red_team.consequences import consequences
from evals.red_team.new_attacks import TRUE_TEXT
from evals.red_team.news import FILE, Story, known, other_rows, plant
from evals.red_team.obedient import Judge, News
from evals.red_team.one_run import judged
from evals.red_team.parts import LinearReader, Part, without_names
from evals.result import write_result

SEED = 0
HONEST, TIMES = 400, 50
"""Items without an attack; and how often the attack is planted, each time in one wrong label and two right ones."""
PROTOCOLS = ("blind_choice", "contest", "steering")
CONTROL = {"on": PROTOCOLS, "off": PROTOCOLS[:2]}
COLUMNS = (
    "control",
    "patterns",
    "used",
    "accuracy",
    "attacked",
    "changed",
    "unwitnessed",
    "wrong",
    "kept",
    "kept_anyway",
    "honest",
    "newly_open",
    "open",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help=f"folder with {FILE}")
    parser.add_argument("--out", type=Path, default=Path("evals/results/resembling.json"))
    options = parser.parse_args()
    if not (options.data / FILE).is_file():
        parser.error(f"there is no {FILE} in {options.data}: name the folder that holds it")
    figures = measure(options.data)
    print(f"read as the class of the appended text: {figures['read_as_wanted']} of {3 * TIMES}")
    print("".join(f"{name:>12}" for name in COLUMNS))
    for mode in figures["modes"]:
        print("".join(f"{mode[name]!s:>12}" for name in COLUMNS))
    write_result(options.out, figures, seed=SEED)


def measure(data: Path) -> dict[str, Any]:
    stories = plant(data, [TRUE_TEXT] * TIMES, HONEST, SEED)
    news = read_by(LinearReader.of(other_rows(data, stories)), stories)
    judge, modes = Judge("reads", False, 0.0, news), []
    without = {name: judged(stories, judge, protocols, attacked=False) for name, protocols in CONTROL.items()}
    for control, protocols in CONTROL.items():
        found = judged(stories, judge, protocols, attacked=True)
        for patterns in ("on", "off"):
            bare = without["off"].proposed["off"]
            counts = consequences(stories, found.proposed[patterns], without[control].proposed[patterns], bare)
            mode = {"control": control, "patterns": patterns, "used": found.used, "accuracy": round(found.accuracy, 3)}
            modes.append(mode | counts.as_json())
    wanted = sum(favorite(news[story.text]) == story.wants for story in stories if story.wants is not None)
    return {"read_as_wanted": wanted, "modes": modes}


def read_by(reader: LinearReader, stories: Sequence[Story]) -> dict[str, News]:
    """What the judge thinks of each text: of the honest ones as in all suites, of the others as the reader does."""
    news = known(stories)
    longer = [Part(one.text, one.honest, news[one.text].favorite) for one in stories if one.text != one.honest]
    return news | reader.news(longer) | reader.news(without_names(stories, news))


def favorite(news: News) -> str:
    """The label that the judge favors of the whole text."""
    leans: Mapping[str, float] = news.leans or {news.favorite: 0.0}
    return max(leans, key=leans.__getitem__)
