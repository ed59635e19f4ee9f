"""How good is this advice? Its score on real tasks, against its own goals and beside simpler rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from advisor.advice.outlook.experience import shipped_folder
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.score import summary
from advisor.score.board import Board
from advisor.score.score import Score
from advisor.ui import charts, parts, terms, work, workers
from advisor.ui.charts import score as charts_score

QUESTION = "How good is this advice?"
TABLES = [f"{place}{name}.csv" for place in ("", "fresh/") for name in ("situations", "outcomes", "short_runs")]
DRAWN = {"values": "Values", "times": "Training times"}
MET = {True: "yes", False: "no", None: ""}
READ = (
    "Every task was completed on every rung. Each dataset is scored by an advisor that was fitted without it, at all "
    "its sizes.",
    "The ideal rung is the cheapest one within one point of the best. Regret is what the recommended rung loses "
    "against the best, in points. Utility is 100 times the value, less what the steps up the ladder and training cost, "
    "in points.",
    "Intervals are 90 %, from drawing whole datasets 2,000 times, since tasks of one dataset are alike; those of "
    "coverage and of the two reliability diagrams are Wilson's.",
)


def draw() -> None:
    """The page."""
    folder = shipped_folder()
    try:
        board = scored(str(folder), tuple(stamp for name in TABLES for stamp in _stamp(folder / name)))
    except PeopleError as error:
        missing(str(error))
        return
    parts.heading(QUESTION, summary.told(board)[0])
    prices(board)
    goals(board)
    rivals(board)
    reliability(board.ours)
    predicted(board.ours)
    wrong(board.ours)
    if board.fresh:
        fresh(board)
    parts.section("How to read it")
    for sentence in READ:
        st.text(sentence)
    parts.note(f"Computed from {folder}. In a terminal: advisor bench score.")


@st.cache_data(max_entries=2, show_spinner="Scoring the advice on every task, which takes half a minute once.")
def scored(folder: str, stamps: tuple[float, ...]) -> Board:
    """The score of the tables in a folder; asked for again when one of them has changed (`stamps`)."""
    board: Board = workers.answer("The score", work.score)
    return board


def _stamp(path: Path) -> tuple[float, float]:
    try:
        status = path.stat()
    except OSError:
        return (0.0, 0.0)
    return (status.st_mtime, float(status.st_size))


def missing(why: str) -> None:
    """There is no complete task yet: how to get one."""
    parts.heading(QUESTION, "There is no score yet.")
    st.text(why)
    st.code("python -m benchmarks.ladder", language="bash")
    parts.note("This runs every rung on every task. It takes hours and resumes where it stopped.")


def prices(board: Board) -> None:
    """The lead over the best constant at many prices, in one picture and the other sentences."""
    left, right = st.columns((3, 2), vertical_alignment="center")
    figure = charts_score.cells(board.grid)
    left.plotly_chart(figure, config=charts.CONFIG, key="prices", alt="Lead over the best rung at every pair of prices")
    for sentence in summary.told(board)[1:]:
        right.text(sentence)
    with st.expander("Against every rule, at all prices", icon=":material/table_rows:"):
        rows = pd.DataFrame(list(summary.lead_rows(board.grid)), columns=["Against", "Points a task", "Worst pair"])
        st.dataframe(rows, hide_index=True, height="content", alt="The lead over every rule")


def goals(board: Board) -> None:
    """Every figure against its goal, met or not."""
    parts.section("Against its own goals")
    counted = [bound for bound in board.bounds if bound.kept is not None]
    missed = [bound.what for bound in counted if not bound.kept]
    met = f"The advisor meets {len(counted) - len(missed)} of its {len(counted)} goals."
    st.text(f"{met} Missed: {'; '.join(missed)}." if missed else met)
    rows = [
        {
            "Figure": wording.capital(summary.bound_row(bound)[0]),
            "Measured": summary.written(bound.figure, bound.unit, interval=False),
            "90 % interval": summary.span(bound.figure, bound.unit),
            "Goal": bound.wanted,
            "Met": MET[bound.kept],
            "n": wording.count(bound.figure.n),
        }
        for bound in board.bounds
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt="Every figure of the score and its goal")
    if best_possible := summary.out_of_reach(board):
        st.text(best_possible)
    if board.unfinished:
        parts.note(f"{wording.counted(board.unfinished, 'unfinished task is', 'unfinished tasks are')} not counted.")


def rivals(board: Board) -> None:
    """The advisor beside every simpler rule on the same tasks."""
    parts.section("Beside simpler rules")
    measure = st.segmented_control(
        "Compare", list(charts_score.MEASURES), default="utility_regret", key="measure", required=True,
        format_func=lambda name: charts_score.MEASURES[name].short, label_visibility="collapsed",
    )  # fmt: skip
    figure = charts_score.advisers(board, measure)
    st.plotly_chart(figure, config=charts.CONFIG, key="rivals", alt="Every adviser with its interval")
    parts.note("Hollow: tries every rung first and needs no advice.")
    advisers((board.ours, *board.baselines, *board.references), "All figures of every adviser")


def advisers(scores: Sequence[Score], title: str) -> None:
    """Every figure of every adviser, in an expander."""
    with st.expander(title, icon=":material/table_rows:"):
        names = ("Adviser", "Ideal rung", "90 %", *map(str.capitalize, summary.COLUMNS))
        rows = [summary.adviser_row(score) for score in scores]
        st.dataframe(pd.DataFrame(rows, columns=list(names)), hide_index=True, height="content", alt=title)


def reliability(ours: Score) -> None:
    """Whether outcomes fall into the intervals and reach the targets as often as predicted."""
    parts.section("Are intervals and chances right?")
    left, right = st.columns(2)
    left.plotly_chart(
        charts_score.calibration(ours.predictions),
        config=charts.CONFIG,
        key="quantiles",
        alt="Predicted quantiles against observed shares",
    )
    right.plotly_chart(
        charts_score.chances(ours.reliability),
        config=charts.CONFIG,
        key="chances",
        alt="Predicted chances against targets reached",
    )
    parts.note("On the diagonal, predictions are perfectly calibrated. A flatter curve is overconfident.")
    rungs = dict.fromkeys((*ours.coverage, *ours.in_time))
    rows = [
        {
            "Rung": "all" if rung == "all" else terms.title(rung),  # type: ignore[arg-type]
            "90 % intervals that cover": _with_n(ours, "coverage", rung),
            "Times within a factor of 1.5": _with_n(ours, "in_time", rung),
        }
        for rung in rungs
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt="Coverage and times by rung")
    st.text(
        f"Targets predicted to be reached were reached in {summary.written(ours.promises, '%')} of "
        f"{wording.counted(ours.promises.n, 'case')}."
    )


def _with_n(ours: Score, what: str, rung: str) -> str:
    figure = getattr(ours, what).get(rung)
    return "" if figure is None else f"{summary.written(figure, '%')}, n = {wording.count(figure.n)}"


def predicted(ours: Score) -> None:
    """Every prediction against the outcome."""
    parts.section("Predicted and actual")
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


def fresh(board: Board) -> None:
    """The same figures on datasets that played no part in building the advisor."""
    parts.section("On fresh datasets")
    names = dict.fromkeys(task.dataset for task in board.fresh[0].tasks)
    st.text(
        f"The datasets {wording.listed(names)} played no part in building the advisor, so the figures should look "
        f"alike. "
        f"{summary.alike(board)}"
    )
    rows = pd.DataFrame(list(summary.fresh_rows(board)), columns=["Figure", "LadderBench", "Fresh"])
    rows["Figure"] = rows["Figure"].map(wording.capital)
    st.dataframe(rows, hide_index=True, height="content", alt="The score on LadderBench and on fresh datasets")
    advisers(board.fresh, "Every adviser on fresh datasets")


if __name__ == "__main__":
    draw()
