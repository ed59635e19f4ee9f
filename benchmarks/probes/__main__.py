"""`make bench-probes`: measure every figure of the instruments, print them beside their bounds, leave a CSV.

``python -m benchmarks.probes labels linear`` measures some only and leaves the other rows of the CSV as they were.
"""

from __future__ import annotations

from benchmarks.figures import measure

#: The modules of this package that measure.
INSTRUMENTS = ("extraction", "linear", "curve", "depth", "domain", "labels", "scores", "sequential")

if __name__ == "__main__":
    measure("benchmarks.probes", INSTRUMENTS, "data/probe_figures.csv")
