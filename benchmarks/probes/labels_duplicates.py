"""Planted duplicates: copies written as files, exact, encoded anew, resized or cropped, and read like any dataset."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from advisor import api
from advisor.core.records import Dataset
from advisor.data.decode import open_image
from advisor.data.features import features_of, input_size, load_backbone
from advisor.data.store import kept_clusters
from advisor.evidence.sample import related
from benchmarks import sets
from benchmarks.figures import Figure
from probes.backbones import catalog
from probes.neighbourhood import look_alikes

SETS = ("cats_dogs", "dtd10", "wbc")
#: Items left out, because by eye they show the same as another of their set (the same cell; the same web recoloured;
#: the same wallet and the same crystal cropped), so a pair of theirs is neither planted nor false.
SAME_BY_EYE = (
    "all/neutrophil/158.png",
    "all/cobwebbed/cobwebbed_0125.jpg",
    "all/crosshatched/crosshatched_0106.jpg",
    "all/crystalline/crystalline_0126.jpg",
)
SEEDS = (0, 1)
MOST = 1200
SHARE = 0.1  #: of the items get a copy of each kind


def encoded(image: Image.Image, path: Path, rng: np.random.Generator) -> None:
    """JPEG of quality 50 to 90."""
    image.save(path, "JPEG", quality=int(rng.integers(50, 91)))


def resized(image: Image.Image, path: Path, rng: np.random.Generator) -> None:
    """Half to nine tenths of each side."""
    factor = rng.uniform(0.5, 0.9)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    image.resize(size, Image.Resampling.LANCZOS).save(path, "JPEG", quality=90)


def cropped(image: Image.Image, path: Path, rng: np.random.Generator) -> None:
    """Nine tenths of each side, anywhere."""
    width, height = round(0.9 * image.width), round(0.9 * image.height)
    left, top = (int(rng.integers(0, room + 1)) for room in (image.width - width, image.height - height))
    image.crop((left, top, left + width, top + height)).save(path, "JPEG", quality=90)


def mirrored(image: Image.Image, path: Path, rng: np.random.Generator) -> None:
    """Left and right swapped: no copy to the pixels' comparison, but to the features."""
    ImageOps.mirror(image).save(path, "JPEG", quality=90)


Kinds = dict[str, Callable[[Image.Image, Path, np.random.Generator], None] | None]
KINDS: Kinds = {
    "exact": None,
    "encoded anew": encoded,
    "resized": resized,
    "cropped": cropped,
}


@dataclass(frozen=True)
class Found:
    """Copies planted and found for each kind, and pairs found that are no planted ones."""

    planted: dict[str, int]
    found: dict[str, int]
    n_pairs: int
    false: tuple[tuple[str, str], ...]


def plant(
    dataset: Dataset, folder: Path, seed: int = 0, of: Kinds = KINDS, most: int = MOST
) -> dict[str, tuple[str, str]]:
    """Write items and copies as class folders: name of each copy → (its original's name, kind)."""
    rng = np.random.default_rng(seed)
    rows = dataset.where("train", "val", "test")
    own = [cluster["keys"] for cluster in kept_clusters(dataset)]
    spare = {key for keys in own for key in keys[1:]} | set(SAME_BY_EYE)  # the set's own copies stay out
    keys = dataset.items["key"].to_numpy()
    rows = np.array([row for row in rows if keys[row] not in spare])
    rows = np.sort(rng.permutation(rows)[:most])
    copies = {}
    kinds = [kind for kind in of for _ in range(round(SHARE * len(rows)))]
    chosen = dict(zip(rng.permutation(rows)[: len(kinds)].tolist(), kinds, strict=True))
    for row in rows:
        source = Path(dataset.items["path"].iloc[row])
        name = f"class-{dataset.labels[row]}/{row:06d}"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / f"{name}{source.suffix}")
        kind = chosen.get(int(row))
        if kind is None:
            continue
        make = of[kind]
        copy = f"{name}-copy{source.suffix if make is None else '.jpg'}"
        if make is None:
            shutil.copy(source, folder / copy)
        else:
            make(open_image(source), folder / copy, rng)
        copies[copy] = (f"{name}{source.suffix}", kind)
    return copies


def measure(name: str, seed: int = 0) -> Found:
    """Plant into one set, read it, and count."""
    with tempfile.TemporaryDirectory() as made:
        copies = plant(sets.dataset(name), Path(made) / "planted", seed)
        read = api.read(Path(made) / "planted")
        clusters = [cluster["keys"] for cluster in kept_clusters(read)]
        shutil.rmtree(read.folder, ignore_errors=True)
    pairs = {frozenset(pair) for keys in clusters for pair in combinations(keys, 2)}
    wanted = {frozenset((copy, original)): kind for copy, (original, kind) in copies.items()}
    found = {kind: sum(pair in pairs for pair, k in wanted.items() if k == kind) for kind in KINDS}
    planted = {kind: sum(k == kind for k in wanted.values()) for kind in KINDS}
    false = tuple(sorted(tuple(sorted(pair)) for pair in pairs if pair not in wanted))
    return Found(planted, found, len(pairs), false)


def seen_by_features(name: str) -> tuple[int, int, int, int]:
    """(mirrored copies planted, found among the look-alikes, pairs listed, items) in one set of 400 items."""
    with tempfile.TemporaryDirectory() as made:
        plant(sets.dataset(name), Path(made) / "planted", of={"mirrored": mirrored}, most=400)
        read = api.read(Path(made) / "planted")
        entry = catalog.default("image")
        rows = np.arange(read.n_used)
        found = features_of(read, rows, load_backbone(entry, input_size(read, entry), "cpu"))
        shutil.rmtree(read.folder, ignore_errors=True)
    alike = look_alikes(np.asarray(found.array), related(read))
    keys = read.items["key"].to_numpy()
    pairs = {frozenset((keys[row], keys[alike.nearest[row]])) for row in np.flatnonzero(alike.alike)}
    copies = [key for key in keys if "-copy" in key]
    hits = sum(
        any(key in pair and len({one.split("-copy")[0].split(".")[0] for one in pair}) == 1 for pair in pairs)
        for key in copies
    )
    return len(copies), hits, len(pairs), len(rows)


def figures() -> Iterator[Figure]:
    """Recall and false pairs on three sets, over all seeds; then what features see of mirrored copies."""
    for name in SETS:
        every = [measure(name, seed) for seed in SEEDS]
        n_planted = {kind: sum(one.planted[kind] for one in every) for kind in KINDS}
        n_found = {kind: sum(one.found[kind] for one in every) for kind in KINDS}
        n_pairs, n_false = sum(one.n_pairs for one in every), sum(len(one.false) for one in every)
        recall = sum(n_found.values()) / sum(n_planted.values())
        how = ", ".join(f"{kind} {n_found[kind]} of {n}" for kind, n in n_planted.items())
        yield Figure("labels", f"planted duplicates found, {name}", recall, "share", "at least", (0.95,), how)
        how = f"{n_false} of {n_pairs} pairs found were not planted"
        yield Figure("labels", f"false pairs, {name}", n_false / n_pairs, "share", "at most", (0.01,), how)
    for name in SETS:
        n, hits, n_listed, n_items = seen_by_features(name)
        how = f"{hits} of {n}; {n_listed} pairs listed among {n_items} items"
        yield Figure("labels", f"mirrored copies among the look-alikes, {name}", hits / n, "share", "none", (), how)
