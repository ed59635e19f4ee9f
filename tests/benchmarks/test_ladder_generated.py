"""Sets made of what lies on the machine: once, readable as a user's would be, and without the answer in the text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from advisor import api
from benchmarks.ladder import generated, generated_texts, relabelled
from benchmarks.ladder.tasks import FRESH, SOURCES


def test_every_set_that_can_be_made_is_a_source() -> None:
    assert set(generated.MAKERS) <= {source.name for source in (*SOURCES, *FRESH)}


@pytest.mark.parametrize(
    "name", ["licences", "icons", "scripts", "typefaces", "dots", "patches", "packages", "manuals"]
)
def test_a_set_is_made_once_of_this_machines_material(name: str) -> None:
    folder = generated.generated(name)
    if folder is None:
        pytest.skip("its material is not on this machine")
    table = folder / "texts.csv"
    dataset = api.read(table if table.is_file() else folder)
    assert len(dataset.items) > 100 and len(dataset.classes) >= 4
    stamp = folder.stat().st_mtime_ns
    assert generated.generated(name) == folder and folder.stat().st_mtime_ns == stamp


def test_documentation_strings_do_not_name_their_library() -> None:
    texts = pd.DataFrame(
        list(generated_texts.texts_of("networkx", generated_texts.first_paragraph)), columns=["text", "label"]
    )
    assert len(texts) > 50 and not texts["text"].str.contains("networkx", case=False).any()
    assert texts["text"].is_unique


def test_error_messages_are_read_off_raise_statements_alone(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        'def f(x):\n    raise ValueError(f"x must be one of {x!r}, not two")\n    raise OSError("not asked for")\n'
        '    raise TypeError\n    print("ValueError")\n'
    )
    assert list(generated_texts.raised(path)) == [("x must be one of , not two", "ValueError")]


def test_a_post_has_the_kind_of_thing_that_it_names_and_one_that_names_two_kinds_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADVISOR_BENCH_DATA", str(tmp_path))
    posts = [
        (["We", "met", "Ada", "Lovelace", "here", "today"], ["O", "O", "B-person", "I-person", "O", "O"]),
        (["Ada", "went", "to", "London", "again", "today"], ["B-person", "O", "O", "B-location", "O", "O"]),
        (["nothing", "happened", "here", "all", "day"], ["O"] * 5),
    ]
    (tmp_path / "ner" / "wnut17").mkdir(parents=True)
    lines = [json.dumps({"tokens": tokens, "tags": tags}) for tokens, tags in posts]
    (tmp_path / "ner" / "wnut17" / "train.jsonl").write_text("\n".join(lines))
    assert relabelled.mentions(tmp_path)
    assert pd.read_csv(tmp_path / "texts.csv").values.tolist() == [
        ["We met Ada Lovelace here today", "person"],
        ["nothing happened here all day", relabelled.NOTHING],
    ]


@pytest.mark.parametrize("name", sorted(relabelled.MAKERS))
def test_a_set_whose_material_is_not_here_is_not_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADVISOR_BENCH_DATA", str(tmp_path))
    assert generated.generated(name) is None


def test_there_are_as_many_dots_as_the_folder_says() -> None:
    rng = np.random.default_rng(1)
    for count in (1, 5, generated.MOST_DOTS):
        found = generated.apart(rng, count)
        assert len(found) == count
        picture = np.zeros((generated.CANVAS, generated.CANVAS), bool)
        for x, y, radius in found:
            assert radius <= x < generated.CANVAS - radius and radius <= y < generated.CANVAS - radius
            yy, xx = np.ogrid[: generated.CANVAS, : generated.CANVAS]
            disc = (xx - x) ** 2 + (yy - y) ** 2 <= radius**2
            assert not (picture & disc).any()
            picture |= disc


def test_letters_are_drawn_in_black_on_white() -> None:
    face = generated.DEJAVU / "DejaVuSans.ttf"
    if not face.is_file():
        pytest.skip("the face is not on this machine")
    pixels = np.asarray(generated.drawn("A", face, generated.POINTS))
    assert isinstance(generated.drawn("A", face, generated.POINTS), Image.Image)
    assert pixels.shape == (generated.CANVAS, generated.CANVAS) and pixels.min() < 30 and pixels[0, 0] == 255
