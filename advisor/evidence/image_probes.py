"""What is measured on images alone: properties that may be shortcuts, class names by CLIP, distance from ImageNet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from advisor.core.records import Dataset, Domain, ProbeResult
from advisor.evidence.clip import measure_clip
from advisor.evidence.domain_images import measure_domain
from advisor.evidence.sample import Sample
from probes.progress import Progress
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.device import Calibration

#: Group of properties → columns of the inspection; aspect, megapixels and bytes per pixel are derived here.
GROUPS: dict[str, tuple[str, ...]] = {
    "image size": ("width_px", "height_px", "aspect", "megapixels"),
    "bytes per pixel": ("bytes_per_pixel",),
    "the file format": ("format", "mode"),
    "JPEG quality": ("jpeg_quality",),
    "a plain border": ("margin_left", "margin_right", "margin_top", "margin_bottom", "margin_tone"),
    "the camera": ("camera",),
    "brightness": ("brightness",),
    "contrast": ("contrast",),
    "colourfulness": ("colourfulness",),
}
#: Where at least this share of items has one, it is the background of the set and no border.
MOSTLY = 0.8


class ImageProbes:
    """`advisor.evidence.modality_probes.ModalityProbes` of images."""

    takes_prompts = False
    domain_beside = True

    def texts_to_time(self, dataset: Dataset) -> None:
        """All images are fed at one size."""

    def properties(self, dataset: Dataset, rows: np.ndarray) -> Mapping[str, Mapping[str, np.ndarray]]:
        """What was measured while the dataset was read."""
        return image_properties(dataset, rows)

    def baselines(
        self, dataset: Dataset, sample: Sample, budget_seconds: float, progress: Progress
    ) -> list[ProbeResult]:
        """None."""
        return []

    @stage("prompts")
    def prompts(
        self, dataset: Dataset, backbone: Backbone, sample: Sample, seconds: float, progress: Progress
    ) -> tuple[list[ProbeResult], str | None]:
        """Class names by CLIP, where the user has one."""
        return measure_clip(dataset, backbone, sample, seconds, progress)

    @stage("domain")
    def domain(
        self, dataset: Dataset, backbone: Backbone, rows: np.ndarray, calibration: Calibration, progress: Progress
    ) -> tuple[Domain | None, str | None]:
        """The distance from ImageNet's photographs."""
        return measure_domain(dataset, backbone, rows, calibration, progress), None


IMAGE_PROBES = ImageProbes()


def image_properties(dataset: Dataset, rows: np.ndarray) -> dict[str, Mapping[str, np.ndarray]]:
    """The properties of the given rows by group, without those that an older version did not measure."""
    inspection = dataset.measures
    table = dataset.items.iloc[rows][["key"]].merge(inspection.drop_duplicates("key"), on="key", how="left")
    pixels = (table["width_px"] * table["height_px"]).clip(lower=1)
    table["aspect"] = table["width_px"] / table["height_px"].clip(lower=1)
    table["megapixels"] = pixels / 1e6
    table["bytes_per_pixel"] = table["bytes"] / pixels
    properties: dict[str, Mapping[str, np.ndarray]] = {
        group: {name: _values(table[name]) for name in names if name in table}
        for group, names in GROUPS.items()
        if any(name in table for name in names)
    }
    sides = [values for name, values in properties.get("a plain border", {}).items() if name != "margin_tone"]
    if sides and (np.nan_to_num(np.stack(sides)).max(axis=0) > 0).mean() >= MOSTLY:
        properties["the plain background"] = properties.pop("a plain border")
    return properties


def _values(column: pd.Series[float]) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.fillna("").astype(str).to_numpy(dtype=object).astype(str)
