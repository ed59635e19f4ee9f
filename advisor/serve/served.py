"""A saved model as the server sees it: a function from items to what it says of each, and the words about it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PIL import Image

from advisor.core.kinds import ModalityName, TaskName, kind_row
from advisor.core.ladder import run_title
from advisor.rungs.saved.predictor import Predictor
from advisor.rungs.saved.verdicts import LEAST_SURE
from advisor.serve.answers import (
    Answered,
    Labels,
    LabelSets,
    Record,
    Replies,
    Sentences,
    label_sets,
    labels,
    replies,
    sentences,
)  # fmt: skip

if TYPE_CHECKING:
    from advisor.rungs.saved.loading import Model

_ANSWERED: dict[TaskName, tuple[str, Answered, type[Record]]] = {
    "classification": ("predict_each", labels, Labels),
    "answering": ("answer_each", replies, Replies),
    "multilabel": ("predict_each", label_sets, LabelSets),
    "tagging": ("predict_each", sentences, Sentences),
}


class Served:
    """A model that is served. ``least``: the probability from which on a label is sure."""

    def __init__(self, model: Model) -> None:
        row = kind_row(model.kind)
        method, self._shown, self.record = _ANSWERED[row.task]
        self.model = model
        self.least: float = getattr(model, "least_sure", LEAST_SURE)  # answers to questions have none of their own
        self.modality: ModalityName = row.modality
        self.task: TaskName = row.task
        self.run = str(model.spec.get("run", ""))
        self.classes: tuple[str, ...] = tuple(model.spec.get("types") or model.spec.get("classes", ()))
        self._each: Any = getattr(model, method)
        self._lock = threading.Lock()

    @property
    def title(self) -> str:
        """What is served, in words."""
        spec = self.model.spec
        dataset, rung = spec.get("dataset", {}).get("name", ""), spec["rung"]  # which older exports do not tell
        title = run_title(rung, spec.get("fallback")) if rung else "An exported model"
        return f"{title} on {dataset}" if dataset else title

    def answers(self, items: list[Any]) -> Sequence[Any]:
        """What the model says of each item; never of fewer. One call at a time."""
        with self._lock:
            each: Sequence[Any] = self._each(items)
        return each

    def shown(self, answers: Sequence[Any], everything: bool) -> Record:
        """What the model said, as it is answered."""
        return self._shown(answers, self.least, everything)

    def warm_up(self) -> None:
        """Say something once, so that no client waits for what is loaded with the first item."""
        if isinstance(self.model, Predictor):
            self.model.stay()
        self.answers([Image.new("RGB", (64, 64), "gray") if self.modality == "image" else "warming up"])


def facts(served: Served) -> dict[str, Any]:
    """What clients may want to know about the model."""
    return {
        "run": served.run,
        "title": served.title,
        "kind": served.model.kind,
        "rung": served.model.rung,
        "classes": list(served.classes),
        "not_sure_below": served.least,
    }
