"""`make bench-faults`: do the harm, count what survives, print it beside its bound, leave a CSV.

``python -m benchmarks.faults kills disk`` does some only and leaves the other rows of the CSV as they were.
"""

from __future__ import annotations

from benchmarks.figures import measure

#: The modules of this package that do harm and count.
FAULTS = (
    "kills",
    "crowd",
    "out_of_memory",
    "stopping",
    "disk",
    "damage",
    "changed",
    "copied",
    "sessions",
    "bombs",
    "image_bombs",
    "many_rows",
)

if __name__ == "__main__":
    measure("benchmarks.faults", FAULTS, "data/fault_figures.csv")
