"""How good is this advice? Its record on real tasks, beside the bounds it set itself and beside simpler rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from advisor.advice.outlook.experience import shipped_folder
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.score import summary
from advisor.score.board import Board, board
from advisor.score.score import Score
from advisor.ui import charts, parts, terms
from advisor.ui.charts import score as charts_score

QUESTION = "How good is this advice?"
TABLES = [f"{place}{name}.csv" for place in ("", "fresh/") for name in ("situations", "outcomes", "short_runs")]
DRAWN = {"values": "Values", "times": "Training times"}
KEPT = {True: "yes", False: "no", None: "not counted"}
READ = (
    "Every task was carried out to the end on every rung. To advise on a dataset, all that was learned from it is "
    "removed first, at all sizes, so no fit below has seen what it is scored on.",
    "The ideal rung is the cheapest one within one point of the best. Regret is what the recommended rung loses "
    "against the best, in points; utility is the same at the default prices, costs taken off.",
    "Intervals are 90 % and come from drawing whole datasets 2,000 times, since tasks of one dataset are alike; those "
    "of coverage and of the two reliability diagrams are Wilson's.",
)


def draw() -> None:
    """The page."""
    folder = shipped_folder()
    try:
        found = scored(str(folder), tuple(stamp for name in TABLES for stamp in _stamp(folder / name)))
    except PeopleError as error:
        missing(str(error))
        return
    parts.heading(QUESTION, answer(found))
    bounds(found)
    rivals(found)
    reliability(found.ours)
    predicted(found.ours)
    wrong(found.ours)
    if found.fresh:
        fresh(found)
    parts.section("How to read it")
    for sentence in READ:
        st.text(sentence)
    parts.note(f"Computed from {folder}. The same in a terminal: advisor bench score.")


@st.cache_data(max_entries=2, show_spinner="Scoring the advice on every task.")
def scored(folder: str, stamps: tuple[float, ...]) -> Board:
    """The score of the tables in a folder; computed again when one of them has changed (`stamps`)."""
    return board()


def _stamp(path: Path) -> tuple[float, float]:
    try:
        found = path.stat()
    except OSError:
        return (0.0, 0.0)
    return (found.st_mtime, float(found.st_size))


def missing(why: str) -> None:
    """There is no complete task yet: how to make one."""
    parts.heading(QUESTION, "Nobody has kept score here yet.")
    st.text(why)
    st.code("python -m benchmarks.ladder", language="bash")
    parts.note("It carries out every rung on every task, takes hours, and goes on where it stopped.")


def answer(found: Board) -> str:
    """The share of ideal rungs and the regret in a sentence, with their intervals and n."""
    ours = found.ours
    over = f"{wording.counted(ours.n_tasks, 'task')} of {wording.counted(ours.n_datasets, 'dataset')}"
    return (
        f"It recommends the ideal rung on {summary.written(ours.ideal, '%')} of {over}, each unseen, and loses "
        f"{summary.written(ours.mean_regret, 'points')} points on average against the best rung."
    )


def bounds(found: Board) -> None:
    """Every figure beside its bound, those missed as well."""
    parts.section("Beside its bounds")
    counted = [bound for bound in found.bounds if bound.kept is not None]
    missed = [bound.what for bound in counted if not bound.kept]
    kept = f"{len(counted) - len(missed)} of {len(counted)} bounds are kept."
    st.text(f"{kept} Missed: {', '.join(missed)}." if missed else kept)
    rows = [
        {
            "Figure": wording.capital(summary.bound_row(bound)[0]),
            "Measured": summary.written(bound.figure, bound.unit, interval=False),
            "90 % interval": summary.span(bound.figure, bound.unit),
            "Bound": bound.wanted,
            "Kept": KEPT[bound.kept],
            "n": wording.count(bound.figure.n),
        }
        for bound in found.bounds
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt="Every figure of the score and its bound")
    if known := summary.out_of_reach(found):
        st.text(known)
    if found.unfinished:
        parts.note(
            f"{wording.counted(found.unfinished, 'run of a task', 'runs of tasks')} lack a rung and do not count."
        )


def rivals(found: Board) -> None:
    """The advisor beside every simpler rule on the same tasks."""
    parts.section("Beside simpler rules")
    measure = st.segmented_control(
        "Compare", list(charts_score.MEASURES), default="ideal", key="measure", required=True,
        format_func=lambda name: charts_score.MEASURES[name].short, label_visibility="collapsed",
    )  # fmt: skip
    figure = charts_score.advisers(found, measure)
    st.plotly_chart(figure, config=charts.CONFIG, key="rivals", alt="Every adviser with its interval")
    parts.note("Hollow: trying every rung first, which needs no advice. Dashed: the bound for the advisor.")
    advisers((found.ours, *found.baselines, *found.references), "All figures of every adviser")


def advisers(scores: Sequence[Score], title: str) -> None:
    """Every figure of every adviser, folded away."""
    with st.expander(title, icon=":material/table_rows:"):
        names = ("Adviser", "Ideal rung", "90 %", *map(str.capitalize, summary.COLUMNS))
        rows = [summary.adviser_row(score) for score in scores]
        st.dataframe(pd.DataFrame(rows, columns=list(names)), hide_index=True, height="content", alt=title)


def reliability(ours: Score) -> None:
    """Whether intervals and chances mean what they say."""
    parts.section("Do the promises mean what they say?")
    left, right = st.columns(2)
    left.plotly_chart(
        charts_score.promises(ours.predictions),
        config=charts.CONFIG,
        key="quantiles",
        alt="Promised quantiles, observed",
    )
    right.plotly_chart(
        charts_score.chances(ours.reliability), config=charts.CONFIG, key="chances", alt="Chances of a target, observed"
    )
    parts.note("On the diagonal a promise is kept exactly; a curve flatter than it is too sure of itself.")
    rungs = dict.fromkeys((*ours.coverage, *ours.in_time))
    rows = [
        {
            "Rung": "all" if rung == "all" else terms.title(rung),  # type: ignore[arg-type]
            "90 % intervals that cover": _with_n(ours, "coverage", rung),
            "Training times within 1.5 times": _with_n(ours, "in_time", rung),
        }
        for rung in rungs
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt="Coverage and times by rung")
    st.text(
        f"Of the targets that it was sure of it reached {summary.written(ours.promises, '%')}, "
        f"n = {wording.count(ours.promises.n)}."
    )


def _with_n(ours: Score, what: str, rung: str) -> str:
    figure = getattr(ours, what).get(rung)
    return "" if figure is None else f"{summary.written(figure, '%')}, n = {wording.count(figure.n)}"


def predicted(ours: Score) -> None:
    """Every prediction against what came out."""
    parts.section("Predicted against actual")
    shown = st.segmented_control(
        "Show", list(DRAWN), default="values", key="drawn", required=True, format_func=DRAWN.__getitem__,
        label_visibility="collapsed",
    )  # fmt: skip
    draw_it = charts_score.times if shown == "times" else charts_score.values
    st.plotly_chart(draw_it(ours.predictions), config=charts.CONFIG, key="actual", alt="Predicted against actual")
    parts.note(f"{wording.count(len(ours.predictions))} predictions. Crosses lie outside their 90 % interval.")


def wrong(ours: Score) -> None:
    """The tasks on which another rung than the ideal one was recommended, and why."""
    parts.section("Where it was wrong")
    rows = list(summary.wrong_rows(ours))
    if not rows:
        st.text(f"On none of {wording.counted(ours.n_tasks, 'task')}.")
        return
    st.text(f"On {len(rows)} of {wording.counted(ours.n_tasks, 'task')}, the costliest first.")
    frame = pd.DataFrame(rows, columns=["Task", "Recommended", "Ideal", "Points lost", "Why"])
    st.dataframe(frame, hide_index=True, alt="The tasks on which the advice was wrong, and why")


def fresh(found: Board) -> None:
    """The same figures on sets that nothing was fitted to nor chosen by."""
    parts.section("On fresh datasets")
    names = dict.fromkeys(task.dataset for task in found.fresh[0].tasks)
    st.text(
        f"The advice was neither fitted to {', '.join(names)} nor chosen by them, so the figures should "
        f"look alike. {summary.alike(found)}"
    )
    rows = pd.DataFrame(list(summary.fresh_rows(found)), columns=["Figure", "LadderBench", "Fresh"])
    rows["Figure"] = rows["Figure"].map(wording.capital)
    st.dataframe(rows, hide_index=True, height="content", alt="The score on LadderBench and on fresh datasets")
    advisers(found.fresh, "Every adviser on fresh datasets")


if __name__ == "__main__":
    draw()
