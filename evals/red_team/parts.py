"""What a judge thinks of a part of a text: of one half, or of the text with a label's name blanked out.

How often a real honest judge would change its mind on a part is unknown. Here it does if a linear classifier does,
trained on the true labels of other news and of their halves, which is right on 87 of 100 whole texts and 81 to 83 of
100 halves.
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
from evals.red_team.news import Story
from evals.red_team.obedient import News


class Part(NamedTuple):
    """A part of a text, the ``honest`` part of the whole text, and the judge's favorite label for the whole."""

    text: str
    honest: str
    favorite: str


def halves_of(text: str) -> tuple[str, str]:
    words = text.split(" ")
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


def blanked(text: str, labels: Sequence[str]) -> list[str]:
    """For each label that the text names, a copy of the text with that name blanked out."""
    found = (without_name(text, label) for label in labels)
    return [one for one in found if one != text]


def without_names(stories: Sequence[Story], news: Mapping[str, News]) -> list[Part]:
    """The texts of the stories, attacked and honest, with each label's name blanked out that they contain."""
    labels = sorted({story.given for story in stories})
    return [
        Part(part, story.honest, news[story.text].favorite)
        for story in stories
        for text in dict.fromkeys((story.text, story.honest))
        for part in blanked(text, labels)
    ]


@dataclass(frozen=True)
class LinearReader:
    """A linear classifier of texts, from words and letters."""

    model: Pipeline
    labels: tuple[str, ...]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> LinearReader:
        """Train it on rows with ``text`` and ``true_label``."""
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
        """What the judge thinks of each part: the classifier's probabilities, with those of two labels swapped: the
        judge's favorite for the whole text and the classifier's. So the judge errs on a part as it does on the
        whole."""
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
