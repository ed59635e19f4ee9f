"""Class names as sentence embeddings: what prompting without a large model stands on."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from advisor.core import resources
from advisor.core.errors import StorageError
from advisor.core.records import Dataset
from advisor.data.features import feature_cache, input_size, load_backbone
from advisor.data.modality import modality_of

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.backbones.catalog import Entry
    from probes.device import Calibration

#: ImageNet's names by the default encoder come with the advisor, under the leading digits of its weights' SHA-256:
#: embedding them took 3 to 5 seconds of the processor in every new workspace (`python -m benchmarks.names`).
IMAGENET = "imagenet_names-{digest}.npy"
HASH_DIGITS = 12


@dataclass(frozen=True)
class Names:
    """Unit embeddings of the class sentences, and of ImageNet's names for images.

    Shape: classes (C, e), imagenet (1000, e) or None. ``encoder`` names the sentence encoder.
    """

    sentences: tuple[str, ...]
    classes: np.ndarray
    imagenet: np.ndarray | None
    encoder: str


def embed_names(classes: Sequence[str], backbone: Backbone) -> Names:
    """Embed class names; texts by their own backbone, images by the default sentence encoder.

    Raises BackboneError when the sentence encoder's weights are not available.
    """
    from probes.backbones import catalog
    from probes.backbones.weights import weights_hash
    from probes.zero_shot import class_sentences

    sentences = tuple(class_sentences(classes, kind=backbone.entry.kind))
    if modality_of(backbone.entry.kind).names_itself:
        return Names(sentences, embedded(backbone, sentences), None, backbone.entry.name)
    entry = catalog.default("text")
    return _named(sentences, entry, weights_hash(entry), backbone.device)


@functools.lru_cache(maxsize=8)
def _named(sentences: tuple[str, ...], entry: Entry, digest: str, device: str) -> Names:
    """Names by a sentence encoder whose weights have this SHA-256; loaded once for the same sentences."""
    from probes.backbones.bert import load_bert
    from probes.device import Calibration
    from probes.zero_shot import imagenet_names

    quick = load_bert(entry, device)
    encoder = quick or load_backbone(entry, entry.usual_input, device)
    how = Calibration(device=device) if quick else None
    known = kept_imagenet(digest)
    imagenet = embedded(encoder, imagenet_names(), how) if known is None else known
    return Names(sentences, embedded(encoder, sentences, how), imagenet, entry.name)


def kept_imagenet(digest: str) -> np.ndarray | None:
    """ImageNet's names as the encoder with this SHA-256 embeds them. Shape: (1000, e) float32, or None."""
    try:
        kept: np.ndarray = np.load(resources.data(IMAGENET.format(digest=digest[:HASH_DIGITS])), allow_pickle=False)
    except (StorageError, OSError, ValueError):
        return None
    unit: np.ndarray = kept.astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    return unit


def knows_names(backbone: Backbone) -> bool:
    """Whether class names can be matched with its features: texts embed them, images need ImageNet's classes."""
    return modality_of(backbone.entry.kind).names_itself or getattr(backbone, "source_head", None) is not None


def namer(dataset: Dataset, backbone: Backbone) -> Backbone:
    """The backbone that class names are matched with: this one, or the default where it knows no ImageNet classes.

    Raises BackboneError when the default's weights are not available.
    """
    from probes.backbones import catalog

    if knows_names(backbone):
        return backbone
    entry = catalog.default(backbone.entry.kind)
    return load_backbone(entry, input_size(dataset, entry), backbone.device)


def embedded(encoder: Backbone, sentences: Sequence[str], how: Calibration | None = None) -> np.ndarray:
    """Unit sentence embeddings, from the workspace's cache where they are there. Shape: (n, e) float32.

    how: they are computed, where the caller knows.
    """
    from probes.features import extract

    keys = [hashlib.blake2b(sentence.encode(), digest_size=16).hexdigest() for sentence in sentences]
    features = extract(encoder, lambda i: sentences[i], keys, feature_cache(), calibration=how)
    array = np.asarray(features.array, dtype=np.float32)
    unit: np.ndarray = array / np.maximum(np.linalg.norm(array, axis=1, keepdims=True), 1e-12)
    return unit
