"""How good is this advice? Its score on real tasks, against its own goals and beside simpler rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from advisor.advice.outlook.experience import shipped_folder
from advisor.core import wording
from advisor.score import meaning, summary
from advisor.score.board import Board
from advisor.score.figures import Figure
from advisor.score.kept import SHIPPED, saved_board
from advisor.score.score import Score
from advisor.ui import charts, jobs, parts, terms, waiting, work
from advisor.ui.charts import forecasts
from advisor.ui.charts import score as charts_score

QUESTION = "How good is this advice?"
TABLES = [
    SHIPPED,
    *(f"{place}{name}.csv" for place in ("", "fresh/") for name in ("situations", "outcomes", "short_runs")),
]
DRAWN = {"values": "Values", "times": "Training times"}
MET = {True: "yes", False: "no", None: ""}
READ = (
    "LadderBench has many small tasks. On every task every rung was trained, so the best one is known. Each dataset is "
    "judged by an advisor that was fitted without it, at all its sizes.",
    "A point is a percentage point of the task's metric. Points lost are the best rung's value less the recommended "
    "one's. The ideal rung is the cheapest within one point of the best.",
    "Costs aside, only values count. After costs, what a step up the ladder and a training cost is taken off as well. "
    "At the default prices a step counts as one point, and training is free. “At all prices” is the mean of 36 pairs.",
    "Intervals are 90 %, from drawing whole datasets 2,000 times, since tasks of one dataset are alike. Those of "
    "intervals that held and of the two diagrams are Wilson's.",
)


def draw() -> None:
    """The page."""
    folder = shipped_folder()
    st.title(QUESTION, anchor=False)
    stamps = tuple(stamp for name in TABLES for stamp in _stamp(folder / name))
    board = kept(str(folder), stamps)
    if board is None:
        scoring(jobs.answer(jobs.key_of("score", folder, *stamps), "The score", work.score))
        return
    opening(board)
    failures(board.ours)
    goals(board)
    more(board)
    parts.note(f"Computed from {folder}. In a terminal: advisor bench score.")


def kept(folder: str, stamps: tuple[float, ...]) -> Board | None:
    """The score that is kept of the tables in a folder, read once while they stay the same; None without one."""
    known: tuple[object, Board] | None = st.session_state.get("score")
    if known is not None and known[0] == (folder, stamps):
        return known[1]
    board = saved_board()
    if board is not None:
        st.session_state["score"] = (folder, stamps), board
    return board


def scoring(job: jobs.Job) -> None:
    """How far the scoring is, or why there is no score."""
    if job.error is not None:
        missing(job.error)
        return
    parts.answer_line("The advice is being scored on every task, which takes a minute once.")
    waiting.wait(job)


def opening(board: Board) -> None:
    """What the score means, and what else one could do, in a picture."""
    parts.answer_line(meaning.headline(board))
    for sentence in (meaning.basis(board), meaning.on_new(board)):
        if sentence:
            parts.note(sentence)
    parts.section("What else could you do?")
    if saved := meaning.against_tuning(board):
        st.text(saved)
    st.plotly_chart(charts_score.losses(board), config=charts.CONFIG, key="losses", alt=meaning.compared(board))


def failures(ours: Score) -> None:
    """The tasks on which the recommendation lost points: how many labels they have, and which they are."""
    groups = meaning.by_labels(ours)
    parts.section("Where does it fail?")
    parts.text(meaning.failing(ours))
    alt = meaning.by_labels_told(groups)
    st.plotly_chart(charts_score.by_labels(groups), config=charts.CONFIG, key="by-labels", alt=alt)
    parts.note(alt)
    wrong(ours)


def wrong(ours: Score) -> None:
    """The tasks on which another rung than the ideal one was recommended, and why."""
    rows = list(summary.wrong_rows(ours))
    if not rows:
        parts.text(f"The ideal rung was recommended on all {wording.counted(ours.n_tasks, 'task')}.")
        return
    parts.fold(f"All {len(rows)} tasks on which another rung was ideal", "table_rows", partial(wrong_table, rows))


def wrong_table(rows: Sequence[tuple[str, ...]]) -> None:
    """The tasks on which another rung was ideal."""
    frame = pd.DataFrame(rows, columns=["Task", "Recommended", "Ideal", "Points lost", "Why"])
    frame["Points lost"] = frame["Points lost"].astype(float)
    table(frame, "The tasks on which another rung was ideal, the costliest first", {"Points lost": "%.1f"})


def more(board: Board) -> None:
    """The rest, folded."""
    parts.section("Look closer")
    parts.fold("Beside every rule", "leaderboard", partial(rivals, board))
    parts.fold("Are the intervals and chances right?", "straighten", partial(reliability, board.ours))
    parts.fold("Forecast and outcome", "scatter_plot", partial(predicted, board.ours))
    parts.fold("At other prices", "payments", partial(prices, board))
    if board.fresh:
        parts.fold("On new datasets", "new_releases", partial(fresh, board))
    parts.fold("How to read it", "info", lambda: parts.text("\n".join(READ)))


def table(frame: pd.DataFrame, alt: str, formats: dict[str, str] | None = None) -> None:
    """A table whose numbers sort as numbers; ``formats``: how each numeric column is written."""
    columns = {name: st.column_config.NumberColumn(format=form) for name, form in (formats or {}).items()}
    st.dataframe(frame, hide_index=True, height="content" if len(frame) <= 25 else 500, column_config=columns, alt=alt)


def _stamp(path: Path) -> tuple[float, float]:
    try:
        status = path.stat()
    except OSError:
        return (0.0, 0.0)
    return (status.st_mtime, float(status.st_size))


def missing(why: str) -> None:
    """There is no complete task yet: how to get one."""
    parts.answer_line("There is no score yet.")
    parts.text(why)
    st.code("python -m benchmarks.ladder", language="bash")
    parts.note("This runs every rung on every task. It takes hours and resumes where it stopped.")


def prices(board: Board) -> None:
    """The lead over the best constant at many prices, in one picture and in sentences."""
    sentences = summary.told(board)
    parts.text(sentences[0])
    st.plotly_chart(charts_score.cells(board.grid), config=charts.CONFIG, key="prices", alt=sentences[0])
    for sentence in sentences[1:]:
        parts.text(sentence)
    rows = pd.DataFrame(
        list(summary.lead_rows(board.grid)), columns=["Against", "Points a task", "Worst pair of prices"]
    )
    rows["Against"] = [meaning.does(name) for name in rows["Against"]]
    table(rows, "The advisor's lead over every rule")


def goals(board: Board) -> None:
    """How many goals are met; every figure against its goal, folded."""
    parts.section("Does it meet its goals?")
    parts.text(meaning.met(board))
    parts.fold("Every figure and its goal", "table_rows", partial(every_goal, board))


def every_goal(board: Board) -> None:
    """Every figure against its goal, and how many tasks are not finished."""
    rows = [
        {
            "Figure": wording.capital(bound.plain),
            "Measured": summary.written(bound.figure, bound.unit, interval=False),
            "90 % interval": summary.span(bound.figure, bound.unit),
            "Goal": bound.wanted,
            "Met": MET[bound.kept],
            "n": bound.figure.n,
        }
        for bound in board.bounds
    ]
    table(pd.DataFrame(rows), meaning.met(board), {"n": "localized"})
    if best_possible := summary.out_of_reach(board):
        parts.text(best_possible)
    if board.unfinished:
        unfinished = wording.counted(board.unfinished, "unfinished task is", "unfinished tasks are")
        parts.note(f"{unfinished} not counted.")


def rivals(board: Board) -> None:
    """The advisor beside every rule on the same tasks."""
    measure = st.segmented_control(
        "Compare", list(charts_score.MEASURES), default="mean_regret", key="measure", required=True,
        format_func=lambda name: charts_score.MEASURES[name].short, label_visibility="collapsed",
    )  # fmt: skip
    figure = charts_score.advisers(board, measure)
    st.plotly_chart(figure, config=charts.CONFIG, key="rivals", alt=charts_score.ranked(board, measure))
    parts.note("The best is on top. Hollow: trains every rung first, so it needs no advice.")
    advisers((board.ours, *board.baselines, *board.references), "Every rule with its figures")


#: The figures of an adviser in the table: title, how many of it make one shown, its format, and the figure.
FIGURES: tuple[tuple[str, float, str, Callable[[Score], Figure]], ...] = (
    ("Points lost", 1.0, "%.2f", lambda score: score.mean_regret),
    ("At most", 1.0, "%.1f", lambda score: score.max_regret),
    ("Ideal rung", 100.0, "%.0f %%", lambda score: score.ideal),
    ("Too high", 100.0, "%.0f %%", lambda score: score.too_high),
    ("Too low", 100.0, "%.0f %%", lambda score: score.too_low),
    ("Lost with costs", 1.0, "%.2f", lambda score: score.utility_regret),
    ("Training", 1.0, "%.2fx", lambda score: score.compute),
    ("Targets reached", 100.0, "%.0f %%", lambda score: score.targets["all"]),
)


def advisers(scores: Sequence[Score], alt: str) -> None:
    """Every figure of every adviser, the least points lost on top."""
    scores = sorted(scores, key=lambda score: score.mean_regret.value or 0.0)
    rows = [
        {"Rule": meaning.does(score.name)}
        | {title: times * value for title, times, _, of in FIGURES if (value := of(score).value) is not None}
        for score in scores
    ]
    table(pd.DataFrame(rows), alt, {title: form for title, _, form, _ in FIGURES})


def reliability(ours: Score) -> None:
    """Whether outcomes fall into the intervals and reach the targets as often as forecast."""
    left, right = st.columns(2)
    bins = [(b.expected, b.reached) for b in ours.reliability]
    left.plotly_chart(
        forecasts.calibration(ours.predictions), config=charts.CONFIG, key="quantiles",
        alt=forecasts.furthest(forecasts.quantiles(ours.predictions), "Outcomes against forecast quantiles"),
    )  # fmt: skip
    right.plotly_chart(
        forecasts.chances(ours.reliability), config=charts.CONFIG, key="chances",
        alt=forecasts.furthest(bins, "Targets reached against chance"),
    )  # fmt: skip
    parts.note("On the diagonal, forecasts come true exactly as often as they say. A flatter curve is overconfident.")
    rows = [
        {
            "Rung": "All" if rung == "all" else terms.title(rung),  # type: ignore[arg-type]
            "90 % intervals that held": _with_n(ours, "coverage", rung),
            "Times within a factor of 1.5": _with_n(ours, "in_time", rung),
        }
        for rung in dict.fromkeys((*ours.coverage, *ours.in_time))
    ]
    table(pd.DataFrame(rows), "How often intervals and times held, by rung")
    parts.text(meaning.chance_told(ours))


def _with_n(ours: Score, what: str, rung: str) -> str:
    figure = getattr(ours, what).get(rung)
    return "" if figure is None else f"{summary.written(figure, '%')}, n = {wording.count(figure.n)}"


def predicted(ours: Score) -> None:
    """Every forecast against its outcome."""
    shown = st.segmented_control(
        "Show", list(DRAWN), default="values", key="drawn", required=True, format_func=DRAWN.__getitem__,
        label_visibility="collapsed",
    )  # fmt: skip
    draw_it = forecasts.times if shown == "times" else forecasts.values
    held = f"{wording.percent(meaning.coverage(ours).value or 0.0, 0)} of {wording.count(len(ours.predictions))}"
    sentence = f"{held} outcomes lie inside their 90 % interval; crosses lie outside."
    st.plotly_chart(draw_it(ours.predictions), config=charts.CONFIG, key="actual", alt=sentence)
    parts.note(sentence)


def fresh(board: Board) -> None:
    """The same figures on datasets that played no part in building the advisor."""
    names = dict.fromkeys(task.dataset for task in board.fresh[0].tasks)
    parts.text(
        f"{wording.capital(wording.listed(names))} played no part in building the advisor. Do the figures look alike? "
        f"{summary.alike(board)}"
    )
    rows = pd.DataFrame(list(summary.fresh_rows(board)), columns=["Figure", "LadderBench", "New datasets"])
    rows["Figure"] = rows["Figure"].map(wording.capital)
    table(rows, "The score on LadderBench and on new datasets")
    advisers(board.fresh, "Every rule on new datasets")


if __name__ == "__main__":
    draw()
