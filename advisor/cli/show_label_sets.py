"""Several labels on a terminal: measured probes, how well a run finds each label, and predicted labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from advisor.cli import show_classes
from advisor.cli.show_classes import evidence as evidence
from advisor.cli.tables import LISTED, safe, table
from advisor.core.records import Dataset, Prediction, RunReport
from advisor.core.wording import between, chance, counted, percent
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.rungs.saved.predictor import Predictor


def scope(dataset: Dataset) -> str:
    """How many labels an item may have."""
    return f"with any of {counted(len(dataset.classes), 'label')}"


def report(to: Console, report: RunReport) -> None:
    """F1 with its interval, precision, recall and average precision of each label."""
    rows = table("label", ">f1", "90 % interval", ">precision", ">recall", ">average precision", ">from", ">n")
    for row in report.per_class[: 3 * LISTED]:
        shares = [_share(row[key]) for key in ("precision", "recall", "average_precision", "threshold")]
        interval = "" if row["f1"] is None else between(row["f1_low"], row["f1_high"])
        rows.add_row(safe(row["class"]), _share(row["f1"]), interval, *shares, f"{row['n']:,}")
    to.print(rows)


def applied(model: Predictor, inputs: Sequence[Any], progress: Progress) -> tuple[Any, Callable[[Console], None]]:
    """The labels of new inputs: the document for --json, and how to print it."""
    labelled = model.predict(list(inputs), progress)
    return [prediction_json(one) for one in labelled], lambda to: predictions(to, labelled)


def prediction_json(prediction: Prediction) -> dict[str, Any]:
    """One row of `advisor predict --json`: the labels given, and every label's probability by itself."""
    row = show_classes.prediction_json(prediction)
    if prediction.labels is None:
        return row
    return {"input": row.pop("input"), "labels": list(prediction.labels), "probabilities": prediction.probabilities} | {
        key: value for key, value in row.items() if key in ("problem", "note")
    }


def predictions(to: Console, predictions: Sequence[Prediction]) -> None:
    """One row for each input with its labels and their probabilities, then what is to be said of one."""
    rows = table("input", "labels")
    for prediction in predictions:
        given = [f"{label} ({chance(prediction.probabilities[label])})" for label in prediction.labels or ()]
        words = ", ".join(given) or ("not predicted" if prediction.labels is None else str(prediction.label))
        rows.add_row(safe(prediction.input), safe(words))
    to.print(rows)
    for prediction in predictions:
        if prediction.problem:
            to.print(safe(prediction.problem), style="yellow")
        elif prediction.note:
            to.print(safe(f"{prediction.input}: {prediction.note}"), style="dim")


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)
