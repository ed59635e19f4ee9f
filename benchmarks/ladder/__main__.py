"""`python -m benchmarks.ladder [WORD...]`: carry out every rung on LadderBench's tasks that are missing.

Words choose datasets, kinds or tasks such as trec6/200/1; without any, all. It goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import sys

# Rungs run in forked processes, and a pool of threads that the parent started would be waited for there without end.
os.environ["OMP_NUM_THREADS"] = "1"

from benchmarks.ladder.collect import collect
from benchmarks.ladder.rows import folder

asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
asked.add_argument("words", nargs="*", help="datasets, kinds or tasks, all by default")
done = collect(asked.parse_args().words, lambda sentence: print(sentence, file=sys.stderr, flush=True))
print(f"{done} tasks were carried out. Their rows are in {folder()}.")
