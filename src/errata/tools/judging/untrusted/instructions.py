"""Text in an item that reads like an instruction to a judge. A flag sends the item to a person; it proves nothing.

Patterns catch known attacks. Unknown ones are held back by other checks: see
docs/decisions/0003-what-an-item-may-not-do.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from errata.prompts.quoting import MARK
from errata.tools.judging.untrusted.disguises import hidden, plain, plain_forms, seen
from errata.tools.judging.untrusted.instructions_in_other_languages import IN_OTHER_LANGUAGES

READ_CHARS = 10_000
"""How many characters of an item's beginning and end are searched, so that searching does not take longer than a
call."""

LABEL = r"(?:label|class|categor(?:y|ies)|annotation|ground truth|tag)s?"
ANSWER = r"(?:answer|option|choice|reply|response|output|letter|alternative)s?"
ORDERS = r"(?:instruction|prompt|rule|guideline|direction|command|order|question|option|request|task|context)s?"
THING = r"(?:item|text|image|picture|article|document|sample|example|entry|record|passage|content|row|input|snippet)"
ITEM = rf"(?:this|it|(?:this|the|above|following) {THING})"
PLACE = r"(?:first|second|third|fourth|fifth|sixth|last|next|final|middle|top|bottom|[1-9](?:st|nd|rd|th))"
ROLE = r"(?:ai|assistant|judge|language model|classifier|annotator|label(?:l)?er|grader|evaluator|llm|chatbot|model)s?"
SAY = r"(?:answer|reply|respond|output|print|return|say|choose|select|pick|emit|predict|state|vote|go with|write)"
JUST = r"(?:\s*(?:with|only|just|simply|always|exactly|the|words?|is|as|[:,\-\"'`*])){0,5}\s*"
LABELED = r"(?:label(?:l)?ed|classified|categori[sz]ed|tagged|annotated)"
OTHERS = r"(?:cannot tell|none of these|several of these|both hold|neither holds|yes|no)"
ENDED = r"(?:$|[.!\n,;])"

PATTERNS = {
    "asks to ignore instructions": (
        r"\b(?:ignore|disregard|forget|override|overrule|bypass|skip|neglect|discard)\b[^.!?\n]{0,40}"
        rf"\b(?:{ORDERS}|all of the above|(?:everything|anything) (?:above|before|prior)|what (?:you|was|came))\b",
        r"\b(?:new|updated?|real|actual|hidden|secret|special|additional|important) (?:system )?"
        r"(?:instruction|directive|system prompt|guideline)s? ?(?::|for|to)\b",
        r"\b(?:instruction|directive|note|message|attention|hint|memo)s? ?(?:to|for) (?:the |any |all |an? )?"
        rf"{ROLE}\b",
        r"\b(?:do not|don't|never|must not) (?:answer|choose|pick|select|label|classify|say it is)\b.{0,30}"
        rf"\b(?:{ANSWER}|{LABEL})\b",
    ),
    "says what to answer": (
        rf"\b{SAY}{JUST}{ANSWER}\s*(?:[a-j]\b|number|no\b|{PLACE}|[1-9]\b)",
        rf"\b{SAY}{JUST}{PLACE} (?:{ANSWER}|{LABEL}|one listed)",
        r"\b(?:answer|reply|respond|output) (?:only |exactly |just |always )?(?:with|by|using) "
        r"(?:only|just|exactly|the|a|an|one|[\"']|letter|option|[a-j]\b)",
        r"(?:^|[.!?:;\n\"(\[>])\s*(?:please |now |just |only |simply |so |then |always |you must |you should )*"
        rf"(?:answer|reply|respond|output|choose|select)\s*[:=]?\s*[\"'(]?[a-j][\"').]?\s*(?:{ENDED}|\))",
        rf"\b(?:final|correct|right|expected|true|proper|desired) (?:{ANSWER}|{LABEL}) ?(?:here |for {ITEM} )?"
        r"(?:is|=|:|-|(?:must|should|would) be)",
        rf"\bthe {ANSWER} (?:must|should|has to|needs to) be\b",
        r"\b(?:must|should|have to|need to|shall) (?:be )?(?:answer(?:ed)?|chosen?|choose|select(?:ed)?) "
        r"(?:with|as|option|the option|only)\b",
        r"\b(?:if|when|whenever|in case) (?:you are |you're |anyone |someone |ever )?"
        r"(?:asked|asks?|prompted|questioned)\b[^.!?\n]{0,60}"
        rf"\b(?:{ANSWER}|{LABEL}|describes|say|choose|pick|fits?)\b",
        rf"\b(?:answer|reply|respond) (?:with |only |just |always )?[\"']?{OTHERS}\b[\"']?\s*"
        rf"(?:{ENDED}|to (?:every|all|any|each)|always)",
        r"\b(?:keep|confirm|accept|retain|leave|change|switch|correct|flip) (?:the|this|its|that) "
        rf"(?:given |current |existing |old |original )?{LABEL}\b",
    ),
    "names its own label": (
        rf"\b(?:label|classify|categori[sz]e|tag|annotate|mark|file|treat) {ITEM} (?:as|to be|under|:)",
        rf"\b{ITEM} (?:\w+ ){{0,2}}(?:is|was|(?:should|must|ought to|to) be|has been|gets?) (?:\w+ ){{0,2}}{LABELED}\b",
        rf"\b(?:this|the|above|following) {THING} (?:\w+ ){{0,2}}"
        rf"(?:belongs? (?:to|in|under)|falls? (?:into|under)|fits|has) (?:the |an? )?(?:\w+ ){{0,2}}{LABEL}\b",
        rf"\b(?:correct|true|right|gold|given|actual|verified|assigned|proper|confirmed) {LABEL}\b",
        rf"(?:^|[\n.;|\[(<{{#])\s*\W{{0,3}}(?:{LABEL}|answer|prediction|target|y_true)\s*[\"'`*]*\s*(?::|[-=]?>|=)\s*\S",
        rf"\bthis is\b[^.!?\n]{{0,40}}\b{LABELED}\b",
        r"\b(?:experts?|annotators?|reviewers?|label(?:l)?ers?|humans?|everyone|everybody|judges?) (?:\w+ ){0,3}"
        rf"(?:agreed?|confirm(?:ed|s)?|verified|chose|voted|{LABELED}) (?:\w+ ){{0,4}}(?:{LABEL}|as)\b",
    ),
    "speaks in a chat's role": (
        r"(?:^|[\n.!?])\W{0,4}(?:system|assistant|user|developer|ai|human)(?:\W{0,3}(?:prompt|message|note|role))?\W{0,2}:",
        r"\"role\"\s*:\s*\"(?:system|assistant|user|tool)",
        r"\byou(?:'re| are| will be| must act as| act as) (?:now |really |just )?(?:an? |the )?(?:\w+ ){0,2}"
        rf"{ROLE}\b",
        rf"\b(?:dear|hey|hi|hello|attention|note to|message to)\W{{1,3}}(?:the )?{ROLE}\b",
        r"\bas an? (?:ai|language model|llm)\b",
        r"(?:^|\n)\s*#{2,}\s*(?:instruction|system|response|input|answer|question|label)s?\b",
        r"</?(?:item|system|instructions?|prompt|user|assistant|question|answer|label|options?)>",
    ),
    "holds an answer in JSON": (
        r"[{,]\s*[\"']?(?:label|answer|class|category|choice|verdict|option|result|prediction|output)[\"']?\s*:\s*[\"']",
    ),
    "asks in another language": IN_OTHER_LANGUAGES,
}
COMPILED = {
    reason: re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) for reason, patterns in PATTERNS.items()
}


def flags(text: str, labels: Collection[str] = ()) -> tuple[str, ...]:
    """Why ``text`` reads like an instruction to the labeler, in words for a person; empty if it does not.

    ``labels`` are the dataset's: a text that asks for one of them ("answer sport") is flagged. How often honest text is
    flagged: ``python -m evals honest_text``.
    """
    read = text if len(text) <= 2 * READ_CHARS else f"{text[:READ_CHARS]}\n{text[-READ_CHARS:]}"
    found = dict.fromkeys(hidden(read))
    if MARK.search(read) or MARK.search(seen(read)):
        found["holds marks of a chat template"] = None
    to_say = _asks_for_label(tuple(sorted(labels)))
    for number, reading in enumerate(plain_forms(read)):
        said = [reason for reason, pattern in COMPILED.items() if pattern.search(reading)]
        if to_say is not None and to_say.search(reading):
            said.append("says what to answer")
        for reason in said:
            if reason not in found:
                found[f"{reason} in disguise" if number else reason] = None
    return tuple(found)


@lru_cache(maxsize=64)
def _asks_for_label(labels: tuple[str, ...]) -> re.Pattern[str] | None:
    names = "|".join(re.escape(name) for name in map(plain, labels) if name.strip())
    return re.compile(rf"\b{SAY}{JUST}(?:{ANSWER}{JUST}|{LABEL}{JUST})?(?:{names})\b") if names else None
