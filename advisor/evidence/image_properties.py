"""Simple properties of images, as measured while the dataset was read, for `probes.shortcuts`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from advisor.core.records import Dataset

#: Group of properties → columns of the inspection; aspect, megapixels and bytes per pixel are made here.
GROUPS: dict[str, tuple[str, ...]] = {
    "image size": ("width_px", "height_px", "aspect", "megapixels"),
    "bytes per pixel": ("bytes_per_pixel",),
    "the file format": ("format", "mode"),
    "JPEG quality": ("jpeg_quality",),
    "an even margin": ("margin_left", "margin_right", "margin_top", "margin_bottom", "margin_tone"),
    "the camera": ("camera",),
    "brightness": ("brightness",),
    "contrast": ("contrast",),
    "colourfulness": ("colourfulness",),
}


#: From this share of items with an even margin on, it is the set's plain background and no border.
MOSTLY = 0.8


def image_properties(dataset: Dataset, rows: np.ndarray) -> dict[str, Mapping[str, np.ndarray]]:
    """The properties of the given rows by group; what an older version did not measure is left out."""
    kept = pd.read_parquet(dataset.files.inspection)
    table = dataset.items.iloc[rows][["key"]].merge(kept.drop_duplicates("key"), on="key", how="left")
    pixels = (table["width_px"] * table["height_px"]).clip(lower=1)
    table["aspect"] = table["width_px"] / table["height_px"].clip(lower=1)
    table["megapixels"] = pixels / 1e6
    table["bytes_per_pixel"] = table["bytes"] / pixels
    made: dict[str, Mapping[str, np.ndarray]] = {
        group: {name: _values(table[name]) for name in names if name in table}
        for group, names in GROUPS.items()
        if any(name in table for name in names)
    }
    sides = [values for name, values in made.get("an even margin", {}).items() if name != "margin_tone"]
    if sides and (np.nan_to_num(np.stack(sides)).max(axis=0) > 0).mean() >= MOSTLY:
        made["the plain background"] = made.pop("an even margin")
    return made


def _values(column: pd.Series[float]) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.fillna("").astype(str).to_numpy(dtype=object).astype(str)
