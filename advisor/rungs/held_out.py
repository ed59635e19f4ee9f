"""What a saved model says of labelled items that it has not learned from, so that a threshold can be chosen on them.

The test part takes no part: it only checks. A network that was tuned on the training part predicts the validation part.
A head, a memory or word counts cost little to fit and are saved fitted on both parts, so they are fitted again on folds
and predict the fold left out: more items to choose on, each predicted by a model that learned from fewer items than the
saved one and is therefore rather less accurate than more. A model that learned nothing predicts the validation part.

What stays of a bias: settings and temperature were chosen on the same items, a few numbers for hundreds of items.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from advisor.core.errors import RunError
from advisor.core.records import Dataset, Plan
from advisor.data.features import features_of
from advisor.evidence.sample import related
from advisor.rungs import common, label_sets
from advisor.rungs.saved.heads import temperature_of
from advisor.rungs.saved.held_out import HeldOut
from advisor.rungs.saved.predictor import Predictor
from probes.folds import assign_folds, spread_order
from probes.progress import Progress, silent

FOLDS = 5
#: Items that the folds take at most, and items of the validation part that make folds unnecessary.
MOST_ITEMS, ENOUGH = 4000, 1000
#: Items predicted between two looks at the clock.
STEP = 64

#: From the rows to learn from and the rows to predict to probabilities (n, C) of the latter.
FitPredict = Callable[[np.ndarray, np.ndarray], np.ndarray]


def measure(
    plan: Plan, dataset: Dataset, model: Predictor, seconds: float = float("inf"), progress: Progress = silent
) -> HeldOut:
    """Predict held-out items with a saved model, as many as `seconds` allow where each is asked by itself.

    Raises RunError where the dataset has none for this model.
    """
    if label_sets.applies(dataset):
        raise RunError(
            f"An item of {dataset.name} may have several labels, and each is given from a threshold of its own on, "
            f"which the model has already. There is no threshold for an answer as a whole."
        )
    spec = model.spec
    refitted = _REFITTED.get(str(spec["head"]["type"] if spec["weights"] in ("head", "words") else ""))
    if refitted is None:
        return _predicted(plan, dataset, model, seconds, progress)
    if spec["input"].get("mirrored"):
        raise RunError("This model is of a former version and cannot be fitted again on a part. Train again.")
    rows = _pool(plan, dataset, int(spec["head"].get("n_items", MOST_ITEMS)))
    rows, fit_predict = refitted(dataset, model, rows, progress)
    return _in_folds(dataset, rows, fit_predict, progress)


def of_logits(dataset: Dataset, rows: np.ndarray, logits: np.ndarray, temperature: float) -> HeldOut | None:
    """Logits that a rung has of held-out rows, as the saved model's probabilities. Shape: rows (n,), logits (n, C).

    None of several labels: each has a threshold of its own already.
    """
    from probes.heads import softmax

    if label_sets.applies(dataset):
        return None
    return HeldOut(rows, dataset.labels[rows], softmax(logits / temperature))


def _predicted(plan: Plan, dataset: Dataset, model: Predictor, seconds: float, progress: Progress) -> HeldOut:
    """The validation part, by a model that did not learn from it."""
    if "n_folds" in model.spec.get("training", {}):
        raise RunError(
            f"The model of {plan.run} learned from every labelled item, so none is held out. Train again: what its "
            f"folds say of them is kept since then."
        )
    rows = common.validation_rows(dataset)
    if not len(rows):
        raise RunError(f"{dataset.name} has no validation items, so nothing is held out. Add labelled items.")
    rows, until = rows[spread_order(dataset.labels[rows], plan.seed)], time.monotonic() + seconds
    read: list[np.ndarray] = []
    said: list[np.ndarray] = []
    for start in range(0, len(rows), STEP):
        if said and time.monotonic() > until:
            break
        progress("Predicting held-out items", start / len(rows))
        some = rows[start : start + STEP]
        probabilities, ok = model.predict_rows(dataset, some)
        read.append(some[ok])
        said.append(probabilities[ok])
    kept = np.concatenate(read)
    return HeldOut(kept, dataset.labels[kept], np.concatenate(said))


def _pool(plan: Plan, dataset: Dataset, n_items: int) -> np.ndarray:
    """The rows to learn from and to predict: those that the saved model learned from, whose features are cached."""
    val, train = common.validation_rows(dataset), dataset.where("train")
    train = train[spread_order(dataset.labels[train], plan.seed)]
    n_train = max(0, n_items - len(val))
    if len(val) < ENOUGH:
        n_train = min(n_train, MOST_ITEMS - len(val))
    return np.sort(np.concatenate([val, train[:n_train]]))


def _in_folds(dataset: Dataset, rows: np.ndarray, fit_predict: FitPredict, progress: Progress) -> HeldOut:
    """Each item predicted without it; with many validation items these alone, at once."""
    labels = dataset.labels[rows]
    of_val = np.isin(rows, dataset.where("val"))
    several = int(of_val.sum()) < ENOUGH
    folds = assign_folds(labels, related(dataset)[rows], FOLDS) if several else np.where(of_val, 0, -1)
    n_folds = int(folds.max()) + 1
    probabilities = np.zeros((len(rows), len(dataset.classes)), np.float32)
    for fold in range(n_folds):
        progress("Predicting held-out items", fold / n_folds)
        probabilities[folds == fold] = fit_predict(rows[folds != fold], rows[folds == fold])
    out = folds >= 0
    return HeldOut(rows[out], labels[out], probabilities[out])


def _features(
    dataset: Dataset, model: Predictor, rows: np.ndarray, progress: Progress
) -> tuple[np.ndarray, Callable[[np.ndarray], common.Features]]:
    """The rows that can be read, and the features of any of them."""
    found = features_of(dataset, rows, model.backbone, progress)
    rows, array = rows[found.ok], np.asarray(found.array)[found.ok]
    return rows, lambda some: common.Features(some, array[np.searchsorted(rows, some)], len(some))


def _linear(dataset: Dataset, model: Predictor, rows: np.ndarray, progress: Progress) -> tuple[np.ndarray, FitPredict]:
    from probes.heads import Recipe, softmax

    head: dict[str, Any] = model.spec["head"]
    recipe, temperature = Recipe.of(head), temperature_of(head)
    rows, of = _features(dataset, model, rows, progress)

    def fit_predict(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
        fitted = common.fit_linear(dataset, of(inside), recipe)
        return softmax(fitted.logits(of(outside).array) / temperature)

    return rows, fit_predict


def _neighbours(
    dataset: Dataset, model: Predictor, rows: np.ndarray, progress: Progress
) -> tuple[np.ndarray, FitPredict]:
    from probes.neighbours import vote

    k = int(model.spec["head"]["k"])
    rows, of = _features(dataset, model, rows, progress)

    def fit_predict(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
        memory = of(inside).array
        return vote(of(outside).array, memory, dataset.labels[inside], min(k, len(inside)), len(dataset.classes))

    return rows, fit_predict


def _words(dataset: Dataset, model: Predictor, rows: np.ndarray, progress: Progress) -> tuple[np.ndarray, FitPredict]:
    from probes.heads import softmax
    from probes.tfidf import fit_tfidf

    head, texts = model.spec["head"], dataset.items["text"]
    temperature = temperature_of(head)

    def fit_predict(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
        fitted = fit_tfidf(
            texts.iloc[inside].tolist(), dataset.labels[inside], len(dataset.classes), common.balanced(dataset),
            penalty=float(head["penalty"]), with_characters=bool(head["character_grams"]),
        )  # fmt: skip
        return softmax(fitted.logits(texts.iloc[outside].tolist()) / temperature)

    return rows, fit_predict


#: Models that are saved fitted on all labelled items, by their head.
_REFITTED = {"linear": _linear, "neighbours": _neighbours, "words": _words}
