"""Images stored in a cell as ``data:image/png;base64,...``."""

from __future__ import annotations

import binascii
import re

from errata.errors import DataError
from errata.tools.data.regular_file import MAX_BYTES

HEAD = re.compile(r"data:(?P<kind>[^,;]{0,100})(?P<parameters>(?:;[^,;]{0,100}){0,9}),", re.IGNORECASE)


def is_data_uri(cell: str) -> bool:
    return cell[:5].casefold() == "data:"


def read_data_uri(cell: str) -> bytes:
    """The bytes. Raises DataError if the address is truncated, is not an image, or is not complete base64."""
    head = HEAD.match(cell[:2000])
    if head is None:
        raise DataError("the image is a data: address without a comma after its head")
    kind = head["kind"].strip().casefold()
    if kind and not kind.startswith("image/"):
        raise DataError(f"the image is a data: address of {kind!r}, which is no image")
    if not head["parameters"].casefold().endswith(";base64"):
        raise DataError("the image is a data: address that is not in base64: write data:image/png;base64,...")
    if len(cell) - head.end() > MAX_BYTES * 4 // 3 + 4:
        raise DataError(f"the image is a data: address of more than {MAX_BYTES / 1e6:,.0f} MB: shrink it")
    try:
        data = binascii.a2b_base64(cell[head.end() :], strict_mode=True)
    except ValueError as error:
        raise DataError(f"the image is a data: address whose base64 is damaged ({error})") from error
    if not data:
        raise DataError("the image is a data: address that holds nothing")
    return data
