"""Planted shortcuts: JPEG quality by class, a border on one class, a source in front of one class's texts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from advisor import api
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset
from advisor.data.decode import open_image
from advisor.data.features import features_of, input_size, load_backbone
from advisor.evidence.issues import find_shortcuts
from advisor.evidence.sample import Sample, related
from benchmarks import sets
from benchmarks.figures import Figure
from probes.linear import linear_probe
from probes.shortcuts import Shortcut

IMAGES = ("cats_dogs", "dtd10", "wbc")
TEXTS = ("bbc_news", "trec6", "subj")
MOST = 200  #: items of each planted set
UNTOUCHED = (
    "cats_dogs", "dtd10", "wbc", "brain_mri", "sign_digits", "deeppcb_defects",
    "bbc_news", "trec6", "sst2", "subj", "sms_spam",
)  # fmt: skip


def by_quality(image: Image.Image, path: Path, label: int, rng: np.random.Generator) -> None:
    """The even classes at JPEG quality 60, the odd ones at 85, each give or take 4."""
    image.save(path, "JPEG", quality=int((60, 85)[label % 2] + rng.integers(-4, 5)))


def with_border(image: Image.Image, path: Path, label: int, rng: np.random.Generator) -> None:
    """A black border of a thirtieth of the side on the first class."""
    bordered = ImageOps.expand(image, max(2, image.width // 30), "black") if label == 0 else image
    bordered.resize(image.size).save(path, "JPEG", quality=90)


PLANTED: dict[str, tuple[str, Callable[[Image.Image, Path, int, np.random.Generator], None]]] = {
    "JPEG quality by class": ("JPEG quality", by_quality),
    "a border on one class": ("a plain border", with_border),
}


def figures() -> Iterator[Figure]:
    """Whether each plant is named, and how much is named in sets left as they are."""
    for what, (group, make) in PLANTED.items():
        named = {name: is_named(measured_images(name, make), group) for name in IMAGES}
        yield figure(what, named)
    named = {name: is_named(measured_texts(name), "a source in front of the text") for name in TEXTS}
    yield figure("a source in front of one class", named)
    yield untouched()


def figure(what: str, named: dict[str, bool]) -> Figure:
    """The share of sets in which the plant was named."""
    how = ", ".join(f"{name} {'named' if yes else 'NOT named'}" for name, yes in named.items())
    return Figure("labels", f"planted shortcut named: {what}", float(np.mean(list(named.values()))), "share",
                  "at least", (1.0,), f"{how}; {MOST} items each")  # fmt: skip


def is_named(found: list[Shortcut], group: str) -> bool:
    """Whether this group of properties is among those named."""
    return any(one.named and one.name == group for one in found)


def untouched() -> Figure:
    """How many properties are named in sets that nobody touched."""
    told = []
    for name in UNTOUCHED:
        known = sets.featured(name, most=1000)
        sample = Sample(known.rows, known.labels, known.groups, known.features)
        told += [f"{one.name} ({name})" for one in measured(known.dataset, sample) if one.named]
    return Figure("labels", "properties named in untouched sets", len(told), "properties", "none", (),
                  f"{len(UNTOUCHED)} sets: {', '.join(told) or 'none'}")  # fmt: skip


def measured_images(name: str, make: Callable[[Image.Image, Path, int, np.random.Generator], None]) -> list[Shortcut]:
    """Write a sample of a set anew with the plant in it, read it, and look for shortcuts."""
    dataset, rows, rng = *_sampled(name), np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as made:
        for row in rows:
            label = int(dataset.labels[row])
            path = Path(made) / "planted" / f"class-{label}" / f"{row:06d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            make(open_image(str(dataset.items["path"].iloc[row])), path, label, rng)
        return _shortcuts(api.read(Path(made) / "planted"))


def measured_texts(name: str) -> list[Shortcut]:
    """The same for texts: those of the largest class begin with "REUTERS - "."""
    dataset, rows = _sampled(name)
    labels = dataset.labels[rows]
    largest = int(np.bincount(labels).argmax())
    texts = [str(text) for text in dataset.items["text"].iloc[rows]]
    planted = [f"REUTERS - {text}" if label == largest else text for text, label in zip(texts, labels, strict=True)]
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "planted.csv"
        pd.DataFrame({"text": planted, "label": [f"class {label}" for label in labels]}).to_csv(path, index=False)
        return _shortcuts(api.read(path))


def measured(dataset: Dataset, sample: Sample) -> list[Shortcut]:
    """The shortcuts of a sample, against a linear probe on it."""
    probe = linear_probe(sample.features, sample.labels, dataset.metric, sample.groups, n_classes=len(dataset.classes))
    return find_shortcuts(dataset, sample, probe.oof_predicted)


def _sampled(name: str) -> tuple[Dataset, np.ndarray]:
    from advisor.evidence.sample import stratified

    dataset = sets.dataset(name)
    rows = dataset.where("train", "val")
    return dataset, stratified(rows, dataset.labels[rows], MOST)


def _shortcuts(dataset: Dataset) -> list[Shortcut]:
    """The shortcuts of a small dataset just read, which is forgotten again."""
    from probes.backbones import catalog

    entry = catalog.default(kind_row(dataset.kind).modality)
    rows = dataset.where("train", "val")
    features = features_of(dataset, rows, load_backbone(entry, input_size(dataset, entry), "cpu"))
    rows = rows[features.ok]
    sample = Sample(rows, dataset.labels[rows], related(dataset)[rows], np.asarray(features.array)[features.ok])
    found = measured(dataset, sample)
    shutil.rmtree(dataset.folder, ignore_errors=True)
    return found
