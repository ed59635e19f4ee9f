"""Findings, each on a small table with one planted fault; and what must not be a finding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from advisor import api
from advisor.core.records import Finding, Profile
from advisor.data.inspect import duplicates_image
from advisor.data.profile.image import size_findings

WORDS = "amber birch cedar delta ember fjord grove haven inlet jetty knoll larch marsh north ocean prairie".split()


def text(n: int) -> str:
    return " ".join(WORDS[(7919 * n >> (4 * place)) & 15] for place in range(6)) + f" number {n}"


def told(folder: Path, rows: pd.DataFrame) -> dict[str, Finding]:
    folder.mkdir(exist_ok=True)
    rows.to_csv(folder / "data.csv", index=False)
    return {finding.check: finding for finding in api.profile(api.read(folder / "data.csv")).findings}


def rows_of(n: int, **columns: Sequence[object]) -> pd.DataFrame:
    return pd.DataFrame({"text": [text(i) for i in range(n)], "label": ["ab"[i % 2] for i in range(n)], **columns})


def test_one_copy_is_said_in_the_singular_and_exact_and_near_are_counted_apart(tmp_path: Path) -> None:
    rows = rows_of(60)
    rows.loc[60] = [text(4), "a"]  # exact
    rows.loc[61] = [text(4).replace(" number", ": number!"), "a"]  # near
    found = told(tmp_path, rows)
    assert found["exact duplicates"].sentence.startswith("1 item (1.6 %) only repeats another item, as an exact copy.")
    assert found["exact duplicates"].n_items == 1 and found["near duplicates"].n_items == 1
    assert "conflicting labels" not in found and "leak" not in found


def test_near_copies_with_different_labels_are_a_warning_and_no_problem(tmp_path: Path) -> None:
    rows = rows_of(60)
    rows.loc[60] = [text(4).replace(" number", ": number!"), "b"]
    found = told(tmp_path, rows)
    assert found["labels of near copies"].severity == "warning" and found["labels of near copies"].n_items == 2
    assert "conflicting labels" not in found


def test_groups_on_both_sides_of_an_official_split(tmp_path: Path) -> None:
    rows = rows_of(60, split=["train"] * 40 + ["test"] * 20, group=[f"person {i % 45}" for i in range(60)])
    found = told(tmp_path, rows)
    torn = found["groups across the split"]
    assert torn.n_items == 15 and torn.sentence.startswith("15 groups are on both sides")


def test_our_own_split_has_no_leak_whatever_the_copies(tmp_path: Path) -> None:
    rows = pd.concat([rows_of(40), rows_of(40), rows_of(20)], ignore_index=True)
    found = told(tmp_path, rows)
    assert found["exact duplicates"].n_items == 60 and found["exact duplicates"].severity == "warning"
    assert "leak" not in found


def test_class_names_that_differ_in_case_only(tmp_path: Path) -> None:
    rows = rows_of(60, label=[("Spam", "spam", "ham")[i % 3] for i in range(60)])
    assert "Spam and spam" in told(tmp_path, rows)["class names"].sentence


def test_untested_and_tiny_classes(tmp_path: Path) -> None:
    rows = rows_of(
        60, label=["ab"[i % 2] for i in range(57)] + ["c"] * 3, split=["train"] * 30 + ["test"] * 27 + ["train"] * 3
    )
    found = told(tmp_path, rows)
    assert "c" in found["untested classes"].sentence and "1 of 3 classes has fewer" in found["few labels"].sentence


def pictures(folder: Path, n: int, size: tuple[int, int] = (70, 70)) -> Path:
    rng = np.random.default_rng(0)
    for label in ("left", "right"):
        (folder / label).mkdir(parents=True)
        for i in range(n):
            noise = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / label / f"{i}.png")
    return folder


def profile_of(folder: Path) -> tuple[Profile, dict[str, Finding]]:
    profile = api.profile(api.read(folder))
    return profile, {finding.check: finding for finding in profile.findings}


def test_a_clean_set_of_pictures_has_no_finding(tmp_path: Path) -> None:
    profile, found = profile_of(pictures(tmp_path / "p", 8))
    assert not [f for f in found.values() if f.severity != "note" and f.check != "few labels"]
    assert profile.n_inspected == 16 and profile.facts["Median size"] == "70 × 70 px"


def test_long_mixed_and_blank_pictures(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "p", 10)
    Image.effect_noise((300, 70), 60).save(folder / "left" / "long.png")
    Image.new("RGB", (90, 90), "teal").save(folder / "right" / "blank.png")
    for n in range(4):
        Image.effect_noise((640 + n, 640), 60).save(folder / "left" / f"large{n}.png")
    _, found = profile_of(folder)
    assert found["long images"].items == ("left/long.png",)
    assert found["blank images"].items == ("right/blank.png",)
    assert "between 70 and 640 px" in found["mixed sizes"].sentence


def test_a_few_pictures_of_another_size_are_named(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "p", 40)
    Image.effect_noise((900, 900), 60).save(folder / "left" / "another.png")
    _, found = profile_of(folder)
    assert found["odd sizes"].items == ("left/another.png",) and "mixed sizes" not in found


def test_grey_pictures_saved_in_colour_are_grey(tmp_path: Path) -> None:
    for label in ("left", "right"):
        (tmp_path / "p" / label).mkdir(parents=True)
        for n in range(6):
            Image.effect_noise((70, 70), 80).convert("RGB").save(tmp_path / "p" / label / f"{n}.png")
    _, found = profile_of(tmp_path / "p")
    assert found["grey images"].sentence.startswith("All images are grey")


def test_a_sampled_set_says_so_and_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WHOLE", "FIRST_LOOK", "MAX_IMAGES"):
        monkeypatch.setattr(duplicates_image, name, 10)
    folder = pictures(tmp_path / "p", 12)
    profile, found = profile_of(folder)
    assert profile.n_inspected == 10 and len(profile.sizes["width_px"]) == 10
    assert found["sample"].sentence.startswith("10 of 24 images")
    assert api.profile(api.read(folder)) == profile


def test_a_damaged_profile_is_made_anew(tmp_path: Path) -> None:
    rows_of(40).to_csv(tmp_path / "data.csv", index=False)
    dataset = api.read(tmp_path / "data.csv")
    first = api.profile(dataset)
    path = Path(dataset.folder) / "profile.json"
    path.write_text(path.read_text()[:100])
    assert Profile.saved(path) is None
    again = api.profile(dataset)
    assert again.counts == first.counts and Profile.saved(path) == again


@pytest.mark.parametrize(
    ("second", "words"), [((8, 8), "All images are 8 × 8 px."), ((8, 12), "All images are small: under 64 px")]
)
def test_small_images_of_one_size_are_told_by_it(second: tuple[int, int], words: str) -> None:
    measures = pd.DataFrame([(8, 8, "a"), (*second, "b")], columns=["width_px", "height_px", "key"])
    assert size_findings(measures)[0].sentence.startswith(words)
