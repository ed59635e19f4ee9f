"""Tagging on the pages: types and their spans, ways of tagging, marked words, and sentences that went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, Plan, Profile, RunReport, Tagged
from advisor.data.reading import open_dataset
from advisor.data.tag_set import marked_sentences, types_in
from advisor.ui import alts, charts, marking, parts, work, workers
from advisor.ui.browse import sizes
from advisor.ui.cards import Card, Topic
from advisor.ui.charts import data
from advisor.ui.instruments import details, probes

CALIBRATES = False
TRY_FIRST = False
N_EXAMPLES, N_MISTAKES = 8, 15

TOPICS: tuple[Topic, ...] = (probes.TOPIC, details.TOPIC)


def extent(dataset: Dataset) -> str:
    """The number of types."""
    return wording.counted(len(dataset.span_types), "type")


def summary(dataset: Dataset, profile: Profile) -> str:
    """Sentences, spans and types, whether there are findings, and the metric."""
    n_spans = sum(types_in(dataset.items).values())
    return (
        f"{wording.short(dataset.name, 60)}: {kind_row(dataset.kind).counted(dataset.n_used)} with "
        f"{wording.counted(n_spans, 'span')} of {extent(dataset)}; {parts.n_serious(profile.findings)}. The metric is "
        f"{profile.metric}: a span counts where its words and its type are exactly right."
    )


def before_advice(evidence: Evidence) -> str:
    """Nothing: all that was measured is about a rung."""
    return ""


def choose_backbone(key: str, present: str | None = None) -> str | None:
    """Nothing to choose on a page."""
    return present


def answer(evidence: Evidence) -> str:
    """The best way of tagging, and by how much labels beat the types' names."""
    best, named = evidence.best, evidence.result("type names")
    if best is None:
        return "Nothing could be measured on these sentences; the notes below say why."
    interval = wording.between(best.measured.low, best.measured.high)
    against = (
        f", against {wording.percent(named.measured.value)} for the types' names alone"
        if named is not None and best is not named
        else ""
    )
    return (
        f"Best probe: {best.title}, {wording.percent(best.measured.value)} {evidence.metric} ({interval}, "
        f"{wording.counted(best.measured.n, 'sentence')}){against}."
    )


def reached(report: RunReport) -> str:
    """The test value."""
    return f"{wording.percent(report.test.value)} {report.metric}"


def answer_of(report: RunReport) -> str:
    """The test value against the forecast."""
    return (report.sentences or (f"{reached(report)} on {report.test.n:,} test sentences.",))[0]


def value(report: RunReport) -> None:
    """The test value beside the forecast, and each type with its interval."""
    st.plotly_chart(charts.versus(report), config=charts.CONFIG, key="versus", alt=alts.versus(report))
    parts.note(f"{wording.measured(report.test)} on the locked test part.")
    parts.section("Types")
    frame = pd.DataFrame(
        {
            "Type": [row["class"] for row in report.per_class],
            "F1": [_share(row["f1"]) for row in report.per_class],
            "90 % interval": [_interval(row) for row in report.per_class],
            "Precision": [_share(row["precision"]) for row in report.per_class],
            "Recall": [_share(row["recall"]) for row in report.per_class],
            "Test spans": [row["n"] for row in report.per_class],
        }
    )
    parts.table(frame, hide_index=True, alt="F1, precision and recall of each type, with the interval of F1")


def _share(value: Any) -> str:
    return wording.percent(value) if isinstance(value, float) else "none"


def _interval(row: dict[str, Any]) -> str:
    low, high = row.get("f1_low"), row.get("f1_high")
    return wording.between(low, high) if isinstance(low, float) and isinstance(high, float) else ""


def profile(dataset: Dataset, profile: Profile) -> None:
    """How the sentences are split, spans of each type and part, lengths, and some sentences with their spans."""
    parts.section("Sentences")
    st.plotly_chart(data.counts(profile), config=charts.CONFIG, key="counts", alt=alts.counts(profile))
    parts.note(f"{parts.split(dataset, 'Split made here')} The test part stays locked until a report.")
    parts.section("Spans of each type")
    items = dataset.items
    names = [part for part in ("train", "val", "test") if (items["part"] == part).any()]
    by_part = {part: types_in(items[items["part"] == part]) for part in names}
    every = types_in(items)
    titles = {"train": "Training", "val": "Validation", "test": "Test"}
    frame = pd.DataFrame({"Type": list(every)})
    for part in names:
        frame[titles[part]] = [by_part[part].get(name, 0) for name in every]
    parts.table(frame, hide_index=True, alt="Spans of each type in each part")
    shown = items[items["part"].isin(["train", "val"])]
    marking.sentences("Some sentences", marked_sentences(shown, N_EXAMPLES), sorted(every))
    sizes.draw(dataset, profile)


