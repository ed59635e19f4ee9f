"""Layers and distance from the pre-training data on real pictures: digits and pieces of two photographs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from advisor.core.records import Dataset
from advisor.data.features import load_backbone
from advisor.data.reading import read
from advisor.evidence import references as kept
from advisor.evidence.domain_images import FILE, HASH_DIGITS, SCALES, STAGES, measure_domain, placed, references
from advisor.evidence.layers import probe_every_layer, record
from advisor.evidence.sample import Sample, related
from probes.backbones import catalog
from probes.domain import Distance
from probes.references import Reference

ROOT = Path(__file__).parents[2]
SIZES = (128, 224)


def digits(folder: Path) -> Path:
    """Ten of each of the digits 0 to 4, 8 px."""
    from sklearn.datasets import load_digits

    data = load_digits()
    for label in range(5):
        (folder / str(label)).mkdir(parents=True)
        for i in np.flatnonzero(data.target == label)[:10]:
            Image.fromarray((data.images[i] * 15.9).astype(np.uint8)).save(folder / str(label) / f"{i}.png")
    return folder


def photographs(folder: Path) -> Path:
    """Twenty-five pieces of each of scikit-learn's photographs."""
    from sklearn.datasets import load_sample_images

    rng = np.random.default_rng(0)
    for name, array in zip(("palace", "flower"), load_sample_images().images, strict=True):
        (folder / name).mkdir(parents=True)
        for i in range(25):
            x, y = rng.integers(0, array.shape[1] - 240), rng.integers(0, array.shape[0] - 240)
            Image.fromarray(array[y : y + 240, x : x + 240]).save(folder / name / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def lite0() -> Any:
    return load_backbone(catalog.default("image"), 128, "cpu")


def train_rows(dataset: Dataset) -> np.ndarray:
    return dataset.where("train", "val")


def test_digits_lie_further_from_the_pre_training_data_than_photographs(lite0: Any, tmp_path: Path) -> None:
    near, far = (read(make(tmp_path / make.__name__)) for make in (photographs, digits))
    one, other = (measure_domain(dataset, lite0, train_rows(dataset)) for dataset in (near, far))
    assert one is not None and other is not None
    assert one.percentile < 40 and other.percentile > 60
    assert [stage.name for stage in other.stages] == list(SCALES)
    assert other.n == len(train_rows(far)) and 0 < len(other.nearest) <= 2
    assert f": {other.percentile:.0f} of 100," in other.sentence and other.nearest[0] in other.sentence
    assert all(0 <= place <= 100 for _, place in other.references) and len(other.references) >= 12


def test_a_backbone_without_references_is_replaced_by_the_default_one(tmp_path: Path) -> None:
    resnet = load_backbone(catalog.find("resnet18"), 64, "cpu", pretrained=False)
    dataset = read(digits(tmp_path / "digits"))
    found = measure_domain(dataset, resnet, train_rows(dataset)[:20])
    assert found is not None and found.sentence.endswith(
        "Measured with EfficientNet-Lite0, which has reference values."
    )


def test_every_layer_of_the_backbone_is_probed(lite0: Any, tmp_path: Path) -> None:
    dataset = read(digits(tmp_path / "digits"))
    rows = train_rows(dataset)
    sample = Sample(rows, dataset.labels[rows], related(dataset)[rows], np.zeros((len(rows), 0), np.float32))
    probed = probe_every_layer(dataset, lite0, None, sample)
    assert probed is not None
    found = record(probed.probes, probed.seconds)
    assert found is not None
    names = [layer.name for layer in found.depths]
    assert len(names) == 9 and found.best in names and names[-1] == "last features"
    assert (found.depths[0].position, found.depths[-1].position, found.depths[-1].dim) == (0.0, 1.0, 1280)
    assert all(layer.measured.n == len(rows) for layer in found.depths) and found.sentence.endswith(".")
    alone = Sample(rows, sample.labels, np.zeros_like(rows), sample.features)
    assert probe_every_layer(dataset, lite0, None, alone) is None  # one group: nothing can be held out


def test_the_kept_references_are_of_the_default_backbone_and_the_same_sets_at_both_sizes() -> None:
    rows = kept.rows_of(FILE)
    digest = catalog.default("image").sha256
    assert digest is not None and {row["weights"] for row in rows} == {digest[:HASH_DIGITS]}
    by_size = [references(digest, size) for size in SIZES]
    assert [r.name for r in by_size[0]] == [r.name for r in by_size[1]]
    assert len({r.description for r in by_size[0]}) == len(by_size[0]) >= 12
    assert all(np.isfinite(list(r.values.values())).all() for size in by_size for r in size)
    first = by_size[0][0].values
    assert first[kept.OVERALL] == pytest.approx(np.mean([first[stage] for stage in STAGES]))


def known(n: int = 5) -> list[Reference]:
    """References at 0, 1, ... on every scale."""
    return [Reference(f"r{i}", f"set {i}", {scale: float(i) for scale in (*SCALES, kept.OVERALL)}) for i in range(n)]


def at(*stages: float, energy: float | None = 0.0) -> Distance:
    return Distance(tuple(np.exp(stages).tolist()), energy, n=200, seconds=1.0)


def test_the_sentence_names_the_neighbours_and_the_strangest_stage() -> None:
    found = placed(at(0.1, 1.4, 3.6), known())
    assert found is not None and found.nearest == ("set 2", "set 1")
    assert "between set 2 and set 1" in found.sentence
    assert "late layers find them strangest" in found.sentence and "the early ones most familiar" in found.sentence
    level = placed(at(1.4, 1.4, 1.4), known())
    assert level is not None and "strangest" not in level.sentence


@pytest.mark.parametrize(("value", "said"), [(-3.0, "nearer than every"), (9.0, "further than every")])
def test_outside_of_all_references_only_the_next_is_named(value: float, said: str) -> None:
    found = placed(at(value, value, value, energy=None), known())
    assert found is not None and said in found.sentence and len(found.nearest) == 1
    assert [stage.name for stage in found.stages] == list(STAGES)


def test_a_set_is_no_reference_for_itself_and_without_batch_norm_there_is_no_place() -> None:
    found = placed(at(2.0, 2.0, 2.05), known())
    assert found is not None and [name for name, _ in found.references] == ["set 0", "set 1", "set 3", "set 4"]
    assert placed(Distance((), -3.0, 200, 1.0), known()) is None
    assert placed(at(1.0, 1.0, 1.0), []) is None


def test_trust_pairs_each_reference_with_its_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"dataset": f"r{i}", "kind": "image", "gain": str(i**2 / 100), "frozen": str(0.5 + i / 10)} for i in range(4)
    ]
    other = {"dataset": "r5", "kind": "text", "gain": "0", "frozen": "0.5"}
    monkeypatch.setattr(kept, "rows_of", lambda name: (*rows, other))
    assert kept.gains("image") == pytest.approx({"r0": 0.0, "r1": 0.01, "r2": 0.04, "r3": 0.09})
    assert kept.errors_removed("image")["r3"] == pytest.approx(0.09 / 0.2)
    found = kept.trust(known(6), "image")
    assert found is not None and found.value == pytest.approx(1.0) and found.n == 4
    assert found.note == "With the share of the error that fine-tuning removed: 1.00 (1.00 to 1.00)."
    assert kept.trust(known(6), "text") is None


def test_a_built_package_holds_the_numbers_and_every_package(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    build = ("egg_info", "--egg-base", str(tmp_path), "build_py", "--build-lib", str(tmp_path / "lib"))
    done = subprocess.run([sys.executable, "setup.py", "-q", *build], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    built = tmp_path / "lib" / "advisor" / "resources" / FILE
    assert built.read_bytes() == (ROOT / "data" / FILE).read_bytes()
    for package in (ROOT / "advisor").rglob("__init__.py"):
        assert (tmp_path / "lib" / package.relative_to(ROOT)).is_file()
