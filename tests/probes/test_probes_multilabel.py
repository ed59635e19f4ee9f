"""Several labels: scores against scikit-learn's, exact ridge against refits, votes, thresholds and missing labels."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score, f1_score

from probes.errors import ProbeError
from probes.heads import Recipe
from probes.multilabel import linear, neighbours, scores, words
from probes.multilabel.suspects import suspect_sets
from probes.ridge import spectrum

DIGITS = load_digits()
TARGETS = np.stack(
    [DIGITS.target % 2 == 0, np.isin(DIGITS.target, [0, 6, 8, 9]), DIGITS.target >= 5], axis=1
).astype(np.float32)  # fmt: skip
FEATURES, STRATA = DIGITS.data.astype(np.float32), DIGITS.target.astype(np.int64)
HALF = np.arange(len(TARGETS)) % 2 == 0


def test_scores_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    probability = np.clip(TARGETS * 0.4 + rng.random(TARGETS.shape) * 0.6, 0, 1)
    said = probability >= 0.5
    assert scores.macro_f1(TARGETS, said) == pytest.approx(f1_score(TARGETS, said, average="macro"))
    assert np.allclose(scores.average_precisions(TARGETS, probability),
                       average_precision_score(TARGETS, probability, average=None))  # fmt: skip
    number = scores.measured_f1(TARGETS, said, 0.0)
    assert number.low < number.value < number.high
    few = scores.measured_f1(TARGETS[:100], said[:100], 0.0)
    assert few.high - few.low > number.high - number.low


def test_a_label_that_nobody_has_counts_nothing() -> None:
    targets, said = np.array([[1, 0], [1, 0]]), np.array([[1, 1], [0, 0]])
    assert np.isnan(scores.f1_scores(targets, said)[1])
    assert scores.macro_f1(targets, said) == pytest.approx(2 / 3)
    with pytest.raises(ProbeError, match="no items to score"):
        scores.measured_f1(targets[:0], said[:0], 0.0)


def test_the_interval_covers_what_more_items_show() -> None:
    """Samples of 150 items: the interval holds the value on all items about nine times of ten."""
    rng = np.random.default_rng(1)
    probability = np.clip(TARGETS * 0.35 + rng.random(TARGETS.shape) * 0.65, 0, 1)
    said = probability >= 0.5
    whole, inside = scores.macro_f1(TARGETS, said), 0
    for _ in range(60):
        rows = rng.choice(len(TARGETS), 150, replace=False)
        number = scores.measured_f1(TARGETS[rows], said[rows], 0.0)
        inside += number.low <= whole <= number.high
    assert inside >= 45


def test_thresholds_beat_one_half_on_items_they_were_not_chosen_on() -> None:
    rng = np.random.default_rng(2)
    rare = np.stack([rng.random(4000) < share for share in (0.05, 0.1, 0.2)], axis=1).astype(np.float32)
    probability = np.clip(rare * 0.25 + rng.random(rare.shape) * 0.25, 0, 1)  # never above a half
    at = scores.thresholds_of(rare[:2000], probability[:2000])
    assert scores.macro_f1(rare[2000:], probability[2000:] >= at) > 0.9
    assert scores.macro_f1(rare[2000:], probability[2000:] >= 0.5) < 0.1


def test_ridge_of_all_labels_with_folds_left_out_is_that_of_refits() -> None:
    rows, fold_of = np.arange(300), np.arange(300) % 4
    axes = spectrum(FEATURES[rows])
    strengths, left_out = linear._best_ridge(axes, TARGETS[rows], fold_of)
    held = fold_of == 2
    for label in range(3):
        centre = axes.rows[~held].mean(axis=0)
        refit = Ridge(float(strengths[label])).fit(axes.rows[~held], TARGETS[rows][~held, label])
        assert np.allclose(refit.predict(axes.rows[held]), left_out[held, label], atol=2e-3)
        assert centre.shape == (axes.rows.shape[1],)


def test_the_logistic_head_is_scikit_learns() -> None:
    axes = spectrum(FEATURES[:400])
    weight, bias = linear.fit_binary(axes.rows, TARGETS[:400], axes.power, 50.0)
    for label in range(3):
        other = LogisticRegression(C=1 / 50.0, max_iter=5000).fit(axes.rows, TARGETS[:400, label])
        ours = linear.sigmoid(axes.rows @ weight[:, label] + bias[label])
        assert np.abs(ours - other.predict_proba(axes.rows)[:, 1]).max() < 0.03


@pytest.mark.parametrize("method", ["ridge", "logistic"])
def test_the_head_finds_on_new_items_what_the_probe_promised(method: str) -> None:
    probe = linear.labels_probe(FEATURES[HALF], TARGETS[HALF], STRATA[HALF], methods=(method,))
    head = linear.fit_labels(FEATURES[HALF], TARGETS[HALF], Recipe(probe.recipe.method, probe.recipe.penalty))
    probability = linear.sigmoid(head.logits(FEATURES[~HALF]))
    value = scores.macro_f1(TARGETS[~HALF], probability >= probe.thresholds)
    assert probe.recipe.method == method
    assert abs(value - probe.measured.value) < 0.05 and value > 0.8


def test_a_label_without_an_item_is_never_given() -> None:
    targets = np.column_stack([TARGETS, np.zeros(len(TARGETS), np.float32)])
    for recipe in (Recipe("ridge", 100.0), Recipe("logistic", 100.0)):
        head = linear.fit_labels(FEATURES[:300], targets[:300], recipe)
        assert linear.sigmoid(head.logits(FEATURES))[:, 3].max() < 1e-6


def test_votes_are_shares_of_the_nearest() -> None:
    unit = FEATURES / np.linalg.norm(FEATURES, axis=1, keepdims=True)
    query, memory = unit[:5], unit[5:205]
    shares = neighbours.vote_labels(query, memory, TARGETS[5:205], 7)
    for q in range(5):
        close = memory @ query[q]
        near = np.argsort(-close)[:7]
        weight = np.exp((close[near] - close[near[0]]) / 0.05)
        assert np.allclose(shares[q], weight @ TARGETS[5:205][near] / weight.sum(), atol=1e-4)
    vote = neighbours.labels_knn(FEATURES[:400], TARGETS[:400], STRATA[:400])
    assert vote.k in neighbours.KS and vote.measured.value > 0.9


def test_words_find_labels_of_texts() -> None:
    rng = np.random.default_rng(3)
    targets = (rng.random((200, 2)) < 0.4).astype(np.float32)
    texts = [f"{'sweet apple' if a else ''} {'loud engine' if b else ''} thing {i}" for i, (a, b) in enumerate(targets)]
    probe = words.labels_words(texts, targets, (targets @ [1, 2]).astype(int))
    assert probe.measured.value > 0.95
    model = words.with_curves(words.fit_words(texts, targets), probe.slopes, probe.shifts)
    assert scores.macro_f1(targets, linear.sigmoid(model.logits(texts)) >= probe.thresholds) > 0.95
    with pytest.raises(ProbeError, match="a label that some texts have"):
        words.fit_words(texts, np.ones((200, 2)))


def test_labels_taken_off_are_found_missing() -> None:
    rng = np.random.default_rng(4)
    known = TARGETS[:900].copy()
    planted = rng.choice(np.flatnonzero(known[:, 1]), 30, replace=False)
    known[planted, 1] = 0
    probe = linear.labels_probe(FEATURES[:900], known, STRATA[:900])
    shares = neighbours.shares_of_others(FEATURES[:900], known, None, 20)
    found = suspect_sets(probe.probability, known, shares)
    listed = np.flatnonzero(found.missing[:, 1])
    assert np.isin(planted, listed).mean() > 0.6
    assert np.isin(listed, planted).mean() > 0.6
    assert found.suspect[listed].all() and (found.score[listed] < 0.5).all()
