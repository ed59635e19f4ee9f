"""A folder that holds model.onnx alone is loaded, asked, explained and served like the run it came from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advisor import api, using
from advisor.core.errors import StorageError
from advisor.core.records import Dataset
from advisor.exports.export import export
from advisor.exports.records import BOUND
from advisor.rungs.saved.loading import load
from tests.exports.test_export_line import odd_images
from tests.rungs.saved_models import load_predictor
from tests.serve.serving import serving

Run = Callable[..., Path]
TEXTS = ["Salt the soup", "The keeper\n\tsaved it", "Ünïcödé ΣΊΣΥΦΟΣ 中文 🙂", "word " * 3000, "A goal."]


@pytest.fixture(scope="module")
def text_folder(texts: Dataset, run_of: Run, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A frozen text model in ONNX alone."""
    place = tmp_path_factory.mktemp("onnx") / "texts"
    export(run_of(texts, "frozen"), "onnx", place)
    return place


@pytest.fixture(scope="module")
def image_folder(images: Dataset, run_of: Run, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A frozen image model in ONNX alone."""
    place = tmp_path_factory.mktemp("onnx") / "images"
    export(run_of(images, "frozen"), "onnx", place)
    return place


def test_texts_have_the_same_labels_and_the_words_that_decided(text_folder: Path, texts: Dataset, run_of: Run) -> None:
    ours, theirs = load_predictor(run_of(texts, "frozen")), load_predictor(text_folder)
    assert theirs.classes == ours.classes and theirs.rung == "frozen" and theirs.kind == "text"
    assert np.abs(ours.predict_proba(TEXTS) - theirs.predict_proba(TEXTS)).max() <= BOUND
    assert theirs.predict_each(["", "A goal."])[0].problem == ours.predict_each(["", "A goal."])[0].problem
    assert [word for word, _ in theirs.explain(TEXTS[0]).words()] == [
        word for word, _ in ours.explain(TEXTS[0]).words()
    ]


def test_images_of_every_sort_have_the_same_labels(
    image_folder: Path, images: Dataset, run_of: Run, tmp_path: Path
) -> None:
    items = odd_images(tmp_path)
    ours, theirs = load_predictor(run_of(images, "frozen")), load_predictor(image_folder)
    assert np.abs(ours.predict_proba(items) - theirs.predict_proba(items)).max() <= BOUND
    damaged = theirs.predict_each([b"no image", items[0]])
    assert damaged[0].problem and damaged[1].label


@pytest.mark.slow
def test_a_word_count_model_has_the_same_labels(texts: Dataset, run_of: Run, tmp_path: Path) -> None:
    run = run_of(texts, "scratch", architecture="words")
    export(run, "onnx", tmp_path / "out")
    ours, theirs = load_predictor(run), load_predictor(tmp_path / "out")
    assert np.abs(ours.predict_proba(TEXTS) - theirs.predict_proba(TEXTS)).max() <= BOUND


def test_it_is_served_as_the_run_is(image_folder: Path, images: Dataset, run_of: Run) -> None:
    content = Path(images.items["path"].iloc[0]).read_bytes()
    answers: list[dict[str, Any]] = []
    for folder in (run_of(images, "frozen"), image_folder):
        with serving(load(folder)) as running:
            answers.append(running.upload(("one.png", content), ("bad.png", b"no image"))[1])
            answers.append(json.loads(running.request("GET", "/model")[2]))
    assert answers[1]["title"] == answers[3]["title"] and answers[1]["classes"] == answers[3]["classes"]
    (label, bad), (same, same_bad) = answers[0]["predictions"], answers[2]["predictions"]
    assert label.pop("probability") == pytest.approx(same.pop("probability"), abs=BOUND)
    assert label.pop("runner_up_probability") == pytest.approx(same.pop("runner_up_probability"), abs=BOUND)
    assert label == same and bad == same_bad


def test_a_table_is_predicted_by_it(text_folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "mails.csv"
    table.write_text("id,text\n1,The keeper saved the penalty\n2,\n3,Fry the onions in butter\n")
    done = using.predict_table(text_folder, table, tmp_path / "out.csv")
    assert done.n_rows == 3 and done.n_problems == 1 and done.counted == {"sport": 1, "cooking": 1}


def test_the_threshold_leaves_with_the_model(texts: Dataset, text_folder: Path, tmp_path: Path) -> None:
    folder = copied(text_folder, tmp_path, likely_from=0.2, not_sure_below=0.999)
    assert not load_predictor(text_folder).predict("A goal.")[0].likely
    unsure = load_predictor(folder).predict("A")[0]
    assert unsure.sure is False and set(unsure.likely) <= set(texts.classes) and unsure.likely[0] == unsure.label


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("model.onnx", b"no graph", "model.onnx cannot be run"),
        ("preprocessing.json", b"{", "preprocessing.json is damaged"),
        ("preprocessing.json", b"{}", "no export that this program can read"),
        ("preprocessing.json", b'{"reads": "texts"}', "do not describe it"),
        ("classes.json", b"{}", "no export that this program can read"),
        ("tokenizer.json", b"{}", "tokenizer.json cannot be read"),
    ],
)
def test_a_damaged_folder_says_which_file(
    text_folder: Path, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    folder = copied(text_folder, tmp_path)
    (folder / name).write_bytes(content)
    with pytest.raises(StorageError, match=said):
        api.load(folder)


def copied(folder: Path, to: Path, **settings: float) -> Path:
    """A copy of an exported folder with other settings."""
    import shutil

    place = to / "copy"
    shutil.copytree(folder, place)
    how = place / "preprocessing.json"
    how.write_text(json.dumps({**json.loads(how.read_text()), **settings}))
    return place
