"""Embed ImageNet's names with the default sentence encoder: data/imagenet_names-*.npy, which evidence on images reads.

``python -m benchmarks.names`` writes the file for the encoder's present weights.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np

from advisor.core import storage
from advisor.data.class_names import HASH_DIGITS, IMAGENET, embedded
from advisor.data.features import load_backbone
from probes.backbones import catalog
from probes.zero_shot import imagenet_names


def main() -> None:
    """Write the file."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    entry = catalog.default("text")
    encoder = load_backbone(entry, entry.usual_input, "cpu")
    content = io.BytesIO()
    np.save(content, embedded(encoder, imagenet_names()).astype(np.float16), allow_pickle=False)
    target = Path("data") / IMAGENET.format(digest=encoder.weights_hash[:HASH_DIGITS])
    storage.write_bytes(target, content.getvalue())
    print(target, f"{target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
