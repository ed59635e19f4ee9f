"""`make bench`: the whole line on real sets, advice first, then the recommended rung trained and tested.

Prints one row per dataset: what was recommended and promised, in how many seconds, what came out on the
locked test part, and whether that lies inside the promised 90 % interval. The rows go to a CSV as well.
Run with names to take only some: ``python -m benchmarks.line dtd10 trec6``.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path
from typing import Any

from advisor import api
from advisor.core.errors import PeopleError
from advisor.core.wording import percent
from benchmarks.sets import data_folder
from probes.measured import side

SETS = (
    "images/cats_dogs.zip",
    "images/dtd10.zip",
    "images/wbc.zip",
    "images/sign_digits.zip",
    "images/deeppcb_defects.zip",
    "images/brain_mri.zip",
    "text/sst2/data.csv",
    "text/trec6/data.csv",
    "text/bbc_news/data.csv",
    "text/tweet_emotion/data.csv",
    "text/citation_intent/data.csv",
    "text/sms_spam/data.csv",
)
FIELDS = (
    "dataset",
    "items",
    "metric",
    "read_seconds",
    "advice_seconds",
    "rung",
    "promised",
    "low",
    "high",
    "provenance",
    "test",
    "n_test",
    "train_seconds",
    "inside",
)


def one(path: Path, rung: str, budget: float) -> dict[str, Any]:
    """Advise on one dataset, train, and compare with the promise."""
    started = time.monotonic()
    dataset = api.read(path)
    api.profile(dataset)
    read_seconds = time.monotonic() - started
    advice = api.advise(dataset)
    report = api.train(dataset, rung=rung, budget=budget, advice=advice)
    estimate = advice.estimate(report.rung)
    low, high = estimate.low or 0.0, estimate.high or 0.0
    return {
        "dataset": path.parent.name if path.name == "data.csv" else path.stem,
        "items": dataset.n_used,
        "metric": dataset.metric,
        "read_seconds": round(read_seconds, 1),
        "advice_seconds": round(advice.seconds, 1),
        "rung": report.rung,
        "promised": estimate.value,
        "low": low,
        "high": high,
        "provenance": estimate.provenance,
        "test": report.test.value,
        "n_test": report.test.n,
        "train_seconds": round(report.seconds, 1),
        "inside": side(report.test.value, low, high) == "inside",
    }


def show(row: dict[str, Any]) -> str:
    """One row as text."""
    promised = f"{percent(row['promised'])} ({100 * row['low']:.1f} to {100 * row['high']:.1f})"
    return (
        f"{row['dataset']:<18} {row['items']:>6} {row['read_seconds']:>6} s {row['advice_seconds']:>6} s  "
        f"{row['rung']:<10} {promised:<24} {percent(row['test']):>7} of {row['n_test']:<5} "
        f"{row['train_seconds']:>6} s  {'inside' if row['inside'] else 'OUTSIDE'}"
    )


def main() -> int:
    """Run the named sets, or all."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("sets", nargs="*", help="parts of the names of sets, all by default")
    asked.add_argument("--rung", default="auto", help="what is trained (default: what is recommended)")
    asked.add_argument(
        "--budget", type=float, default=300, metavar="SECONDS", help="of training (default: %(default)s)"
    )
    asked.add_argument("--out", type=Path, default=Path("bench-line.csv"), help="the table (default: %(default)s)")
    chosen = asked.parse_args()
    folder, out = data_folder(), chosen.out
    if not folder.is_dir():
        print(f"The development sets are not at {folder}. Set ADVISOR_BENCH_DATA to their folder.", file=sys.stderr)
        return 1
    rows = []
    print(f"{'dataset':<18} {'items':>6} {'read':>8} {'advice':>8}  {'rung':<10} {'promised':<24} {'test':>14}")
    for path in (folder / s for s in SETS if not chosen.sets or any(n in s for n in chosen.sets)):
        try:
            rows.append(one(path, chosen.rung, chosen.budget))
        except PeopleError as error:
            print(f"{path.stem}: {error}")
            continue
        print(show(rows[-1]), flush=True)
        with out.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, FIELDS)
            writer.writeheader()
            writer.writerows(rows)
    inside = sum(row["inside"] for row in rows)
    print(f"{inside} of {len(rows)} test values lie inside their promised 90 % interval. Rows: {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
