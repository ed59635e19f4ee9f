"""The page that says how good the advice is, and its figures."""

from __future__ import annotations

import html
import os
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from advisor.advice.outlook.experience import Experience, read
from advisor.core import wording
from advisor.score import meaning
from advisor.score.board import Board, board
from advisor.score.figures import wilson
from advisor.score.forecasts import Bin, Prediction
from advisor.score.summary import told
from advisor.ui import charts, parts, terms
from advisor.ui.charts import forecasts
from advisor.ui.charts import score as charts_score
from tests.ui.ladder_csv import write_tables
from tests.ui.test_ui_pages import finished_reading
from tests.ui.ui_records import opened, spaced, unfolded, written

APP = Path(__file__).parents[2] / "app.py"


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four datasets' tables, where the page looks for them."""
    folder = tmp_path / "ladder"
    monkeypatch.setenv("ADVISOR_LADDERBENCH", str(folder))
    return write_tables(folder)


def scored(folder: Path) -> Board:
    """The score of the tables."""
    return board(Experience.of(read(folder / "situations.csv"), read(folder / "outcomes.csv")))


def at() -> AppTest:
    """The app at the page."""
    app = opened("score")
    finished_reading(app)
    assert not app.exception, app.exception[0].value
    return unfolded(app)


def test_without_a_table_the_page_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_LADDERBENCH", str(tmp_path / "none"))
    app = at()
    assert "There is no score yet." in written(app)
    assert app.code[0].value == "python -m benchmarks.ladder"
    assert not app.get("plotly_chart")


def test_the_page_shows_every_goal_also_those_missed(tables: Path) -> None:
    app, score = at(), scored(tables)
    assert app.title[0].value == "How good is this advice?"
    assert meaning.headline(score) in html.unescape(written(app))
    assert all(sentence in [spaced(text.value) for text in app.text] for sentence in told(score))
    shown = next(d.value for d in app.dataframe if "Goal" in d.value)
    assert shown["Figure"].tolist() == [wording.capital(bound.plain) for bound in score.bounds]
    assert [{"yes": True, "no": False}.get(kept) for kept in shown["Met"]] == [b.kept for b in score.bounds]
    missed = [bound.plain for bound in score.bounds if bound.kept is False]
    sentence = next(spaced(t.value) for t in app.text if "The advisor meets" in t.value)
    assert all(what in sentence for what in missed)
    assert len(app.get("plotly_chart")) == 7


def test_a_closed_fold_draws_nothing_until_it_is_opened(tables: Path) -> None:
    app = opened("score")
    finished_reading(app)
    n_open = len(app.get("plotly_chart"))
    app.session_state[parts.fold_key("Are the intervals and chances right?")] = True
    assert len(app.run().get("plotly_chart")) == n_open + 2


def test_the_advisor_stands_beside_every_baseline(tables: Path) -> None:
    app, score = at(), scored(tables)
    names = next(d.value for d in app.dataframe if "Rule" in d.value)["Rule"].tolist()
    everyone = (score.ours, *score.baselines, *score.references)
    assert sorted(names) == sorted(meaning.does(s.name) for s in everyone)
    lost = next(d.value for d in app.dataframe if "Rule" in d.value)["Points lost"].tolist()
    assert lost == sorted(lost), "the best on top"
    for measure in charts_score.MEASURES:
        app.get("button_group")[0].set_value(measure).run()
        assert not app.exception


def test_what_was_wrong_is_listed_with_what_it_cost(tables: Path) -> None:
    wrong = [task for task in scored(tables).ours.tasks if task.right < 1]
    app = at()
    listed = [d.value for d in app.dataframe if "Points lost" in d.value]
    assert (len(listed[0]) if listed else 0) == len(wrong)
    if listed:
        assert listed[0]["Why"].str.len().min() > 0
        lost = listed[0]["Points lost"].tolist()
        assert lost == sorted(lost, reverse=True), "as numbers, the costliest first"


def test_a_changed_table_is_scored_anew(tables: Path) -> None:
    assert "8 tasks from 4 datasets" in written(at())
    write_tables(tables, n_datasets=3)
    os.utime(tables / "outcomes.csv", (1, 1))
    assert "6 tasks from 3 datasets" in written(at())


