"""People see protocols in words, not by their names in the settings."""

from __future__ import annotations

import pytest

from errata.tools.judging.registry import protocols, title_of


@pytest.mark.parametrize("name", sorted(protocols()))
def test_every_protocol_of_errata_has_words(name: str) -> None:
    assert title_of(name) == protocols()[name].title and "_" not in title_of(name)


def test_one_that_is_not_installed_any_more_is_read_as_its_name() -> None:
    assert title_of("somebody_s_own") == "somebody s own"
