"""A dataset's rows as features: the one place where advice and rungs load a backbone and fill its cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset
from advisor.core.wording import counted
from advisor.core.workspace import Workspace
from advisor.data.modality import Item, modality_of
from advisor.data.store import listed_ns
from probes.progress import Progress, silent
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.modality import Backbone as Backbone
    from probes.backbones.catalog import Entry
    from probes.device import Calibration
    from probes.features import Features

    #: Gives a backbone with its weights, by entry, input size and device: as `load_backbone`, or from memory.
    Load = Callable[[Entry, int, str], Backbone]


def input_size(dataset: Dataset, entry: Entry) -> int:
    """Pixels (images) or tokens (texts) fed to the backbone."""
    return modality_of(dataset).input_size(dataset, entry)


def reader(dataset: Dataset, size: int | None = None) -> Callable[[int], Item]:
    """A function from a row number to its picture (RGB) or text; it raises ItemError for an unreadable one.

    size: what the backbone is fed; a larger image may be decoded smaller, which is faster.
    """
    return modality_of(dataset).reader(dataset, size)


def feature_cache() -> Path:
    """The workspace's folder of cached features and calibrations; `advisor cache` shows and clears it."""
    return Workspace.here().features


@stage("loading")
def load_backbone(entry: Entry, size: int, device: str, pretrained: bool = True, seed: int = 0) -> Backbone:
    """The backbone of a catalog entry on a device, fed with `size` pixels or at most `size` tokens.

    Raises BackboneError when its weights are not available.
    """
    return modality_of(entry.kind).load(entry, size, device, pretrained, seed)


def features_of(
    dataset: Dataset,
    rows: np.ndarray,
    backbone: Backbone,
    progress: Progress = silent,
    calibration: Calibration | None = None,
) -> Features:
    """Features of the given rows, from the workspace's cache where they are there. Shape: array (len(rows), dim).

    An image is found by what its file holds now: one edited since it was listed has features of its own. They are
    cached under the digest of the bytes that were decoded, whatever happens to the file meanwhile. Raises DatasetError
    naming the first file that was exchanged while it was read.
    """
    from probes.features import extract

    modality = modality_of(dataset)
    read, scale = modality.reader_with_digest(dataset, backbone.input_size), _scale(dataset)
    with stage("hashing"):
        keys = [digest + scale for digest in modality.digests(dataset.items.iloc[rows], listed_ns(dataset))]
    changed: dict[int, str] = {}

    def read_place(place: int) -> Item:
        item, digest = read(int(rows[place]))
        if digest + scale != keys[place]:
            changed[place] = digest + scale
        return item

    features = extract(backbone, read_place, keys, feature_cache(), progress, calibration, changed)
    if changed:
        raise DatasetError(_exchanged(dataset, int(rows[min(changed)]), len(changed)))
    return features


def features_of_items(
    dataset: Dataset, items: Sequence[str], digests: Sequence[str], backbone: Backbone, progress: Progress = silent
) -> Features:
    """Features of items that are no rows of the dataset, read as its own are: paths of images, or texts.

    digests: of their contents. Shape: array (len(items), dim); an item that cannot be read is not ok.
    """
    from probes.features import extract

    read, scale = modality_of(dataset).reader_of(items, dataset.pixel_range, backbone.input_size), _scale(dataset)
    return extract(backbone, read, [digest + scale for digest in digests], feature_cache(), progress)


def _scale(dataset: Dataset) -> str:
    """What an image's features depend on besides its bytes: the dataset's range for 16-bit and float values."""
    return f"/{dataset.pixel_range.tag}" if dataset.pixel_range is not None else ""


def _exchanged(dataset: Dataset, row: int, n: int) -> str:
    return (
        f"{counted(n, 'file')} of {dataset.name} changed while the dataset was measured, the first is "
        f"{dataset.items['key'].iloc[row]}. Read it again and advise on what it is now: advisor advise {dataset.source}"
    )
