"""Sets made of Debian packages: what is read off their formats, and that none is made where none can be fetched."""

from __future__ import annotations

import shutil
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from advisor import api
from benchmarks.ladder import debian, debian_archives, debian_images, debian_texts, generated

MAKERS = {**debian_archives.MAKERS, **debian_images.MAKERS, **debian_texts.MAKERS}


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_set_is_not_made_where_its_package_cannot_be_fetched(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert generated.generated(name) is None


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="needs apt-get")
def test_a_package_that_debian_does_not_have_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(debian.VERSIONS, "fortunes", "0.0-0")
    assert debian.unpacked("fortunes") is None and generated.generated("fortunes") is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fortunes", "places", "severities"])
def test_a_package_is_fetched_once_and_its_set_reads_as_a_users_would(name: str) -> None:
    folder = generated.generated(name)
    if folder is None:
        pytest.skip("its package cannot be fetched here")
    dataset = api.read(folder / "texts.csv")
    assert len(dataset.items) > 1000 and len(dataset.classes) >= 5 and dataset.items["text"].is_unique
    assert generated.generated(name) == folder


def test_a_change_has_its_prefix_as_label_and_does_not_name_it() -> None:
    changelog = (
        "  * New upstream stable update:\n    https://example.org/ChangeLog\n"
        "    - drm/amd/display: fix a leak in drm_free()\n      (CVE-2026-1, CVE-2026-2)\n"
        "    - [arm*] pinctrl: sunxi: keep a shadow copy of the data register output\n      latches\n"
        "    - Revert: not this one\n    - no prefix here\n"
    )
    assert list(debian_texts.changes(changelog)) == [
        ("fix a leak in it_free()", "drm"),
        ("sunxi: keep a shadow copy of the data register output latches", "pinctrl"),
    ]


def test_translations_are_read_as_gettext_reads_them() -> None:
    sentences = {"": "Content-Type: text/plain\n", "Hello <b>there</b>": "Hallo <b>du</b>\nda", "One\0Many": "x\0y"}
    keys, values = ([text.encode() for text in texts] for texts in (sentences, sentences.values()))
    count, start, tables, content = len(keys), 20, b"", b""
    strings = start + 16 * count
    for text in (*keys, *values):
        tables += struct.pack("<2I", len(text), strings + len(content))
        content += text + b"\0"
    catalogue = struct.pack("<5I", 0x950412DE, 0, count, start, start + 8 * count) + tables + content
    assert list(debian_texts.translations(catalogue)) == [("Hello <b>there</b>", "Hallo du da")]


def test_no_label_has_more_texts_than_asked_for_and_no_text_comes_twice() -> None:
    pairs = [(f"this is text number {i}", "ab"[i % 2]) for i in range(40)] * 2
    kept = debian_texts.at_most(pairs, 7)
    assert Counter(label for _, label in kept) == {"a": 7, "b": 7} and len(dict(kept)) == 14
    assert debian_texts.frequent([*pairs, ("a rare one", "c")], 2) == pairs


def test_a_picture_is_cropped_to_what_shows_and_laid_on_white(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (100, 100, 300, 200))
    picture.save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no picture")
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(tmp_path / "c.png")
    shown = debian_images.shown(tmp_path / "a.png")
    assert shown is not None and shown.size == (160, 80) and shown.getpixel((5, 5)) == (255, 0, 0)
    assert debian_images.shown(tmp_path / "b.png") is None and debian_images.shown(tmp_path / "c.png") is None


def test_folders_become_classes_with_each_picture_once_and_no_more_than_asked_for(tmp_path: Path) -> None:
    for name, greys in {"a": (0, 0, 50, 100), "b": (150,), "c": (200,)}.items():
        (tmp_path / "from" / name).mkdir(parents=True)
        for i, grey in enumerate(greys):
            Image.new("RGB", (20, 20), (grey, grey, grey)).save(tmp_path / "from" / name / f"{i}.png")
    (tmp_path / "to").mkdir()
    assert debian_images.sorted_by_folder(tmp_path / "to", tmp_path / "from", ("a", "b"), 2)
    assert {p.name: len(list(p.iterdir())) for p in (tmp_path / "to").iterdir()} == {"a": 2, "b": 1}
    assert len({Image.open(path).getpixel((0, 0)) for path in (tmp_path / "to" / "a").iterdir()}) == 2


def test_a_catalogue_of_the_sky_is_read_object_by_object() -> None:
    def string(text: str) -> bytes:
        return struct.pack(">I", 2 * len(text)) + text.encode("utf-16-be")

    def entry(kind: int, ngc: int, ic: int, messier: int) -> bytes:
        numbers = (ngc, ic, messier, *(0,) * 11)
        return (
            struct.pack(">i4dI", 1, 0.1, 0.2, 9.0, 9.0, kind) + string("SA(s)b")
            + struct.pack(">2di6d14i", 0.1, 0.1, 0, *(0.0,) * 6, *numbers)
            + string("") + bytes(8) + string("a") * 6 + b"\xff\xff\xff\xff" + bytes(20)
        )  # fmt: skip

    catalogue = string("3.16") + string("standard") + entry(0, 224, 0, 31) + entry(7, 0, 4499, 0)
    found = dict(debian_archives.catalogued(catalogue))
    assert found == {("n", 224): 0, ("m", 31): 0, ("ic", 4499): 7}


def test_riff_chunks_are_found_inside_lists_and_behind_odd_sizes() -> None:
    def chunk(name: bytes, content: bytes) -> bytes:
        return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)

    inside = b"sfbk" + chunk(b"odd ", b"abc") + chunk(b"LIST", b"sdta" + chunk(b"smpl", b"wxyz"))
    assert dict(debian_archives.parts(chunk(b"RIFF", inside))) == {"odd ": b"abc", "smpl": b"wxyz"}


def test_a_tone_is_one_bright_line_as_high_as_its_pitch() -> None:
    seconds = np.arange(2 * 44_100) / 44_100
    rows = []
    for hertz in (220.0, 880.0):
        picture = np.asarray(debian_archives.spectrogram(8000 * np.sin(2 * np.pi * hertz * seconds), 44_100))
        assert picture.shape == (debian_archives.BANDS, debian_archives.BANDS)
        rows.append(int(picture.mean(1).argmax()))
        bands = np.geomspace(debian_archives.LOWEST, debian_archives.HIGHEST, debian_archives.BANDS)[::-1]
        assert bands[rows[-1]] == pytest.approx(hertz, rel=0.15)
    assert rows[0] > rows[1]
