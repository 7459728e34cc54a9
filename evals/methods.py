"""Write docs/methods.md: what errata takes from each paper, where that is, and what it adds as measured.

    python -m evals.methods

The rows are those of evals/papers.py, the figures those of evals/results.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from evals.papers import NOTHING_TO_BUILD, PAPERS, Paper, Runs

PAGE, RESULTS = Path("docs/methods.md"), Path("evals/results")
USED = ("ablation", "calibration", "demo", "judge_bias", "other_tasks", "protocols", "votes")
WHEN: dict[Runs, str] = {
    "default": "On by default",
    "option": "Off by default",
    "python": "From Python only",
    "rule": "A rule",
    "later": "Not built yet",
    "dropped": "Left out",
}
SETS = {
    "digits, even": "scikit-learn's digits by their pixels; 20% of the labels are any other class.",
    "digits, look alike": "The same digits; 20% of the labels are the class whose mean looks most like the right one.",
    "digits, fits nothing": "The same digits, and 10% more items that fit no class, under any label.",
    "blurred, even": "As the first, with normal noise on the pixels (0.45 of full brightness): weak features.",
    "blurred, look alike": "As the second, with that noise.",
    "blurred, fits nothing": "As the third, with that noise.",
}
"""Of evals.ablation."""
STRANGERS = [name for name in SETS if name.endswith("fits nothing")]

INTRODUCTION = f"""\
# Methods, and where they come from

errata began with a list of {len(PAPERS) + len(NOTHING_TO_BUILD)} papers; {len(PAPERS)} hold something to build, to test
or to guard against. This page says what became of each. `python -m evals.methods` writes it from evals/papers.py and
evals/results.

- **Kind**: what the paper serves, and after a slash what else.
- **Adds** begins with when it runs: on by default; off by default, where an option of `errata run` asks for it; from
  Python only, as a function that no command calls yet; as a rule that other code keeps; not built yet; or tried and
  left out.
