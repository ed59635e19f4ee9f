"""Some items of each class, drawn by a seed: rows of small pictures, or texts; another draw at each press."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset
from advisor.ui import parts
from advisor.ui.browse import strip

#: Classes shown at once, and items of each; and items of one class alone.
CLASSES = 10
EACH = {"image": 10, "text": 2}
ALONE = {"image": 40, "text": 8}
#: Of each text.
CHARACTERS = 280


def draw(dataset: Dataset, name: str | None = None) -> None:
    """The section: which class, another draw, and the items. name: a class that has been chosen elsewhere just now."""
    parts.section(f"What the {noun(dataset, 2)} look like")
    before = f"before-{_key(dataset)}"
    if name is not None and name != st.session_state.get(before):
        st.session_state[_key(dataset)] = name
    st.session_state[before] = name
    _choice(dataset)


@st.fragment(parallel=True)
def _choice(dataset: Dataset) -> None:
    turn = f"turn-{_key(dataset)}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        every = f"All {noun(dataset, 2)}"
        name = st.selectbox(noun(dataset).capitalize(), [every, *dataset.classes], key=_key(dataset))
        if st.button("Show others", key=f"others-{_key(dataset)}", icon=":material/casino:", width="content"):
            st.session_state[turn] = st.session_state.get(turn, 0) + 1
    seed = int(st.session_state.get(turn, 0))
    modality = kind_row(dataset.kind).modality
    if name in dataset.classes:
        _rows(dataset, drawn(dataset, dataset.classes.index(name), ALONE[modality], seed), f"of-{_key(dataset)}")
        return
    shown = classes_shown(len(dataset.classes), seed)
    if len(shown) < len(dataset.classes):
        parts.note(f"{len(shown)} of {wording.count(len(dataset.classes))} {noun(dataset, 2)}, drawn at random.")
    with st.grid(1 if modality == "image" else 2, min_column_width=300):
        for number in shown:
            rows = drawn(dataset, number, EACH[modality], seed)
            with st.container(gap="xxsmall"):
                st.text(wording.short(dataset.classes[number], 80))
                _rows(dataset, rows, f"of-{_key(dataset)}-{number}")


def noun(dataset: Dataset, n: int = 1) -> str:
    """What an item has one of, or several."""
    one, more = ("label", "labels") if kind_row(dataset.kind).task == "multilabel" else ("class", "classes")
    return one if n == 1 else more


def classes_shown(n: int, seed: int) -> list[int]:
    """The numbers of at most ten of n classes, in their order; another seed draws others."""
    if n <= CLASSES:
        return list(range(n))
    return sorted(int(number) for number in np.random.default_rng(seed).choice(n, CLASSES, replace=False))


def drawn(dataset: Dataset, label: int, most: int, seed: int) -> list[int]:
    """Rows of one class, at random and without those of the locked test part."""
    rows = dataset.where("train", "val")
    own = rows[dataset.targets[rows, label] > 0] if "labels" in dataset.items else rows[dataset.labels[rows] == label]
    return [int(row) for row in np.random.default_rng([seed, label]).permutation(own)[:most]]


def _rows(dataset: Dataset, rows: Sequence[int], key: str) -> None:
    if not rows:
        parts.note("No item outside the locked test part.")
    elif kind_row(dataset.kind).modality == "image":
        strip.draw(dataset, rows, key)
    else:
        with st.container(border=True, gap="small"):
            for row in rows:
                st.text(wording.short(str(dataset.items["text"].iloc[row]), CHARACTERS))


def _key(dataset: Dataset) -> str:
    return f"class-{dataset.fingerprint[:8]}"
