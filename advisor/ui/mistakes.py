"""Where a classifier is wrong: the confusion matrix with its items, the classes, its confidence, the worst mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd
import streamlit as st

from advisor.core import storage, wording
from advisor.core.errors import PeopleError
from advisor.core.records import Dataset, Mistake, Plan, RunReport
from advisor.core.workspace import Workspace
from advisor.evidence.worklist import HARD
from advisor.ui import charts, items, parts, terms, work, workers
from advisor.ui.fixing import board
from advisor.ui.try_it import reopened
from probes.reliability import doubtful_mistakes, expected_gap, reliability, share_of, usually

N_MISTAKES, N_IN_CELL, N_NEIGHBOURS = 12, 24, 3
TRUSTED = "Can its probabilities be trusted?"
#: Pairs of classes to choose from.
MOST_NAMED = 50
#: Below so many test items a reliability diagram is noise.
LEAST_ITEMS = 40
#: No label is doubted.
NONE: Mapping[int, float] = MappingProxyType({})


def draw(report: RunReport, plan: Plan) -> None:
    """All sections."""
    dataset, table = reopened(plan), predictions(plan)
    parts.section("Where it is wrong")
    matrix(report, plan, dataset, table)
    worst(report, plan, dataset, doubtful(table))
    if report.per_class:
        parts.fold("Class by class", "table_chart", partial(per_class, report))
    if table is not None and len(table) >= LEAST_ITEMS:
        parts.fold(TRUSTED, "balance", partial(confidence, table))


def matrix(report: RunReport, plan: Plan, dataset: Dataset | None, table: pd.DataFrame | None) -> None:
    """The confusion matrix; a click on a cell shows its items."""
    event = st.plotly_chart(
        charts.confusion(report), config=charts.CONFIG, key="confusion", alt=confused(report), on_select="rerun",
        selection_mode="points",
    )  # fmt: skip
    points = event.selection.points if event is not None else []
    frequent = confusions(report)
    named = st.selectbox(
        "Click on a cell to see its items, or choose a mistake", frequent, index=None, key="confusion-named",
        format_func=lambda pair: confusion_words(report, *pair), disabled=not frequent,
    )  # fmt: skip
    pair = (int(points[0]["customdata"][0]), int(points[0]["customdata"][1])) if points else named
    if pair is not None:
        cell(report, dataset, chosen(report, table, *pair), *pair)


def confusions(report: RunReport) -> list[tuple[int, int]]:
    """The pairs (true, predicted) of classes that were confused, the most frequent first."""
    table = np.array(report.confusion)
    pairs = [(int(i), int(j)) for i, j in zip(*np.nonzero(table), strict=True) if i != j]
    return sorted(pairs, key=lambda pair: -int(table[pair]))[:MOST_NAMED]


def confusion_words(report: RunReport, truth: int, predicted: int) -> str:
    """A pair of classes that were confused, in words."""
    one, other = (wording.short(report.classes[place], 40) for place in (truth, predicted))
    return f"{one} taken for {other}, {wording.times(report.confusion[truth][predicted])}"


def confused(report: RunReport) -> str:
    """What the matrix says: how many are right, and which two classes are confused most."""
    table = np.array(report.confusion)
    wrong = table * (1 - np.eye(len(table), dtype=int))
    n, n_right = int(table.sum()), int(np.trace(table))
    said = f"Confusion matrix: {n_right} of {n} test items are right"
    if not wrong.any():
        return said
    i, j = np.unravel_index(int(wrong.argmax()), wrong.shape)
    one, other = (terms.plotted(report.classes[int(place)], 30) for place in (i, j))
    return f"{said}; the most frequent mistake is {one} taken for {other}, {wording.times(int(wrong[i, j]))}"


def chosen(report: RunReport, table: pd.DataFrame | None, truth: int, predicted: int) -> list[tuple[int, float]]:
    """(row, probability) of the items of a cell, the most confident first; of runs that kept no table, of the worst."""
    if table is None:
        names = report.classes[truth], report.classes[predicted]
        return [(m.row, m.probability) for m in report.mistakes if (m.label, m.predicted) == names]
    own = table[(table["truth"] == truth) & (table["predicted"] == predicted)].sort_values(
        "probability", ascending=False
    )
    return [(int(row), float(p)) for row, p in zip(own["row"], own["probability"], strict=True)]


def cell(report: RunReport, dataset: Dataset | None, rows: list[tuple[int, float]], truth: int, predicted: int) -> None:
    """The items of one cell."""
    n, label = report.confusion[truth][predicted], wording.short(report.classes[truth], 60)
    said = "predicted right" if truth == predicted else f"taken for {wording.short(report.classes[predicted], 60)}"
    shown = rows[:N_IN_CELL]
    more = f"; the {len(shown)} most confident" if len(shown) < n else ""
    parts.note(f"{label}, {said}: {wording.counted(n, 'test item')}{more}.")
    if dataset is None:
        parts.note("The dataset is no longer in this workspace, so the items cannot be shown.")
        return
    captions = [f"{wording.percent(probability, 0)} sure" for _, probability in shown]
    items.view_of(dataset.kind).grid(dataset, [row for row, _ in shown], captions, key="cell")


def per_class(report: RunReport) -> None:
    """Precision, F1 and recall with its 90 % interval for each class, the hardest first."""
    frame = pd.DataFrame(report.per_class)
    shares = [c for c in ("precision", "recall", "f1") if c in frame]
    # A class nobody was assigned to has no precision: None becomes an empty cell.
    frame[shares] = frame[shares].astype(float) * 100
    if {"recall", "n"} <= set(frame):
        frame = frame.sort_values("recall")
        frame.insert(
            list(frame).index("recall") + 1,
            "recall, 90 % interval",
            [interval(recall, int(n)) for recall, n in zip(frame["recall"], frame["n"], strict=True)],
        )
    names = {c: wording.capital(str(c)) for c in frame if c != "n"}
    columns = {names[c]: st.column_config.NumberColumn(format="%.1f %%") for c in shares}
    alt = "Precision, recall and F1 of each class"
    parts.table(frame.rename(columns=names), hide_index=True, column_config=columns, alt=alt)


def interval(percent: float, n: int) -> str:
    """The 90 % interval of a recall given in per cent; "" where nothing was measured.

    >>> interval(90.0, 10), interval(float("nan"), 0)
    ('67.3 to 98.2 %', '')
    """
    if not n or not np.isfinite(percent):
        return ""
    low, high = share_of(round(percent / 100 * n), n)[1]
    return wording.between(low, high)


def confidence(table: pd.DataFrame) -> None:
    """The reliability diagram of the test part, and its expected calibration error."""
    right = (table["truth"] == table["predicted"]).to_numpy()
    bins = reliability(table["probability"].to_numpy(dtype=float), right)
    gap, mean = expected_gap(bins), float(table["probability"].mean())
    lean = "too sure of itself" if mean > right.mean() else "too cautious"
    fits = gap < 0.02
    apart = f"{100 * gap:.1f} points on average"
    said = f"On the test part, its probabilities differ from its share of right answers by {apart}"
    parts.text(f"{said}: they mean what they say." if fits else f"{said}: it is {lean}.")
    figure = charts.reliability(bins)
    st.plotly_chart(figure, config=charts.CONFIG, key="reliability", alt=said, width=420)


def doubtful(table: pd.DataFrame | None) -> dict[int, float]:
    """Rows of wrong answers whose label may be wrong instead, with the model's usual certainty of the class predicted.

    None for a run that kept too little, or errs a lot.
    """
    if table is None or "of_truth" not in table or (table["truth"] != table["predicted"]).mean() > HARD:
        return {}
    truth, predicted, probability, of_truth = (
        table[name].to_numpy() for name in ("truth", "predicted", "probability", "of_truth")
    )
    doubted = doubtful_mistakes(truth, predicted, probability, of_truth)
    usual = usually(truth, predicted, of_truth)
    return {int(row): float(at) for row, at in zip(table["row"][doubted], usual[doubted], strict=True)}


def to_decide(dataset: Dataset, shown: Sequence[Mistake], doubted: Mapping[int, float]) -> None:
    """Why some labels of the test part are doubted, and the way to where they are decided; doubted: as `doubtful`."""
    n = wording.counted(len(shown), "mistake")
    parts.note(
        f"In {n} the model is as sure of its answer as it usually is of that class. There the label may be wrong, or "
        f"the model is: only a look tells. Where the label is, a right answer counts as a mistake."
    )
    if st.button("Look at them", key="doubtful", icon=":material/handyman:"):
        said = {one.row: (one.predicted, doubt(one, doubted[one.row])) for one in shown}
        board.choose(dataset, [*said], said)


def doubt(one: Mistake, usual: float) -> str:
    """Why the label of a mistake is doubted, where it is decided about."""
    return (
        f"The trained model predicts {one.predicted} with {wording.percent(one.probability)}; of items with that label "
        f"it is {wording.percent(usual)} sure on average."
    )


def worst(report: RunReport, plan: Plan, dataset: Dataset | None, doubted: Mapping[int, float] = NONE) -> None:
    """The surest wrong answers, each with its item, and on demand with the training items nearest to it.

    doubted: rows whose label may be wrong, as `doubtful`.
    """
    if not report.mistakes:
        parts.note("No test item was answered wrongly.")
        return
    parts.section("Worst mistakes")
    shown = report.mistakes[:N_MISTAKES]
    parts.note("Wrong answers on the test part, the most confident first.")
    captions = [
        f"{m.label}, predicted {m.predicted} ({wording.percent(m.probability)})"
        f"{f': perhaps mislabelled (usually {wording.percent(doubted[m.row])})' if m.row in doubted else ''}"
        for m in shown
    ]
    if dataset is None:
        frame = pd.DataFrame({"Item": [m.key for m in shown], "Mistake": captions})
        parts.table(frame, hide_index=True, alt="Worst mistakes")
        return
    view, rows = items.view_of(dataset.kind), [m.row for m in shown]
    if own := [m for m in shown if m.row in doubted]:
        to_decide(dataset, own, doubted)
    if not st.toggle("Beside each, the training items most like it", key="neighbours"):
        view.grid(dataset, rows, captions, key="mistakes")
        return
    try:
        with st.spinner("Looking for the nearest training items."):
            near = workers.answer("The search", partial(work.neighbours, plan.run, rows, N_NEIGHBOURS), plan.run)
    except PeopleError as error:
        parts.problem(str(error))
        return
    for row, caption, others in zip(rows, captions, near, strict=True):
        with st.container(border=True):
            named = [f"in training: {dataset.classes[dataset.labels[other]]}" for other in others]
            view.grid(dataset, [row, *others], [caption, *named], key=f"near-{row}")


def predictions(plan: Plan) -> pd.DataFrame | None:
    """What was said of each test item; None for runs of former versions and where the file is damaged."""
    path = Workspace.here().run(plan.run).predictions
    try:
        storage.check_manifest(path.parent, path.name)
        return pd.read_parquet(path) if path.is_file() else None
    except (PeopleError, OSError, ValueError):
        return None
