"""How large the items are, as pictures whose bars and dots can be chosen: the items in them are shown below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from advisor.core import wording
from advisor.core.errors import StorageError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Profile
from advisor.ui import alts, charts, parts
from advisor.ui.browse import strip
from advisor.ui.browse.bins import Bin, bins
from advisor.ui.charts import data

#: Items of a bar or dot that are shown.
IMAGES, TEXTS, CHARACTERS = 24, 6, 400


def draw(dataset: Dataset, profile: Profile) -> None:
    """The section; nothing where no item was inspected."""
    if profile.sizes.get("width_px"):
        parts.section("Size")
        if same := data.one_size(profile):
            parts.note(f"All images are {same[0]} × {same[1]} px.")
        else:
            _images(dataset, profile)
    elif profile.sizes.get("n_words"):
        parts.section("Length")
        lengths(dataset, profile.sizes["n_words"], "n_words", "Words in a text", "Texts")


def lengths(dataset: Dataset, values: Sequence[float], name: str, title: str, noun: str, height: int = 300) -> None:
    """A histogram of a size; where it is known of each item, a chosen bar shows those in it.

    values: what to draw where it is not. name: the size's column among the dataset's measures.
    """
    known = measures(dataset, name)
    drawn = values if known is None else known[1]
    bars = bins(drawn)
    figure = data.histogram(bars, title, noun, height)
    alt = alts.sizes(title, list(drawn))
    show = partial(_texts, dataset, known[0], bars, title) if known is not None else None
    _chosen(figure, f"{name}-{dataset.fingerprint[:8]}", alt, show)


def measures(dataset: Dataset, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Rows of the dataset outside the locked test part, and their values of a measure; None where it is not known."""
    try:
        table = dataset.measures
    except StorageError:
        return None
    if name not in table:
        return None
    values = dataset.items["key"].map(table.drop_duplicates("key").set_index("key")[name]).to_numpy(dtype=float)
    rows = dataset.where("train", "val")
    rows = rows[np.isfinite(values[rows])]
    return (rows, values[rows]) if len(rows) else None


@st.fragment
def _chosen(figure: go.Figure, key: str, alt: str, show: Callable[[int], None] | None) -> None:
    """The picture, and what `show` draws for the number of the chosen bar or dot."""
    if show is None:
        st.plotly_chart(figure, config=charts.CONFIG, key=key, alt=alt)
        return
    event = st.plotly_chart(figure, config=charts.CONFIG, key=key, alt=alt, on_select="rerun", selection_mode="points")
    points = event.selection.points
    if points:
        show(int(points[0]["point_index"]))
    else:
        parts.note("Click to see the items.")


def _texts(dataset: Dataset, rows: np.ndarray, bars: Sequence[Bin], title: str, number: int) -> None:
    places = bars[number].places if number < len(bars) else ()
    parts.note(f"{title}: {bars[number].span}. {_first(len(places), TEXTS, kind_row(dataset.kind).items)}")
    for row in rows[list(places[:TEXTS])]:
        with st.container(border=True):
            st.text(wording.short(str(dataset.items["text"].iloc[int(row)]), CHARACTERS))


def _images(dataset: Dataset, profile: Profile) -> None:
    """Width against height, a dot for each size."""
    wide, high = measures(dataset, "width_px"), measures(dataset, "height_px")
    if wide is None or high is None:
        pairs = np.array([profile.sizes["width_px"], profile.sizes["height_px"]]).T
    else:
        pairs = np.stack([wide[1], high[1]], axis=1)
    sizes, place = np.unique(pairs, axis=0, return_inverse=True)
    counts = np.bincount(place.ravel(), minlength=len(sizes))
    alt = alts.image_sizes(profile)
    show = None if wide is None else partial(_of_size, dataset, wide[0], sizes, place.ravel())
    _chosen(data.image_sizes(sizes, counts), f"sizes-{dataset.fingerprint[:8]}", alt, show)


def _of_size(dataset: Dataset, rows: np.ndarray, sizes: np.ndarray, place: np.ndarray, number: int) -> None:
    own = rows[place == number]
    width, height = sizes[number]
    parts.note(f"{width:.0f} × {height:.0f} px. {_first(len(own), IMAGES, 'images')}")
    strip.draw(dataset, own[:IMAGES].tolist(), f"of-size-{dataset.fingerprint[:8]}")


def _first(n: int, most: int, noun: str) -> str:
    """How many there are, and how many are shown.

    >>> _first(3, 6, "texts"), _first(30, 6, "texts")
    ('All 3 texts:', 'The first 6 of 30 texts:')
    """
    return f"The first {most} of {n:,} {noun}:" if n > most else f"All {n:,} {noun}:"
