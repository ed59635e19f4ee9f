"""Classification on a terminal: measured probes, the classes of a run, and predicted labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from advisor.cli.output import plain
from advisor.cli.tables import LISTED, safe, table
from advisor.core.kinds import kind_row
from advisor.core.records import Backbones, Dataset, Evidence, Prediction, RunReport
from advisor.core.wording import between, chance, counted, duration, percent
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.rungs.saved.predictor import Predictor


def scope(dataset: Dataset) -> str:
    """How many classes the items are in."""
    return f"in {counted(len(dataset.classes), 'class', 'classes')}"


def evidence(to: Console, dataset: Dataset, evidence: Evidence) -> None:
    """One row for each probe, then the backbone and the device."""
    rows = table("probe", f">{evidence.metric}", "90 % interval", ">n", ">took")
    for result in evidence.results:
        number = result.measured
        rows.add_row(
            safe(result.title), percent(number.value), between(number.low, number.high), f"{number.n:,}",
            duration(number.seconds),
        )  # fmt: skip
    to.print(rows)
    unit = kind_row(dataset.kind).unit
    size = f"{', up to' if unit == 'tokens' else ' at'} {evidence.input_size} {unit}"
    to.print(safe(f"{evidence.backbone}{size}. {evidence.device_reason}"), style="dim")
    if evidence.backbones is not None:
        backbones(to, evidence.backbones, evidence.metric)


def backbones(to: Console, found: Backbones, metric: str) -> None:
    """Which backbone to start from, and one row for each that was tried."""
    if not any(trial.lead for trial in found.trials):
        to.print(safe(found.sentence))
        return
    rows = table("backbone", f">{metric}", ">lead, points", "90 % interval", ">n", ">per item")
    for trial in found.trials:
        value, lead, each = trial.value, trial.lead, trial.seconds_per_item
        if value is None:
            continue
        rows.add_row(
            Text(("→ " if trial.backbone == found.best else "  ") + plain(trial.title)),
            percent(value.value),
            f"{100 * lead.value:+.1f}" if lead else "",
            f"{100 * lead.low:+.1f} to {100 * lead.high:+.1f}" if lead else "",
            f"{value.n:,}",
            f"{1000 * each:,.0f} ms" if each else "",
        )
    to.print(rows)
    to.print(safe(found.sentence))
    for trial in found.trials:
        if trial.value is None:
            to.print(safe(trial.sentence), style="dim")


def report(to: Console, report: RunReport) -> None:
    """Precision, recall and F1 of each class."""
    rows = table("class", ">precision", ">recall", ">f1", ">n")
    for row in report.per_class[: 3 * LISTED]:
        shares = [percent(row[key]) if isinstance(row.get(key), float) else "" for key in ("precision", "recall", "f1")]
        rows.add_row(safe(row.get("class", row.get("label", ""))), *shares, f"{row.get('n', 0):,}")
    to.print(rows)


def applied(model: Predictor, inputs: Sequence[Any], progress: Progress) -> tuple[Any, Callable[[Console], None]]:
    """The labels of new inputs: the document for --json, and how to print it."""
    labelled = model.predict(list(inputs), progress)
    return [prediction_json(one) for one in labelled], lambda to: predictions(to, labelled)


def prediction_json(prediction: Prediction) -> dict[str, Any]:
    """One row of `advisor predict --json`; ``problem``, ``note``, ``sure`` and ``likely`` where there is one."""
    row: dict[str, Any] = {
        "input": prediction.input, "label": prediction.label, "probability": prediction.probability,
    }  # fmt: skip
    if prediction.sure is not None:
        row |= {"sure": prediction.sure, "likely": list(prediction.likely)}
    remarks = {"problem": prediction.problem, "note": prediction.note}
    return {**row, **{name: sentence for name, sentence in remarks.items() if sentence}}


def given(prediction: Prediction) -> str:
    """The label, or that it is not sure with the likely classes.

    >>> given(Prediction(input="a", label="cat", probability=0.6, sure=False, likely=("cat", "dog")))
    'not sure: cat or dog'
    """
    if prediction.sure is False:
        return f"not sure: {' or '.join(prediction.likely[:LISTED])}"
    return prediction.label or "not predicted"


def predictions(to: Console, predictions: Sequence[Prediction]) -> None:
    """One row for each input, then why an input has no label and what is to be said of one that has."""
    rows = table("input", "label", ">probability")
    for prediction in predictions:
        sure = chance(prediction.probability) if prediction.probability is not None else ""
        rows.add_row(safe(prediction.input), safe(given(prediction)), sure)
    to.print(rows)
    for prediction in predictions:
        if prediction.problem:
            to.print(safe(prediction.problem), style="yellow")
        elif prediction.note:
            to.print(safe(f"{prediction.input}: {prediction.note}"), style="dim")
