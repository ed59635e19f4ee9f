"""The development sets beside the checkout, read once and kept in the workspace, with their features."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from advisor import api
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset

IMAGES = (
    "brain_mri", "bridge_crack16", "cats_dogs", "cifar10_sub", "deeppcb_defects",
    "dtd10", "fsdd_spectro", "gtsrb32", "sign_digits", "wbc",
)  # fmt: skip
TEXTS = (
    "banking77", "bbc_news", "chemprot", "citation_intent", "customer_reviews", "langid_xquad",
    "sms_spam", "sst2", "subj", "trec6", "tweet_emotion", "tweet_sentiment",
)  # fmt: skip


@dataclass(frozen=True)
class Featured:
    """A set's training part with features. Shape: features (n, d) float32, labels, groups, rows (n,)."""

    name: str
    dataset: Dataset
    rows: np.ndarray
    features: np.ndarray
    labels: np.ndarray
    groups: np.ndarray


def data_folder() -> Path:
    """Where the development sets lie: ``ADVISOR_BENCH_DATA``, or shared/data beside the checkout."""
    configured = os.environ.get("ADVISOR_BENCH_DATA")
    return Path(configured) if configured else Path(__file__).parents[2] / "shared" / "data"


def path_of(name: str) -> Path:
    """The archive of images or the table of texts with this name."""
    archive = data_folder() / "images" / f"{name}.zip"
    return archive if archive.is_file() else data_folder() / "text" / name / "data.csv"


def dataset(name: str) -> Dataset:
    """The set, read."""
    return api.read(path_of(name))


@lru_cache(maxsize=4)
def featured(name: str, parts: tuple[str, ...] = ("train", "val"), most: int = 4000) -> Featured:
    """The set's items of the named parts with the default backbone's features, at most about `most` of them."""
    from advisor.data.features import features_of, input_size, load_backbone
    from advisor.evidence.sample import related, stratified
    from probes.backbones import catalog

    read = dataset(name)
    entry = catalog.default(kind_row(read.kind).modality)
    backbone = load_backbone(entry, input_size(read, entry), "cpu")
    rows = read.where(*parts)  # type: ignore[arg-type]
    rows = stratified(rows, read.labels[rows], most)
    found = features_of(read, rows, backbone)
    rows = rows[found.ok]
    return Featured(name, read, rows, np.asarray(found.array)[found.ok], read.labels[rows], related(read)[rows])
