"""What a saved model of images takes: any form of an image is the same image; what is none has a row that says why."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from advisor.cli.main import app
from advisor.core.errors import DatasetError
from advisor.core.storage import read_json, write_json
from advisor.data.reading import read
from advisor.rungs import registry
from advisor.rungs.saved.inputs import as_list
from advisor.rungs.saved.predictor import ImagePredictor
from tests.data.dataset_trees import write
from tests.data.test_pixel_range import bright
from tests.data.test_pixels import FILES
from tests.rungs.saved_models import load_predictor
from tests.rungs.test_rungs_line import context_of


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A frozen model of three classes of 16-bit images that differ in brightness."""
    folder = tmp_path_factory.mktemp("bright")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(folder / "home"))
        context = context_of(read(bright(folder / "images")), folder / "run", "frozen")
        registry.execute(context)
        yield context.directory


@pytest.fixture
def model(run: Path) -> ImagePredictor:
    predictor: Any = load_predictor(run)
    assert isinstance(predictor, ImagePredictor)
    return predictor


def jpeg(side: int = 700) -> bytes:
    stream = io.BytesIO()
    Image.effect_mandelbrot((side, side), (-2, -1.5, 1, 1.5), 60).convert("RGB").save(stream, "JPEG", quality=90)
    return stream.getvalue()


def test_every_form_of_an_image_has_the_same_probabilities(model: ImagePredictor, tmp_path: Path) -> None:
    path = write(tmp_path / "photo.jpg", jpeg())
    with Image.open(path) as opened:
        array = np.asarray(opened)
    with path.open("rb") as stream:
        forms = [
            path, str(path), np.str_(path), Image.open(path), path.read_bytes(), io.BytesIO(path.read_bytes()), stream,
            array, array / 255, array.astype(np.float32), torch.from_numpy(array.copy()).permute(2, 0, 1),
        ]  # fmt: skip
        found = model.predict_proba(forms)
    assert np.abs(found - found[0]).max() < 1e-5
    alone = np.concatenate([model.predict_proba(form) for form in (path, array, forms[-1], path.read_bytes())])
    assert np.abs(alone - found[0]).max() < 1e-5
    assert model.predict_proba(np.stack([array, array])).shape == model.predict_proba([array] * 2).shape


@pytest.mark.parametrize("what", FILES)
def test_a_file_and_its_image_in_memory_have_the_same_probabilities(
    what: str, model: ImagePredictor, tmp_path: Path
) -> None:
    ending, make = FILES[what]
    path = tmp_path / f"a.{ending}"
    make().save(path)
    by_file, by_image = model.predict_proba([path, Image.open(path)])
    assert by_file == pytest.approx(by_image, abs=1e-6)


def test_the_range_goes_with_the_model_to_files_and_arrays(model: ImagePredictor, tmp_path: Path) -> None:
    assert model.levels is not None and model.levels.integers == (0.0, 8191.0)
    values = {label: np.full((32, 32), mean, np.uint16) for label, mean in (("a", 1000), ("c", 5000))}
    Image.fromarray(values["c"]).save(tmp_path / "c.png")
    by_array, by_image, by_file = model.predict([values["c"], Image.fromarray(values["c"]), tmp_path / "c.png"])
    assert by_array.probabilities == by_image.probabilities == by_file.probabilities
    assert model.predict(values["a"])[0].probabilities != by_array.probabilities and not by_array.note


def test_what_is_clipped_or_not_read_is_said(model: ImagePredictor, run: Path, tmp_path: Path) -> None:
    beyond = np.full((16, 16), 40_000, np.uint16)
    beyond[:8] = 3000
    assert "50 % of its values lie outside" in model.predict(beyond)[0].note
    pages = [Image.new("L", (9, 9), n) for n in (10, 20, 30)]
    pages[0].save(tmp_path / "s.tiff", save_all=True, append_images=pages[1:])
    assert "first of its 3 pages" in model.predict(tmp_path / "s.tiff")[0].note
    assert "scaled by themselves" in model.predict(np.zeros((4, 4), np.float32))[0].note
    document = read_json(run / "model.json")
    del document["pixel_range"]  # as earlier versions wrote it
    write_json(tmp_path / "old" / "model.json", document)
    (tmp_path / "old" / "model.safetensors").write_bytes((run / "model.safetensors").read_bytes())
    earlier: Any = load_predictor(tmp_path / "old")
    assert earlier.levels is None and "scaled by themselves" in earlier.predict(beyond)[0].note


