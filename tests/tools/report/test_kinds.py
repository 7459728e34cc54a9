"""Which kind an error counts as, and how severe it is."""

from __future__ import annotations

import pytest

from errata.tools.report.kinds import AGAIN, Finding, error_kinds


@pytest.mark.parametrize(
    ("finding", "kind"),
    [
        (Finding("cat", "relabel", "dog"), "slip"),
        (Finding("cat", "relabel", "dog", disagrees=True), "copies"),
        (Finding("cat", "ambiguous", "dog"), "ambiguous"),
        (Finding("cat", "several", None), "several"),
        (Finding("cat", "none_of_these", None), "none_of_these"),
        (Finding("cat", "relabel", "lynx", severe=False), "alike"),
        (Finding("cat", "relabel", "car", severe=True), "slip"),
    ],
)
def test_each_finding_counts_once(finding: Finding, kind: str) -> None:
    (found,) = error_kinds([finding])
    assert (found.kind, found.items) == (kind, 1)
    assert (found.severe, found.minor) == (finding.severe is True, finding.severe is False)


def test_a_pair_that_comes_again_and_again_is_no_slip() -> None:
    often = [Finding("cat", "relabel", "dog", severe=True)] * AGAIN
    assert [(kind.kind, kind.items, kind.severe) for kind in error_kinds(often)] == [("pair", AGAIN, AGAIN)]
    assert error_kinds(often[1:])[0].kind == "slip"
    many = [Finding("cat", "relabel", f"other {i}") for i in range(4 * AGAIN)]
    assert {kind.kind for kind in error_kinds([*often, *many])} == {"slip"}


def test_nothing_suspected_is_no_kind() -> None:
    assert error_kinds([]) == ()
    assert error_kinds([Finding("cat", "keep", None)]) == ()
