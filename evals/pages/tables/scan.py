"""The README's tables of what the scan finds and what it costs, each from its result file."""

from __future__ import annotations

from typing import Any

REAL = ("noisyag", "hausa", "roman", "cifar10n_given", "cifar10n_worst")


def detection(found: dict[str, Any]) -> str:
    lines = ["| data | wrong | errata | best peer | lead (95%) | suggestion right: errata | best peer |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name, figures in found["sets"].items():
        lead, suggested = figures["ap_lead"], figures["suggestion_lead"]
        ap, right = figures["ap"], figures["suggestion_right"]
        peers = [_of_peer(ap, lead["best_peer"]), _of_peer(right, suggested["best_peer"])]
        words = _with_interval(lead)
        shown = name.replace("_", " ").replace("digits", "digits,")
        cells = [shown, f"{figures['wrong']} of {figures['items']}", f"{ap['errata']:.3f}", peers[0], words]
        lines.append(f"| {' | '.join([*cells, format(right['errata'], '.3f'), peers[1]])} |")
    return "\n".join([*lines, ""])


def _with_interval(lead: dict[str, float]) -> str:
    return f"{lead['lead']:+.3f} ({lead['low']:+.3f} to {lead['high']:+.3f})"


def _of_peer(figures: dict[str, float], peer: str) -> str:
    return f"{figures[peer]:.3f} {peer.replace('_', ' ')}"


def posterior(found: dict[str, Any]) -> str:
    lines = ["| data | wrong | changes proposed | right | right labels broken |", "|---|---|---|---|---|"]
    for name, figures in found["sets"].items():
        if name in REAL:
            share = f"{figures['relabels_right']} ({figures['relabels_right'] / max(figures['relabels'], 1):.0%})"
            cells = [
                name.replace("_", " "),
                f"{figures['wrong']} of {figures['items']}",
                f"{figures['relabels']}",
                share,
            ]
            lines.append(f"| {' | '.join(cells)} | {figures['broken']} |")
    return "\n".join([*lines, ""])


def confident_learning(found: dict[str, Any]) -> str:
    lines = ["| items x classes | filter | errata | cleanlab, 1 job | cleanlab, default | less memory | passes |"]
    lines.append("|---|---|---|---|---|---|---|")
    for size, of_size in found["sizes"].items():
        for case, figures in of_size["cases"].items():
            ours, *peers = figures["peers"].values()
            times = [f"{peer['wall_s']:.2f} s ({peer['wall_s'] / ours['wall_s']:.1f} times)" for peer in peers]
            less = f"{figures['times_less_memory']:.0f} times"
            cells = [size, case.replace("_", " "), f"{ours['wall_s']:.2f} s", *times, less, f"{ours['passes']:.1f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def scan_speed(found: dict[str, Any]) -> str:
    lines = [
        "| items x 384, 100 classes | | CPU | wall | extra memory | average precision |",
        "|---|---|---|---|---|---|",
    ]
    for size, of_size in found["sizes"].items():
        for who in ("errata", "cleanlab"):
            if who in of_size:
                row = of_size[who]
                cells = [f"{int(size):,}", who, f"{row['cpu_s']:.0f} s", f"{row['wall_s']:.0f} s"]
                lines.append(f"| {' | '.join(cells)} | {row['extra_mb']:,.0f} MB | {row['ap']:.3f} |")
    return "\n".join([*lines, ""])


def many_classes(found: dict[str, Any]) -> str:
    one = found["scan"]
    size, memory = f"{one['items']:,} items of {one['classes']:,} classes", f"{one['peak_mb']:,} MB"
    sure, right = f"{one['relabels_at_90']:,}", f"{one['relabels_at_90_right']:,}"
    lines = [
        f"{size}: CPU {one['cpu_s']:,.0f} s, wall {one['wall_s']:,.0f} s, peak memory {memory}, run folder "
        f"{one['folder_mb']:,} MB. Average precision {one['ap']:.3f}; of {one['relabels']:,} changes proposed "
        f"{one['relabels_right']:,} are right, of {sure} at .9 or more {right}."
    ]
    lines += ["", "| items x classes | labels held | CPU | peak memory | average precision | right label named |"]
    lines.append("|---|---|---|---|---|---|")
    rows = [(size, name, row) for size in found if "x" in size for name, row in found[size].items()]
    for size, held, row in rows:
        if "named_right" in row:
            cells = [size, held, f"{row['cpu_s']:.0f} s", f"{row['peak_mb']:,} MB", f"{row['ap']:.4f}"]
            lines.append(f"| {' | '.join(cells)} | {row['named_right']:.4f} |")
    lines += ["", "| the whole scan of | | CPU | extra memory | average precision |", "|---|---|---|---|---|"]
    for size, when, row in rows:
        if "extra_mb" in row:
            cells = [size, when, f"{row['cpu_s']:.2f} s", f"{row['extra_mb']:.0f} MB", f"{row['ap']:.3f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def neighbor_search(found: dict[str, Any]) -> str:
    lines = ["| ten neighbors of each | search | CPU | wall | recall |", "|---|---|---|---|---|"]
    for name, methods in found["sets"].items():
        kind, size = name.split()
        for method, row in methods.items():
            cells = [f"{int(size):,} {kind}", method, f"{row['cpu_s']:.1f} s", f"{row['wall_s']:.1f} s"]
            lines.append(f"| {' | '.join(cells)} | {row['recall']:.3f} |")
    return "\n".join([*lines, ""])


def votes(found: dict[str, Any]) -> str:
    lines = [
        "| 800 pairs, 10 votes each | accuracy | average precision of wrong given labels | CPU |",
        "|---|---|---|---|",
    ]
    for name, row in found["real"]["methods"].items():
        lines.append(f"| {name} | {row['accuracy']:.4f} | {row['ap']:.3f} | {row['cpu_s']:.3f} s |")
    command = found["real"]["by_command"]
    taken, beside = command["only votes"]["accuracy"], command["beside given labels"]["ap"]
    lines.append(f"| `errata scan --votes`, its proposals taken | {taken:.4f} | {beside:.3f} | |")
    return "\n".join([*lines, ""])


def confidence(found: dict[str, Any]) -> str:
    lines = [
        "| data | wrong | | proposals at .9 or more | right | confidence less share right | right labels broken | "
    ]
    lines[0] += "right proposals in the first 300 suspects | wrong labels counted |"
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for name, of_set in found["sets"].items():
        for which, figures in of_set.items():
            shown, draws = (
                name.replace("_", " ") if which == "before" else "",
                figures["seeds"] / of_set["after"]["seeds"],
            )
            counted = figures["counts"][0] if figures["counts"] else None
            names = ("sure", "sure_right", "broken", "first", "first_possible")
            sure, right, broken, first, possible = (round(figures[name] / draws) for name in names)
            cells = [shown, (counted[0] if counted else figures["wrong"]) if shown else "", which, sure, right]
            cells += [f"{figures['gap']:+.3f}", broken, f"{first} of {possible}"]
            cells += [f"{counted[1]}, {counted[2]} to {counted[3]}" if counted else "no count"]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, "", *_discount(found["discount"]), ""])


def _discount(found: dict[str, Any]) -> list[str]:
    lines = [
        "| people's errors | added to the log-odds for confidence to be the share right | discount by the others |"
    ]
    lines.append("|---|---|---|")
    lines += [f"| {name} | {one['shift']:+.2f} | {one['others']:.2f} |" for name, one in found["sets"].items()]
    low, high = found["between"]
    return [*lines, f"| mean (95%) | {found['mean']:+.2f} ({low:+.2f} to {high:+.2f}) | |"]


def text_encoders(found: dict[str, Any]) -> str:
    lines = ["| texts | int8: items per CPU-second | fp32 | times |", "|---|---|---|---|"]
    for name, figures in found["speed"].items():
        rates = [f"{figures['items_per_cpu_s'][way]:,.0f}" for way in ("int8", "fp32")]
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(rates)} | {figures['times_fp32']:.1f} |")
    lines += ["", "| wrong labels of | scored | int8: average precision | fp32 | lead (95%) |", "|---|---|---|---|---|"]
    for name, figures in found["scan"].items():
        one = figures["ap"]
        cells = [name, f"{figures['scored']:,}", f"{one['int8']:.3f}", f"{one['fp32']:.3f}", _with_interval(one)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def image_encoders(found: dict[str, Any]) -> str:
    lines = ["| images | wrong | by a model too: average precision | plain | lead (95%) | suggestion right | plain |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name, figures in found["sets"].items():
        lead, ap, right = figures["ap_lead"], figures["ap"], figures["suggestion_right"]
        words = _with_interval(lead)
        cells = [name.replace("_", " "), f"{figures['wrong']} of {figures['items']}", f"{ap['errata']:.3f}"]
        cells += [f"{ap['plain']:.3f}", words, f"{right['errata']:.3f}", f"{right['plain']:.3f}"]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| images | errata | best peer on the same vectors | lead (95%) | suggestion right | best peer |"]
    lines.append("|---|---|---|---|---|---|")
    for name, figures in found["sets"].items():
        peers = figures["peers"]
        lead, suggested = peers["ap_lead"], peers["suggestion_lead"]
        ap, right = peers["ap"], peers["suggestion_right"]
        cells = [name.replace("_", " "), f"{ap['errata']:.3f}", _of_peer(ap, lead["best_peer"]), _with_interval(lead)]
        cells += [f"{right['errata']:.3f}", _of_peer(right, suggested["best_peer"])]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| a scan by itself | changes proposed | right | right labels broken |", "|---|---|---|---|"]
    for name, figures in found["sets"].items():
        if "scan_alone" in figures:
            alone = figures["scan_alone"]
            cells = [name, *(str(alone[key]) for key in ("proposed", "right", "right_labels_broken"))]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
