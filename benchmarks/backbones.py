"""What a stronger backbone brings with frozen features, set by set: data/backbones.csv, and tables for the lab note.

    python -m benchmarks.backbones [SET ...]      measure what is missing, then print the tables
    python -m benchmarks.backbones --tables       the tables alone

Each set's backbones get the same items of the training part in the same folds of the linear probe, so the difference to
the default has an interval of its own. Processor time is that of this process, so that other work on the machine does
not count. Weights must be here: ``advisor weights fetch all-mpnet-base-v2``, ``advisor weights fetch
efficientnet-lite1``; a backbone whose weights are missing is left out, and so is a set that is not there.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor import api
from advisor.core.kinds import ModalityName
from advisor.core.records import Dataset
from benchmarks.sets import data_folder

if TYPE_CHECKING:
    from probes.backbones.entry import Entry

TARGET = Path("data/backbones.csv")
#: The default, then what is compared with it.
BACKBONES: dict[ModalityName, tuple[str, ...]] = {
    "text": ("all-MiniLM-L6-v2", "all-mpnet-base-v2"),
    "image": ("efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"),
}
#: Items of a set, and the processor seconds after which no further part of them is read.
ITEMS, PART, SECONDS = 400, 50, 20.0
#: Half the width of a 90 % interval, in standard errors.
Z = 1.645


@dataclass(frozen=True)
class Row:
    """One backbone on one set. ``gain`` and ``error``: its lead over the default on the same items, in shares."""

    kind: str
    dataset: str
    metric: str
    classes: int
    n: int
    backbone: str
    value: float
    gain: float
    error: float
    milliseconds: float


@dataclass(frozen=True)
class Seen:
    """A backbone's features of a set's first items. Shape: array (n, dim); ``milliseconds`` of the processor each."""

    array: np.ndarray
    milliseconds: float


def main() -> None:
    """Measure the sets named, or every one that the file lacks, and print the tables."""
    names = [name for name in sys.argv[1:] if name != "--tables"]
    rows = read()
    if "--tables" not in sys.argv:
        import torch

        torch.set_num_threads(1)  # one core, whatever else runs
        for kind, name, path in sources():
            if (names and name not in names) or (not names and any(row.dataset == name for row in rows)):
                continue
            found = list(measure(kind, name, path))
            rows = [*(row for row in rows if row.dataset != name), *found]
            write(rows)
            print(*(f"{r.dataset} {r.backbone} {r.value:.3f} {r.gain:+.3f} ({r.error:.3f})" for r in found), sep="\n")
            sys.stdout.flush()
    for kind in BACKBONES:
        print("\n".join(table([row for row in rows if row.kind == kind], kind)))


def sources() -> Iterator[tuple[ModalityName, str, Path]]:
    """The sets with one label an item: their kind, name and place; texts with short lines first."""
    for path in sorted((data_folder() / "text").glob("*/data.csv"), key=_bytes_a_line):
        yield "text", path.parent.name, path
    for path in sorted((data_folder() / "images").glob("*.zip")):
        if not path.stem.endswith("_multi"):
            yield "image", path.stem, path


def _bytes_a_line(path: Path) -> float:
    content = path.read_bytes()
    return len(content) / max(content.count(b"\n"), 1)


def measure(kind: ModalityName, name: str, path: Path) -> Iterator[Row]:
    """Every backbone at hand on one set, the default first."""
    from advisor.evidence.sample import related
    from probes.backbones import catalog, weights
    from probes.folds import spread_order
    from probes.interval import paired_error
    from probes.linear import linear_probe

    dataset = api.read(path)
    rows = dataset.where("train", "val")
    rows = rows[spread_order(dataset.labels[rows])][:ITEMS]
    entries = [entry for entry in map(catalog.find, BACKBONES[kind]) if weights.available(entry)[0]]
    seen = {entry.name: features(dataset, entry, rows) for entry in entries}
    n = min(len(one.array) for one in seen.values())
    labels, groups = dataset.labels[rows[:n]], related(dataset)[rows[:n]]
    n_classes, metric = len(dataset.classes), dataset.metric
    first: np.ndarray | None = None
    for entry in entries:
        one = seen[entry.name]
        probe = linear_probe(one.array[:n], labels, metric, groups, seconds_limit=30.0, n_classes=n_classes)
        if first is None:
            first, base = probe.oof_predicted, probe.measured.value
        gain = probe.measured.value - base
        error = 0.0 if entry is entries[0] else paired_error(metric, labels, probe.oof_predicted, first, n_classes)
        yield Row(
            kind, name, metric, n_classes, n, entry.name, probe.measured.value, gain, error, one.milliseconds
        )  # fmt: skip


def features(dataset: Dataset, entry: Entry, rows: np.ndarray) -> Seen:
    """Features of the rows in order, as many as `SECONDS` of the processor allow."""
    from advisor.data.features import input_size, load_backbone, reader
    from probes.device import Calibration
    from probes.features import extract

    backbone = load_backbone(entry, input_size(dataset, entry), "cpu")
    read = reader(dataset, backbone.input_size)
    calibration = Calibration(device="cpu", channels_last=dataset.kind == "image", batch_size=16)
    parts: list[np.ndarray] = []
    started, seconds = time.process_time(), 0.0
    with tempfile.TemporaryDirectory() as cache:
        for start in range(0, len(rows), PART):
            if seconds > SECONDS:
                break
            part = rows[start : start + PART]
            keys = [str(row) for row in part]
            item = partial(_item, read, part)
            found = extract(backbone, item, keys, Path(cache), calibration=calibration)
            parts.append(np.array(found.array))
            seconds = time.process_time() - started
    array = np.concatenate(parts)
    return Seen(array, 1000 * seconds / len(array))


def _item(read: Callable[[int], Any], rows: np.ndarray, place: int) -> Any:
    return read(int(rows[place]))


def read() -> list[Row]:
    """The rows measured before."""
    if not TARGET.is_file():
        return []
    with TARGET.open(encoding="utf-8", newline="") as stream:
        return [
            Row(
                r["kind"], r["dataset"], r["metric"], int(r["classes"]), int(r["n"]), r["backbone"], float(r["value"]),
                float(r["gain"]), float(r["error"]), float(r["milliseconds"]),
            )
            for r in csv.DictReader(stream)
        ]  # fmt: skip


def write(rows: list[Row]) -> None:
    """Every row, by kind and set."""
    with TARGET.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(Row.__annotations__)
        for r in sorted(rows, key=lambda row: (row.kind, row.dataset, BACKBONES[row.kind].index(row.backbone))):  # type: ignore[index]
            out.writerow(
                (r.kind, r.dataset, r.metric, r.classes, r.n, r.backbone,
                 f"{r.value:.4f}", f"{r.gain:.4f}", f"{r.error:.4f}", f"{r.milliseconds:.1f}")
            )  # fmt: skip


def table(rows: list[Row], kind: ModalityName) -> list[str]:
    """A Markdown table: a line per set, then the means over the sets with intervals from drawing whole sets."""
    default, *others = BACKBONES[kind]
    titles = " | ".join(f"{name} | difference | ms" for name in others)
    lines = [f"| set | items | classes | {default} | ms | {titles} |", "|---" * (5 + 3 * len(others)) + "|"]
    by_set = {
        name: {r.backbone: r for r in rows if r.dataset == name} for name in dict.fromkeys(r.dataset for r in rows)
    }
    for name, known in by_set.items():
        own = known[default]
        cells = [name, str(own.n), str(own.classes), f"{100 * own.value:.1f}", f"{own.milliseconds:.0f}"]
        for other in others:
            cells += _cells(known.get(other))
        lines.append("| " + " | ".join(cells) + " |")
    for other in others:
        gains = np.array([known[other].gain for known in by_set.values() if other in known])
        if len(gains):
            draws = np.random.default_rng(0).choice(gains, (10_000, len(gains))).mean(axis=1)
            low, high = 100 * np.quantile(draws, (0.05, 0.95))
            lines.append(
                f"\n{other}: {100 * gains.mean():+.1f} points ({low:.1f} to {high:.1f}) over {len(gains)} sets."
            )
    return [*lines, ""]


def _cells(row: Row | None) -> list[str]:
    if row is None:
        return ["", "", ""]
    low, high = 100 * (row.gain - Z * row.error), 100 * (row.gain + Z * row.error)
    return [f"{100 * row.value:.1f}", f"{100 * row.gain:+.1f} ({low:+.1f} to {high:+.1f})", f"{row.milliseconds:.0f}"]


if __name__ == "__main__":
    main()
