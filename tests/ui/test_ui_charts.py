"""The figures say what the records say."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.core.records import Advice, Estimate, Evidence, Goal, ProbeResult, Profile, RunReport
from advisor.ui import charts
from advisor.ui.charts import data, ladder
from advisor.ui.charts.labels import Bar, spots
from probes.measured import Measured
from probes.reliability import reliability


def estimate(rung: str, value: float | None, seconds: float = 0.0) -> Estimate:
    """An estimate, or one without a number."""
    if value is None:
        return Estimate(rung=rung, available=False)  # type: ignore[arg-type]
    return Estimate(
        rung=rung,  # type: ignore[arg-type]
        available=True,
        value=value,
        low=max(0.0, value - 0.02),
        high=min(1.0, value + 0.02),
        n=100,
        provenance="measured",
        train_seconds=seconds,
    )


def advice(target: float | None = None, **values: float | None) -> Advice:
    """Advice that recommends frozen, with the given values of the rungs."""
    rungs = {"prompting": 0.9, "rag": 0.91, "frozen": 0.95, "finetune": 0.96, "scratch": None} | values
    seconds = {"frozen": 20.0, "finetune": 300.0, "scratch": 900.0}
    estimates = [estimate(r.replace("finetune", "fine-tune"), v, seconds.get(r, 0.0)) for r, v in rungs.items()]
    return Advice(
        fingerprint="f",
        metric="accuracy",
        question=Goal(target=target),
        recommended="frozen",
        runner_up=None,
        headline="",
        sentences=(),
        flips=(),
        estimates=tuple(estimates),
        seconds=1.0,
    )


def labels(figure: Any) -> list[str]:
    """The texts of a figure's annotations."""
    return [a.text for a in figure.layout.annotations]


def test_the_ladder_marks_the_choice_and_leaves_out_what_has_no_number() -> None:
    figure = ladder.ladder(advice())
    assert sorted(labels(figure)) == ["<b>Frozen features</b>", "Fine-tuning", "Prompting", "Retrieval"]
    sizes = {trace.x[0]: trace.marker.size for trace in figure.data}
    assert max(sizes, key=lambda x: sizes[x]) == 20.0
    assert figure.layout.xaxis.type == "log"


def test_rungs_that_take_the_same_time_do_not_lie_on_one_another() -> None:
    places = sorted(trace.x[0] for trace in ladder.ladder(advice()).data)
    assert all(later / earlier > 1.3 for earlier, later in itertools.pairwise(places))


def test_a_rung_far_below_is_an_arrow_at_the_edge_with_its_value() -> None:
    figure = ladder.ladder(advice(prompting=0.1))
    assert "Prompting 10.0 %" in labels(figure)
    arrow = next(t for t in figure.data if t.marker.symbol == "triangle-down")
    assert arrow.y[0] == figure.layout.yaxis.range[0] > 0.5


def test_the_target_is_a_line_inside_the_picture() -> None:
    figure = ladder.ladder(advice(target=0.99))
    assert figure.layout.shapes[0].y0 == 0.99
    assert figure.layout.yaxis.range[1] > 0.99
    assert "target 99.0 %" in labels(figure)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.none() | st.floats(0, 1), min_size=5, max_size=5))
def test_any_five_values_can_be_drawn(values: list[float | None]) -> None:
    names = ("prompting", "rag", "frozen", "finetune", "scratch")
    figure = ladder.ladder(advice(**dict(zip(names, values, strict=True))))
    assert len(figure.data) == sum(value is not None for value in values)
    low, high = figure.layout.yaxis.range
    assert low < high


def test_a_name_stands_at_its_own_bar_and_not_over_a_neighbours() -> None:
    """Steps of a ladder whose bars lie side by side: no name goes to the top of the highest."""
    steps = [Bar(0.2 + 0.1 * i, 0.1 + 0.15 * i, 0.25 + 0.15 * i, name) for i, name in enumerate(["A" * 9] * 4)]
    for spot, bar in zip(spots(steps), steps, strict=True):
        assert not any(other.low < (bar.high if spot.above else bar.low) < other.high for other in steps)
    figure = ladder.ladder(advice(prompting=0.6, rag=0.7, frozen=0.8))
    at = {trace.y[0]: (trace.y[0] - trace.error_y.arrayminus[0], trace.y[0] + trace.error_y.array[0])
          for trace in figure.data}  # fmt: skip
    ends = [round(end, 9) for pair in at.values() for end in pair]
    assert all(round(note.y, 9) in ends for note in figure.layout.annotations)


def measured(value: float, n: int = 50) -> Measured:
    """A number of no width."""
    return Measured(value=value, low=value, high=value, n=n, seconds=1.0)