def evidence(dataset: Dataset, evidence: Evidence) -> list[Card]:
    """Every way of tagging, and what was measured with."""
    card = Card(probes.TOPIC, answer(evidence), partial(probes.draw, evidence), partial(_how, evidence))
    return [card, details.card(dataset, evidence)]


def _how(evidence: Evidence) -> None:
    """The table, the notes, and recall of each type."""
    probes.table(evidence, evidence.notes)
    names = sorted({name for one in evidence.results for name in one.per_class})
    frame = pd.DataFrame({"Type": names})
    for one in evidence.results:
        frame[one.title] = [_share(one.per_class.get(name)) for name in names]
    parts.note("Recall of each type:")
    parts.table(frame, hide_index=True, alt="Recall of each type by each way of tagging")


def try_model(run: str, plan: Plan) -> None:
    """A sentence of the user's own, or one of the test part, with what the model marks."""
    parts.section("Try it")
    workers.load_ahead(run, partial(work.load, run))
    with st.container(border=True):
        text = st.text_area("A sentence", key=f"try-{run}", height=80)
        with st.container(horizontal=True):
            asked = st.button("Mark words", key=f"predict-{run}", type="primary")
            taken = st.button("Take one from the test part", key=f"try-own-{run}", icon=":material/casino:")
        turn, own = f"try-turn-{run}", f"try-test-{run}"
        if taken:
            st.session_state[turn], st.session_state[own] = st.session_state.get(turn, 0) + 1, True
        elif asked:
            st.session_state[own] = False
        if st.session_state.get(own):
            _from_the_test_part(run, plan)
        elif text.strip():
            for one in _predicted(run, [text.strip()]):
                _shown(one)
        elif asked:
            parts.note("There is nothing to mark yet: write a sentence, or take one from the test part.")


def _from_the_test_part(run: str, plan: Plan) -> None:
    """A test sentence with what was marked, above what there is."""
    try:
        dataset = open_dataset(plan.fingerprint[:16])
    except PeopleError as error:
        parts.problem(str(error))
        return
    rows = dataset.items.iloc[dataset.where("test")]
    rows = rows[rows["tags"].str.contains('"B-')]
    if not len(rows):
        parts.note("There is no sentence with a span in the test part.")
        return
    row = int(np.random.default_rng(st.session_state[f"try-turn-{run}"]).integers(len(rows)))
    [(text, truth)] = marked_sentences(rows.iloc[[row]], 1)
    for one in _predicted(run, [text.split(" ")]):
        _shown(one, dataset.span_types)
        parts.note("What there is:")
        marking.draw(text, truth, dataset.span_types)


def _predicted(run: str, items: list[Any]) -> list[Tagged]:
    """What the model marks; nothing where it cannot, which is then told."""
    try:
        with st.spinner("Asking the model." if workers.is_ready(run) else "Loading the model.", show_time=True):
            marked: list[Tagged] = workers.answer("The marked words", partial(work.predict, run, items), run)
    except PeopleError as error:
        parts.problem(str(error))
        return []
    return marked


def _shown(one: Tagged, types: Sequence[str] = ()) -> None:
    """What is marked in a text; types: the order of their colours, by name without it."""
    if one.problem:
        parts.problem(one.problem)
        return
    marking.draw(one.input, one.spans, types or sorted({span.type for span in one.spans}))
    if not one.spans:
        parts.note("Nothing is marked in it.")


def errors(report: RunReport, plan: Plan) -> None:
    """The sentences with the most wrong spans, both taggings above each other."""
    if not report.mistakes:
        parts.note("Every test sentence is right in every word.")
        return
    parts.section("Sentences that went wrong")
    parts.note("Those with the most spans missed or made up first: what the model marks, then what there is.")
    for mistake in report.mistakes[:N_MISTAKES]:
        with st.container(border=True):
            parts.note(f"Marked ({mistake.key}):")
            marking.draw(mistake.question, mistake.spans, report.classes)
            parts.note("Right:")
            marking.draw(mistake.question, mistake.truth, report.classes)
