"""Labelled items join the training part of a version; the test part stays, and nothing of it leaks in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from advisor import api
from advisor.core.errors import DatasetError
from advisor.core.records import Dataset
from advisor.data.labelling import Labelled
from advisor.data.versions import family
from advisor.data.versions.grow import LEAK, THERE, UNKNOWN, grow

WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu".split()


def sentence(rng: np.random.Generator, label: int) -> str:
    words = rng.choice(WORDS, 9)
    return f"{' '.join(words)} {'good' if label else 'bad'} {rng.integers(1_000_000)}"


@pytest.fixture
def texts(workspace: Path, tmp_path: Path) -> Dataset:
    """80 texts of two classes."""
    rng = np.random.default_rng(0)
    rows = [f"{sentence(rng, i % 2)},{'good' if i % 2 else 'bad'}" for i in range(80)]
    (tmp_path / "texts.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    return api.read(tmp_path / "texts.csv")


def labelled(texts: list[str], label: str = "good") -> list[Labelled]:
    return [Labelled(f"row {i}", "", text, label) for i, text in enumerate(texts)]


def test_new_items_join_the_training_part_and_the_test_part_stays(texts: Dataset) -> None:
    rng = np.random.default_rng(1)
    grown = grow(texts, labelled([sentence(rng, 1) for _ in range(10)]))
    version = grown.dataset
    assert grown.n_added == 10 and version.n_used == texts.n_used + 10 and not grown.left_out
    assert len(version.where("train")) == len(texts.where("train")) + 10
    assert version.items["digest"].iloc[version.where("test")].tolist() == (
        texts.items["digest"].iloc[texts.where("test")].tolist()
    )
    assert version.n_in == version.n_used + version.n_set_aside
    assert version.items["key"].is_unique
    assert version.version is not None and family.what_changed(version.version) == "10 labelled items added"
    assert api.read(version.source).fingerprint == version.fingerprint
    assert grow(texts, labelled(version.items["text"].iloc[-10:].tolist())).dataset.fingerprint == version.fingerprint


def test_a_version_grows_further_and_is_undone(texts: Dataset) -> None:
    rng = np.random.default_rng(2)
    second = grow(texts, labelled([sentence(rng, 0) for _ in range(4)], "bad")).dataset
    third = grow(second, labelled([sentence(rng, 1) for _ in range(3)])).dataset
    assert third.version is not None and third.version.number == 3 and third.n_used == texts.n_used + 7
    assert family.undo(third).dataset.fingerprint == second.fingerprint


def test_copies_and_what_the_other_parts_have_stay_out(texts: Dataset) -> None:
    rng = np.random.default_rng(3)
    test = str(texts.items["text"].iloc[texts.where("test")[0]])
    near = test.replace(" ", "  ", 1) + "."
    fresh = sentence(rng, 1)
    grown = grow(texts, labelled([fresh, fresh, test, near]))
    reasons = [one.reason for one in grown.left_out]
    assert grown.n_added == 1 and reasons.count(THERE) == 2 and reasons.count(LEAK) == 1
    assert "3 items left out" in grown.sentence


def test_a_class_in_other_letters_is_known_and_another_is_not(texts: Dataset) -> None:
    rng = np.random.default_rng(4)
    new = [sentence(rng, 1), sentence(rng, 0)]
    grown = grow(texts, [*labelled(new[:1], " GOOD "), *labelled(new[1:], "neutral")])
    assert grown.n_added == 1 and [one.reason for one in grown.left_out] == [UNKNOWN.format("neutral")]
    with pytest.raises(DatasetError, match="Its classes are bad and good"):
        grow(texts, labelled(new[1:], "neutral"))


def test_images_are_added_by_their_paths(workspace: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)

    def picture(path: Path, shade: int) -> str:
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 90, (24, 24, 3)) + shade
        Image.fromarray(pixels.astype("uint8")).save(path)
        return str(path)

    for label, shade in (("dark", 0), ("light", 150)):
        for i in range(30):
            picture(tmp_path / "set" / label / f"{i}.png", shade)
    dataset = api.read(tmp_path / "set")
    new = [picture(tmp_path / "new" / f"{i}.png", 150) for i in range(5)]
    (tmp_path / "new" / "broken.png").write_bytes(b"no image")
    items = [Labelled("", "", path, "light") for path in [*new, str(tmp_path / "new" / "broken.png"), "/nowhere.png"]]
    grown = grow(dataset, items)
    assert grown.n_added == 5 and len(grown.left_out) == 2
    reopened = api.read(grown.dataset.source)
    assert reopened.items["path"].iloc[-5:].tolist() == new
    assert api.profile(reopened).n_inspected == reopened.n_used