- AP is the average precision of finding wrong labels, 0 to 1, high = good. *Alone*: by the detector itself; *added*: by
  how much the default's AP rises when the detector joins it. Both go from the least to the greatest of the sets of the
  [ablation](#ablation) below.
- **Test**: a sentence that the code holds to.
"""

ABLATION = """\
Rows with a + are detectors: their AP alone, and by how much the default's rises when they are added: their distribution
over labels pooled with the default's, or, where they have none, their quality multiplied in. The other rows are parts
of the default and what is usual elsewhere: their AP in place of the default, and the difference. Confident learning is
part of the default and has no row. An item's own label has a part in what `dynamics` and `imprecise` say of it, and
counts twice where they are added. There are no duplicates in these sets for `duplicates` to find.
"""


class Ablation(NamedTuple):
    """``ap`` of each method on each set, and by how much that, or the default with it, ``adds`` to the default's."""

    ap: Mapping[str, Mapping[str, float]]
    adds: Mapping[str, Mapping[str, float]]

    @property
    def detectors(self) -> list[str]:
        return [name for name in self.adds if f"+ {name}" in self.ap]

    def joined(self, detector: str, sets: Collection[str] = tuple(SETS)) -> str:
        alone = span(self.ap[f"alone: {detector}"][name] for name in sets)
        return f"AP alone {alone}, added {span((self.adds[detector][name] for name in sets), '+')} [ablation]"

    def lead(self, one: str, other: str) -> str:
        """Of one method over another."""
        return f"{span((self.ap[one][name] - self.ap[other][name] for name in SETS), '+')} [ablation]"


def main() -> None:
    PAGE.write_text(page(RESULTS), encoding="utf-8")


def page(folder: Path) -> str:
    """The whole of docs/methods.md, from a folder of results."""
    results = {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in USED}
    others = "; ".join(f"{number} {title}" for number, title in NOTHING_TO_BUILD.items())
    parts = [
        INTRODUCTION,
        paper_table(figures(results)),
        f"Nothing to build from: {others}.\n\n## Ablation\n",
        ablation_table(Ablation(results["ablation"]["ap"], results["ablation"]["adds"])),
        ABLATION,
        *(f"- *{name}*: {words}" for name, words in SETS.items()),
        "\nMeans over {seeds} plantings of each set, made by `{command}`\n".format(**results["ablation"]),
        *(f"[{name}]: ../{RESULTS}/{name}.json" for name in USED),
    ]
    return "\n".join(parts) + "\n"


def paper_table(known: Mapping[str, str]) -> str:
    lines = ["| # | paper | kind | what errata takes from it | file | test | adds |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*lines, *(row(paper, known) for paper in PAPERS), ""])


def row(paper: Paper, known: Mapping[str, str]) -> str:
    path, _, test = paper.test.partition("::")
    cells = [
        str(paper.number),
        paper.title if paper.system in paper.title else f"{paper.title} ({paper.system})",
        paper.kind,
        paper.takes,
        link(Path(paper.file).name, paper.file),
        link(test.removeprefix("test_").replace("_", " "), path),
        ": ".join(filter(None, [WHEN[paper.runs], paper.measured.format(**known)])),
    ]
    return f"| {' | '.join(cells)} |"


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


def figures(results: Mapping[str, Any]) -> dict[str, str]:
    """What ``Paper.measured`` names in braces, each with the result file that it is from."""
    ablation = Ablation(results["ablation"]["ap"], results["ablation"]["adds"])
    once, over_neighbors = "both pooled, once", "both pooled and averaged over neighbors"
    return {f"added_{name}": ablation.joined(name) for name in ablation.detectors} | {
        "outside": f"on items that fit no class, all signals together: {ablation.joined('open_set', STRANGERS)}",
        "ensemble": f"the ensemble's AP over that of its two views pooled once: {ablation.lead('default', once)}",
        "averaged": f"the two views' mean over neighbors, over themselves: AP {ablation.lead(over_neighbors, once)}",
        "recipe": "given errata's ensemble, AP over that given logistic regression in five folds: "
        f"{ablation.lead('default', 'logistic regression in five folds')}",
        "calibration": calibrated(results["calibration"]["judges"]),
        "demo": with_judge(results["demo"]),
        "prior": prior(results["judge_bias"]["sets"]["image_mnist_test"]["prior"]),
        "marks": marks(results["other_tasks"]["marks"].values()),
        **captions(results["other_tasks"]["pairs"]),
        **planted(results["protocols"]["shares"].values()),
        "votes": votes(results["votes"]["real"]),
    }


def calibrated(judges: Collection[Mapping[str, Any]]) -> str:
    before, after = (median(judge[when]["ece"] for judge in judges) for when in ("before", "after"))
    return f"median calibration error of {len(judges)} recorded judges {before:.3f}, then {after:.3f} [calibration]"


def with_judge(found: Mapping[str, Any]) -> str:
    recall, broken = ([found[who][name]["median"] for who in ("errata", "scan_alone")] for name in ("recall", "broken"))
    return (
        f"spoiled labels found in the demo {recall[0]:.2f} (scan alone: {recall[1]:.2f}), right labels broken "
        f"{broken[0]:g} ({broken[1]:g}) [demo]"
    )


def prior(of_labels: Mapping[str, float]) -> str:
    return (
        f"the demo's judge prefers some digits to others, {span(of_labels.values())} (even: {1 / len(of_labels):.3f}) "
        "[judge_bias]; what taking it out gains is not measured"
    )


def marks(kinds: Iterable[Mapping[str, Any]]) -> str:
    aps = [[kind[who]["any_mark_ap"][0] for who in ("errata", "cleanlab")] for kind in kinds]
    said = " and ".join(f"{ours:.3f} (cleanlab: {theirs:.3f})" for ours, theirs in aps)
    return f"wrong marks of {len(aps)} made-up sets, AP {said} [other_tasks]"


def captions(found: Mapping[str, Any]) -> dict[str, str]:
    names = ("errata", "agreement_of_pseudo_classes", "same_image_hidden")
    like_pairs, classes, hidden = (f"{found[name]['pair']['ap']:.3f}" for name in names)
    chance = found["wrong"] / found["pairs"]
    return {
        "pseudo_classes": f"wrong captions by agreement on clusters of the texts, AP {classes} [other_tasks]",
        "like_pairs": f"by like pairs {like_pairs}, and {hidden} where an image's other captions are hidden (chance: "
        f"{chance:.3f})",
    }


def planted(shares: Collection[Mapping[str, Any]]) -> dict[str, str]:
    ap = {way: span(of[way]["ap"] for of in shares) for way in ("question_bank", "official_rule", "contest")}
    return {
        "question_bank": f"errors planted in digits, AP {ap['question_bank']} (VDC's own rule: {ap['official_rule']})"
        " [protocols]",
        "contest": f"errors planted in digits, AP {ap['contest']} [protocols]",
    }


def votes(found: Mapping[str, Any]) -> str:
    ours, theirs = (found["methods"][name]["ap"] for name in ("errata Dawid-Skene", "crowd-kit DawidSkene"))
    return (
        f"wrong labels of {found['items']} items by people's votes, without gold, AP {ours:.3f} (crowd-kit's "
        f"Dawid-Skene: {theirs:.3f}) [votes]"
    )


def span(values: Iterable[float], sign: str = "") -> str:
    """From the least to the greatest."""
    said = [three(value, sign) for value in sorted(values)]
    return said[0] if said[0] == said[-1] else f"{said[0]} to {said[-1]}"


def three(value: float, sign: str = "") -> str:
    """To three digits; nothing is less than nothing."""
    return f"{round(value, 3) + 0.0:{sign}.3f}"


if __name__ == "__main__":
    main()
