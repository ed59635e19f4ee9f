"""Inspection of images: what cannot be read, sizes, exact copies, and near copies of real photos."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance
from sklearn.datasets import load_digits, load_sample_images

from advisor.core.errors import DatasetError
from advisor.data.inspect import duplicates_image as images
from advisor.data.inspect import near_images
from advisor.data.inspect.duplicates_image import sample_rows
from advisor.data.inspect.inspection import Inspection, equal_digests
from advisor.data.modality import modality_of
from advisor.data.reading import read
from probes.progress import silent

Change = Callable[[Image.Image], Image.Image]


def inspect(paths: list[Path]) -> Inspection:
    return modality_of("image").inspect(pd.DataFrame({"path": [str(p) for p in paths], "digest": ""}), silent)


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    """Twelve different real photos: tiles of scikit-learn's two sample photos, 210 pixels wide and high."""
    whole = [Image.fromarray(array) for array in load_sample_images().images]
    corners = [(x, y) for x in (0, 215, 430) for y in (0, 215)]
    return [image.crop((x, y, x + 210, y + 210)) for image in whole for x, y in corners]


def saved(folder: Path, images: list[Image.Image], ending: str = ".png", **options: Any) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{n}{ending}" for n in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        image.save(path, **options)
    return paths


def cropped(x: float, y: float, side: float = 0.9) -> Change:
    def change(image: Image.Image) -> Image.Image:
        wide, high = round(image.width * side), round(image.height * side)
        left, top = int((image.width - wide) * x), int((image.height - high) * y)
        return image.crop((left, top, left + wide, top + high))

    return change


@pytest.mark.parametrize(
    ("change", "ending", "options"),
    [
        pytest.param(lambda i: i, ".jpg", {"quality": 40}, id="encoded anew"),
        pytest.param(lambda i: i.resize((105, 105)), ".png", {}, id="half size"),
        pytest.param(cropped(0.5, 0.5), ".jpg", {"quality": 90}, id="crop of the centre"),
        pytest.param(cropped(0.0, 1.0), ".png", {}, id="crop of a corner"),
        pytest.param(cropped(0.3, 0.8), ".jpg", {"quality": 75}, id="crop anywhere"),
    ],
)
def test_copies_of_photos_are_found_and_nothing_else(
    tmp_path: Path, photos: list[Image.Image], change: Change, ending: str, options: dict[str, int]
) -> None:
    paths = saved(tmp_path / "first", photos) + saved(tmp_path / "copy", [change(p) for p in photos], ending, **options)
    found = inspect(paths)
    n = len(photos)
    true = {(i, i + n) for i in range(n)}
    assert set(found.clusters) <= true, "different photos were taken for copies"
    assert len(found.clusters) >= n - 1, "copies were missed"
    assert set(found.cluster_kinds) == {"near"}


def test_the_same_pixels_in_another_format_are_an_exact_copy(tmp_path: Path, photos: list[Image.Image]) -> None:
    paths = saved(tmp_path / "a", photos[:3]) + saved(tmp_path / "b", photos[1:2], ".bmp")
    found = inspect(paths)
    assert found.clusters == [(1, 3)] and found.cluster_kinds == ["exact"]


def test_digits_of_eight_pixels_are_no_copies_of_each_other(tmp_path: Path) -> None:
    images = (load_digits().images[:300] * 15).astype(np.uint8)
    paths = saved(tmp_path, [Image.fromarray(image) for image in images])
    assert inspect(paths).clusters == []


