"""Kept evidence is found by the model's identity; the model itself is loaded to measure, and for nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from advisor.core.errors import BackboneError
from advisor.core.records import Dataset, Evidence, ReadOptions
from advisor.core.workspace import slug
from advisor.data import images
from advisor.data.reading import read
from advisor.evidence.gather import gather
from advisor.llm.endpoint import BASE_URL, MODEL
from advisor.llm.identity import of_endpoint

BUDGET = 60.0


@pytest.fixture
def questions(tmp_path: Path) -> Dataset:
    folder = tmp_path / "museums"
    folder.mkdir()
    rows = []
    for n in range(24):
        (folder / f"{n}.txt").write_text(f"The museum of town {n} was opened in {1900 + n}.")
        rows.append({"question": f"When was the museum of town {n} opened?", "answers": [str(1900 + n)]})
    (folder / "questions.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return read(folder, ReadOptions(kind="qa"))


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Sixty of the digits, fed small."""
    monkeypatch.setattr(images, "SMALL_INPUT_PX", 48)
    for label, paths in read("sample:digits", ReadOptions()).items.groupby("label")["path"]:
        (tmp_path / "digits" / str(label)).mkdir(parents=True)
        for path in list(paths)[:6]:
            shutil.copy(path, tmp_path / "digits" / str(label))
    return read(tmp_path / "digits", ReadOptions())


def keep(dataset: Dataset, name: str, identity: str) -> Evidence:
    """Evidence in the place where every version has kept it."""
    evidence = Evidence(
        fingerprint=dataset.fingerprint, metric=dataset.metric, backbone=name, backbone_hash=identity, device="cpu",
        device_reason="", input_size=0, n_train=9, n_test=3, n_test_per_class=(3,), results=(), seconds=1.0,
    )  # fmt: skip
    digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
    evidence.save(Path(dataset.folder) / f"evidence-{slug(name)}-{digest}-{BUDGET:g}.json")
    return evidence


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_kept_evidence_of_questions_needs_no_language_model(questions: Dataset, tmp_path: Path, precision: str) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"cannot be loaded")
    with pytest.raises(BackboneError, match="cannot be loaded"):
        gather(questions, str(model), BUDGET)
    identity = f"{hashlib.sha256(b'cannot be loaded').hexdigest()}-{precision}"
    kept = keep(questions, str(model), identity)
    assert gather(questions, str(model), BUDGET) == kept == Evidence.saved(questions.files.evidence)


def test_kept_evidence_of_an_endpoint_is_that_of_its_model(questions: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    address = "http://127.0.0.1:1/v1"
    monkeypatch.setenv(BASE_URL, address)
    kept = {name: keep(questions, "endpoint", of_endpoint(address, name)) for name in ("gpt-small", "gpt-large")}
    for name, evidence in kept.items():
        monkeypatch.setenv(MODEL, name)
        assert gather(questions, "endpoint", BUDGET) == evidence


def test_what_is_measured_can_be_read_while_the_rest_is_measured(digits: Dataset) -> None:
    sizes = []

    def look(sentence: str, share: float) -> None:
        so_far = Evidence.saved(digits.files.evidence_so_far)
        if so_far is not None:
            sizes.append(len(so_far.results))

    evidence = gather(digits, None, 10.0, look)
    assert sizes[0] < sizes[-1] <= len(evidence.results) and sizes == sorted(sizes)
    assert not digits.files.evidence_so_far.exists()