def test_the_best_probe_is_on_top_and_marked() -> None:
    results = [ProbeResult(name=n, title=n, measured=measured(v)) for n, v in (("a", 0.9), ("b", 0.5), ("c", 0.7))]
    evidence = Evidence(
        fingerprint="f", metric="accuracy", backbone="b", backbone_hash="h", device="cpu", device_reason="",
        input_size=128, n_train=50, n_test=10, n_test_per_class=(5, 5), results=tuple(results), seconds=1.0,
    )  # fmt: skip
    trace = charts.evidence(evidence).data[0]
    assert list(trace.y) == ["b", "c", "a"]
    assert list(trace.marker.color) == [charts.GREY, charts.GREY, charts.TEAL]
    level = evidence.model_copy(
        update={"results": (*results, ProbeResult(name="d", title="d", measured=measured(0.9)))}
    )
    assert level.best is not None and level.best.name == "a"  # of equals, the simpler one, in picture and sentence
    trace = charts.evidence(level).data[0]
    assert list(trace.y) == ["b", "c", "d", "a"] and trace.marker.color[-1] == charts.TEAL
    assert list(trace.marker.color[:-1]) == [charts.GREY] * 3


def report(classes: tuple[str, ...]) -> RunReport:
    """A report with one confusion in the first class."""
    n = len(classes)
    table = [[9 if i == j else 0 for j in range(n)] for i in range(n)]
    table[0][n - 1] = 3
    return RunReport(
        run="r", rung="frozen", metric="accuracy", test=measured(0.9), promised=measured(0.8), classes=classes,
        confusion=table, per_class=[], mistakes=(), seconds=1.0, device="cpu", precision="float32",
    )  # fmt: skip


@pytest.mark.parametrize("n", [2, 20, 21, 41, 100])
def test_the_confusion_shows_counts_and_shares_of_the_true_class(n: int) -> None:
    figure = charts.confusion(report(tuple(f"class {i}" for i in range(n))))
    heat, cells = figure.data
    assert heat.z[0][n - 1] == pytest.approx(0.25)
    assert [0, n - 1, 3, 0.25] in [list(point) for point in cells.customdata]  # what a click on it gives
    assert ("text" in cells.mode) == (n <= 20)  # numbers are written where they can be read
    assert figure.layout.xaxis.showticklabels == (n <= 40)


def test_two_names_cut_to_the_same_label_stay_two_classes() -> None:
    names = ("a" * 60 + "1", "a" * 60 + "2")
    figure = charts.confusion(report(names))
    assert len(figure.layout.xaxis.ticktext) == 2
    profile = Profile(
        fingerprint="f",
        metric="accuracy",
        counts={n: {"train": 3} for n in names},
        imbalance=1.0,
        n_inspected=6,
        sizes={},
    )
    assert list(data.counts(profile).data[0].y) == [0, 1]


def test_the_prediction_stands_beside_the_test() -> None:
    figure = charts.versus(report(("a", "b")))
    assert [trace.y[0] for trace in figure.data] == ["Expected before the run", "Measured on the test part"]
    low, high = figure.layout.xaxis.range
    assert low < min(min(trace.x) for trace in figure.data) and high <= 1.01


def test_each_measure_of_answers_names_itself() -> None:
    answers = report(("a", "b")).model_copy(update={"metric": "token F1"})
    figure = charts.versus(answers.model_copy(update={"exact_match": answers.test}))
    assert figure.layout.xaxis.title.text == "Token F1, exact match"
    assert {trace.y[0].partition(":")[0] for trace in figure.data} == {"Token F1", "Exact match"}


def test_probabilities_show_the_likeliest_first_from_the_top() -> None:
    figure = charts.probabilities({f"c{i}": i / 100 for i in range(12)})
    assert list(figure.layout.yaxis.ticktext)[-1] == "c11"
    assert len(figure.data[0].x) == 8


def test_classes_that_round_to_nothing_are_no_bars() -> None:
    figure = charts.probabilities({"a": 0.996, "b": 0.0039, "c": 0.0001})
    assert list(figure.layout.yaxis.ticktext) == ["a"]
    even = charts.probabilities({f"c{i}": 0.001 for i in range(1000)})
    assert len(even.data[0].x) == 1, "the first is shown however little it is"


def test_the_reliability_diagram_has_a_point_for_each_bin() -> None:
    bins = reliability(np.array([0.15, 0.95, 0.97]), np.array([False, True, True]))
    points = charts.reliability(bins).data[1]
    assert list(points.y) == [0.0, 1.0] and list(points.customdata) == [1, 2]


@pytest.mark.parametrize("n", [3, 41])
def test_counts_are_stacked_by_part_and_sorted(n: int) -> None:
    counts = {f"c{i}": {"train": i + 1, "test": 1} for i in range(n)}
    profile = Profile(fingerprint="f", metric="accuracy", counts=counts, imbalance=1.0, n_inspected=1, sizes={})
    figure = data.counts(profile)
    assert [trace.name for trace in figure.data] == ["training", "test, locked"]
    values = figure.data[0].customdata
    assert list(values) == sorted(values, reverse=n > 40)
    assert sum(values) == n * (n + 1) // 2
