from __future__ import annotations

import json

import numpy as np
import pytest

from probes.errors import ProbeError
from probes.tfidf import CHARACTERS, WORDS, TfidfModel, fit_tfidf, vectoriser


def corpus() -> tuple[list[str], np.ndarray]:
    """First lines of docstrings of three libraries, real prose with signs and numbers in it."""
    import inspect

    import pandas
    import scipy.stats
    import sklearn.linear_model

    texts, labels = [], []
    for label, module in enumerate((pandas, scipy.stats, sklearn.linear_model)):
        lines = [inspect.getdoc(getattr(module, name)) or "" for name in sorted(dir(module)) if name[0] != "_"]
        chosen = [line.strip().split("\n\n")[0] for line in lines if len(line) > 20][:40]
        texts += chosen
        labels += [label] * len(chosen)
    return texts, np.array(labels)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("with_characters", [True, False])
def test_the_model_and_its_round_trip_equal_scikit_learns_own_pipeline(classes: int, with_characters: bool) -> None:
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    texts, labels = corpus()
    texts, labels = [t for t, label in zip(texts, labels, strict=True) if label < classes], labels[labels < classes]
    learn, ask = slice(0, None, 2), slice(1, None, 2)
    kinds = [WORDS, CHARACTERS] if with_characters else [WORDS]
    pipeline = make_pipeline(make_union(*map(vectoriser, kinds)), LinearSVC(C=1.0, random_state=0))
    expected = pipeline.fit(texts[learn], labels[learn]).decision_function(texts[ask])
    if classes == 2:
        expected = np.stack([-expected, expected], axis=1) / 2
    model = fit_tfidf(texts[learn], labels[learn], classes, with_characters=with_characters)
    np.testing.assert_allclose(model.logits(texts[ask]), expected, rtol=1e-4, atol=1e-5)
    arrays = {name: array.copy() for name, array in model.arrays().items()}
    again = TfidfModel.of(json.loads(json.dumps(model.settings)), arrays)
    np.testing.assert_array_equal(again.logits(texts[ask]), model.logits(texts[ask]))
    assert np.mean(again.logits(texts[ask]).argmax(1) == labels[ask]) > 0.6


def test_a_class_without_a_text_never_wins_and_one_class_is_refused() -> None:
    texts, labels = corpus()
    model = fit_tfidf(texts, 2 * labels, 6)
    assert set(model.logits(texts).argmax(axis=1)) <= {0, 2, 4}
    assert np.isfinite(model.probabilities(["", "???"])).all()
    with pytest.raises(ProbeError, match="two classes"):
        fit_tfidf(texts, np.zeros(len(texts), dtype=int), 3)
    with pytest.raises(ProbeError, match="no word"):
        fit_tfidf(["!", "?"], np.array([0, 1]), 2)
