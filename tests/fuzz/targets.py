"""What is fuzzed: small valid inputs of every kind that errata reads, and what is done with a damaged one."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from tests.command import errata
from tests.fuzz.mutate import Files
from tests.inputs import (
    files_of,
    jsonl_bytes,
    mail_rows,
    parquet_bytes,
    picture,
    shape_files,
    table_bytes,
    workbooks,
    write_files,
)

if TYPE_CHECKING:
    from errata.tools.data import Dataset

KEYS = (b"text", b"label", b"id", b"sport", b"kitchen", b"space")
Check = Callable[[Path], None]
WORKBOOKS = workbooks(mail_rows(6))


@dataclass(frozen=True)
class Inputs:
    """``seeds`` are damaged, with ``words`` of their format; ``base`` is placed unchanged next to them."""

    seeds: Sequence[Files]
    base: Files = field(default_factory=dict)
    words: Sequence[bytes] = ()


@dataclass(frozen=True)
class Target:
    """``check`` gets the folder of an input and does with it what a user would. It may raise only ErrataError, or an
    OSError of the operating system. ``inputs`` gets the folder in which they will be placed: a run may remember the
    path of its data."""

    check: Check
    inputs: Callable[[Path], Inputs]


def opened(path: Path, **columns: object) -> Dataset:
    """A dataset, with the content of all its items read once."""
    from errata.agent.run.workspace import open_data
    from errata.settings import load_settings

    dataset = open_data(path, load_settings(**columns))
    dataset.items(range(len(dataset)))
    return dataset


def commands(data: Path, *lines: str) -> None:
    """Run ``errata LINE`` for each, with DATA for the data's path. An undocumented exit code is a failure."""
    for line in lines:
        said = errata(*(data if word == "DATA" else word for word in line.split()))
        assert said.code in (0, 2, 3), said


SCAN = "scan DATA --text text --label label --embedder plain"


def texts(name: str) -> Check:
    def check(folder: Path) -> None:
        opened(folder / name, text="text", label="label")

    return check


def csv(_: Path) -> Inputs:
    rows = mail_rows(12)
    windows = b"\xef\xbb\xbf" + table_bytes(rows, ";").replace(b"\n", b"\r\n")
    quoted = table_bytes([(key, f'"{text},\n""yes"""', label) for key, text, label in rows], quote=False)
    western = quoted.replace(b"yes", b"M\xfcll \x93ja\x94")
    wide = table_bytes(rows, "\t").decode().encode("utf-16")
    return Inputs([{"x.csv": data} for data in (table_bytes(rows), windows, quoted, western, wide)], words=KEYS)


def tsv(_: Path) -> Inputs:
    return Inputs([{"x.tsv": table_bytes(mail_rows(12), "\t")}], words=KEYS)


def jsonl(_: Path) -> Inputs:
    odd = b'{"text": "a", "label": "x", "n": [1, {"b": null}]}\n{"text": "b\\u00e9", "label": "y", "label": "x"}\n\n'
    return Inputs([{"x.jsonl": jsonl_bytes(mail_rows(12))}, {"x.jsonl": odd}], words=KEYS)


def workbook(_: Path) -> Inputs:
    return Inputs([{"x.xlsx": data} for data in WORKBOOKS])


def workbook_parts(_: Path) -> Inputs:
    """Damaged before they are zipped: a damaged zip is refused before its parts are read."""
    seeds = []
    for data in WORKBOOKS:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            seeds.append({f"book/{name}": archive.read(name) for name in archive.namelist()})
    words = (
        b'<c r="B3"',
        b' t="s"',
        b' t="e"',
        b"<v>",
        b"</row>",
        b"<f>",
        b'ref="A1:XFD9"',
        b"<mergeCell ",
        b"<is><t>",
    )
    return Inputs(seeds, words=(*KEYS, *words, b"&#0;", b"&lt;", b"<!DOCTYPE a>", b"_x0000_", b"xmlns:x=", b"<x:c>"))


def check_parts(folder: Path) -> None:
    """What can be read is written with one label changed, and nothing else reads otherwise."""
    from errata.tools.data import Edit, write_labels
    from errata.tools.data.excel_file import read_excel

    with zipfile.ZipFile(folder / "x.xlsx", "w") as archive:
        for file in sorted((folder / "book").rglob("*")):
            if file.is_file():
                archive.writestr(zipfile.ZipInfo(file.relative_to(folder / "book").as_posix()), file.read_bytes())
    dataset = opened(folder / "x.xlsx", text="text", label="label")
    if len(dataset) < 2:
        return
    write_labels(dataset, {1: Edit(dataset.cells[1], dataset.label_space.names[0])}, folder / "out.xlsx")
    before, after = read_excel(folder / "x.xlsx"), read_excel(folder / "out.xlsx")
    assert before.names == after.names and len(before) == len(after)
    for name, old, new in zip(before.names, before.table.values, after.table.values, strict=True):
        differ = [row for row, pair in enumerate(zip(map(repr, old), map(repr, new), strict=True)) if len({*pair}) > 1]
        assert differ in ([], [1]) if name == "label" else differ == [], (name, differ)


