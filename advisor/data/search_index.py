"""The search index of a dataset's documents: built once, kept in the dataset's folder, opened again from there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.errors import ProbeError
from advisor.core.records import Dataset
from advisor.data.read.documents import documents_of
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.backbones.text import TextBackbone
    from probes.retrieval.chunks import Document
    from probes.retrieval.index import HybridIndex


def index_of(dataset: Dataset, progress: Progress = silent, device: str = "cpu") -> HybridIndex:
    """The hybrid index of a "qa" dataset's documents, from its workspace folder where it is there.

    Embeddings are the default sentence encoder's and kept in the feature cache by content, so a new version of the
    documents pays for its changed chunks only. Raises BackboneError when the encoder's weights are not available.
    """
    from probes.retrieval.store import save

    encoder = Encoder(device, progress)
    folder = dataset.files.index
    documents = documents_of(dataset.documents)
    with _locked(folder.with_suffix(".lock")):
        known = _opened(folder, encoder)
        if known is not None and known.digests == {d.name: d.digest for d in documents}:
            return known
        progress("Cutting and embedding the documents", 0.0)
        index = _tuned(_made(documents, encoder, known), dataset)
        with contextlib.suppress(OSError):  # a full or read-only disk costs the index, not the answer
            save(index, folder)
    progress("The index is ready", 1.0)
    return index


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock; on a disk that cannot be written nobody else builds an index either."""
    from filelock import FileLock

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            stack.enter_context(FileLock(path))
        yield


@dataclass(eq=False)
class Encoder:
    """The default sentence encoder as the index uses it, loaded when the first text must be embedded."""

    device: str = "cpu"
    progress: Progress = silent

    @cached_property
    def name(self) -> str:
        """What the vectors depend on: an index made by another encoder is made anew. Reads no weights into memory."""
        from probes.backbones import catalog
        from probes.backbones.weights import weights_hash

        return f"{catalog.default('text').name} {weights_hash(catalog.default('text'))}"

    @cached_property
    def backbone(self) -> TextBackbone:
        """The loaded encoder."""
        from probes.backbones import catalog
        from probes.backbones.text import TextBackbone

        return TextBackbone.load(catalog.default("text"), device=self.device)

    @property
    def tokenizer(self) -> Any:
        """Counts the tokens of chunks."""
        return self.backbone.tokenizer.backend_tokenizer

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Unit embeddings, from the workspace's cache where they are there. Shape: (n, dim) float32."""
        from advisor.data.class_names import embedded

        return embedded(self.backbone, list(texts))


def _opened(folder: Path, encoder: Encoder) -> HybridIndex | None:
    """The index kept at `folder` when this encoder and this version made it, else None: it is made anew."""
    from probes.retrieval.chunks import OVERLAP, SIZE
    from probes.retrieval.store import open_index

    try:
        known = open_index(folder, encoder)
    except ProbeError:
        return None
    return known if (known.encoder, known.size, known.overlap) == (encoder.name, SIZE, OVERLAP) else None


def _made(documents: list[Document], encoder: Encoder, known: HybridIndex | None) -> HybridIndex:
    from probes.retrieval.index import HybridIndex

    if known is not None:
        return known.updated(documents, encoder.tokenizer)
    return HybridIndex.build(documents, encoder, encoder.name, encoder.tokenizer)


def _tuned(index: HybridIndex, dataset: Dataset) -> HybridIndex:
    """The index with the weight of words that fits the training questions."""
    from probes.retrieval.measures import Truth
    from probes.retrieval.tuning import chosen_weight

    table = dataset.items.iloc[dataset.where("train")]
    pairs = zip(table["answers"], table["document"], strict=True)
    truths = [Truth(tuple(json.loads(answers)), document) for answers, document in pairs]
    return replace(index, weight=chosen_weight(index, table["text"].tolist(), truths))
