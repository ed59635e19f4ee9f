"""The profile counts what is there and says what is wrong, on small tables with planted faults."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image, ImageDraw

from advisor import api
from advisor.core.records import Profile

WORDS = "amber birch cedar delta ember fjord grove haven inlet jetty knoll larch marsh north ocean prairie".split()


def sentence(n: int) -> str:
    """A sentence like no other: the digits of n in base 16 as words."""
    return " ".join(WORDS[(n >> (4 * place)) & 15] for place in range(6)) + f" number {n}"


def table(tmp_path: Path, rows: list[tuple[str, str, str]]) -> Path:
    path = tmp_path / "data.csv"
    pd.DataFrame(rows, columns=["text", "label", "split"]).to_csv(path, index=False)
    return path


def checks(profile: Profile) -> set[str]:
    return {finding.check for finding in profile.findings}


def test_counts_add_up_and_a_clean_set_has_no_grave_finding(tmp_path: Path) -> None:
    rows = [(sentence(7919 * n), "ab"[n % 2], "") for n in range(120)]
    dataset = api.read(table(tmp_path, rows))
    profile = api.profile(dataset)
    assert sum(sum(parts.values()) for parts in profile.counts.values()) == dataset.n_used == 120
    assert profile.metric == "accuracy" and profile.imbalance == 1.0
    assert not [f for f in profile.findings if f.severity != "note"]
    assert Profile.saved(dataset.files.profile) == profile


def test_a_profile_of_another_version_is_made_anew(tmp_path: Path) -> None:
    rows = [(sentence(7919 * n), "ab"[n % 2], "") for n in range(60)]
    dataset = api.read(table(tmp_path, rows))
    profile = api.profile(dataset)
    profile.model_copy(update={"program": "0.1.0", "findings": ()}).save(dataset.files.profile)
    assert Profile.saved(dataset.files.profile) is None
    assert api.profile(dataset).model_copy(update={"seconds": profile.seconds}) == profile


def test_planted_faults_are_named(tmp_path: Path) -> None:
    rows = [(sentence(7919 * n), "many", "train") for n in range(90)]
    rows += [(sentence(104729 * n + 1), "rare", "train") for n in range(8)]
    rows += [(sentence(7919 * n), "many", "test") for n in range(5)]  # leaks
    rows += [(sentence(1299709 * n + 2), "rare" if n % 2 else "many", "test") for n in range(20)]
    rows += [(sentence(104729 * 3 + 1), "many", "train")]  # a copy with another label
    profile = api.profile(api.read(table(tmp_path, rows)))
    assert {"imbalance", "few labels", "exact duplicates", "conflicting labels", "leak"} <= checks(profile)
    assert profile.n_leaks == 5
    leak = next(f for f in profile.findings if f.check == "leak")
    assert leak.severity == "problem" and leak.n_items == 5 and "5 of 25" in leak.sentence


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([""], "1 of 60 items is set aside. The text is empty."),
        (["", " "], "2 of 60 items are set aside. The text is empty."),
        (["", "", sentence(7919)], "3 of 60 items are set aside. Most often: The text is empty."),
    ],
)
def test_the_commonest_reason_is_told_from_the_only_one(tmp_path: Path, texts: list[str], said: str) -> None:
    rows = [(sentence(7919 * n), "ab"[n % 2], "") for n in range(10, 70 - len(texts))]
    rows += [(text, "" if text.strip() else "a", "") for text in texts]
    dataset = api.read(table(tmp_path, rows))
    assert said in [finding.sentence for finding in api.profile(dataset).findings]


def test_long_texts_and_foreign_scripts_are_named(tmp_path: Path) -> None:
    rows = [(sentence(7919 * n) + " word" * (400 if n < 30 else 0), "ab"[n % 2], "") for n in range(60)]
    rows += [
        (f"Это короткое предложение номер {n * 31} о погоде и дорогах {sentence(n)}", "ab"[n % 2], "")
        for n in range(60)
    ]
    assert {"long texts", "scripts"} <= checks(api.profile(api.read(table(tmp_path, rows))))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Grey 20 px pictures in two classes, one of them blank."""
    for label in ("left", "right"):
        folder = tmp_path / "pictures" / label
        folder.mkdir(parents=True)
        for n in range(12):
            image = Image.new("L", (20, 20), 60 + 5 * n)
            x = n % 8 if label == "left" else 11 + n % 8
            ImageDraw.Draw(image).ellipse((x, n, x + 6, n + 6), fill=250 - n)
            image.save(folder / f"{n}.png")
    Image.new("L", (20, 20), 0).save(tmp_path / "pictures" / "left" / "blank.png")
    return tmp_path / "pictures"


def test_images_are_described(pictures: Path) -> None:
    profile = api.profile(api.read(pictures))
    assert {"tiny images", "grey images", "blank images"} <= checks(profile)
    assert profile.facts["Median size"] == "20 × 20 px"
    assert set(profile.sizes) == {"width_px", "height_px"}
