"""Workbooks for the tests, made by openpyxl, or part by part for what it does not write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
ROWS: list[list[object]] = [["text", "label", "n"], ["one", "cat", 1], ["two", "dog", 2.5], ["three", "cat", None]]


def save(path: Path, rows: Sequence[Sequence[object]] = ROWS, title: str = "data") -> Any:
    """A workbook of one sheet, saved; returns it, to be changed and saved again."""
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return book


def parts(sheet: str, texts: str = "", styles: str = "") -> dict[str, str]:
    """The parts of a workbook with this XML as its sheet; ``texts`` are the shared ones."""
    relation = f'<Relationship Id="r%d" Type="{RELS}/%s" Target="%s"/>'
    ours = [(1, "worksheet", "/xl/worksheets/sheet1.xml"), (2, "sharedStrings", "sharedStrings.xml")]
    ours.append((3, "styles", "styles.xml"))
    kind = f'<Override PartName="/xl/%s.xml" ContentType="{KIND}.%s+xml"/>'
    kinds = [("workbook", "sheet.main"), ("sharedStrings", "sharedStrings"), ("styles", "styles")]
    package = "http://schemas.openxmlformats.org/package/2006"
    return {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{"".join(kind % one for one in kinds)}</Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{package}/relationships">'
        f"{relation % (1, 'officeDocument', 'xl/workbook.xml')}</Relationships>",
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{package}/relationships">'
        f"{''.join(relation % one for one in ours)}</Relationships>",
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELS}">'
        '<sheets><sheet name="data" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{MAIN}">{texts}</sst>',
        "xl/styles.xml": f'{HEAD}<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
        "xl/worksheets/sheet1.xml": sheet if sheet.startswith("<?xml") else f"{HEAD}{sheet}",
    }


def worksheet(rows: str, after: str = "", before: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 6)), content)
    return out.getvalue()


def contents(path: Path) -> dict[str, bytes]:
    """Every part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
