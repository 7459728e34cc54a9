"""Turn how surely each label applies, taken one by one, into a verdict's log-probabilities over all answers."""

from __future__ import annotations

import math
from collections.abc import Mapping

from errata.tools.judging.reading.reading import SURE, normalized
from errata.tools.odds import log_sigmoid
from errata.types import CANNOT_TELL, NONE_OF_THESE, SEVERAL

FLOOR = math.exp(-SURE)


def from_log_odds(holds: Mapping[str, float], cannot_tell: float) -> dict[str, float]:
    """Log-probabilities over the labels, each alone, and over OTHER_ANSWERS; exps sum to 1.

    ``holds`` maps a label to the log-odds that it applies, alone or with others, treated as independent of the other
    labels given the item. ``cannot_tell`` in [0, 1] is the share of answers that said so.
    """
    log_yes = {label: log_sigmoid(odds) for label, odds in holds.items()}
    log_no = {label: log_sigmoid(-odds) for label, odds in holds.items()}
    none = sum(log_no.values())
    alone = {label: none - log_no[label] + log_yes[label] for label in holds}
    one_or_none = math.exp(none) + sum(map(math.exp, alone.values()))
    probs = {label: math.exp(value) for label, value in alone.items()}
    probs |= {SEVERAL: max(0.0, 1 - one_or_none), NONE_OF_THESE: math.exp(none), CANNOT_TELL: 0.0}
    answered = 1 - cannot_tell
    mixed = {key: answered * p + (cannot_tell if key == CANNOT_TELL else 0.0) for key, p in probs.items()}
    return normalized({key: math.log(max(p, FLOOR)) for key, p in mixed.items()})
