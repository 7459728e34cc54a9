"""Frames from Python: taken as they are, and given back with changed labels in an object of the same kind."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image

import errata
from errata.errors import DataError, SetupError
from tests.inputs import SHAPES, mail_rows, picture
from tests.topics import write_topics

pd = pytest.importorskip("pandas")
ROWS, RIGHT = mail_rows(60), mail_rows(60, wrong=0)
IDS, TEXTS, LABELS = (list(column) for column in zip(*ROWS, strict=True))
HELD = {"id": IDS, "text": TEXTS, "label": LABELS}


def of_pandas(labels: Sequence[object] = LABELS, dtype: Any = None) -> Any:
    """With an index that is not unique, and a nullable column of its own."""
    frame = pd.DataFrame({"id": IDS, "text": TEXTS, "label": pd.Series(labels, dtype=dtype)})
    frame["stars"] = pd.array([None, *range(1, len(frame))], dtype="Int64")
    frame.index = pd.Index([i // 2 for i in range(len(frame))], name="pair")
    frame.attrs["source"] = "desk"
    return frame


def of_polars() -> Any:
    pl = pytest.importorskip("polars")
    names = ["unused", *sorted(set(LABELS))]
    return pl.DataFrame(HELD, schema_overrides={"label": pl.Enum(names)})


def of_arrow() -> Any:
    return pa.table(HELD | {"label": pa.array(LABELS).dictionary_encode()}, metadata={"made": "by hand"})


def of_datasets() -> Any:
    datasets = pytest.importorskip("datasets")
    names = ["unused", *sorted(set(LABELS))]
    features = datasets.Features(
        {"id": datasets.Value("string"), "text": datasets.Value("string"), "label": datasets.ClassLabel(names=names)}
    )
    made = datasets.Dataset.from_dict(HELD | {"label": [names.index(label) for label in LABELS]}, features=features)
    return made.select([*range(1, 60), 0]).with_format("numpy", columns=["label"])


KINDS: dict[str, Callable[[], Any]] = {
    "pandas": of_pandas,
    "polars": of_polars,
    "arrow": of_arrow,
    "datasets": of_datasets,
}
"""Frames of every kind."""


def named(frame: Any) -> list[str]:
    """The labels of a frame, by name."""
    column = frame.with_format(None)["label"][:] if hasattr(frame, "features") else frame["label"]
    values = column if isinstance(column, list) else column.to_pylist() if isinstance(frame, pa.Table) else list(column)
    return [frame.features["label"].int2str(value) for value in values] if hasattr(frame, "features") else values


def same(one: Any, other: Any) -> bool:
    """Two frames are equal, including all that is not a value."""
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
        return bool(one.attrs == other.attrs)
    if hasattr(one, "features"):
        return bool(
            one.features == other.features
            and one.format == other.format
            and one.with_format(None)[:] == other.with_format(None)[:]
        )
    return bool(one.equals(other))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def opened(frame: Any, **settings: Any) -> errata.Run:
    return errata.open(frame, name="mail", text="text", label="label", id="id", embedder="plain", **settings)


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_goes_through_the_loop_and_comes_back_as_its_own_kind(kind: str) -> None:
    frame, before = KINDS[kind](), KINDS[kind]()
    with opened(frame) as run:
        run.scan()
        assert run.changed is frame
        for n in (0, 1):
            run.decide(f"m{n}", "label", RIGHT[n][2])
        applied = run.apply()
        assert applied.output.absolute() == Path("mail.relabeled.parquet").absolute()
        changed, found = run.changed, run.proposals_frame()
        assert type(changed) is type(found) is type(frame) and changed is not frame
        assert same(frame, before)
        differ = [i for i, (old, new) in enumerate(zip(named(frame), named(changed), strict=True)) if old != new]
        right = [label for _, _, label in RIGHT]
        assert sorted((named(changed)[i]) for i in differ) == sorted(right[:2]) and len(differ) == 2
        assert run.revert().identical and same(run.changed, before)
    assert sorted(path.name for path in Path().iterdir()) == ["mail.errata", "mail.relabeled.parquet"]


@pytest.mark.parametrize("kind", KINDS)
def test_all_but_the_changed_labels_is_kept(kind: str) -> None:
    frame = KINDS[kind]()
    with opened(frame) as run:
        run.scan()
        run.decide("m0", "label", RIGHT[0][2])
        run.apply()
        changed = run.changed
        run.undo(since="1h")
        run.decide("m0", "label", LABELS[0])
    if kind == "pandas":
        assert changed.index.equals(frame.index) and changed.dtypes.equals(frame.dtypes)
        assert changed.drop(columns="label").equals(frame.drop(columns="label")) and changed.attrs == frame.attrs
    elif kind == "polars":
        assert changed.schema == frame.schema and changed.drop("label").equals(frame.drop("label"))
    elif kind == "arrow":
        assert changed.schema.equals(frame.schema, check_metadata=True)
        assert changed.drop_columns("label").equals(frame.drop_columns("label"))
    else:
        assert changed.features == frame.features and changed.format == frame.format
        assert changed.with_format(None)["text"][:] == frame.with_format(None)["text"][:]


@pytest.mark.parametrize("dtype", ["object", "string", "category", "numbers", "Int64", "bool"])
def test_labels_of_every_dtype_come_back_in_it(dtype: str) -> None:
    names = sorted(set(LABELS))
    labels: list[object] = list(LABELS)
    wanted: Any = dtype
    if dtype in ("numbers", "Int64"):
        labels = [names.index(label) for label in LABELS]
        wanted = "category" if dtype == "numbers" else dtype
    if dtype == "bool":
        labels = [label == names[0] for label in LABELS]
    if dtype == "category":
        wanted = pd.CategoricalDtype([*names, "unused"], ordered=True)
    frame = of_pandas(labels, wanted)
    with opened(frame) as run:
        run.scan()
        given = [row["given_label"] for row in run.results]
        new = next(label for label in given if label != given[0])
        run.decide("m0", "label", new)
        run.apply()
        changed = run.changed
    assert changed["label"].dtype == frame["label"].dtype
    assert str(changed["label"].iloc[0]).casefold() == new
    assert changed["label"].iloc[1:].equals(frame["label"].iloc[1:])


def test_the_same_frame_under_the_same_name_goes_on_and_another_starts_a_run() -> None:
    with opened(of_pandas()) as run:
        run.scan()
        run.decide("m0", "label", RIGHT[0][2])
    with opened(of_pandas()) as run:
        assert run.scan()["run_id"] == 1 and len(run.diff()) == 1
    frame = of_pandas()
    frame.loc[frame["id"] == "m7", "text"] = "another text about a goal"
    with opened(frame) as run:
        assert run.scan()["run_id"] == 2 and len(run.diff()) == 1


def test_marks_in_a_list_column_come_back_as_lists() -> None:
    frame = of_pandas([[label] if i % 2 else [label, "urgent"] for i, label in enumerate(LABELS)])
    with opened(frame) as run:
        run.scan()
        found = next(row for row in run.proposals if row["given_label"] is not None)
        assert found["place"]
        run.accept("outcome == 'relabel'")
        applied = run.apply()
        changed = run.changed
    assert applied.changed and all(isinstance(cell, list) for cell in changed["label"])
    assert sum(a != b for a, b in zip(changed["label"], frame["label"], strict=True))


@pytest.mark.parametrize("labels", ["mark", "votes", "pair"])
def test_labels_in_no_one_column_are_in_the_output_and_that_is_said(labels: str) -> None:
    frame = of_pandas()
    named: dict[str, dict[str, Any]] = {
        "mark": {"mark": ["sport", "music"]},
        "votes": {"votes": ["ann", "bob"]},
        "pair": {"text": ["text", "title"], "task": "pair"},
    }
    more = {"sport": [i % 2 for i in range(len(frame))], "music": [i % 3 == 0 for i in range(len(frame))]}
    more |= {"ann": LABELS, "bob": [*LABELS[1:], LABELS[0]], "title": frame["text"].tolist()}
    given = {"text": "text", "id": "id", "embedder": "plain"} | named[labels]
    with errata.open(frame.assign(**more), name="mail", **given) as run:
        run.scan()
        item = run.results[0]
        run.decide(item["item_id"], "none_of_these", place=item.get("place"))
        run.apply()
        with pytest.raises(SetupError, match="These labels are in no one column of the frame"):
            run.changed  # noqa: B018  asking is the test


def test_images_may_be_bytes_pictures_or_files_here() -> None:
    stored = [picture(SHAPES[i % 3], i) for i in range(30)]
    Path("7.png").write_bytes(stored[7])
    images: list[object] = [Image.open(io.BytesIO(data)) if i % 2 else data for i, data in enumerate(stored)]
    labels = [SHAPES[i % 3] for i in range(30)]
    with errata.open(pd.DataFrame({"x": images, "y": labels}), name="shapes", image="x", label="y") as run:
        assert run.scan()["unreadable"] == 0
    named_files = pd.DataFrame({"x": ["7.png"] * 15 + [Path("7.png")] * 15, "y": labels})
    with errata.open(named_files, name="files", image="x", label="y") as run:
        assert run.scan()["unreadable"] == 0


def with_column(name: str, values: list[object]) -> Any:
    frame = of_pandas()
    frame[name] = pd.Series(values, index=frame.index, dtype=object)
    return frame


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "two columns of a name": (
        lambda: pd.concat([of_pandas(), of_pandas()[["text"]]], axis=1),
        "2 columns named 'text'",
    ),
    "types that do not go together": (
        lambda: with_column("mixed", [1, "a", b"b", *[None] * 57]),
        "column 'mixed'.*text",
    ),
    "no rows": (lambda: of_pandas().iloc[:0], "no rows"),
    "lists and text": (lambda: with_column("mixed", [["a"], "a", *[None] * 58]), "column 'mixed'"),
    "missing labels": (lambda: of_pandas([pd.NA] * 60, "string"), "label"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_frame_is_refused_by_the_name_of_what_is_wrong(case: str) -> None:
    make, said = BAD[case]
    with opened(make()) as run, pytest.raises(DataError, match=said):
        run.scan()


def test_what_is_nearly_a_frame_says_what_to_pass() -> None:
    with pytest.raises(SetupError, match="DataFrame"):
        errata.open(of_pandas()["text"], name="x", text="text", label="label")
    with pytest.raises(SetupError, match="takes a path"):
        errata.open({"text": []}, text="text", label="label")
    with pytest.raises(SetupError, match="give it one"):
        errata.open(of_pandas(), text="text", label="label")
    with pytest.raises(SetupError, match="is for a frame"):
        errata.open("mail.csv", name="x", text="text", label="label")
    with pytest.raises(SetupError, match="is called NAME"):
        errata.open(of_pandas(), name="../x", text="text", label="label")


def test_a_file_has_no_frame_to_give_back() -> None:
    write_topics(Path("mail.csv"))
    with errata.open("mail.csv", text="message", label="topic", embedder="plain") as run:
        run.scan()
        with pytest.raises(SetupError, match=r"run\.apply\(\)\.output"):
            run.changed  # noqa: B018  asking is the test


def test_a_frame_that_was_changed_since_is_not_mixed_with_the_applied_labels() -> None:
    frame = of_pandas()
    with opened(frame) as run:
        run.scan()
        run.decide("m0", "label", RIGHT[0][2])
        applied = run.apply()
        frame.iloc[5, frame.columns.get_loc("label")] = "sport"
        with pytest.raises(DataError, match="changed since"):
            run.changed  # noqa: B018
        applied.output.unlink()
        with pytest.raises(DataError, match=r"run\.apply"):
            run.changed  # noqa: B018


def test_a_frame_is_never_changed_in_place() -> None:
    with opened(of_pandas()) as run:
        run.scan()
        run.decide("m0", "label", RIGHT[0][2])
        with pytest.raises(SetupError, match=r"run\.changed"):
            run.apply(in_place=True)


def test_a_notebook_shows_a_run_escaped_and_without_scripts() -> None:
    frame = of_pandas()
    frame["text"] = ["<script>alert(1)</script> " + text for text in frame["text"]]
    run = opened(frame)
    assert "run.scan()" in run._repr_html_() and not Path("mail.errata").exists()
    run.scan()
    shown, page = run._repr_html_(), run.page
    assert shown.startswith("<iframe sandbox ") and shown.count("<") == 2
    assert "<script" not in page and "&lt;script&gt;" in page
    assert 0 < page.count('<article class="card">') <= 6 and "<svg" in page and "suspects" in page
    assert 'id="asked"' not in page
    run.close()


def test_opening_a_file_imports_no_library_of_frames() -> None:
    code = "import errata, sys; errata.open('x.csv', text='a', label='b'); print({'pandas', 'polars'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