def test_drawings_that_look_alike_are_no_copies(tmp_path: Path) -> None:
    images = []
    for n in range(40):
        image = Image.new("RGB", (120, 120), "white")
        draw = ImageDraw.Draw(image)
        for x in (20, 50, 80):
            draw.rectangle((x, 0, x + 8, 119), fill="black")
        draw.ellipse((59 + n % 7, 40 + n // 7, 68 + n % 7, 49 + n // 7), fill="black")
        images.append(image)
    assert inspect(saved(tmp_path, images)).clusters == []


def test_scans_that_share_an_outline_are_no_copies(tmp_path: Path) -> None:
    """One bright ring and different insides, as in slices of one organ from different people."""
    rng = np.random.default_rng(0)
    images = []
    for _ in range(30):
        small = Image.fromarray(rng.integers(40, 160, (14, 14), dtype=np.uint8))
        inside = small.resize((150, 150), Image.Resampling.BICUBIC)
        ImageDraw.Draw(inside).ellipse((8, 8, 142, 142), outline=250, width=8)
        images.append(inside)
    assert inspect(saved(tmp_path, images)).clusters == []


def test_a_recoloured_pattern_is_no_copy(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    pattern = np.kron(rng.random((16, 16)), np.ones((8, 8)))
    red, blue = (
        Image.fromarray((pattern[..., None] * np.array(c)).astype(np.uint8)) for c in ([255, 0, 0], [0, 0, 255])
    )
    assert inspect(saved(tmp_path, [red, blue])).clusters == []


def test_bad_files_are_named_and_the_others_measured(tmp_path: Path, photos: list[Image.Image]) -> None:
    paths = saved(tmp_path, photos[:2], ".jpg")
    whole = paths[0].read_bytes()
    cut, text, gone = tmp_path / "cut.jpg", tmp_path / "text.jpg", tmp_path / "gone.jpg"
    cut.write_bytes(whole[: len(whole) // 2])
    text.write_text("not an image")
    found = inspect([*paths, cut, text, gone])
    assert found.readable.tolist() == [True, True, False, False, False]
    assert sorted(found.reasons) == [2, 3, 4] and all(len(reason) > 10 for reason in found.reasons.values())
    assert len(found.measures) == 5
    first = found.measures.iloc[0]
    assert (first["width_px"], first["height_px"], first["format"]) == (210, 210, "JPEG")
    assert first["brightness"] == pytest.approx(np.asarray(photos[0].convert("L")).mean(), abs=3)
    assert found.measures.iloc[2:].isna().all(axis=None)


def test_rows_can_be_dropped_from_an_inspection(tmp_path: Path, photos: list[Image.Image]) -> None:
    paths = saved(tmp_path / "a", [photos[0], photos[1], photos[0], photos[1], photos[0]])
    found = inspect(paths)
    assert found.clusters == [(0, 2, 4), (1, 3)]
    left = found.only(np.array([False, True, True, False, True]))
    assert left.clusters == [(1, 2)] and len(left.measures) == 3 and left.readable.all()


def test_a_large_set_is_sampled_evenly_and_always_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = saved(tmp_path, [Image.new("L", (4, 4), n) for n in range(50)])
    rows = sample_rows(paths, 10)
    assert len(rows) == 10 and rows[0] == 0 and rows[-1] == 49 and (np.diff(rows) >= 5).all()
    assert rows.tolist() == sample_rows(paths, 10).tolist()
    monkeypatch.setattr(images, "MAX_BYTES", 5 * paths[0].stat().st_size)
    assert 1 <= len(sample_rows(paths, 10)) <= 5


@given(st.integers(0, 3000), st.integers(1, 400))
def test_the_sample_holds_neighbours_and_both_ends(n: int, most: int) -> None:
    rows = images.spread(n, most)
    assert len(rows) <= most and (np.diff(rows) > 0).all()
    if n <= most:
        assert rows.tolist() == list(range(n))
    elif most >= 4 * images.RUN:
        assert rows[0] == 0 and rows[-1] == n - 1
        assert (np.diff(rows) == 1).sum() >= (images.RUN - 1) * (most // images.RUN)


@pytest.mark.parametrize("bad", ["nothing", "unreadable", "copies"])
def test_a_large_set_is_looked_at_further_only_when_it_matters(
    tmp_path: Path, photos: list[Image.Image], monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    """Photos beside their re-encoded copies, or with a torn file among them, call for the second look."""
    for name, value in (("WHOLE", 20), ("FIRST_LOOK", 8), ("MAX_IMAGES", 24), ("RUN", 2)):
        monkeypatch.setattr(images, name, value)
    paths = saved(tmp_path, [photos[n % 12].rotate(n) for n in range(40)], ".jpg")
    if bad == "copies":
        paths = [saved(tmp_path / f"{n}", [photos[n // 2 % 12]], ".jpg", quality=60 + n)[0] for n in range(40)]
    if bad == "unreadable":
        paths[0].write_bytes(b"torn")
    found = inspect(paths)
    assert found.n_inspected == 8 if bad == "nothing" else found.n_inspected >= 24


def test_what_the_sample_shows_is_carried_to_the_set() -> None:
    def seen(n: int, n_seen: int, clusters: list[tuple[int, ...]], n_bad: int = 0) -> Inspection:
        reasons = dict.fromkeys(range(n_bad), "torn")
        return Inspection(np.ones(n, dtype=bool), reasons, pd.DataFrame(), clusters, ["near"] * len(clusters), n_seen)

    assert not images.matters(seen(100_000, 3000, [(5, 6), (40_000, 40_003)]))
    assert images.matters(seen(100_000, 3000, [(i, i + 1) for i in range(0, 150, 2)])), "5 % beside their twin"
    assert not images.matters(seen(100_000, 3000, [(5, 70_000), (9, 30_000)])), "4 % of the set, by two pairs"
    assert images.matters(seen(100_000, 3000, [(5, 70_000), (9, 30_000), (20, 60_000)]))
    assert images.matters(seen(100_000, 3000, [], n_bad=30)) and not images.matters(seen(100_000, 3000, [], n_bad=29))


@given(st.lists(st.sampled_from(["", "a", "b", "c", "d"]), max_size=30))
def test_equal_digests_pair_each_copy_with_the_first(digests: list[str]) -> None:
    slow = [(digests.index(d), row) for row, d in enumerate(digests) if d and digests.index(d) != row]
    assert equal_digests(pd.Series(digests, dtype=object)) == slow


def test_likely_copies_are_the_same_however_many_pictures_are_compared_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (90, 64, 64), dtype=np.uint8)
    at_once = np.sort(near_images.candidates(grey), axis=1)
    monkeypatch.setattr(near_images, "_BLOCK_CELLS", 400)
    np.testing.assert_array_equal(np.sort(near_images.candidates(grey), axis=1), at_once)


def two_classes(folder: Path, images: list[Image.Image], ending: str, **options: Any) -> Path:
    """The images in two class folders by turns."""
    for name, start in (("cat", 0), ("dog", 1)):
        saved(folder / name, images[start::2], ending, **options)
    return folder


@pytest.mark.parametrize("side", [32, 210])
def test_one_image_again_and_again_is_refused(tmp_path: Path, photos: list[Image.Image], side: int) -> None:
    one = photos[0].resize((side, side))
    two_classes(two_classes(tmp_path, [one] * 20, ".png"), [one] * 20, ".bmp")
    with pytest.raises(DatasetError, match=r"All 40 usable items of .* are copies of one another with 2 labels"):
        read(tmp_path)


@pytest.mark.parametrize("n", [8, 30])
def test_near_copies_of_one_image_are_said(tmp_path: Path, photos: list[Image.Image], n: int) -> None:
    images = [ImageEnhance.Brightness(photos[0]).enhance(0.9 + 0.2 * i / n) for i in range(n)]
    dataset = read(two_classes(tmp_path, images, ".jpg", quality=80))
    assert any(f"All {n} items are near copies of one another" in note for note in dataset.notes)
    assert set(dataset.items["part"]) >= {"train", "test"}


def test_near_copies_of_one_image_among_others_are_said(tmp_path: Path, photos: list[Image.Image]) -> None:
    images = [ImageEnhance.Brightness(photos[0]).enhance(0.9 + 0.01 * i) for i in range(24)]
    dataset = read(two_classes(tmp_path, [*images, *photos[2:]], ".jpg", quality=80))
    assert any("24 of 34 items are near copies of one another" in note for note in dataset.notes)


def test_one_image_and_no_image_are_inspected(tmp_path: Path, photos: list[Image.Image]) -> None:
    assert inspect(saved(tmp_path, photos[:1])).clusters == []
    assert inspect([]).n_inspected == 0


def _noise(rng: np.random.Generator, width: int, height: int, grain: int) -> np.ndarray:
    """(height, width, 3) smooth noise in 0..255 with structures of about `grain` pixels."""
    small = rng.integers(0, 256, (max(2, height // grain), max(2, width // grain), 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def _mounted(rng: np.random.Generator) -> Image.Image:
    rows, columns = np.mgrid[:256, :256]
    mount = np.stack([128 + 90 * np.sign(np.sin(rows / 9) * np.sin(columns / 9))] * 3, axis=-1).astype(np.uint8)
    mount[56:200, 56:200] = _noise(rng, 144, 144, 12)
    return Image.fromarray(mount)


def _through_an_eyepiece(rng: np.random.Generator) -> Image.Image:
    rows, columns = np.mgrid[:256, :256]
    seen = 120 + (_noise(rng, 256, 256, 7).astype(float) - 128) / 4
    return Image.fromarray(np.where(np.hypot(rows - 128, columns - 128)[..., None] < 118, seen, 4).astype(np.uint8))


def _scan(rng: np.random.Generator) -> Image.Image:
    picture = Image.fromarray(_noise(rng, 300, 260, 40)).convert("L").convert("RGB")
    draw = ImageDraw.Draw(picture)
    for box in ((0, 0, 299, 18), (0, 0, 18, 259), (282, 0, 299, 259), (0, 242, 299, 259)):
        draw.rectangle(box, fill=(0, 0, 0))
    draw.text((30, 244), "HOSPITAL 12 CHEST PA", fill=(255, 255, 255))
    return picture


def _identity_card(rng: np.random.Generator) -> Image.Image:
    rows, columns = np.mgrid[:200, :320]
    ground = [180 + 30 * np.sin(columns / 7 + rows / 9), 190 + 25 * np.sin(columns / 11 - rows / 5)]
    picture = Image.fromarray(np.stack([*ground, ground[0]], axis=-1).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 320, 28), fill=(20, 60, 140))
    for line in range(5):
        draw.text((112, 50 + line * 26), "".join(map(chr, rng.integers(65, 91, 14))), fill=(10, 10, 10))
    picture.paste(Image.fromarray(_noise(rng, 80, 100, 12)), (16, 60))
    return picture


@pytest.mark.parametrize("kind", [_mounted, _through_an_eyepiece, _scan, _identity_card])
def test_different_pictures_in_one_frame_are_no_copies_but_their_copies_are(
    tmp_path: Path, kind: Callable[[np.random.Generator], Image.Image]
) -> None:
    rng = np.random.default_rng(5)
    pictures = [kind(rng) for _ in range(24)]
    paths = saved(tmp_path / "first", pictures)
    paths += saved(tmp_path / "copy", [ImageEnhance.Brightness(one).enhance(1.1) for one in pictures[:4]], ".jpg")
    found = inspect(paths)
    assert set(found.clusters) <= {(i, i + 24) for i in range(4)}
    assert len(found.clusters) >= 3


@pytest.mark.parametrize("seed", range(3))
def test_small_things_before_a_still_camera_are_no_copies(tmp_path: Path, seed: int) -> None:
    scene = _noise(np.random.default_rng(1), 320, 240, 5) / 2.0 + _noise(np.random.default_rng(2), 320, 240, 40) / 2.0
    rng = np.random.default_rng(seed)
    pictures = []
    for x, y in product(range(20, 300, 48), range(20, 220, 52)):
        picture = Image.fromarray(np.clip(scene + rng.normal(0, 3, scene.shape), 0, 255).astype(np.uint8))
        side, grey = int(rng.integers(18, 26)), int(rng.choice([60, 75, 180, 195]))
        ImageDraw.Draw(picture).rectangle((x, y, x + side, y + side), fill=(grey,) * 3)
        pictures.append(picture)
    paths = saved(tmp_path / "first", pictures)
    paths += saved(tmp_path / "copy", [ImageEnhance.Brightness(one).enhance(1.1) for one in pictures[:4]], ".jpg")
    assert inspect(paths).clusters == [(i, i + len(pictures)) for i in range(4)]


@pytest.mark.parametrize("change", ["brighter", "stamped"])
def test_a_brighter_copy_and_one_with_a_logo_are_copies(tmp_path: Path, photos: list[Image.Image], change: str) -> None:
    def changed(photo: Image.Image) -> Image.Image:
        if change == "brighter":
            return ImageEnhance.Brightness(photo).enhance(0.8)
        stamped = photo.copy()
        side = min(photo.size) // 7
        ImageDraw.Draw(stamped).rectangle((4, 4, 4 + side, 4 + side), fill=(230, 40, 40))
        return stamped

    n = len(photos)
    found = inspect(saved(tmp_path / "first", photos) + saved(tmp_path / "copy", [changed(p) for p in photos], ".jpg"))
    assert set(found.clusters) <= {(i, i + n) for i in range(n)}
    assert len(found.clusters) >= n - 1