def parquet(_: Path) -> Inputs:
    kinds = ("plain", "dictionary", "classes", "images")
    return Inputs([{"x.parquet": parquet_bytes(mail_rows(12), kind)} for kind in kinds], words=KEYS)


def check_parquet(folder: Path) -> None:
    from errata.errors import ErrataError

    with contextlib.suppress(ErrataError):
        opened(folder / "x.parquet", image="image", label="label")
    opened(folder / "x.parquet", text="text", label="label")


def hf(_: Path) -> Inputs:
    import datasets

    datasets.disable_progress_bars()
    seeds = []
    with tempfile.TemporaryDirectory() as place:
        for number in (1, 2):
            keys, words, labels = zip(*mail_rows(12), strict=True)
            made = datasets.Dataset.from_dict({"id": keys, "text": words, "label": labels})
            made = made.class_encode_column("label") if number == 2 else made
            made.save_to_disk(Path(place) / "set", num_shards=number)
            seeds.append(files_of(Path(place)))
    return Inputs(seeds, words=(*KEYS, b"_data_files", b"filename", b"features", b"ClassLabel", b"../x"))


def shapes(_: Path) -> Inputs:
    return Inputs([{f"shapes/{name}": data for name, data in shape_files(4, wrong=1).items()}])


def check_shapes(folder: Path) -> None:
    from errata.tools.data.images import load_image

    dataset = opened(folder / "shapes")
    for item in dataset.items(range(len(dataset))):
        if item.image is not None:
            load_image(item.image, 64)


