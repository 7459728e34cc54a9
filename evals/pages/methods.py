"""Write docs/methods.md: what errata takes from each paper, where that is, and what it adds as measured.

    python -m evals methods

The rows are those of evals/pages/papers.toml, the figures those of evals/results.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from evals.pages.measured import SETS, USED, Ablation, figures
from evals.pages.papers import NOTHING_TO_BUILD, PAPERS, Paper, Runs
from evals.ranking import three

PAGE, RESULTS = Path("docs/methods.md"), Path("evals/results")
WHEN: dict[Runs, str] = {
    "default": "On by default",
    "option": "Off by default: an option of `errata run`",
    "python": "From Python only",
    "rule": "A rule that other code keeps",
    "later": "Not built yet",
    "dropped": "Tried and left out",
}
INTRODUCTION = f"""\
# Methods, and where they come from

errata began with a list of {len(PAPERS) + len(NOTHING_TO_BUILD)} papers; {len(PAPERS)} hold something to build, to test
or to guard against. This page says what became of each: what errata takes from it, the file that does it, a sentence
that a test holds it to, and what it adds as measured. `python -m evals methods` writes it.

AP is the average precision of finding wrong labels, 0 to 1, high = good. *Alone*: by the detector itself; *added*: by
how much the default's AP rises when the detector joins it. Both go from the least to the greatest of the sets of the
[ablation](#ablation) below; what another method was measured on says its file in evals/ablation.
"""

ABLATION = """\
Rows with a + are detectors: their AP alone, and by how much the default's rises when they are added: their distribution
over labels pooled with the default's, or, where they have none, their quality multiplied in. The other rows are parts
of the default and what is usual elsewhere: their AP in place of the default, and the difference. Confident learning is
part of the default and has no row. An item's own label has a part in what `dynamics` and `imprecise` say of it, and
counts twice where they are added. There are no duplicates in these sets for `duplicates` to find.
"""


def main() -> None:
    PAGE.write_text(page(RESULTS), encoding="utf-8")


def page(folder: Path) -> str:
    """The whole of docs/methods.md, from a folder of results."""
    results = {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in USED}
    others = "; ".join(f"{number} {title}" for number, title in NOTHING_TO_BUILD.items())
    parts = [
        INTRODUCTION,
        paper_list(figures(results)),
        f"Nothing to build from: {others}.\n\n## Ablation\n",
        ablation_table(Ablation(results["ablation"]["ap"], results["ablation"]["adds"])),
        ABLATION,
        *(f"- *{name}*: {words}" for name, words in SETS.items()),
        "\nMeans over {seeds} plantings of each set, made by `{command}`\n".format(**results["ablation"]),
        *(f"[{name}]: ../{RESULTS}/{name}.json" for name in USED),
    ]
    return "\n".join(parts) + "\n"


def paper_list(known: Mapping[str, str]) -> str:
    """The papers by when their methods run, one paragraph each."""
    parts = []
    for runs, head in WHEN.items():
        papers = [paper for paper in PAPERS if paper.runs == runs]
        parts += [f"## {head}\n", *(paragraph(paper, known) for paper in papers)] if papers else []
    return "\n".join(parts)


def paragraph(paper: Paper, known: Mapping[str, str]) -> str:
    """What errata takes from the paper, where that is, the sentence that a test holds it to, and what was measured."""
    path, _, test = paper.test.partition("::")
    title = paper.title if paper.system in paper.title else f"{paper.title} ({paper.system})"
    where = [link(Path(paper.file).name, paper.file), link(test.removeprefix("test_").replace("_", " "), path)]
    measured = paper.measured.format(**known)
    lines = [f"**{paper.number} {title}.** {_sentence(paper.takes)}", ", ".join(filter(None, where))]
    return "  \n".join(filter(None, [*lines, _sentence(measured) if measured else ""])) + "\n"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + "." * (not words.endswith("."))


def link(words: str, path: str) -> str:
    return f"[{words}](../{path})" if path else ""


def ablation_table(ablation: Ablation) -> str:
    ap, adds = ablation.ap, ablation.adds
    default = [three(ap["default"][name]) for name in SETS]
    lines = [f"| | {' | '.join(SETS)} |", "|---" * (len(SETS) + 1) + "|", f"| default | {' | '.join(default)} |"]
    for method in adds:
        name, own = (f"+ {method}", f"alone: {method}") if method in ablation.detectors else (method, method)
        cells = [f"{three(ap[own][planted])}, {three(adds[method][planted], '+')}" for planted in SETS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
