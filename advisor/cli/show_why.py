"""`advisor predict --why` on a terminal: each text's label, and the words that decided for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from advisor.cli.show_classes import prediction_json
from advisor.cli.tables import safe, table
from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.wording import chance
from probes.progress import Progress

#: Words of each text on the screen; --json has all.
SHOWN = 8


def applied(model: Any, inputs: Sequence[Any], progress: Progress) -> tuple[Any, Callable[[Console], None]]:
    """The labels of texts and what each word carries: the document for --json, and how to print it.

    Raises DatasetError for a model of images or questions, and where none of the inputs can be used.
    """
    if kind_row(model.kind).task == "answering" or kind_row(model.kind).modality != "text":
        step = (
            "An answer names its passages without it." if model.kind == "qa"
            else "What is marked are the words." if model.kind == "tags"
            else "For images, open the run with advisor app, or call model.explain(path)."
        )  # fmt: skip
        raise DatasetError(f"--why lists words, and this model labels no texts. {step}")
    document = []
    for place, (item, prediction) in enumerate(zip(inputs, model.predict(list(inputs)), strict=True)):
        progress("Leaving out each word", place / len(inputs))
        row = prediction_json(prediction)
        if not prediction.problem:
            row["words"] = [{"word": word, "drop": drop} for word, drop in model.explain(item).words()]
        document.append(row)
    return document, lambda to: draw(to, document)


def draw(to: Console, document: Sequence[dict[str, Any]]) -> None:
    """One table for each text: its words, the strongest first, and by how many points each raises the probability."""
    for row in document:
        to.print(safe(row["input"]))
        if "problem" in row:
            to.print(safe(row["problem"]), style="yellow")
            continue
        to.print(safe(f"{row['label']}, with probability {chance(row['probability'])}"), style="bold")
        rows = table("word", ">points for the label")
        for one in row["words"][:SHOWN]:
            rows.add_row(safe(one["word"]), f"{100 * one['drop']:+.1f}")
        to.print(rows)
