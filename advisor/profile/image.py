"""What the sizes, formats and colours of images say."""

from __future__ import annotations

import pandas as pd

from advisor.profile.findings import finding
from advisor.records import Dataset, Finding

TINY_PX = 64
HUGE_PX = 4000
GREY_MODES = ("1", "L", "I;16", "I", "F", "LA")


def image_facts(dataset: Dataset, measures: pd.DataFrame) -> dict[str, str]:
    """Title and value, for the page's table."""
    width, height = measures["width_px"], measures["height_px"]
    formats = measures["format"].value_counts()
    return {
        "Median size": f"{width.median():.0f} × {height.median():.0f} px",
        "Smallest side": f"{int(measures[['width_px', 'height_px']].min(axis=1).min())} px",
        "Largest side": f"{int(measures[['width_px', 'height_px']].max(axis=1).max())} px",
        "Formats": ", ".join(f"{name} {n:,}" for name, n in formats.items()),
        "Total size": f"{measures['bytes'].sum() / 1e6:,.1f} MB",
    }


def image_findings(dataset: Dataset, measures: pd.DataFrame) -> list[Finding]:
    """Tiny, huge, mixed and grey images, and images that are nearly black or white."""
    found = []
    short = measures[["width_px", "height_px"]].min(axis=1)
    long = measures[["width_px", "height_px"]].max(axis=1)
    keys = measures["key"]
    if short.median() < TINY_PX:
        found.append(
            finding(
                "tiny images",
                "note",
                f"Half of the images are under {TINY_PX} px on their short side (median {short.median():.0f} px). "
                f"Backbones expect about 224 px; they are enlarged to 128 px, and no detail is gained by it.",
            )
        )
    huge = keys[long > HUGE_PX]
    if len(huge):
        found.append(
            finding(
                "huge images",
                "note",
                f"{len(huge):,} images are over {HUGE_PX:,} px; they are reduced when read.",
                huge.tolist(),
            )
        )
    ratio = long / short.clip(lower=1)
    narrow = keys[ratio > 2]
    if len(narrow):
        found.append(
            finding(
                "long images",
                "note",
                f"{len(narrow):,} images are more than twice as long as wide; their ends are cut to fit a square.",
                narrow.tolist(),
            )
        )
    grey = measures["mode"].isin(GREY_MODES).mean()
    if grey > 0.5:
        found.append(
            finding(
                "grey images",
                "note",
                f"{100 * grey:.0f} % of the images are grey, so colour is left alone in training.",
            )
        )
    if "brightness" in measures:
        blank = keys[(measures["brightness"] < 4) | (measures["brightness"] > 251)]
        if len(blank):
            found.append(
                finding(
                    "blank images",
                    "warning",
                    f"{len(blank):,} images are nearly all black or all white.",
                    blank.tolist(),
                )
            )
    return found
