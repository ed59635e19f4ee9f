"""TF-IDF with a linear support vector machine: the cheap model of word counts that the costly ones must beat.

Word 1-2 grams and character 3-5 grams, sublinear counts, one linear SVM against the rest: the baseline that Wang and
Manning, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification" (ACL 2012), recommend, without its
naive Bayes ratios. Nothing is pre-trained. scikit-learn does the work; the fitted model is arrays and plain
settings only (`TfidfModel.arrays`, `TfidfModel.settings`), so it is saved without pickle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from probes.errors import ProbeError
from probes.heads import ABSENT_LOGIT, softmax

#: Characters used of each text; the rest of a long text adds little but cost.
MAX_CHARACTERS = 4000
#: With more characters in all, character n-grams cost more time than a baseline should.
MAX_CHARACTERS_FOR_CHARACTER_GRAMS = 1_000_000
WORDS: dict[str, Any] = {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"}
CHARACTERS: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (3, 5), "min_df": 2}


def vectoriser(settings: dict[str, Any], **more: Any) -> Any:
    """scikit-learn's TfidfVectorizer with one of the settings above."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **settings, **more)


@dataclass(frozen=True)
class TfidfModel:
    """A fitted model. ``parts``: its vectorisers, words first.

    Shape: weight (C, terms) float32, bias (C,) float32; a class without a training text never wins.
    """

    parts: tuple[Any, ...]
    weight: np.ndarray
    bias: np.ndarray
    penalty: float

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Decision values (n, C) float32."""
        rows = stacked([part.transform([text[:MAX_CHARACTERS] for text in texts]) for part in self.parts])
        values: np.ndarray = np.asarray(rows @ self.weight.T, dtype=np.float32) + self.bias
        return values

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Softmax of the decision values, (n, C); calibrated only after a temperature."""
        return softmax(self.logits(texts))

    @property
    def settings(self) -> dict[str, Any]:
        """The rest of the model besides the arrays, as plain values."""
        return {"character_grams": len(self.parts) > 1, "penalty": self.penalty, "max_characters": MAX_CHARACTERS}

    def arrays(self) -> dict[str, np.ndarray]:
        """All that was learned: weight, bias, and per vectoriser its idf (terms,) and terms as UTF-8 lines (uint8)."""
        arrays = {"weight": self.weight, "bias": self.bias}
        for index, part in enumerate(self.parts):
            lines = "\n".join(part.get_feature_names_out()).encode("utf-8")
            arrays[f"terms.{index}"] = np.frombuffer(lines, dtype=np.uint8).copy()
            arrays[f"idf.{index}"] = np.asarray(part.idf_, dtype=np.float32)
        return arrays

    @classmethod
    def of(cls, settings: dict[str, Any], arrays: dict[str, np.ndarray]) -> TfidfModel:
        """The model that `settings` and `arrays` describe."""
        kinds = [WORDS, CHARACTERS] if settings["character_grams"] else [WORDS]
        parts = []
        for index, kind in enumerate(kinds):
            terms = arrays[f"terms.{index}"].tobytes().decode("utf-8").split("\n")
            part = vectoriser(kind, vocabulary={term: number for number, term in enumerate(terms)})
            part.idf_ = arrays[f"idf.{index}"]
            parts.append(part)
        return cls(tuple(parts), arrays["weight"], arrays["bias"], float(settings["penalty"]))


def affords_characters(texts: Sequence[str]) -> bool:
    """Whether character n-grams of these texts take seconds rather than minutes."""
    return sum(min(len(text), MAX_CHARACTERS) for text in texts) <= MAX_CHARACTERS_FOR_CHARACTER_GRAMS


def fit_tfidf(
    texts: Sequence[str],
    labels: np.ndarray,
    n_classes: int,
    balanced: bool = False,
    penalty: float = 1.0,
    with_characters: bool = True,
) -> TfidfModel:
    """Fit on all texts. Shape: labels (n,) class indices below `n_classes`; `penalty` is the SVM's C.

    Raises ProbeError for fewer than two classes, or when there is no word.
    """
    from sklearn.svm import LinearSVC

    present, own = np.unique(np.asarray(labels, dtype=np.int64), return_inverse=True)
    if len(present) < 2:
        raise ProbeError("TF-IDF needs texts of at least two classes. Add labelled texts.")
    parts, rows = vectorised(texts, with_characters)
    model = LinearSVC(C=penalty, class_weight="balanced" if balanced else None, random_state=0)
    model.fit(stacked(rows), own)
    return _packed(tuple(parts), model, present, n_classes, penalty)


def vectorised(texts: Sequence[str], with_characters: bool) -> tuple[list[Any], list[Any]]:
    """Vectorisers fitted on the texts, words first, and what each makes of them. Raises ProbeError without a word."""
    heads = [text[:MAX_CHARACTERS] for text in texts]
    parts: list[Any] = []
    rows: list[Any] = []
    for kind in (WORDS, CHARACTERS) if with_characters else (WORDS,):
        part = vectoriser(kind)
        try:
            rows.append(part.fit_transform(heads))
        except ValueError as error:  # scikit-learn's "empty vocabulary"; "no terms remain" when all are rare
            if not parts:
                raise ProbeError("There is no word in the training texts. Check the text column.") from error
            continue
        parts.append(part)
    return parts, rows


def _packed(parts: tuple[Any, ...], model: Any, present: np.ndarray, n_classes: int, penalty: float) -> TfidfModel:
    """The fitted model; scikit-learn's one row for two classes becomes two rows that sum to zero."""
    weight, bias = model.coef_, model.intercept_
    if len(present) == 2:
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    whole = np.zeros((n_classes, weight.shape[1]), dtype=np.float32)
    offset = np.full(n_classes, ABSENT_LOGIT, dtype=np.float32)
    whole[present], offset[present] = weight, bias
    return TfidfModel(parts, whole, offset, penalty)


def stacked(rows: list[Any]) -> Any:
    """Sparse rows side by side."""
    from scipy.sparse import hstack

    return hstack(rows, format="csr") if len(rows) > 1 else rows[0]
