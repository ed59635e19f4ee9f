"""A trained model that predicts labels: what every one offers, and how it is fed with images or texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, PixelRange, Prediction, Threshold
from advisor.core.wording import label_words
from advisor.rungs.saved import explaining
from advisor.rungs.saved.explaining import ImageReasons, WordReasons
from advisor.rungs.saved.heads import thresholds_of
from advisor.rungs.saved.inputs import Input as Input
from advisor.rungs.saved.inputs import Remarks, as_list, check_any, name_of, open_input, text_of
from advisor.rungs.saved.verdicts import LEAST_SURE, likely
from probes.progress import Progress, silent


class Predictor:
    """A model that predicts. ``classes`` are the labels; columns of `predict_proba` are in their order.

    ``backbone`` is None for a model that needs none. ``threshold``: what the run's owner keeps of when it should
    answer; None where nothing is kept. ``thresholds``: from which probability on each of several labels is given, (C,);
    None where an item has one class.
    """

    backbone: Any = None
    threshold: Threshold | None = None

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.classes: tuple[str, ...] = tuple(spec["classes"])
        self.kind: str = spec["kind"]
        self.rung: str = spec["rung"]
        self.thresholds = thresholds_of(spec)

    @property
    def least_sure(self) -> float:
        """The probability from which on a label is sure."""
        return LEAST_SURE if self.threshold is None else self.threshold.least

    @property
    def least_likely(self) -> float | None:
        """The probability from which on a class is likely where the label is not sure; None without a threshold."""
        return None if self.threshold is None else self.threshold.least_likely

    @property
    def report_items(self) -> int | None:
        """How many test items a report may read, where the run's time did not allow all; None for all."""
        return self.spec.get("report_items")

    def predict(self, inputs: Sequence[Input] | Input, progress: Progress = silent) -> list[Prediction]:
        """The label of each input with its probability, or the reason why an input has none.

        Images: paths, contents of files, images of Pillow, arrays or tensors; texts: strings. Raises DatasetError
        where none of the inputs can be used.
        """
        predictions = self.predict_each(inputs, progress)
        check_any([prediction.problem for prediction in predictions])
        return predictions

    def predict_each(self, inputs: Sequence[Input] | Input, progress: Progress = silent) -> list[Prediction]:
        """As `predict`, also where none of the inputs can be used: each has its reason then."""
        items = as_list(inputs)
        names = [name_of(item, i) for i, item in enumerate(items)]
        probabilities, remarks = self._asked(items, progress)
        return [
            Prediction(input=name, problem=remarks.problems[i])
            if i in remarks.problems
            else self._prediction(name, probabilities[i], remarks.notes.get(i, ""))
            for i, name in enumerate(names)
        ]

    def predict_proba(self, inputs: Sequence[Input] | Input) -> np.ndarray:
        """Class probabilities, (n, C), of inputs as `predict` takes them.

        Raises DatasetError naming the first input that cannot be used: an array has no room for a reason.
        """
        probabilities, remarks = self._asked(as_list(inputs), silent)
        if remarks.problems:
            raise DatasetError(remarks.problems[min(remarks.problems)])
        return probabilities

    def stay(self) -> None:
        """Say that this process goes on predicting, as a server does: what makes that fastest is then worth opening."""

    def explain(self, item: Input) -> WordReasons | ImageReasons:
        """What in one item, as `predict` takes it, decided for its label (docs/why.md).

        The model is asked about the item without each of its words, or with each part of the picture covered. Raises
        DatasetError where the item cannot be used.
        """
        raise NotImplementedError

    def predict_rows(
        self, dataset: Dataset, rows: np.ndarray, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities (n, C) of a dataset's rows, and whether each could be read, (n,) bool."""
        raise NotImplementedError

    def _asked(self, items: list[Input], progress: Progress) -> tuple[np.ndarray, Remarks]:
        """Class probabilities, (n, C), of anything, and what is to be said; a row with a problem means nothing."""
        raise NotImplementedError

    def _prediction(self, name: str, row: np.ndarray, note: str) -> Prediction:
        best, least_likely = int(row.argmax()), self.least_likely
        shares = {label: float(p) for label, p in zip(self.classes, row, strict=True)}
        if self.thresholds is not None:
            labels = tuple(self.classes[c] for c in np.flatnonzero(row >= self.thresholds))
            least = min((shares[label] for label in labels), default=1.0 - float(row.max()))
            words = label_words(labels)
            return Prediction(
                input=name, label=words, probability=least, probabilities=shares, note=note, labels=labels
            )
        return Prediction(
            input=name,
            label=self.classes[best],
            probability=float(row[best]),
            probabilities=shares,
            note=note,
            sure=None if least_likely is None else float(row[best]) >= self.least_sure,
            likely=() if least_likely is None else likely(shares, least_likely),
        )

    def _none(self) -> np.ndarray:
        return np.zeros((0, len(self.classes)), np.float32)


class TextPredictor(Predictor):
    """A model of texts: `of_texts` is what differs."""

    def of_texts(self, texts: list[str], progress: Progress = silent) -> np.ndarray:
        """Class probabilities of at least one text, (n, C)."""
        raise NotImplementedError

    def explain(self, item: Input) -> WordReasons:
        """As `Predictor.explain`."""
        return explaining.of_text(text_of(item, 1), self.classes, self.of_texts)

    def predict_rows(
        self, dataset: Dataset, rows: np.ndarray, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `Predictor.predict_rows`."""
        texts = dataset.items["text"].iloc[rows].tolist()
        probabilities = self.of_texts(texts, progress) if texts else self._none()
        return probabilities, np.ones(len(rows), dtype=bool)

    def _asked(self, items: list[Input], progress: Progress) -> tuple[np.ndarray, Remarks]:
        texts, remarks = usable_texts(items)
        probabilities = np.zeros((len(items), len(self.classes)), np.float32)
        if texts:
            probabilities[list(texts)] = self.of_texts(list(texts.values()), progress)
        return probabilities, remarks


class ImagePredictor(Predictor):
    """A model of images: `of_images` and the side in pixels to read them at are what differs."""

    side_px: int

    @property
    def levels(self) -> PixelRange | None:
        """What 16-bit and float values meant where the model learned; None where it saw none."""
        known = self.spec.get("pixel_range")
        return PixelRange.model_validate(known) if known else None

    def of_images(
        self, read: Callable[[int], Image.Image], n: int, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """Class probabilities (n, C) of images, and whether `read` could read each, (n,) bool."""
        raise NotImplementedError

    def explain(self, item: Input) -> ImageReasons:
        """As `Predictor.explain`."""
        picture, _ = open_input(item, self.side_px, self.levels)
        return explaining.of_image(picture, self.side_px, self.classes, self.of_images)

    def predict_rows(
        self, dataset: Dataset, rows: np.ndarray, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `Predictor.predict_rows`; values by the model's range, whatever the dataset's is."""
        from advisor.data.features import reader

        if len(rows) == 0:
            return self._none(), np.ones(0, dtype=bool)
        if dataset.pixel_range != self.levels:
            dataset = dataset.model_copy(update={"pixel_range": self.levels})
        read: Any = reader(dataset, self.side_px)
        return self.of_images(lambda i: read(int(rows[i])), len(rows), progress)

    def _asked(self, items: list[Input], progress: Progress) -> tuple[np.ndarray, Remarks]:
        remarks, levels = Remarks(), self.levels
        if not items:
            return self._none(), remarks

        def read(position: int) -> Image.Image:
            try:
                picture, note = open_input(items[position], self.side_px, levels)
            except DatasetError as error:
                remarks.problems[position] = str(error)
                raise
            if note:
                remarks.notes[position] = note
            return picture

        probabilities, ok = self.of_images(read, len(items), progress)
        for position in np.flatnonzero(~ok).tolist():
            remarks.problems.setdefault(position, f"{name_of(items[position], position)} cannot be decoded.")
        return probabilities, remarks


def usable_texts(inputs: list[Input]) -> tuple[dict[int, str], Remarks]:
    """The inputs that are texts, by position, and the reasons of the others."""
    texts: dict[int, str] = {}
    remarks = Remarks()
    for position, item in enumerate(inputs):
        try:
            texts[position] = text_of(item, position + 1)
        except DatasetError as error:
            remarks.problems[position] = str(error)
    return texts, remarks