def test_advisers_are_ordered_the_best_on_top_and_ours_is_marked(tables: Path) -> None:
    score = scored(tables)
    for name, measure in charts_score.MEASURES.items():
        traces = charts_score.advisers(score, name).data
        values = [trace.x[0] for trace in traces]
        assert values == sorted(values, reverse=not measure.more_is_better)
        assert [t.y[0] for t in traces if t.marker.color == charts.TEAL] == ["<b>This advisor</b>"]


def test_the_heat_map_has_every_pair_of_prices_and_its_colours_stand_for_the_sign(tables: Path) -> None:
    grid = scored(tables).grid
    (drawn,) = charts_score.cells(grid).data
    assert np.asarray(drawn.z).ravel().tolist() == pytest.approx(list(grid.constant.cells))
    assert drawn.zmin == -drawn.zmax, "0 is in the middle of the scale"
    assert np.asarray(drawn.customdata).ravel()[0] == terms.title(grid.best[0])


def test_the_picture_shows_what_each_habit_loses_the_least_on_top(tables: Path) -> None:
    score = scored(tables)
    (bars,) = charts_score.losses(score).data
    lost = {meaning.does(s.name): s.mean_regret.value for s in (score.ours, *meaning.habits(score))}
    assert {name.removeprefix("<b>").removesuffix("</b>"): x for name, x in zip(bars.y, bars.x, strict=True)} == lost
    assert list(bars.x) == sorted(bars.x, reverse=True), "plotly draws the first at the bottom"


def test_every_task_is_a_dot_in_the_row_of_its_labels(tables: Path) -> None:
    ours = scored(tables).ours
    dots, means = charts_score.by_labels(meaning.by_labels(ours)).data
    assert sorted(dots.x) == sorted(task.regret for task in ours.tasks)
    assert list(means.y) == ["50 labels", "all labels"]
    assert any("&lt;b&gt;last" in text for text in dots.hovertext)


def prediction(value: float, expected: float = 0.5, dataset: str = "a", seconds: float | None = None) -> Prediction:
    """Predicted: 5 % below 0.4, half below 0.5, 5 % above 0.7."""
    return Prediction(dataset, "50", 0, "frozen", expected, 0.4, 0.7, value, seconds and 1.2 * seconds, seconds)


def test_predicted_quantiles_are_the_interval_and_the_expected_value() -> None:
    it = prediction(0.5)
    places = [forecasts.quantile(it, share) for share in (0.05, 0.5, 0.95)]
    assert places == pytest.approx([0.4, 0.5, 0.7])
    low = dict(forecasts.quantiles([prediction(v) for v in (0.39, 0.45, 0.55, 0.71)]))
    assert [low[share].value for share in (0.05, 0.5, 0.95)] == [0.25, 0.5, 0.75]


def test_outcomes_drawn_as_predicted_lie_on_the_diagonal() -> None:
    drawn = [prediction(forecasts.quantile(prediction(0.5), (i + 0.5) / 400)) for i in range(400)]
    for share, observed in forecasts.quantiles(drawn):
        assert observed.value == pytest.approx(share, abs=0.003)
    trace = forecasts.calibration(drawn).data[1]
    assert list(trace.y) == pytest.approx(list(trace.x), abs=0.003)


def test_a_point_outside_its_interval_is_a_cross_and_its_name_is_escaped() -> None:
    figure = forecasts.values([prediction(0.45, dataset="<i>x</i>"), prediction(0.9)])
    inside, outside = (trace for trace in figure.data if trace.hovertext is not None)
    assert (inside.marker.symbol, outside.marker.symbol) == ("circle", "x-thin-open")
    assert "&lt;i&gt;x" in inside.hovertext[0] and "outside the interval" in outside.hovertext[0]
    assert (*inside.x, *inside.y, *outside.x, *outside.y) == (0.5, 0.45, 0.5, 0.9)
    legend = [(trace.name, trace.marker.symbol) for trace in figure.data if trace.showlegend is None and trace.name]
    assert legend == [("Frozen features", "circle"), (forecasts.OUTSIDE, "x-thin-open")], "each kind of mark once"


def test_times_are_drawn_where_they_are_known() -> None:
    figure = forecasts.times([prediction(0.5), prediction(0.5, seconds=10.0)])
    assert [list(t.y) for t in figure.data if t.hovertext] == [[10.0]]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"


def test_chances_show_how_often_targets_were_reached() -> None:
    trace = forecasts.chances([Bin(0.6, 0.8, 0.7, wilson(3, 4))]).data[1]
    assert (list(trace.x), list(trace.y)) == ([0.7], [0.75])
