"""Untrusted text in a prompt: inside quotes that it cannot end, without marks that a tokenizer treats as special.

The marks that chat templates use for turns, tools, and images are ordinary text until a tokenizer reads them as special
tokens. Their opening character is written as JSON escapes it (``\\u003c``): the JSON string is the same, but it is no
longer a special token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

UNSEEN = r"\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
"""Some tokenizers drop these before matching special tokens, and turn full-width characters into plain ones."""
OPEN, CLOSE, BAR = r"<\uff1c\ufe64", r">\uff1e\ufe65", r"|\uff5c\u00a6\u2502\u2223\u01c0"
HTML = r"(?:b|i|u|p|em|strong|br|hr|div|span|ul|ol|li|table|tr|td|th|h[1-6]|pre|html|body|head|font|center|sub|sup)"
"""Tags that people write and no template uses."""

SPECIAL = re.compile(
    # The leading character class lets text without any of these characters be skipped quickly.
    rf"[{OPEN}\[\uff3b>\]](?:"
    rf"(?<=[{OPEN}])(?=(?i:[{UNSEEN}]*(?:[{BAR}]|(?=[/{UNSEEN}]*[\w:.$\-{UNSEEN}]{{1,64}}[{CLOSE}])(?!/?{HTML}[{CLOSE}]))))"
    rf"|(?<=[\[\uff3b])(?=[/{UNSEEN}]*(?:[gs]?[A-Z][A-Z0-9_{UNSEEN}]{{2,64}}|unused\d+)[\]\uff3d])"
    r"|(?<=>)(?=>[A-Z]{2,32}<<)"
    r"|(?<=\])(?=~|<\]))"
)
"""The beginning of anything shaped like a special token: <|im_end|>, </s>, <row_1_col_1>, [/INST], >>QUESTION<<, ]~b].
Today's models have such tokens, and future ones most likely will. Honest text has such forms too: they are escaped, not
reported.
"""

MARK = re.compile(
    rf"[{OPEN}\[](?:(?<=[{OPEN}])(?i:[|\uff5c]|<?/?(?:s|bos|eos|pad|unk|mask|cls|sep|sop|eop|sys|img|image|video|audio"
    r"|think|tool_call|tool_response|global-img|row_\d+_col_\d+|\w+_of_\w+|\w+_token|\w+_token_\w+|img_\w+|im_\w+)"
    rf"[{CLOSE}])|(?<=\[)(?:/?[A-Z_]{{3,}}|[gs]MASK)\])"
)
"""A special token of a known model, which honest text almost never contains."""


def escaped(text: str) -> str:
    """The text without anything that a tokenizer could take for a special token; escaping it again changes nothing."""
    return SPECIAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Quoted(str):
    """Text that was escaped already: doing it again would only cost time."""

    __slots__ = ()


def quoted(text: str | Mapping[str, str]) -> Quoted:
    """Text as a JSON string, or texts by name as a JSON object, on one line and escaped: whatever it says, it stays
    inside its slot."""
    return Quoted(escaped(_as_json(text)))


_as_json = json.JSONEncoder(ensure_ascii=False).encode