def test_what_is_no_image_keeps_its_row_and_says_why(model: ImagePredictor, tmp_path: Path) -> None:
    good = np.zeros((8, 8, 3), np.uint8)
    bad: dict[str, Any] = {
        "is empty": write(tmp_path / "empty.png", b""),
        "There is no file": tmp_path / "gone.png",
        "is a folder": tmp_path,
        "web address": "https://example.org/cat.jpg",
        "not a readable image": write(tmp_path / "text.png", b"plain words"),
        "None is not an image": None,
        "3.5 is not an image": 3.5,
        "no pixels": np.zeros((0, 0, 3)),
        "no finite": np.full((5, 5), np.nan),
        "0 to 1": np.full((5, 5, 3), 700.0),
        "empty": b"",
        "is not an image": {"path": "a.png"},
        "There is no file ": "a" * 5000,
        "There is no file x": "x\0y.png",
        "binary mode": io.StringIO("words"),
        "has no pixels": Image.new("RGB", (0, 5)),
        "no numbers": np.array([["a", "b"]]),
    }
    answers = model.predict([good, *bad.values(), good])
    assert answers[0].label == answers[-1].label is not None
    for (why, item), answer in zip(bad.items(), answers[1:-1], strict=True):
        assert answer.label is None and answer.probability is None and why in answer.problem, (item, answer)
        assert len(answer.problem) < 400 and answer.problem.endswith(".")
        with pytest.raises(DatasetError):
            model.predict([item])
    with pytest.raises(DatasetError, match="is empty"):
        model.predict_proba([good, *bad.values()])
    assert model.predict([]) == []


@pytest.mark.parametrize("inputs", [None, 5, {"a": 1}, pd.DataFrame({"path": ["a.png"]})])
def test_what_is_no_list_of_items_says_so(inputs: Any) -> None:
    with pytest.raises(DatasetError, match="Give a list"):
        as_list(inputs)


def test_a_damaged_image_of_pillow_and_one_that_was_closed_say_so(model: ImagePredictor, tmp_path: Path) -> None:
    path = write(tmp_path / "cut.jpg", jpeg()[:3000])
    closed = Image.new("RGB", (4, 4))
    closed.close()
    for image in (Image.open(path), closed):
        assert "cannot be" in model.predict([image, np.zeros((4, 4), np.uint8)])[0].problem


def test_one_image_of_pillow_many_times(model: ImagePredictor, tmp_path: Path) -> None:
    image = Image.open(write(tmp_path / "photo.jpg", jpeg()))
    assert np.ptp(model.predict_proba([image] * 12), axis=0).max() < 1e-5


def test_a_folder_and_a_table_of_paths_are_predicted_from_the_command(
    run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new"
    for name in ("b.png", "deeper/a.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((9, 9), 3000, np.uint16)).save(folder / name)
    write(folder / "broken.png", b"no picture")
    write(folder / "list.csv", "file,label\nb.png,a\ndeeper/a.png,b\n")
    done = CliRunner().invoke(app, ["predict", str(run), str(folder), "--json"])
    found = json.loads(capfd.readouterr().out)
    assert done.exit_code == 1 and [Path(row["input"]).name for row in found] == ["b.png", "broken.png", "a.png"]
    assert [bool(row["label"]) for row in found] == [True, False, True]
    for column in ([], ["--column", "file"]):  # its cells end like images
        done = CliRunner().invoke(app, ["predict", str(run), str(folder / "list.csv"), *column, "--json"])
        assert done.exit_code == 0 and len(json.loads(capfd.readouterr().out)) == 2
    (tmp_path / "nothing").mkdir()
    empty = CliRunner().invoke(app, ["predict", str(run), str(tmp_path / "nothing")])
    assert isinstance(empty.exception, DatasetError) and "without images" in str(empty.exception)