def images(_: Path) -> Inputs:
    from PIL import Image, features

    formats = ["PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "PPM", "ICO", "TGA", "MPO"]
    formats += [name for name, has in (("AVIF", "avif"), ("JPEG2000", "jpg_2000")) if features.check(has)]
    seeds = []
    for name in formats:
        out = io.BytesIO()
        Image.open(io.BytesIO(picture("ring", 0))).save(out, name)
        seeds.append({"x": out.getvalue()})
    return Inputs(seeds)


def check_image(folder: Path) -> None:
    from errata.tools.data.images import image_problem, load_image

    data = (folder / "x").read_bytes()
    image_problem(data)
    load_image(data, 64)


def labels_toml(_: Path) -> Inputs:
    text = b'[labels.sport]\ndefinition = "games"\n\n[labels.kitchen]\nparent = "sport"\n[labels.space]\n'
    words = (*KEYS, b"[labels.", b"]", b"definition = ", b"parent", b'"""', b"1979-05-27", b"0x", b"inf")
    return Inputs([{"labels.toml": text}], {"x.csv": table_bytes(mail_rows(12))}, words)


def check_labels(folder: Path) -> None:
    opened(folder / "x.csv", text="text", label="label", labels=folder / "labels.toml")


def errata_toml(_: Path) -> Inputs:
    text = b'text = "text"\nlabel = "label"\nembedder = "plain"\npermutations = 4\n[costs]\nbreak_right = 1.0\n'
    words = (b"label", b"detectors", b"costs", b"look", b"= [", b"= true", b"= 1.0", b"[costs]", b"1979-05-27")
    return Inputs([{"errata.toml": text}], words=words)


def check_errata_toml(folder: Path) -> None:
    from errata.settings import load_settings

    with contextlib.chdir(folder):
        load_settings(id="id")


def own_arrays(_: Path) -> Inputs:
    import numpy as np

    probs, seeds = np.full((12, 3), 1 / 3), []
    for array in (probs, probs.astype(np.float16), np.asfortranarray(probs)):
        out = io.BytesIO()
        np.save(out, array)
        seeds.append({"own.npy": out.getvalue()})
    words = (b"'descr': ", b"'<f8'", b"'|O'", b"'|S0'", b"'<U9'", b"'shape': ", b"(12, 3)", b"(-1, 3)", b"'<M8[s]'")
    return Inputs(seeds, {"x.csv": table_bytes(mail_rows(12))}, (*words, b"(2**40,)", b"True", b"\x93NUMPY"))


def check_own_arrays(folder: Path) -> None:
    from errata.errors import ErrataError
    from errata.tools.features.own import load_embeddings, load_probs

    dataset = opened(folder / "x.csv", text="text", label="label")
    with contextlib.suppress(ErrataError):
        load_probs(str(folder / "own.npy"), dataset)
    load_embeddings(str(folder / "own.npy"), dataset)


def of_a_run(pattern: str, *words: bytes, apply: bool = True) -> Callable[[Path], Inputs]:
    """A run with decisions, and an applied patch; the files that match the pattern are damaged."""

    def inputs(folder: Path) -> Inputs:
        shutil.rmtree(folder, ignore_errors=True)
        data = write_files(folder, {"x.csv": table_bytes(mail_rows(15))}) / "x.csv"
        commands(data, SCAN, "decide DATA --accept --where quality<=1", *(["apply DATA"] if apply else []))
        files = files_of(folder)
        shutil.rmtree(folder)
        broken = {name: data for name, data in files.items() if fnmatch(name, pattern)}
        assert broken, (pattern, sorted(files))
        return Inputs([broken], {name: data for name, data in files.items() if name not in broken}, words)

    return inputs


def check_run_toml(folder: Path) -> None:
    from errata.agent.run.begin import begin, settings_for

    begin(folder / "x.csv", settings_for(folder / "x.csv", None, {})).close()
    commands(folder / "x.csv", "status DATA", "diff DATA")


def after(*lines: str) -> Check:
    return lambda folder: commands(folder / "x.csv", *lines)


def conditions(folder: Path) -> Inputs:
    texts = (
        b"confidence >= 0.9 and outcome == 'relabel'",
        b"not (given_label in ['sport', 'space'] or quality < -0.5)",
        b"0.1 < confidence <= 1 and status != 'decided'",
        b"data.text == 'x' and data.id in ('m0', 'm1')",
    )
    words = (b"and", b"or", b"not", b"in", b"is", b"lambda:", b"**", b"__import__('os')", b"data.", b"f'{x}'", b":=")
    whole = of_a_run("x.csv", apply=False)(folder)
    run = {**whole.base, **whole.seeds[0]}
    return Inputs([{"where": text} for text in texts], run, words)


def check_condition(folder: Path) -> None:
    text = (folder / "where").read_bytes().decode("utf-8", "surrogateescape").replace("\0", "")[:130_000]
    said = errata("decide", folder / "x.csv", "--accept", "--where", text)
    assert said.code in (0, 2), said


def life(_: Path) -> Inputs:
    rows = mail_rows(15)
    made = {"x.csv": table_bytes(rows), "x.jsonl": jsonl_bytes(rows), "x.parquet": parquet_bytes(rows)}
    return Inputs([{name: data} for name, data in made.items()], words=KEYS)


def check_life(folder: Path) -> None:
    """The whole loop over damaged data: the source keeps its bytes, and what was applied can be taken back."""
    (data,) = (path for path in folder.iterdir() if path.is_file())
    before = data.read_bytes()
    if errata(*(data if word == "DATA" else word for word in SCAN.split())).code == 0:
        looks = ("diff DATA", "status DATA", "results DATA", "report DATA")
        commands(data, "decide DATA --accept --where quality<=1", "apply DATA", *looks, "revert DATA")
    assert data.read_bytes() == before, "the source was changed"


LOOKS = ("status DATA", "log DATA", "diff DATA", "results DATA", "show m0 DATA", "blame m0 DATA")
TARGETS = {
    "csv": Target(texts("x.csv"), csv),
    "tsv": Target(texts("x.tsv"), tsv),
    "jsonl": Target(texts("x.jsonl"), jsonl),
    "xlsx": Target(texts("x.xlsx"), workbook),
    "xlsx_parts": Target(check_parts, workbook_parts),
    "parquet": Target(check_parquet, parquet),
    "datasets": Target(texts("set"), hf),
    "image_folder": Target(check_shapes, shapes),
    "image": Target(check_image, images),
    "labels_toml": Target(check_labels, labels_toml),
    "run_toml": Target(
        check_run_toml, of_a_run("*/run.toml", b"label", b"image", b"id", b"[costs]", b"= [", b"= true")
    ),
    "errata_toml": Target(check_errata_toml, errata_toml),
    "own_arrays": Target(check_own_arrays, own_arrays),
    "arrays": Target(
        after("status DATA", "results DATA", "show 0 DATA", "report DATA", SCAN),
        of_a_run("*.npy", b"'<f8'", b"'<f4'", b"'|O'", b"'|b1'", b"(12, 3)", b"(0,)", b"()", b"(10000000000, 3)"),
    ),
    "store": Target(
        after(*LOOKS, "revert DATA", "apply DATA", SCAN),
        of_a_run("*/store.sqlite", b"decision", b"applied", b"CREATE TABLE", b"../../x", b"run_id", b"null"),
    ),
    "checkpoints": Target(after("status DATA", SCAN), of_a_run("*/checkpoints.sqlite", b"run-1", b"CREATE TABLE")),
    "patches": Target(
        after("log DATA", "status DATA", "revert DATA", "apply DATA"),
        of_a_run("*/patches/*.jsonl", b'"row":', b'"new":', b'"raw":', b'"lines":', b"null", b"-1", b"1e3", b"../x"),
    ),
    "where": Target(check_condition, conditions),
    "life": Target(check_life, life),
}
