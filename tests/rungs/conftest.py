"""Small real datasets and runs of a rung on them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Plan
from advisor.data.reading import read
from advisor.rungs.context import RunContext
from probes.backbones import catalog
from probes.backbones.weights import weights_hash


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace for the datasets of a module."""
    folder = tmp_path_factory.mktemp("module")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def docstrings(home: Path) -> Dataset:
    """First lines of docstrings of three libraries: which one is it? 150 texts."""
    import inspect

    import pandas as pd
    import scipy.stats
    import sklearn.metrics

    rows = []
    for label, module in (("tables", pd), ("statistics", scipy.stats), ("metrics", sklearn.metrics)):
        for name in sorted(dir(module)):
            text = (inspect.getdoc(getattr(module, name)) or "").strip().split("\n")[0]
            if name[0] != "_" and len(text) > 20:
                rows.append((text, label))
    table = pd.DataFrame(rows, columns=["text", "label"]).drop_duplicates("text").groupby("label").head(50)
    table.to_csv(home / "docs.csv", index=False)
    return read(home / "docs.csv")


@pytest.fixture(scope="module")
def digits(home: Path) -> Dataset:
    """Three digits, 26 pictures each, as class folders."""
    from sklearn.datasets import load_digits

    data = load_digits(n_class=3)
    for index in range(78):
        place = home / "digits" / f"digit {data.target[index]}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((16 * data.images[index]).clip(0, 255).astype(np.uint8)).save(place / f"{index}.png")
    return read(home / "digits")


@pytest.fixture
def run_of(tmp_path: Path) -> Callable[..., RunContext]:
    """Makes the context of a run: dataset, rung, seconds, and the plan's settings by name."""

    def make(dataset: Dataset, rung: Any, seconds: float, **settings: Any) -> RunContext:
        entry = catalog.default(kind_row(dataset.kind).modality)
        plan = Plan(
            run="test", rung=rung, dataset_folder=dataset.folder, dataset_name=dataset.name, metric=dataset.metric,
            fingerprint=dataset.fingerprint, kind=dataset.kind, backbone=entry.name, backbone_hash=weights_hash(entry),
            input_size=64 if dataset.kind == "image" else 256, settings=settings, budget_seconds=seconds,
        )  # fmt: skip
        folder = tmp_path / f"run {len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return RunContext(plan, dataset, folder, "cpu", time.monotonic() + seconds)

    return make
