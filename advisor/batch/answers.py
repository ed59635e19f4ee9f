"""What the model says of a row, as cells beside the row's own: one table of columns for each task."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from advisor.core.kinds import TaskName, kind_row
from advisor.core.records import Answer, Prediction, Tagged
from advisor.rungs.saved.verdicts import verdict

#: A cell of an answer: text, a share, yes or no, or nothing.
Cell = str | float | bool | None
#: The classes that a row may be, where it is not sure.
LIKELY = "likely"
#: Digits behind the point of a probability.
DIGITS = 6


@dataclass(frozen=True)
class AnswerColumns:
    """The columns that a task adds, and how they are filled; those of texts, of shares and of yes and no by name.

    ``method``: of the saved model, which gives what `cells` takes. ``counted``: the column whose values are counted.
    """

    texts: tuple[str, ...]
    shares: tuple[str, ...]
    flags: tuple[str, ...]
    order: tuple[str, ...]
    counted: str
    method: str
    cells: Callable[[Any, float], dict[str, Cell]]


def _of_prediction(prediction: Prediction, least: float) -> dict[str, Cell]:
    seen = verdict(prediction, least)
    if seen.label is None:
        return {"not_sure": True, "problem": seen.problem}
    return {
        "predicted_label": seen.label,
        "probability": round(seen.probability or 0.0, DIGITS),
        "runner_up": seen.runner_up,
        "runner_up_probability": round(seen.runner_up_probability, DIGITS),
        "not_sure": seen.not_sure,
        LIKELY: " | ".join(seen.likely),
    }


def _of_answer(answer: Answer, least: float) -> dict[str, Cell]:
    if answer.problem:
        return {"not_sure": True, "problem": answer.problem}
    first = answer.passages[0] if answer.passages and answer.supported else None
    return {
        "answer": answer.usable,
        "supported": answer.supported and not answer.looped,
        "probability": None if answer.probability is None else round(answer.probability, DIGITS),
        "document": first.document if first else "",
        "passage": first.text if first else "",
        "not_sure": answer.looped or not answer.supported,
        "note": answer.note,
    }


def _of_sets(prediction: Prediction, least: float) -> dict[str, Cell]:
    if prediction.labels is None:
        return {"not_sure": True, "problem": prediction.problem}
    shares = [f"{label}: {prediction.probabilities[label]:.3f}" for label in prediction.probabilities]
    return {
        "predicted_labels": " | ".join(prediction.labels),
        "n_labels": float(len(prediction.labels)),
        "probabilities": " | ".join(shares),
        "not_sure": False,
    }


def _of_tagged(tagged: Tagged, least: float) -> dict[str, Cell]:
    if tagged.problem:
        return {"not_sure": True, "problem": tagged.problem}
    spans = [span.model_dump(include={"start", "end", "type", "text", "probability"}) for span in tagged.spans]
    rounded = [{**span, "probability": round(span["probability"] or 0.0, DIGITS)} for span in spans]
    weakest = min((span["probability"] for span in rounded), default=None)
    return {
        "spans": json.dumps(rounded, ensure_ascii=False),
        "marked": "; ".join(f"{span.text} ({span.type})" for span in tagged.spans),
        "tagged": bool(tagged.spans),
        "probability": weakest,
        "not_sure": weakest is not None and weakest < least,
    }


_COLUMNS: dict[TaskName, AnswerColumns] = {
    "classification": AnswerColumns(
        texts=("predicted_label", "runner_up", LIKELY, "problem"),
        shares=("probability", "runner_up_probability"),
        flags=("not_sure",),
        order=("predicted_label", "probability", "runner_up", "runner_up_probability", "not_sure", LIKELY, "problem"),
        counted="predicted_label",
        method="predict_each",
        cells=_of_prediction,
    ),
    "answering": AnswerColumns(
        texts=("answer", "document", "passage", "note", "problem"),
        shares=("probability",),
        flags=("supported", "not_sure"),
        order=("answer", "supported", "probability", "document", "passage", "not_sure", "note", "problem"),
        counted="supported",
        method="answer_each",
        cells=_of_answer,
    ),
    "multilabel": AnswerColumns(
        texts=("predicted_labels", "probabilities", "problem"),
        shares=("n_labels",),
        flags=("not_sure",),
        order=("predicted_labels", "n_labels", "probabilities", "problem"),
        counted="predicted_labels",
        method="predict_each",
        cells=_of_sets,
    ),
    "tagging": AnswerColumns(
        texts=("marked", "spans", "problem"),
        shares=("probability",),
        flags=("tagged", "not_sure"),
        order=("marked", "spans", "tagged", "probability", "not_sure", "problem"),
        counted="tagged",
        method="predict_each",
        cells=_of_tagged,
    ),
}


def answer_columns(kind: str, has_threshold: bool = False) -> AnswerColumns:
    """The columns that a model of this kind adds. has_threshold: its run keeps one, which tells the likely classes."""
    columns = _COLUMNS[kind_row(kind).task]
    return columns if has_threshold else replace(columns, order=tuple(name for name in columns.order if name != LIKELY))


def free_names(names: Sequence[str], taken: Sequence[str]) -> dict[str, str]:
    """What each new column is called beside those that are there.

    >>> free_names(["probability", "problem"], ["text", "probability"])
    {'probability': 'probability (2)', 'problem': 'problem'}
    """
    there, free = set(taken), {}
    for name in names:
        own, number = name, 2
        while own in there:
            own, number = f"{name} ({number})", number + 1
        free[name] = own
        there.add(own)
    return free
