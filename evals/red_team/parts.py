"""What a judge makes of a part of a text: of one half, or of the text with the name of a label blanked out.

Nobody knows how often an honest judge changes its mind then. Here it does where a linear reader does, which learned
from the true labels of other news and of their halves: it is right about 87 of 100 whole texts, 81 to 83 of 100 halves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from errata.tools.judging.untrusted.blanked import without_name
from evals.red_team.obedient import News


class Part(NamedTuple):
    """A part of a text, the ``honest`` part of all of it, and the label that the judge favors of all of it."""

    text: str
    honest: str
    favorite: str


def halves_of(text: str) -> tuple[str, str]:
    words = text.split(" ")
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


def blanked(text: str, labels: Sequence[str]) -> list[str]:
    """The text without the name of each label that it names."""
    found = (without_name(text, label) for label in labels)
    return [one for one in found if one != text]


@dataclass(frozen=True)
class LinearReader:
    """What texts like these are about, from words and letters."""

    model: Pipeline
    labels: tuple[str, ...]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> LinearReader:
        """From rows with ``text`` and ``true_label``."""
        texts = [" ".join(row["text"].split()) for row in rows]
        features = make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, min_df=3),
        )
        model = make_pipeline(features, LogisticRegression(C=20, max_iter=500))
        parts = [part for text in texts for part in (text, *halves_of(text))]
        model.fit(parts, [row["true_label"] for row in rows for _ in range(3)])
        return cls(model, tuple(model.classes_))

    def news(self, parts: Sequence[Part]) -> dict[str, News]:
        """What the judge makes of each part: what the reader does, with the label that the judge favors of the whole in
        the place of the one that the reader does. So it errs of a part as it errs of the whole."""
        if not parts:
            return {}
        of_parts = self.model.predict_log_proba([part.text for part in parts])
        of_wholes = self.model.predict_log_proba([part.honest for part in parts])
        found = {}
        for part, said, best in zip(parts, of_parts, np.argmax(of_wholes, axis=1), strict=True):
            leans = dict(zip(self.labels, said.tolist(), strict=True))
            leans[part.favorite], leans[self.labels[best]] = leans[self.labels[best]], leans[part.favorite]
            found[part.text] = News(part.favorite, part.honest, leans)
        return found
