"""A million short texts: the memory and the seconds of the search for copies, each kind in a fresh process.

Three kinds: words by chance, rows of one template (every pair of which is alike in part), and half of the rows copies
of the other half but for a word.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.figures import Figure

N_ROWS = 1_000_000
KINDS = ("words", "template", "copies")
MOST_GB, MOST_SECONDS = 2.0, 60.0


def texts(kind: str, n: int) -> list[str]:
    """`n` texts of 60 to 90 letters of a kind."""
    rng = np.random.default_rng(0)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    words = np.array(["".join(rng.choice(letters, rng.integers(3, 9))) for _ in range(5000)])
    share = 1 / np.arange(1, len(words) + 1)
    share /= share.sum()
    if kind == "template":
        return [
            f"order {i} of customer {i * 7919 % 99991} left for {words[i % 5000]} on day {i % 365}" for i in range(n)
        ]
    rows = n if kind == "words" else n // 2
    some = [" ".join(row) for row in words[rng.choice(len(words), (rows, 10 if kind == "words" else 14), p=share)]]
    return some if kind == "words" else [*some, *(f"{text} again" for text in some)]


def inspected(kind: str, n: int) -> dict[str, float]:
    """Inspect texts of a kind in this process: peak memory in GB, seconds, and the longest silence in seconds."""
    import pandas as pd

    from advisor.data.inspect.duplicates_text import inspect_texts

    items = pd.DataFrame({"text": pd.Series(texts(kind, n), dtype=object), "digest": ""})
    reports, started = [time.monotonic()], time.process_time()
    inspection = inspect_texts(items, lambda sentence, share: reports.append(time.monotonic()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    silence = float(np.diff(reports).max())
    return {
        "gb": peak,
        "seconds": reports[-1] - reports[0],
        "processor": time.process_time() - started,
        "silence": silence,
        "clusters": len(inspection.clusters),
    }


def figures() -> Iterator[Figure]:
    """Peak memory, seconds and the longest time without progress of each kind."""
    for kind in KINDS:
        command = [sys.executable, "-m", "benchmarks.faults.many_rows", kind, str(N_ROWS)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        how = (
            f"{N_ROWS:,} texts, {found['clusters']:,.0f} clusters, {found['processor']:.0f} s of a processor, "
            f"{found['silence']:.1f} s at most without progress"
        )
        yield Figure("many_rows", f"{kind}, memory", found["gb"], "GB", "at most", (MOST_GB,), how)
        yield Figure("many_rows", f"{kind}, time", found["seconds"], "seconds", "at most", (MOST_SECONDS,), how)


if __name__ == "__main__":
    print(json.dumps(inspected(sys.argv[1], int(sys.argv[2]))))
