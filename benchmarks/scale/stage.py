"""One stage in a process of its own: ``python -m benchmarks.scale.stage NAME KIND ITEMS OUT``; prints its seconds."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from advisor import api
from advisor.sharded import features, head
from advisor.sharded.items import Shards
from advisor.sharded.work import Manifest, carry_out
from benchmarks.scale import made

#: Items of the sample that is profiled and measured.
SAMPLE = 2_000
SIZE = {"image": 32, "text": 16}


def make(kind: str, items: Path, out: Path) -> dict[str, Any]:
    """Generate the items."""
    made.make(kind, items, int(os.environ.get("ADVISOR_SCALE_ITEMS", "1000000")))
    return {}


def listing(kind: str, items: Path, out: Path) -> dict[str, Any]:
    """Count rows and labels of every shard."""
    shards = Shards.of(items)
    labels = Counter(label for shard in range(len(shards)) for label in shards.labels(shard))
    assert sum(labels.values()) == sum(shards.rows)
    return {"items": sum(shards.rows), "shards": len(shards)}


def profile(kind: str, items: Path, out: Path) -> dict[str, Any]:
    """The profile of a sample."""
    api.profile(api.read(Shards.of(items).sample(SAMPLE, out / "sample" / "sample.parquet")))
    return {"items": SAMPLE}


def evidence(kind: str, items: Path, out: Path) -> dict[str, Any]:
    """The evidence of the sample."""
    api.probe(api.read(out / "sample" / "sample.parquet"), budget=60)
    return {"items": SAMPLE}


def extract(kind: str, items: Path, out: Path) -> dict[str, Any]:
    """Features, of some shards where that is asked for; a second call goes on."""
    from probes.backbones import catalog

    most = os.environ.get("ADVISOR_SCALE_SHARDS")

    def some(make: Any, shards: range, *rest: Any) -> None:
        carry_out(make, shards[: int(most)] if most else shards, *rest)

    processes = int(os.environ.get("ADVISOR_SCALE_PROCESSES", "1"))
    entry = catalog.default("image" if kind == "image" else "text")
    done = features.extract(Shards.of(items), out / "features", entry, SIZE[kind], n_processes=processes, carry=some)
    seconds = [entry["seconds"] for entry in done.done.values()]
    return {"items": sum(entry["rows"] for entry in done.done.values()), "each": seconds}


def fit(kind: str, items: Path, out: Path) -> dict[str, Any]:
    """The head on all features that there are."""
    fitted = head.fit(_features(out))
    fitted.save(out)
    return {"items": fitted.n + fitted.n_held_out, "accuracy": fitted.accuracy}


def predict(kind: str, items: Path, out: Path) -> dict[str, Any]:
    """Predict every item that has features."""
    predicted = head.predict(_features(out), head.Fitted.load(out), out / "predictions")
    return {"items": sum(entry["rows"] for entry in predicted.done.values())}


def _features(out: Path) -> Manifest:
    from advisor.core import storage
    from advisor.sharded.work import MANIFEST

    return Manifest.open(out / "features", storage.read_lines(out / "features" / MANIFEST)[0]["question"])


STAGES = {one.__name__: one for one in (make, listing, profile, evidence, extract, fit, predict)}

if __name__ == "__main__":
    name, kind, items, out = sys.argv[1:]
    started = time.monotonic()
    result = STAGES[name](kind, Path(items), Path(out))
    print(json.dumps({"seconds": time.monotonic() - started, **result}))
