"""Looking at items on the Profile page: some of each class, larger on a click, and those of a chosen size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from advisor.core.records import Dataset, Finding
from advisor.ui.browse import classes, found, sizes, strip
from advisor.ui.browse.bins import MOST, bins
from advisor.ui.charts import data
from advisor.ui.tasks.classification import chosen
from tests.ui.conftest import HOSTILE, write_profile
from tests.ui.ui_records import opened, sentences

APP = Path(__file__).parents[2] / "app.py"


def at(dataset: Dataset) -> AppTest:
    """The Profile page."""
    return opened("profile", data=dataset.fingerprint[:16])


def measured(dataset: Dataset, **columns: list[int]) -> None:
    """Keep measures of a dataset's items, as reading does."""
    pd.DataFrame({"key": dataset.items["key"], **columns}).to_parquet(dataset.files.inspection)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=200))
def test_every_value_is_in_one_bar(values: list[int]) -> None:
    bars = bins(values)
    assert 1 <= len(bars) <= MOST + 2
    assert sorted(place for bar in bars for place in bar.places) == list(range(len(values)))
    for bar in bars:
        assert all(bar.low <= values[place] <= (10**9 if bar.high is None else bar.high) for place in bar.places)


def test_a_very_long_item_does_not_flatten_the_others() -> None:
    bars = bins([*range(1, 100), 100_000])
    assert len(bars) > 20 and bars[-1].high is None and bars[-1].places == (99,)


def test_items_of_a_class_come_from_its_open_parts_and_another_seed_draws_others(images: Dataset) -> None:
    first, second = (classes.drawn(images, 2, 5, seed) for seed in (0, 1))
    assert first == classes.drawn(images, 2, 5, 0) and first != second
    for rows in (first, second):
        assert {int(images.labels[row]) for row in rows} == {2}
        assert "test" not in set(images.items["part"].iloc[rows])


def test_of_many_classes_ten_are_shown() -> None:
    assert classes.classes_shown(4, 0) == [0, 1, 2, 3]
    shown = classes.classes_shown(200, 0)
    assert len(shown) == classes.CLASSES and shown == sorted(shown) and shown != classes.classes_shown(200, 1)


def test_the_profile_shows_a_row_of_pictures_for_each_class_and_more_of_one(images: Dataset) -> None:
    app = at(images)
    strips = app.get("bidi_component")
    assert len(strips) == len(images.classes) + 1  # and that of a finding
    app.selectbox[0].set_value("3").run()
    assert not app.exception and len(app.get("bidi_component")) == 2
    before = rows_of(app)
    app.button(key=f"others-{classes._key(images)}").click().run()
    assert rows_of(app) != before


def rows_of(app: AppTest) -> list[int]:
    """The rows of the pictures that are shown."""
    content = json.loads(app.get("bidi_component")[0].proto.json)
    return [picture["row"] for picture in content["pictures"]]


def test_pictures_say_what_they_are_and_broken_ones_are_left_out(images: Dataset) -> None:
    Path(images.items["path"].iloc[0]).write_bytes(b"no picture")
    shown = strip.pictures(images, [0, 1])
    assert [one.row for one in shown] == [1] and shown[0].png.startswith(b"\x89PNG")
    assert images.items["key"].iloc[1] in shown[0].label


def test_texts_of_each_class_are_shown_as_they_are(texts: Dataset) -> None:
    app = at(texts)
    shown = [str(element.value) for element in app.text]
    assert all(name in shown for name in HOSTILE)
    assert sum(text.startswith("**word** <script>") for text in shown) >= 2 * len(HOSTILE)


def test_a_finding_shows_its_items_or_their_keys(images: Dataset, texts: Dataset) -> None:
    key = str(texts.items["key"].iloc[3])
    assert found.rows_of(texts, Finding(check="a", severity="note", sentence="", items=(key,))) == [3]
    gone = Finding(check="a", severity="note", sentence="", items=(key, "set aside"), n_items=2)
    assert found.rows_of(texts, gone) == []
    said = [str(element.value) for element in at(texts).text]
    assert any(text.startswith("“**word**") for text in said)


def test_all_items_of_a_finding_can_be_seen_each_with_its_class(texts: Dataset) -> None:
    profile = write_profile(texts)
    keys = tuple(texts.items["key"].iloc[:5])
    torn = Finding(check="conflicting labels", severity="problem", sentence="Torn.", n_items=5, items=keys)
    clusters = tuple((key,) for key in texts.items["key"].iloc[:8])
    changed = profile.model_copy(
        update={"findings": (torn, *profile.findings[:1]), "duplicates": clusters, "duplicate_kind": ("exact",) * 8}
    )
    changed.save(texts.files.profile)
    app = at(texts)
    assert not app.exception and any("1 finding to look at and 1 note" in line for line in sentences(app))
    said = [str(element.value) for element in app.text]
    quotes = [found.quoted(texts, row) for row in range(5)]
    assert set(quotes[:3]) <= set(said) and not set(quotes[3:]) & set(said)
    assert {quote.endswith(f"· {name}") for quote, name in zip(quotes, texts.classes, strict=False)} == {True}
    pages = {one.key: one for one in app.get("pagination")}
    assert len(pages) == 2


def test_questions_on_a_list_lead_to_where_they_are_decided(questions: Dataset) -> None:
    links = [str(link.proto.label) for link in at(questions).get("page_link")]
    assert "Decide about them" in links


def test_a_chosen_bar_is_a_class(images: Dataset) -> None:
    profile = write_profile(images)
    order = data.drawn_order(profile)
    assert chosen(profile, [1]) == order[1] and chosen(profile, []) is None
    assert list(data.counts(profile).data[0].hovertext) == order


def page_of(fingerprint: str, number: int) -> None:
    """What Streamlit's test runner runs: the items behind one bar of the lengths."""
    from advisor.data.reading import open_dataset
    from advisor.ui.browse import sizes
    from advisor.ui.browse.bins import bins

    dataset = open_dataset(fingerprint)
    known = sizes.measures(dataset, "n_words")
    assert known is not None
    sizes._texts(dataset, known[0], bins(known[1]), "Words in a text", number)


def test_a_bar_of_lengths_shows_its_texts(texts: Dataset) -> None:
    measured(texts, n_words=[len(text.split()) for text in texts.items["text"]])
    known = sizes.measures(texts, "n_words")
    assert known is not None
    rows, values = known
    assert "test" not in set(texts.items["part"].iloc[rows])
    bars = bins(values)
    assert len(data.histogram(bars, "Words", "Texts").data[0].y) == len(bars)
    number = next(i for i, bar in enumerate(bars) if bar.places)
    app = AppTest.from_function(page_of, args=(texts.fingerprint[:16], number)).run()
    assert not app.exception
    assert {len(str(text.value).split()) for text in app.text} == {bars[number].low}


def test_without_measures_there_is_nothing_to_choose(texts: Dataset) -> None:
    assert sizes.measures(texts, "n_words") is None


@pytest.mark.parametrize("n", [1, 9])
def test_each_size_of_images_is_a_dot(n: int) -> None:
    pairs = np.array([[64, 48]] * n + [[32, 32]])
    known, counts = np.unique(pairs, axis=0, return_counts=True)
    dots = data.image_sizes(known, counts).data[0]
    assert list(dots.x) == [32, 64] and list(dots.customdata) == [1, n]
    assert dots.marker.size[1] >= dots.marker.size[0]
