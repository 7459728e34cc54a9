"""Which task a column has whose user named none."""

from __future__ import annotations

import pytest

from errata.errors import DataError, SetupError
from errata.tools.tasks.registry import task_named, task_of
from errata.tools.tasks.task import Column, LabelOptions


def chosen(*values: object, **options: object) -> str:
    return task_of(Column("label", values), LabelOptions(**options)).name  # type: ignore[arg-type]


def test_lists_are_marks_and_an_order_is_for_ordered_labels() -> None:
    assert chosen(None, ["a"], []) == chosen("a;b", separator=";") == "multi"
    assert chosen("low", "high", order=("low", "high")) == "ordered"
    assert chosen("cat", "dog", 3) == "single"


@pytest.mark.parametrize("separator", ["|", "; ", ","])
def test_labels_that_look_like_several_are_asked_about(separator: str) -> None:
    labels = [separator.join(parts) for parts in (("shoes", "sale"), ("shoes",), ("sale", "new"), ("new",))]
    with pytest.raises(DataError, match=r"such as '(shoes|sale).*--separator .*--task single"):
        chosen(*labels)


@pytest.mark.parametrize(
    "labels",
    [
        ("Doe, Jane", "Roe, Richard", "Poe, Edgar"),  # parts that occur once
        ("yes, but no", "yes", "no"),  # one such label
        ("a|", "|b", "a", "b"),  # blank parts
    ],
)
def test_other_labels_with_commas_are_single(labels: tuple[str, ...]) -> None:
    assert chosen(*labels) == "single"


def test_a_task_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(SetupError, match=r"no task 'singles'.*'single'"):
        task_named("singles")
