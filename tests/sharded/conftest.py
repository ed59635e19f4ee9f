"""Real digits and real sentences as Parquet shards."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


@pytest.fixture
def digit_shards(tmp_path: Path) -> Path:
    """600 digits as PNG in six files of 100."""
    from PIL import Image
    from sklearn.datasets import load_digits

    digits, folder = load_digits(), tmp_path / "digits"
    folder.mkdir()
    for shard in range(6):
        images, labels = [], []
        for row in range(100 * shard, 100 * shard + 100):
            stream = io.BytesIO()
            Image.fromarray((digits.images[row] * 15.9).astype(np.uint8)).resize((32, 32)).save(stream, "PNG")
            images.append({"bytes": stream.getvalue(), "path": None})
            labels.append(int(digits.target[row]))
        pq.write_table(pa.table({"image": images, "label": labels}), folder / f"part-{shard}.parquet")
    return folder
