"""The whole folder: read by a model hub, loaded here, trained again with torch and timm or transformers, served."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from advisor.core.records import Advice, Dataset
from advisor.exports import beside, quantised
from advisor.exports.export import export
from advisor.exports.records import Exported
from advisor.rungs.saved import folder as saved
from advisor.rungs.saved.loading import load
from tests.rungs.saved_models import load_predictor
from tests.serve.serving import serving

pytestmark = pytest.mark.slow  # each trains, exports and starts processes of its own

Run = Callable[..., Path]
REAL_QUANTISE = quantised.quantise


@pytest.fixture(scope="module")
def text_folder(texts: Dataset, run_of: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A frozen text model as a whole folder, with its int8 version."""
    return whole(run_of(texts, "frozen"), tmp_path_factory)


@pytest.fixture(scope="module")
def image_folder(images: Dataset, run_of: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A frozen image model as a whole folder, with its int8 version."""
    return whole(run_of(images, "frozen"), tmp_path_factory)


def whole(run: Path, made: pytest.TempPathFactory) -> Path:
    place = made.mktemp("whole") / "out"
    export(run, "folder", place)
    return place


def python(*words: object, cwd: Path) -> str:
    """What a script says in a Python that knows nothing but the installed packages."""
    done = subprocess.run([sys.executable, *map(str, words)], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_card_is_one_that_hubs_read(text_folder: Path, texts: Dataset) -> None:
    from huggingface_hub import ModelCard

    card = ModelCard.load(text_folder / beside.CARD)
    assert card.data.pipeline_tag == "text-classification" and card.data.license == "apache-2.0"
    for heading in ("How to use it", "What it reached", "Data", "Intended use", "Limits", "What was found wrong"):
        assert f"## {heading}" in card.text
    assert all(name in card.text for name in texts.classes)
    assert "all-MiniLM-L6-v2" in (text_folder / "LICENCES.md").read_text()


def test_a_class_name_cannot_write_into_the_card(images: Dataset, run_of: Run) -> None:
    spec, _ = saved.read(run_of(images, "frozen"))
    hostile = {**spec, "classes": ["<script>x</script>", "[a](http://b)\n# heading"]}
    from advisor.core.records import Plan
    from advisor.exports.card import card

    plan = Plan.load(run_of(images, "frozen") / "plan.json")
    done = Exported(run="r", form="folder", folder="f", files=())
    written = str(card(hostile, plan, None, None, done))
    assert "<script>" not in written and "\n# heading" not in written and "[a](" not in written


def test_an_exported_folder_is_loaded_like_a_run(text_folder: Path, texts: Dataset, run_of: Run) -> None:
    items = texts.items["text"].tolist()[:5]
    ours, theirs = (load_predictor(place).predict_proba(items) for place in (run_of(texts, "frozen"), text_folder))
    assert np.abs(ours - theirs).max() < 1e-6


def test_the_decision_is_beside_the_model_where_it_is_known(
    texts: Dataset, run_of: Run, text_folder: Path, tmp_path: Path
) -> None:
    assert not (text_folder / "decision.md").exists()
    assert "no decision record" in " ".join(Exported.load(text_folder / Exported.NAME).remarks)
    from advisor import api

    api.advise(texts, budget=10)
    assert Advice.saved(texts.files.advice) is not None
    done = export(run_of(texts, "frozen"), "folder", tmp_path / "out")
    assert "decision.md" in done.files and "# Decision record" in (tmp_path / "out" / "decision.md").read_text()


def test_texts_are_trained_again_with_transformers_alone(text_folder: Path, texts: Dataset, tmp_path: Path) -> None:
    table = texts.items.assign(label=[texts.classes[i] for i in texts.labels])[["text", "label"]]
    table.to_csv(tmp_path / "table.csv", index=False)
    said = python("-I", text_folder / "train.py", tmp_path / "table.csv", "--out", tmp_path / "new", cwd=tmp_path)
    value = re.search(r"accuracy (\d\.\d+) on 8 held-out", said)
    assert value is not None and float(value[1]) >= 0.5 and (tmp_path / "new" / "model.safetensors").is_file()


@pytest.mark.parametrize(("rung", "settings"), [("frozen", {}), ("fine-tune", {"whole": True}), ("scratch", {})])
def test_images_are_trained_again_with_timm_alone(
    images: Dataset, run_of: Run, tmp_path: Path, rung: str, settings: dict[str, Any]
) -> None:
    run, out = run_of(images, rung, **settings), tmp_path / "out"
    _write_training(run, out)
    start = ["--start", out / "model.safetensors"] if settings else []
    script = [sys.executable, "-P", out / "train.py"] if rung == "scratch" else [sys.executable, "-I", out / "train.py"]
    words = [*script[1:], images.source, "--out", tmp_path / "new", "--steps", 2, *start]
    path = f"import sys; sys.path.insert(0, {str(out)!r}); sys.argv = {[str(w) for w in words[1:]]!r}\n"
    said = python("-I", "-c", path + f"import runpy; runpy.run_path({str(out / 'train.py')!r}, run_name='__main__')",
                  cwd=tmp_path)  # fmt: skip
    assert "held-out items" in said and (tmp_path / "new" / "model.safetensors").is_file()


def test_training_again_changes_what_the_run_changed_at_its_pace(images: Dataset, run_of: Run, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    run, out = tmp_path / "run", tmp_path / "out"
    shutil.copytree(run_of(images, "fine-tune", whole=True), run)
    resolved = {"learning_rate": 1e-3, "layer_share": 0.5, "layer_decay": 0.5, "gentle_steps": 80, "adapters": True}
    (run / "resolved.json").write_text(json.dumps(resolved))
    (run / "metrics.jsonl").write_text('{"stage": "Training", "step": 1}\n{"stage": "Training", "step": 2}\n')
    _write_training(run, out)
    settings = json.loads((out / "training.json").read_text())
    assert settings["steps"] == 2 and settings["learning_rate"] == pytest.approx(2e-4), "LoRA's rate is not for layers"
    assert max(settings["pace"].values()) == 1.0 and len(set(settings["pace"].values())) > 1
    start = out / "model.safetensors"
    python("-P", "-c", f"import sys; sys.path.insert(0, {str(out)!r}); sys.argv[0] = 'train.py'\nimport runpy\n"
           f"runpy.run_path({str(out / 'train.py')!r}, run_name='__main__')",
           images.source, "--out", tmp_path / "new", "--start", start, cwd=tmp_path)  # fmt: skip
    before, after = load_file(start), load_file(tmp_path / "new" / "model.safetensors")
    moved = {name.removeprefix("backbone.") for name, tensor in after.items()
             if name.startswith("backbone.") and not torch.equal(tensor, before[name])}  # fmt: skip
    assert moved and moved <= set(settings["pace"])


def _write_training(run: Path, out: Path) -> None:
    """What train.py needs, without the rest of an export."""
    from advisor.exports import contents

    out.mkdir()
    model = load_predictor(run)
    _, tensors = saved.read(run)
    contents.write_description("images", model, out)
    contents.write_weights(model, tensors, out)
    contents.write_scripts("images", out)
    contents.write_requirements(contents.PACKAGES["images"], out)
    assert beside._training(model, run, out)


def test_words_are_trained_again_with_scikit_learn_alone(texts: Dataset, run_of: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(run_of(texts, "scratch", architecture="words"), "folder", out)
    table = texts.items.assign(label=[texts.classes[i] for i in texts.labels])[["text", "label"]]
    table.to_csv(tmp_path / "table.csv", index=False)
    said = python("-I", out / "train.py", tmp_path / "table.csv", "--out", tmp_path / "new", cwd=tmp_path)
    assert "held-out texts" in said


def test_the_small_server_answers(image_folder: Path, images: Dataset) -> None:
    process = subprocess.Popen(
        [sys.executable, str(image_folder / "serve.py"), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"{address}/health") as answer:
            assert json.load(answer)["classes"] == list(images.classes)
        path = Path(images.items["path"].iloc[0])
        with urllib.request.urlopen(f"{address}/predict", data=path.read_bytes()) as answer:
            told = json.load(answer)["predictions"][0]
        coded = base64.b64encode(path.read_bytes()).decode()
        body = json.dumps({"inputs": [coded, coded], "probabilities": True}).encode()
        request = urllib.request.Request(f"{address}/predict", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            several = json.load(answer)["predictions"]
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}/predict", data=b"no image")
        assert refused.value.code == 422
    finally:
        process.terminate()
        process.wait()
    ours = load_predictor(image_folder).predict([path])[0]
    assert told["label"] == ours.label and told["probability"] == pytest.approx(ours.probability, abs=1e-4)
    assert [one["label"] for one in several] == [ours.label] * 2 and set(several[0]["probabilities"]) == {
        *images.classes
    }
    with serving(load(image_folder)) as running:  # the same requests and answers as those of `advisor serve`
        status, document = running.predict([coded], probabilities=True)
    assert status == 200 and set(document["predictions"][0]) == set(several[0])


@pytest.mark.parametrize("kind", ["image", "text"])
def test_int8_is_measured_beside_float32_on_the_same_items(
    images: Dataset, texts: Dataset, run_of: Run, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantised, "quantise", REAL_QUANTISE)
    dataset = images if kind == "image" else texts
    done = export(run_of(dataset, "frozen"), "onnx", tmp_path / "out")
    int8 = done.quantised
    assert int8 is not None and int8.full.n == int8.int8.n == len(dataset.where("test"))
    assert int8.kept == ("model.int8.onnx" in done.files)
    assert int8.file_bytes < 0.5 * done.parity.file_bytes
