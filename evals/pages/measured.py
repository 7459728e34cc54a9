"""The measurements of each method: the sentences that papers.toml names in braces, from the result files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from statistics import median
from typing import Any, NamedTuple

from evals.ablation.part import Figures
from evals.ablation.parts import PARTS
from evals.ranking import span

USED = (
    "ablation",
    "calibration",
    "class_names",
    "demo",
    "judge_bias",
    "other_tasks",
    "other_tasks_planted",
    "protocols",
    "votes",
)
"""The result files that sentences name in brackets."""
SETS = {
    "digits, even": "scikit-learn's digits by their pixels; 20% of the labels are any other class.",
    "digits, look alike": "The same digits; 20% of the labels are the class whose mean looks most like the right one.",
    "digits, fits nothing": "The same digits, and 10% more out-of-class items, under any label.",
    "blurred, even": "As the first, with normal noise on the pixels (0.45 of full brightness): weak features.",
    "blurred, look alike": "As the second, with that noise.",
    "blurred, fits nothing": "As the third, with that noise.",
}
"""Of the ablation."""
OUT_OF_CLASS = [name for name in SETS if name.endswith("fits nothing")]


class Ablation(NamedTuple):
    """``ap`` of each method on each set, and by how much it, or the default with it, ``adds`` to the default's."""

    ap: Mapping[str, Mapping[str, float]]
    adds: Mapping[str, Mapping[str, float]]

    @property
    def detectors(self) -> list[str]:
        return [name for name in self.adds if f"+ {name}" in self.ap]

    def joined(self, detector: str, sets: Collection[str] = tuple(SETS)) -> str:
        alone = span(self.ap[f"alone: {detector}"][name] for name in sets)
        return f"AP alone {alone}, added {span((self.adds[detector][name] for name in sets), '+')} [ablation]"

    def lead(self, one: str, other: str) -> str:
        """The lead of one method over another."""
        return f"{span((self.ap[one][name] - self.ap[other][name] for name in SETS), '+')} [ablation]"


def figures(results: Mapping[str, Any]) -> dict[str, str]:
    """What ``Paper.measured`` names in braces, each with the result file it comes from."""
    ablation = Ablation(results["ablation"]["ap"], results["ablation"]["adds"])
    once, over_neighbors = "both pooled, once", "both pooled and averaged over neighbors"
    return {f"added_{name}": ablation.joined(name) for name in ablation.detectors} | {
        "outside": f"on out-of-class items, all signals together: {ablation.joined('open_set', OUT_OF_CLASS)}",
        "ensemble": f"the ensemble's AP over that of its two views pooled once: {ablation.lead('default', once)}",
        "averaged": f"the two views' mean over neighbors, over themselves: AP {ablation.lead(over_neighbors, once)}",
        "recipe": "given errata's ensemble, AP over that given logistic regression in five folds: "
        f"{ablation.lead('default', 'logistic regression in five folds')}",
        "calibration": calibrated(results["calibration"]["judges"]),
        "demo": with_judge(results["demo"]),
        "prior": prior(results["judge_bias"]["sets"]["image_mnist_test"]["prior"]),
        "marks": marks(results["other_tasks"]["marks"].values()),
        **captions(results["other_tasks"]["pairs"]),
        "levels": levels(results["other_tasks_planted"]["pairs"]),
        **class_names(results["class_names"]["sets"]),
        **planted(results["protocols"]["shares"].values()),
        "votes": votes(results["votes"]["real"]),
        **of_parts(results["ablation"]["parts"]),
    }


def of_parts(found: Mapping[str, Figures]) -> dict[str, str]:
    return {key: sentence for name, part in PARTS.items() for key, sentence in part.said(found[name]).items()}


def calibrated(judges: Collection[Mapping[str, Any]]) -> str:
    before, after = (median(judge[when]["ece"] for judge in judges) for when in ("before", "after"))
    return f"median calibration error of {len(judges)} recorded judges {before:.3f}, then {after:.3f} [calibration]"


def with_judge(found: Mapping[str, Any]) -> str:
    recall, broken = ([found[who][name]["median"] for who in ("errata", "scan_alone")] for name in ("recall", "broken"))
    return (
        f"wrong labels found in the demo {recall[0]:.2f} (scan alone: {recall[1]:.2f}), right labels broken "
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


def levels(found: Mapping[str, Any]) -> str:
    moved = [of["captions"] for of in found.values() if "captions" in of]
    of_low, of_high, in_low = (
        span(of[f"wrong_{name}"][0] for of in moved) for name in ("of_low_levels", "of_high_levels", "in_low_levels")
    )
    return (
        f"captions moved to another or a similar image: {in_low} of them lie in the two lowest levels, where {of_low} "
        f"are wrong; of the four highest {of_high} are [other_tasks_planted]"
    )


def class_names(found: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    alone, default, added, pseudo, best = (
        span(of[name] for of in found.values()) for name in ("alone", "default", "added", "pseudo_right", "best_right")
    )
    rule = "; ".join(
        f"{of['changed']} changed, {of['changed_rightly']} rightly, {of['dropped']} dropped, {of['dropped_wrong']} of "
        f"them wrong ({name})"
        for name, of in found.items()
    )
    return {
        "keep_or_change": f"labels of AG news by a crowd, and planted: AP alone {alone}, added {added} (default: "
        f"{default}); by the rule {rule} [class_names]",
        "pseudo_labels": f"of the pseudo-labels of AG news {pseudo} are right, of as many best matches {best} "
        "[class_names]",
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
