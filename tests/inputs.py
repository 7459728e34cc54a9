"""Small made-up inputs for tests: mails of three topics, drawn shapes, and the files that hold them."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

WORDS = {
    "sport": "goal match team coach league stadium score referee penalty striker season keeper final cup",
    "kitchen": "oven flour butter recipe pan simmer garlic onion dough salt whisk bake soup spoon",
    "space": "orbit rocket planet telescope lunar crater launch probe satellite comet gravity capsule mars",
}
TOPICS = tuple(WORDS)
SHAPES = ("bar", "beam", "ring")
Row = tuple[str, str, str]
"""Id, text, given label."""


def sentence(topic: str, rng: random.Random) -> str:
    return "the " + " ".join(rng.choice(WORDS[topic].split()) for _ in range(9))


def mail_rows(count: int, wrong: int = 3, seed: int = 0, names: Mapping[str, str] | None = None) -> list[Row]:
    """m0, m1, ...: the topics in turn; the first ``wrong`` have the next topic's label. ``names``: other labels."""
    rng = random.Random(seed)
    given = [TOPICS[(i + (i < wrong)) % 3] for i in range(count)]
    return [(f"m{i}", sentence(TOPICS[i % 3], rng), (names or {}).get(g, g)) for i, g in enumerate(given)]


def truth(item_id: str) -> str:
    """The right topic of an item of ``mail_rows``."""
    return TOPICS[int(item_id.removeprefix("m")) % 3]


def table_bytes(
    rows: Sequence[Sequence[object]],
    delimiter: str = ",",
    *,
    header: Sequence[str] = ("id", "text", "label"),
    quote: bool = True,
) -> bytes:
    """A CSV file. ``quote`` False: the cells are already quoted."""
    lines = [header, *rows]
    if not quote:
        return "".join(delimiter.join(map(str, line)) + "\n" for line in lines).encode()
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(lines)
    return out.getvalue().encode()


def jsonl_bytes(rows: Sequence[Row]) -> bytes:
    return b"".join(json.dumps(dict(zip(("id", "text", "label"), row, strict=True))).encode() + b"\n" for row in rows)


def workbooks(rows: Sequence[Row]) -> list[bytes]:
    """Two workbooks of the rows: as openpyxl writes them, and with prefixes, shared texts, a date, and a formula."""
    import openpyxl

    from tests.tools.data import books

    book, out = openpyxl.Workbook(), io.BytesIO()
    for line in (("id", "text", "label"), *rows):
        book.active.append(line)
    book.save(out)
    words = list(dict.fromkeys(word for line in (("id", "text", "label"), *rows) for word in line))
    cells = [
        "".join(f'<x:c t="s"><x:v>{words.index(word)}</x:v></x:c>' for word in line)
        for line in (("id", "text", "label"), *rows)
    ]
    cells[2] += '<x:c r="E3" s="1"><x:f>NOW()</x:f><x:v>46053.5</x:v></x:c>'
    sheet = f'<x:worksheet xmlns:x="{books.MAIN}"><x:sheetData>{"".join(f"<x:row>{c}</x:row>" for c in cells)}'
    texts = "".join(f'<si><t xml:space="preserve">{escape(word)}</t></si>' for word in words)
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    return [out.getvalue(), books.zipped(books.parts(f"{sheet}</x:sheetData></x:worksheet>", texts, styles))]


def parquet_bytes(rows: Sequence[Row], kind: str = "plain") -> bytes:
    """A Parquet file: plain text, a ``dictionary``, ``classes`` by number as on the Hub, or ``images``."""
    ids, texts, labels = (list(column) for column in zip(*rows, strict=True))
    columns: dict[str, pa.Array] = {"id": pa.array(ids), "text": pa.array(texts), "label": pa.array(labels)}
    names, features = sorted(set(labels)), {}
    if kind == "dictionary":
        columns["label"] = pa.array(labels, pa.large_string()).dictionary_encode()
    if kind == "classes":
        columns["label"] = pa.array([names.index(label) for label in labels], pa.int64())
        features = {"label": {"_type": "ClassLabel", "names": names}}
    if kind == "images":
        images = [{"bytes": picture(SHAPES[i % 3], i), "path": f"{i}.png"} for i in range(len(rows))]
        columns["image"] = pa.array(images, pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    table = pa.table(columns)
    if features:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=10)
    return out.getvalue()


@cache
def picture(shape: str, seed: int, side: int = 24) -> bytes:
    """A PNG: a vertical bar, a horizontal beam or a ring on white, a little noisy."""
    rng = np.random.default_rng(seed)
    pixels, at = np.full((24, 24, 3), 255, np.uint8), int(rng.integers(6, 16))
    if shape == "bar":
        pixels[3:21, at : at + 3] = (200, 30, 30)
    elif shape == "beam":
        pixels[at : at + 3, 3:21] = (30, 30, 200)
    else:
        y, x = np.mgrid[:24, :24]
        radius = np.hypot(y - 12, x - 12)
        pixels[(radius > 6) & (radius < 9)] = (30, 160, 30)
    noisy = (pixels - rng.integers(0, 12, pixels.shape).clip(0, pixels)).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(noisy).resize((side, side)).save(out, "PNG")
    return out.getvalue()


def shape_files(per_class: int, wrong: int, *, numbered: bool = False) -> dict[str, bytes]:
    """``CLASS/NNNN.png``; ``wrong`` pictures of each class are in the next class's folder. ``numbered``: every folder
    counts from 0000."""
    files: dict[str, bytes] = {}
    counts, n = dict.fromkeys(SHAPES, 0), 0
    for c, shape in enumerate(SHAPES):
        for i in range(per_class):
            home = SHAPES[(c + (i < wrong)) % 3]
            files[f"{home}/{counts[home] if numbered else n:04}.png"] = picture(shape, 1000 * c + i)
            counts[home], n = counts[home] + 1, n + 1
    return files


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by relative name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
