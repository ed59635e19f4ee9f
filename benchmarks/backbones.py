"""What a stronger backbone brings with frozen features, set by set: data/backbones.csv, and tables for the lab note.

    python -m benchmarks.backbones [SET ...]      measure what is missing, then print the tables
    python -m benchmarks.backbones --tables       the tables alone

Each set's backbones get the same items of the training part in the same folds of the linear probe, so the difference to
the default has an interval of its own. Processor time is that of this process, so that other work on the machine does
not count. Weights must be here: ``advisor weights fetch all-mpnet-base-v2``, ``advisor weights fetch
efficientnet-lite1``; a backbone whose weights are missing is left out, and so is a set that is not there.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
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
    """One backbone on one set. ``gain`` and ``error``: its lead over the default on the same items, in shares.

    ``names``: what the nearest class name reaches without a label; None for images, and where it was not measured.
    """

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
    names: float | None = None


@dataclass(frozen=True)
class Seen:
    """A backbone's features of a set's first items, and of the class names where it reads texts.

    Shape: array (n, dim), names (classes, dim) or None; ``milliseconds`` of the processor for each item.
    """

    array: np.ndarray
    milliseconds: float
    names: np.ndarray | None = None


def main() -> None:
    """Measure the sets named, or every one that the file lacks, and print the tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("sets", nargs="*", help="the sets, all that the file lacks by default")
    asked.add_argument("--tables", action="store_true", help="print the tables of what the file holds")
    chosen = asked.parse_args()
    names, rows = chosen.sets, read()
    if not chosen.tables:
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
            kind, name, metric, n_classes, n, entry.name, probe.measured.value, gain, error, one.milliseconds,
            by_names(one, n, labels, metric),
        )  # fmt: skip


def by_names(seen: Seen, n: int, labels: np.ndarray, metric: str) -> float | None:
    """What the nearest class name reaches on the first n items."""
    from probes.interval import score
    from probes.zero_shot import nearest_names

    if seen.names is None:
        return None
    predicted = nearest_names(seen.array[:n], seen.names).argmax(axis=1)
    return score(metric, labels, predicted, len(seen.names))


def features(dataset: Dataset, entry: Entry, rows: np.ndarray) -> Seen:
    """Features of the rows in order, as many as `SECONDS` of the processor allow."""
    from advisor.data.class_names import embed_names
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
    names = embed_names(dataset.classes, backbone).classes if dataset.kind == "text" else None
    return Seen(array, 1000 * seconds / len(array), names)


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
                float(r["names"]) if r.get("names") else None,
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
                 f"{r.value:.4f}", f"{r.gain:.4f}", f"{r.error:.4f}", f"{r.milliseconds:.1f}",
                 "" if r.names is None else f"{r.names:.4f}")
            )  # fmt: skip


def table(rows: list[Row], kind: ModalityName) -> list[str]:
    """A Markdown table: a line per set, then the means over the sets with intervals from drawing whole sets."""
    default, *others = BACKBONES[kind]
    titles = " | ".join(f"{name} | difference | ms" for name in others)
    unlabelled = ["class names alone"] if kind == "text" else []
    lines = [
        f"| {' | '.join(['set', 'items', 'classes', default, 'ms', titles, *unlabelled])} |",
        "|---" * (5 + 3 * len(others) + len(unlabelled)) + "|",
    ]
    by_set = {
        name: {r.backbone: r for r in rows if r.dataset == name} for name in dict.fromkeys(r.dataset for r in rows)
    }
    for name, known in by_set.items():
        own = known[default]
        cells = [name, str(own.n), str(own.classes), f"{100 * own.value:.1f}", f"{own.milliseconds:.0f}"]
        for other in others:
            cells += _cells(known.get(other))
        cells += [_names(known.values())] if unlabelled else []
        lines.append("| " + " | ".join(cells) + " |")
    for other in others:
        tried = [known for known in by_set.values() if other in known]
        lines.append(_mean(f"{other}, linear probe", [known[other].gain for known in tried]))
        pairs = [(known[other].names, known[default].names) for known in tried]
        named = [one - own for one, own in pairs if one is not None and own is not None]
        lines += [_mean(f"{other}, class names alone", named)] if named else []
    return [*lines, ""]


def _mean(what: str, gains: list[float]) -> str:
    """A mean over sets with the 90 % interval of drawing whole sets, in a sentence."""
    if not gains:
        return f"\n{what}: not measured."
    draws = np.random.default_rng(0).choice(gains, (10_000, len(gains))).mean(axis=1)
    low, high = 100 * np.quantile(draws, (0.05, 0.95))
    return f"\n{what}: {100 * np.mean(gains):+.1f} points ({low:+.1f} to {high:+.1f}) over {len(gains)} sets."


def _names(rows: Iterable[Row]) -> str:
    """What class names alone reach, backbone by backbone."""
    shares = [row.names for row in rows]
    return " → ".join(f"{100 * share:.1f}" for share in shares if share is not None)


def _cells(row: Row | None) -> list[str]:
    if row is None:
        return ["", "", ""]
    low, high = 100 * (row.gain - Z * row.error), 100 * (row.gain + Z * row.error)
    return [f"{100 * row.value:.1f}", f"{100 * row.gain:+.1f} ({low:+.1f} to {high:+.1f})", f"{row.milliseconds:.0f}"]


if __name__ == "__main__":
    main()
