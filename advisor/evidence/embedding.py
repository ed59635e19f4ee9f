"""The judged items as points of the plane with the neighbours of each, computed once and kept beside the dataset."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from advisor.core.errors import StorageError
from advisor.core.records import Dataset
from advisor.core.tables import read_table, write_table
from advisor.evidence.judged import Judged, sample_of
from probes.plane import has_umap, principal_plane, umap_plane
from probes.progress import Progress, silent, within

How = Literal["pca", "umap"]
#: Neighbours kept of each item.
N_NEIGHBOURS = 6


def hows() -> tuple[How, ...]:
    """The ways to make points of items that are installed."""
    return ("pca", "umap") if has_umap() else ("pca",)


def embedding(dataset: Dataset, of: Judged, how: How = "pca", progress: Progress = silent) -> pd.DataFrame:
    """One row per judged item: row, x, y, near (list of rows, the nearest first) and cosine (list). Kept.

    Raises BackboneError.
    """
    known = kept_embedding(dataset, of, how)
    if known is not None:
        return known
    sample = sample_of(dataset, of, within(progress, 0.0, 0.7))
    progress("Looking for the nearest neighbours of each item", 0.7)
    near, cosine = (one[:, :N_NEIGHBOURS] for one in sample.near)
    progress("Drawing the map", 0.8)
    plane = (umap_plane if how == "umap" else principal_plane)(sample.features)
    found = [np.isfinite(own) for own in cosine]
    table = pd.DataFrame(
        {
            "row": sample.rows,
            "x": plane[:, 0],
            "y": plane[:, 1],
            "near": [sample.rows[places[ok]].tolist() for places, ok in zip(near, found, strict=True)],
            "cosine": [own[ok].tolist() for own, ok in zip(cosine, found, strict=True)],
        }
    )
    write_table(dataset.files.embedding(of.backbone_hash, of.n_sample, how), table)
    progress("The map is ready", 1.0)
    return table


def kept_embedding(dataset: Dataset, of: Judged, how: How = "pca") -> pd.DataFrame | None:
    """The map made before; None where there is none that can be read."""
    try:
        return read_table(dataset.files.embedding(of.backbone_hash, of.n_sample, how))
    except StorageError:
        return None
