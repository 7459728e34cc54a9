"""A paragraph for a paper's methods section: what was done to the labels, with its figures and what it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from errata import words
from errata.tools.judging.registry import title_of
from errata.tools.report.data import ReportData
from errata.tools.visible import one_line
from errata.types import Decision

SHA = 12
"""Characters of a hash that a text names; the replication folder has all of them."""
LOOKED = {
    "item": "looking at each item",
    "grid": "looking at many items at once",
    "rule": "by a rule, without a look at each item",
}


def methods_paragraph(report: ReportData, decisions: Iterable[Decision]) -> str:
    """One paragraph in plain sentences, without content of the data beyond the names of what was used."""
    made = list(decisions)
    return " ".join([*_data(report), *_scan(report), *_judges(report), *_people(report, made), *_errors(report)])


def _data(report: ReportData) -> Iterator[str]:
    source, profile = report.source, report.profile
    yield (
        f"We checked {_count(profile.items, 'label')} of {profile.labels} classes ({profile.modality} data, SHA-256 "
        f"{source.sha256[:SHA]}) with errata {source.errata_version}, begun on {source.started_at[:10]}."
    )
    if profile.without_label or profile.unreadable_items:
        yield (
            f"{_count(profile.without_label, 'item')} without a label and {profile.unreadable_items:,} that could not "
            "be read were left out."
        )
    if profile.protected:
        yield f"{_count(profile.protected, 'label')} were protected: scanned, and never changed."
    for line in (profile.copies, *profile.leaks):
        if line:
            yield f"{line[0].upper()}{line[1:]}."


def _scan(report: ReportData) -> Iterator[str]:
    names = ", ".join(name.replace("_", " ") for name in report.features.detectors)
    yield (
        f"Features were {one_line(report.features.name)}; the detectors {names} suspected "
        f"{_count(report.judging.suspects, 'label')}."
    )
    if report.profile.geometry:
        yield f"Of the data, {report.profile.geometry}."


def _judges(report: ReportData) -> Iterator[str]:
    if not report.judging.asked:
        yield "No model was asked."
        return
    for row in report.judging.asked:
        yield (
            f"{one_line(row.judge)} was asked about {_count(row.items, 'label')} ({title_of(row.protocol)}; prompt "
            f"{row.prompt} {row.version}, SHA-256 {row.sha[:SHA]}); {row.unreadable:,} answers could not be read."
        )
    yield f"In all this took {_count(report.judging.calls, 'call')} and {_count(report.judging.tokens, 'token')}."


def _people(report: ReportData, decisions: list[Decision]) -> Iterator[str]:
    outcomes = Counter[str]()
    for flow in report.flows:
        outcomes[flow.outcome] += flow.items
    said = ", ".join(f"{words.outcome(name)} for {items:,}" for name, items in outcomes.most_common())
    yield f"What was proposed of the suspected labels: {said}." if said else "No change was proposed."
    if not decisions:
        yield "Nobody decided on any of them."
    else:
        ways = Counter((decision.looked, decision.seeing) for decision in decisions)
        told = ", ".join(
            f"{items:,} {LOOKED[looked]}{' and without seeing the proposal' * (seeing == 'blind')}"
            for (looked, seeing), items in ways.most_common()
        )
        people = len({decision.by for decision in decisions})
        yield f"{_count(people, 'person', 'people')} decided on {_count(len(decisions), 'label')}: {told}."
    yield f"{_count(report.applied_items, 'label')} stand changed."


def _errors(report: ReportData) -> Iterator[str]:
    if report.wrong.checked:
        yield f"{report.wrong.sentence[0].upper()}{report.wrong.sentence[1:]} (95% confidence, exact)."
    else:
        yield (
            f"An estimate from the evidence itself, of {_count(report.wrong.items, 'label')}: {report.wrong.figures}. "
            "No random check of the given labels was completed, so nothing confirms it."
        )
    for line in report.ruled:
        yield f"{line[0].upper()}{line[1:]}."


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"
