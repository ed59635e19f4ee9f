"""A trained model that predicts labels: what every one offers, and how it is fed with images or texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, Prediction
from probes.progress import Progress, silent

Input = str | Path | Image.Image


class Predictor:
    """A model that predicts. ``classes`` are the labels; columns of `predict_proba` are in their order.

    ``backbone`` is None for a model that needs none.
    """

    backbone: Any = None

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.classes: tuple[str, ...] = tuple(spec["classes"])
        self.kind: str = spec["kind"]
        self.rung: str = spec["rung"]

    @property
    def report_items(self) -> int | None:
        """How many test items a report may read, where the run's time did not allow all; None for all."""
        return self.spec.get("report_items")

    def predict(self, inputs: Sequence[Input]) -> list[Prediction]:
        """The label of each input with its probability. Raises as `predict_proba` does."""
        items = as_list(inputs)
        probabilities = self.predict_proba(items)
        return [
            _prediction(_name(item, i), row, self.classes)
            for i, (item, row) in enumerate(zip(items, probabilities, strict=True))
        ]

    def predict_proba(self, inputs: Sequence[Input]) -> np.ndarray:
        """Class probabilities, (n, C). Images: paths or PIL images; texts: strings.

        Raises DatasetError naming the first input that is of another type, or the first image that cannot be read.
        """
        raise NotImplementedError

    def predict_rows(
        self, dataset: Dataset, rows: np.ndarray, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities (n, C) of a dataset's rows, and whether each could be read, (n,) bool."""
        raise NotImplementedError

    def _none(self) -> np.ndarray:
        return np.zeros((0, len(self.classes)), np.float32)


class TextPredictor(Predictor):
    """A model of texts: `of_texts` is what differs."""

    def of_texts(self, texts: list[str], progress: Progress = silent) -> np.ndarray:
        """Class probabilities of at least one text, (n, C)."""
        raise NotImplementedError

    def predict_proba(self, inputs: Sequence[Input]) -> np.ndarray:
        """As `Predictor.predict_proba`."""
        texts = texts_of(inputs)
        return self.of_texts(texts) if texts else self._none()

    def predict_rows(
        self, dataset: Dataset, rows: np.ndarray, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `Predictor.predict_rows`."""
        texts = dataset.items["text"].iloc[rows].tolist()
        probabilities = self.of_texts(texts, progress) if texts else self._none()
        return probabilities, np.ones(len(rows), dtype=bool)


class ImagePredictor(Predictor):
    """A model of images: `of_images` and the side in pixels to read them at are what differs."""

    side_px: int

    def of_images(
        self, read: Callable[[int], Image.Image], n: int, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """Class probabilities (n, C) of images, and whether `read` could read each, (n,) bool."""
        raise NotImplementedError

    def predict_proba(self, inputs: Sequence[Input]) -> np.ndarray:
        """As `Predictor.predict_proba`."""
        items = as_list(inputs)
        if not items:
            return self._none()
        probabilities, ok = self.of_images(lambda i: open_input(items[i], self.side_px), len(items))
        for position in np.flatnonzero(~ok)[:1]:
            open_input(items[int(position)], self.side_px)  # raises with its cause
        return probabilities

    def predict_rows(
        self, dataset: Dataset, rows: np.ndarray, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `Predictor.predict_rows`."""
        from advisor.data.features import reader

        if len(rows) == 0:
            return self._none(), np.ones(0, dtype=bool)
        read: Any = reader(dataset, self.side_px)
        return self.of_images(lambda i: read(int(rows[i])), len(rows), progress)


def as_list(inputs: Sequence[Input]) -> list[Input]:
    """The inputs as a list; a single one is a list of one. Raises DatasetError for what is neither."""
    if isinstance(inputs, (str, Path, Image.Image)):
        return [inputs]
    if not isinstance(inputs, Iterable):
        raise DatasetError(f"The input {inputs!r} is no item and no list of items. Give a list, such as [item].")
    return list(inputs)


def texts_of(inputs: Sequence[Input]) -> list[str]:
    """The inputs as texts. Raises DatasetError naming the first that is none."""
    items = as_list(inputs)
    for number, item in enumerate(items, start=1):
        if not isinstance(item, str):
            raise DatasetError(f"Input {number} is {item!r}, which is no text. This model takes texts as strings.")
    return [str(item) for item in items]


def open_input(item: Input, min_side: int) -> Image.Image:
    """One image given by the user. Raises DatasetError with the file and the cause."""
    from advisor.data.decode import open_image

    if isinstance(item, Image.Image):
        return item.convert("RGB")
    if not isinstance(item, (str, Path)):
        raise DatasetError(f"The input {item!r} is no image. Give the path of an image, or an image of Pillow.")
    path = Path(item)
    if not path.is_file():
        raise DatasetError(f"There is no file {path}. Give the path of an image.")
    try:
        opened: Image.Image = open_image(path, min_side=min_side)
    except DatasetError as error:  # the reader's reasons name no file, since its lists do
        raise DatasetError(f"{path} cannot be used. {error}") from error
    return opened


def _name(item: Input, index: int) -> str:
    return f"image {index + 1}" if isinstance(item, Image.Image) else str(item)


def _prediction(name: str, row: np.ndarray, classes: tuple[str, ...]) -> Prediction:
    best = int(row.argmax())
    return Prediction(
        input=name,
        label=classes[best],
        probability=float(row[best]),
        probabilities={label: float(p) for label, p in zip(classes, row, strict=True)},
    )
