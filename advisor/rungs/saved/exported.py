"""An exported folder that holds ``model.onnx`` alone, as a model: onnxruntime runs it, no weights of ours are needed.

Items are read as for every other model, so limits, messages and pixels are the same; classes, preprocessing and the
threshold come from the files beside the graph (`advisor.exports.contents`). Images are brought to the network's size
here, where the graph's own resizing changes nothing, so that a batch is small and of one shape.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from advisor.core import storage
from advisor.core.errors import RunError, StorageError
from advisor.core.kinds import Kind, kind_of, kind_row
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import PixelRange
from advisor.core.workspace import RunFiles
from advisor.rungs.saved.predictor import ImagePredictor, Predictor, TextPredictor
from probes.errors import first_line
from probes.progress import Progress, silent

CLASSES, PREPROCESSING, ABOUT = "classes.json", "preprocessing.json", "export.json"
#: Items in one call of onnxruntime.
BATCH = 32
#: Named inputs of one batch to probabilities, (n, C).
Ask = Callable[[Mapping[str, np.ndarray]], np.ndarray]


def load(directory: Path) -> Predictor:
    """The model in an exported folder, on the CPU.

    Raises RunError where onnxruntime is missing, StorageError where a file is missing or damaged.
    """
    how, classes = storage.read_object(directory / PREPROCESSING), storage.read_json(directory / CLASSES)
    kind = _KINDS.get(str(how.get("reads")))
    if kind is None or not isinstance(classes, list):
        raise StorageError(f"{directory} is no export that this program can read. Export the model again.")
    spec = {
        **_about(directory),
        "kind": kind_of(kind_row(kind.KIND).modality, "multilabel") if "thresholds" in how else kind.KIND,
        "head": {key: how[key] for key in ("thresholds",) if key in how},
        "weights": "onnx",
        "classes": [str(name) for name in classes],
        "sha256": storage.sha256_file(RunFiles(directory).onnx),
    }
    return kind(spec, how, _session(RunFiles(directory).onnx), directory)


def _about(directory: Path) -> dict[str, Any]:
    """Run, rung and dataset, as far as the export tells them."""
    about = storage.read_object(directory / ABOUT) if (directory / ABOUT).is_file() else {}
    rung = about.get("rung")
    return {
        "run": str(about.get("run", "")),
        "rung": rung if rung in RUNG_NAMES else "",
        "dataset": {"name": str(about.get("dataset", ""))},
    }


def _session(path: Path) -> Ask:
    """The graph. Raises as `load`."""
    try:
        import onnxruntime
    except ImportError as error:
        raise RunError(
            f'{path} is run by onnxruntime, which is missing. Install: pip install "transfer-advisor[export]"'
        ) from error
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises many kinds for a file that it cannot run
        raise StorageError(f"{path} cannot be run ({first_line(error)}). Copy it again, or export it again.") from error

    def ask(inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        rows: np.ndarray = session.run(None, dict(inputs))[0]
        return rows

    return ask


class _Exported(Predictor):
    """What all have: the settings beside the graph, the threshold among them."""

    KIND: Kind

    def __init__(self, spec: dict[str, Any], how: dict[str, Any], ask: Ask, directory: Path) -> None:
        super().__init__(spec)
        self.how, self.ask = how, ask

    @property
    def least_sure(self) -> float:
        """As `Predictor.least_sure`."""
        return float(self.how["not_sure_below"])

    @property
    def least_likely(self) -> float | None:
        """As `Predictor.least_likely`."""
        least = self.how.get("likely_from")
        return None if least is None else float(least)


class ExportedImages(_Exported, ImagePredictor):
    """Images through the graph."""

    KIND = "image"

    @property
    def side_px(self) -> int:  # type: ignore[override]
        """The network's input."""
        return int(self.how["size_px"])

    @property
    def levels(self) -> PixelRange | None:
        """As `ImagePredictor.levels`."""
        known = {name: pair for name, pair in self.how["ranges"].items() if pair}
        return PixelRange.model_validate(known) if known else None

    def of_images(
        self, read: Callable[[int], Image.Image], n: int, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `ImagePredictor.of_images`; decoded in threads, one batch after the other."""
        rows, ok = np.zeros((n, len(self.classes)), np.float32), np.ones(n, dtype=bool)
        with ThreadPoolExecutor(os.cpu_count() or 2, thread_name_prefix="decode") as pool:
            for start in range(0, n, BATCH):
                progress("Predicting", start / n)
                some = range(start, min(start + BATCH, n))
                decoded = dict(zip(some, pool.map(lambda i: self._pixels(read, i), some), strict=True))
                good = {i: pixels for i, pixels in decoded.items() if pixels is not None}
                ok[[i for i in some if i not in good]] = False
                if good:
                    rows[list(good)] = self.ask({"pixels": np.stack(list(good.values()))})
        return rows, ok

    def _pixels(self, read: Callable[[int], Image.Image], place: int) -> np.ndarray | None:
        if self.how.get("strips") == "cropped":  # CLIP's
            from probes.backbones.clip import to_clip_pixels as made
        else:
            from probes.backbones.image import to_pixels as made

        try:
            return made(read(place), self.side_px)
        except MemoryError:  # says nothing about the item
            raise
        except Exception:  # whatever a decoder raises for a bad file, the item is set aside
            return None


class ExportedTexts(_Exported, TextPredictor):
    """Texts through the tokenizer beside the graph and the graph."""

    KIND = "text"

    def __init__(self, spec: dict[str, Any], how: dict[str, Any], ask: Ask, directory: Path) -> None:
        super().__init__(spec, how, ask, directory)
        from tokenizers import Tokenizer

        place = directory / "tokenizer.json"
        try:
            self.tokenizer = Tokenizer.from_file(str(place))
        except Exception as error:  # tokenizers raises its errors as plain exceptions
            raise StorageError(f"{place} cannot be read ({first_line(error)}). Export the model again.") from error
        self.tokenizer.enable_truncation(int(how["max_tokens"]))
        self.tokenizer.enable_padding(pad_id=int(how["pad_id"]), pad_token=str(how["pad_token"]))

    def of_texts(self, texts: list[str], progress: Progress = silent) -> np.ndarray:
        """As `TextPredictor.of_texts`; by length, so that little is padding."""
        rows = np.zeros((len(texts), len(self.classes)), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):
            progress("Predicting", start / len(order))
            some = order[start : start + BATCH]
            tokens = self.tokenizer.encode_batch([self.how["prefix"] + texts[i] for i in some])
            rows[some] = self.ask(
                {
                    "input_ids": np.array([each.ids for each in tokens], np.int64),
                    "attention_mask": np.array([each.attention_mask for each in tokens], np.int64),
                }
            )
        return rows


class ExportedWords(_Exported, TextPredictor):
    """Texts by how often each term occurs; the graph has the weights."""

    KIND = "text"

    def __init__(self, spec: dict[str, Any], how: dict[str, Any], ask: Ask, directory: Path) -> None:
        super().__init__(spec, how, ask, directory)
        from sklearn.feature_extraction.text import CountVectorizer

        from probes.tfidf import CHARACTERS, WORDS

        vocabulary = storage.read_json(directory / "vocabulary.json")
        self.counters = [
            CountVectorizer(**{**settings, "min_df": 1}, vocabulary=terms, dtype=np.float32)
            for settings, terms in zip((WORDS, CHARACTERS), vocabulary, strict=False)
        ]

    def of_texts(self, texts: list[str], progress: Progress = silent) -> np.ndarray:
        """As `TextPredictor.of_texts`."""
        parts = []
        for start in range(0, len(texts), BATCH):
            progress("Predicting", start / len(texts))
            some = [text[: int(self.how["max_characters"])] for text in texts[start : start + BATCH]]
            counts = np.concatenate([counter.transform(some).toarray() for counter in self.counters], axis=1)
            parts.append(self.ask({"counts": counts}))
        return np.concatenate(parts)


_KINDS: dict[str, type[_Exported]] = {"images": ExportedImages, "texts": ExportedTexts, "words": ExportedWords}
