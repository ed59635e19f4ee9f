"""`make bench-scale`: training on two processes, and a million tiny images and short texts from listing to predictions.

``python -m benchmarks.scale training`` measures some only and leaves the other rows of the CSV as they were. Variables:
ADVISOR_SCALE_ITEMS (1,000,000), ADVISOR_SCALE_SHARDS (all): features are extracted from so many shards only, and the
figures say so; ADVISOR_SCALE_FOLDER: where items and features lie, kept for the next call, which goes on with them.
"""

from __future__ import annotations

from benchmarks.figures import measure

PARTS = ("training", "images", "texts", "cluster")

if __name__ == "__main__":
    measure("benchmarks.scale", PARTS, "data/scale_figures.csv")
