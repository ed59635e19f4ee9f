"""A model of each sort leaves, and says the same where only its folder and onnxruntime are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from advisor.core.errors import RunError, StorageError
from advisor.core.records import Dataset, Threshold
from advisor.exports import parity
from advisor.exports import scripts as scripts_of
from advisor.exports.export import export, exported_in
from advisor.exports.records import BOUND, Parity
from advisor.rungs.clip import BY as BY_CLIP
from tests.exports.conftest import alone
from tests.rungs.saved_models import load_predictor
from tests.rungs.test_rungs_clip import write_random_clip

Run = Callable[..., Path]


def rest(*cases: tuple[str, dict[str, Any]]) -> list[Any]:
    """The cases that rarely fail where the first holds."""
    return [pytest.param(*case, marks=pytest.mark.slow) for case in cases]


IMAGES = [("frozen", {}), *rest(("rag", {}), ("prompting", {}), ("scratch", {}), ("fine-tune", {"whole": True}))]
TEXTS = [
    ("frozen", {}),
    *rest(("rag", {}), ("prompting", {}), ("scratch", {"architecture": "words"}), ("fine-tune", {"whole": True})),
]


def odd_images(folder: Path) -> list[str]:
    """Images of every kind that a folder of photographs may hold."""
    rng = np.random.default_rng(0)
    colour = rng.integers(0, 256, (90, 70, 3), dtype=np.uint8)
    picture = Image.fromarray(colour)
    exif = Image.Exif()
    exif[0x0112] = 6
    alpha = picture.convert("RGBA")
    alpha.putalpha(Image.fromarray(rng.integers(0, 256, (90, 70), dtype=np.uint8)))
    deep = Image.fromarray(rng.integers(0, 4000, (40, 60), dtype=np.uint16))
    many = {
        "grey.png": picture.convert("L"), "alpha.png": alpha, "palette.gif": picture.convert("P"), "deep.png": deep,
        "float.tif": Image.fromarray(rng.random((30, 30), dtype=np.float32)), "cmyk.jpg": picture.convert("CMYK"),
        "strip.png": Image.fromarray(rng.integers(0, 256, (1, 500, 3), dtype=np.uint8)),
        "large.jpg": Image.fromarray(rng.integers(0, 256, (2000, 3000, 3), dtype=np.uint8)),
        "bits.png": picture.convert("1"), "grey-alpha.png": alpha.convert("LA"),
    }  # fmt: skip
    for name, image in many.items():
        image.save(folder / name)
    picture.save(folder / "turned.jpg", exif=exif)
    return sorted(str(path) for path in folder.iterdir())


@pytest.mark.parametrize(("rung", "settings"), IMAGES)
def test_an_image_model_says_the_same_alone(
    images: Dataset, run_of: Run, tmp_path: Path, rung: str, settings: dict[str, Any]
) -> None:
    run = run_of(images, rung, **settings)
    done = export(run, "onnx", tmp_path / "out")
    assert done.parity is not None and done.parity.good and done.parity.n == len(images.where("test"))
    (tmp_path / "odd").mkdir()
    items = odd_images(tmp_path / "odd")
    ours = load_predictor(run).predict_proba(items)
    theirs = alone(tmp_path / "out", items, tmp_path / "answers.npy")
    assert np.abs(ours - theirs).max() <= BOUND and parity.same(ours, theirs).all()


def test_a_clip_says_the_same_alone(images: Dataset, run_of: Run, home: Path, tmp_path: Path) -> None:
    clip = write_random_clip(home / "clip")
    words = {"folder": str(clip), "words": [f"digit {name}" for name in images.classes]}
    run = run_of(images, "prompting", by=BY_CLIP, clip=words)
    done = export(run, "folder", tmp_path / "out")
    assert done.parity is not None and done.parity.good and "class names" not in " ".join(done.remarks)
    (tmp_path / "odd").mkdir()
    items = odd_images(tmp_path / "odd")
    ours = load_predictor(run).predict_proba(items)
    theirs = alone(tmp_path / "out", items, tmp_path / "answers.npy")
    assert np.abs(ours - theirs).max() <= BOUND and parity.same(ours, theirs).all()
    settings = json.loads((clip / "preprocessor_config.json").read_text())
    (clip / "preprocessor_config.json").write_text(json.dumps({**settings, "do_center_crop": False}))
    with pytest.raises(RunError, match="prepares images in a way of its own"):
        export(run, "onnx", tmp_path / "refused")


@pytest.mark.parametrize(("rung", "settings"), TEXTS)
def test_a_text_model_says_the_same_alone(
    texts: Dataset, run_of: Run, tmp_path: Path, rung: str, settings: dict[str, Any]
) -> None:
    run = run_of(texts, rung, **settings)
    done = export(run, "onnx", tmp_path / "out")
    assert done.parity is not None and done.parity.good
    items = ["Salt", "The keeper\n\tmissed  the soup a a b", "Ünïcödé ΣΊΣΥΦΟΣ 中文 🙂", "word " * 3000, "A goal."]
    ours = load_predictor(run).predict_proba(items)
    theirs = alone(tmp_path / "out", items, tmp_path / "answers.npy")
    assert np.abs(ours - theirs).max() <= BOUND and parity.same(ours, theirs).all()


@pytest.mark.slow
def test_values_of_16_bits_mean_what_they_meant_in_training(home: Path, run_of: Run, tmp_path: Path) -> None:
    from advisor.data.reading import read

    rng = np.random.default_rng(0)
    for label, level in (("dim", 500), ("bright", 2500)):
        (home / "sensor" / label).mkdir(parents=True, exist_ok=True)
        for i in range(12):
            values = rng.integers(level, level + 400, (24, 24)).astype(np.uint16)
            Image.fromarray(values).save(home / "sensor" / label / f"{i}.png")
    dataset = read(home / "sensor")
    assert dataset.pixel_range is not None
    run = run_of(dataset, "frozen", sensor=True)
    done = export(run, "onnx", tmp_path / "out")
    assert done.parity is not None and done.parity.good


@pytest.mark.slow
def test_a_model_that_says_something_else_is_not_handed_out(
    texts: Dataset, run_of: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reversed_labels(model: Any, folder: Path, items: list[Any], progress: Any) -> Parity:
        (folder / "predict.py").write_text(
            (folder / "predict.py").read_text().replace("[0]\n    return rows", "[0][:, ::-1]\n    return rows")
        )
        return compared(model, folder, items)

    compared = parity.compared
    monkeypatch.setattr(parity, "compared", reversed_labels)
    with pytest.raises(RunError, match="gives another label on"):
        export(run_of(texts, "frozen"), "onnx", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_without_its_dataset_a_model_leaves_unchecked_and_says_so(
    texts: Dataset, run_of: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(texts, "frozen")
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "elsewhere"))
    done = export(run, "onnx", tmp_path / "out")
    assert done.parity is None and "not in this workspace" in done.remarks[0]


def test_safetensors_alone_needs_nothing_of_onnx(
    texts: Dataset, run_of: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advisor.exports.extra.NEEDED", ("onnx", "no_such_package"))
    run = run_of(texts, "frozen")
    with pytest.raises(RunError, match=r'needs no_such_package. Install: pip install "transfer-advisor\[export\]"'):
        export(run, "onnx", tmp_path / "onnx")
    done = export(run, "safetensors", tmp_path / "out")
    assert "model.onnx" not in done.files and {"model.safetensors", "classes.json"} <= set(done.files)


def test_a_place_that_holds_something_is_left_alone_and_an_earlier_export_is_replaced(
    texts: Dataset, run_of: Run, tmp_path: Path
) -> None:
    run = run_of(texts, "frozen")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear")
    with pytest.raises(StorageError, match="holds something else"):
        export(run, "safetensors", tmp_path / "mine")
    for _ in range(2):
        done = export(run, "safetensors", tmp_path / "out")
    assert exported_in(tmp_path / "out") == done and exported_in(tmp_path / "mine") is None
    assert json.loads((tmp_path / "out" / "classes.json").read_text()) == list(texts.classes)
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match="holds something else"):
        export(run, "safetensors", tmp_path / "out")
    with pytest.raises(RunError, match="no form 'tflite'"):
        export(run, "tflite", tmp_path / "out")


@pytest.mark.slow
def test_what_is_not_sure_is_not_sure_outside_too(texts: Dataset, run_of: Run, tmp_path: Path) -> None:
    run = run_of(texts, "frozen")
    kept = Threshold(right=0.95, certainty=0.9, least=1.01, least_likely=0.0, holds=0.9, covers=0.0, right_there=1.0,
                     n=10, n_likely=2.0)  # fmt: skip
    path = kept.save(run / "threshold.json")
    try:
        export(run, "folder", tmp_path / "out")
    finally:
        path.unlink()
    assert load_predictor(tmp_path / "out").threshold == kept
    done = subprocess.run(
        [sys.executable, "-E", "-s", str(tmp_path / "out" / "predict.py"), "More salt"], capture_output=True, text=True
    )
    item, _, answer = done.stdout.partition("\t")
    assert item == "More salt", done.stderr
    assert json.loads(answer) | {"probability": 1.0} == {
        "label": "cooking", "probability": 1.0, "sure": False, "likely": ["cooking", "sport"]
    }  # fmt: skip


def test_what_a_user_reads_first_fits_the_screen() -> None:
    scripts = sorted(Path(scripts_of.__file__).parent.glob("predict*.py"))
    lengths = {path.name: len(path.read_text().splitlines()) for path in scripts}
    assert len(lengths) == 4 and max(lengths.values()) <= 40, lengths
