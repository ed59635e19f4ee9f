"""Questions over documents on the Profile page: what the documents are like, and some questions with their answers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Profile
from advisor.ui import charts, parts, terms
from advisor.ui.charts import data

SHOWN = 12
ABSENT = "not in the documents"


def answer(dataset: Dataset, profile: Profile) -> str:
    """The first sentence: how many questions over how many documents, and how many have no answer there."""
    n_documents = wording.counted(len(dataset.documents), "document")
    without = int((dataset.items["answers"] == "[]").sum())
    silent = f", {wording.count(without)} of them not answered there" if without else ""
    grave = sum(f.severity != "note" for f in profile.findings)
    found = f"{wording.counted(grave, 'finding')} to look at" if grave else "nothing to worry about"
    return (
        f"{wording.short(dataset.name, 60)}: {terms.items(dataset.n_used, 'qa')} over {n_documents}{silent}; "
        f"{found}. Answers will be judged by {profile.metric}, and exact match beside it."
    )


def lengths(profile: Profile) -> None:
    """A histogram of every size that was counted: questions, documents, passages, answers."""
    sizes = {name: values for name, values in profile.sizes.items() if values and name in data.SIZE_NAME}
    if not sizes:
        return
    parts.section("Lengths")
    with st.grid(2, min_column_width=260):
        for name, values in sizes.items():
            title = data.SIZE_NAME[name]
            figure = data.lengths(values, title)
            st.plotly_chart(figure, config=charts.CONFIG, key=f"size-{name}", alt=f"{title}, how often")


def examples(dataset: Dataset) -> None:
    """Some questions of the training part with their accepted answers and the document that holds them."""
    rows = dataset.where("train", "val")
    if not len(rows):
        return
    parts.section("Some questions")
    chosen = np.sort(np.random.default_rng(0).permutation(rows)[:SHOWN])
    titles = dict(zip(dataset.documents["document"], dataset.documents["title"], strict=True))
    items = dataset.items.iloc[chosen]
    accepted = [" / ".join(json.loads(answers)) or ABSENT for answers in items["answers"]]
    missing = ["none" if answer == ABSENT else "not named" for answer in accepted]
    places = [str(titles.get(name) or name or none) for name, none in zip(items["document"], missing, strict=True)]
    frame = pd.DataFrame({"Question": items["text"].tolist(), "Accepted answers": accepted, "Document": places})
    st.dataframe(frame, hide_index=True, height="content", alt="Some questions with their accepted answers")
    n = len(dataset.where("train", "val"))
    parts.note(f"{len(frame)} of the {wording.count(n)} questions that may be looked at; the test part stays locked.")


def documents(dataset: Dataset) -> None:
    """The documents: title, where each lies, and how long it is."""
    table = dataset.documents
    with st.expander(wording.counted(len(table), "document"), icon=":material/description:"):
        asked = dataset.items["document"].value_counts()
        frame = pd.DataFrame(
            {
                "Title": table["title"],
                "Place": table["place"],
                "Words": [len(str(text).split()) for text in table["text"]],
                "Questions": table["document"].map(asked).fillna(0).astype(int),
            }
        )
        st.dataframe(frame, hide_index=True, alt="The documents with their titles, places and lengths")
