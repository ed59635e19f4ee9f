"""The Advice page: the picture along costs or time, all quantities, the question with its prices, race and record."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from advisor import api
from advisor.advice.decide import decide
from advisor.advice.outlook.cost import priced
from advisor.advice.racing import Race
from advisor.advice.record.decision import DecisionRecord
from advisor.advice.record.side_by_side import side_by_side
from advisor.core.errors import AdviceError
from advisor.core.records import Advice, Constraints, Dataset, Evidence, Exchange, Goal, Plan, Prices
from advisor.core.records.wishes import wishes_of
from advisor.ui import offers, places
from advisor.ui.charts import ladder
from probes.progress import Progress

APP = Path(__file__).parents[2] / "app.py"


def opened(dataset: Dataset) -> AppTest:
    """The app at the Advice page of a dataset."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["data"] = dataset.fingerprint[:16]
    app.run()
    app.query_params["data"] = dataset.fingerprint[:16]
    app.switch_page(str(places.FOLDER / "advice.py")).run()
    assert not app.exception, app.exception[0].value
    return app


def settled(app: AppTest) -> AppTest:
    """The app once its job has ended."""
    for _ in range(100):
        app.run()
        if not app.progress:
            return app
        time.sleep(0.1)
    pytest.fail("the job did not end within ten seconds")


def given(dataset: Dataset, **changes: Any) -> Advice:
    """The advice beside a dataset, changed, and saved in its place."""
    advice = Advice.saved(dataset.files.advice)
    assert advice is not None
    changed = advice.model_copy(update=changes)
    changed.save(Path(dataset.folder) / "advice.json")
    return changed


def cell(advice: Advice, row: str, rung: str) -> str:
    """One cell of the table."""
    table = side_by_side(advice)
    column = next(i for i, title in enumerate(table.headings) if title.startswith(rung))
    return next(r[column] for r in table.rows if r[0] == row)


def test_the_picture_runs_along_costs_and_by_a_switch_along_time(images: Dataset) -> None:
    app = opened(images)
    switch = next(group for group in app.get("button_group") if group.label == "Along")
    assert switch.value == "cost"
    assert "Cost over 12 months" in app.get("plotly_chart")[0].proto.spec
    switch.set_value("time").run()
    assert "Training time on this device" in app.get("plotly_chart")[0].proto.spec


def test_without_costs_there_is_only_time(images: Dataset) -> None:
    advice = given(images)
    given(images, estimates=tuple(e.model_copy(update={"costs": {}}) for e in advice.estimates))
    app = opened(images)
    assert not [group for group in app.get("button_group") if group.label == "Along"]
    assert "Training time on this device" in app.get("plotly_chart")[0].proto.spec


def test_costs_stand_where_they_are_and_what_is_free_at_the_edge(images: Dataset) -> None:
    advice = given(images)
    figure = ladder.ladder(advice, "cost")
    by_value = {round(trace.y[0], 3): trace.x[0] for trace in figure.data if trace.marker.symbol != "triangle-down"}
    assert by_value[0.95] == pytest.approx(sum(advice.estimate("frozen").costs.values()))
    free = advice.model_copy(
        update={"estimates": tuple(e.model_copy(update={"costs": {"upkeep": 0.0}}) for e in advice.estimates)}
    )
    figure = ladder.ladder(free, "cost")
    assert figure.layout.xaxis.ticktext[0] == "nothing"
    assert len({trace.x[0] for trace in figure.data}) == 4


def test_a_blocked_rung_is_hollow_and_says_by_what(images: Dataset) -> None:
    advice = given(images)
    why = "It changes weights, and none may change."
    blocked = tuple(e.model_copy(update={"blocked": why * (e.rung == "fine-tune")}) for e in advice.estimates)
    advice = given(images, estimates=blocked, runner_up="rag")
    hollow = [trace for trace in ladder.ladder(advice).data if trace.marker.symbol.endswith("-open")]
    assert len(hollow) == 1 and why in hollow[0].hovertemplate
    app = opened(images)
    assert [t.value for t in app.text].count(why) == 1
    assert any("blocked" in m.value for m in app.markdown)
    assert "Fine-tuning (blocked)" in app.selectbox[0].options
    assert cell(advice, "Blocked", "Fine-tuning") == why


def test_the_table_has_every_quantity_of_every_rung(images: Dataset) -> None:
    advice = given(images, question=given(images).question.model_copy(update={"target": 0.9}))
    estimates = [e.model_copy(update={"p_target": 0.83, "labels_missing": 120, "labels_price": 12.0}) for e in
                 advice.estimates]  # fmt: skip
    advice = given(images, estimates=tuple(estimates))
    assert cell(advice, "Accuracy", "Frozen") == "95.0 %"
    assert cell(advice, "90 % interval", "Frozen") == "92.0 to 98.0 %"
    assert cell(advice, "Known by", "Fine-tuning") == "predicted, n = 200"
    assert cell(advice, "Chance of 90.0 %", "Frozen") == "83 %"
    assert (cell(advice, "Labels missing", "Frozen"), cell(advice, "Price of those labels", "Frozen")) == ("120", "12")
    assert (cell(advice, "Training time", "Prompting"), cell(advice, "Training time", "Frozen")) == (
        "no training",
        "20 s",
    )
    assert (cell(advice, "Peak memory", "Frozen"), cell(advice, "Energy to train", "Frozen")) == ("1.2 GB", "0.36 Wh")
    assert cell(advice, "Price of 1,000 predictions", "Frozen") == "0.0011"
    assert cell(advice, "Utility", "Frozen") == "9,440"
    assert cell(advice, "Accuracy", "From scratch") == "no number"
    shown = opened(images).dataframe[0].value
    assert [tuple(row) for row in shown.to_numpy()] == list(side_by_side(advice).rows)


def test_the_exchange_rate_has_a_section_of_its_own(images: Dataset) -> None:
    sentence = "From scratch needs about 3 times the labels."
    assert not any("worth in labels" in h.value for h in opened(images).subheader)
    exchange = Exchange(
        n=80, fine_tuned=0.95, from_scratch=0.6, furthest=4.0, provenance="predicted", sentence=sentence
    )
    given(images, exchange=exchange)
    app = opened(images)
    assert any("worth in labels" in h.value for h in app.subheader)
    assert sentence in [t.value for t in app.text]


def test_the_exchange_rate_can_be_measured_again_after_a_failure(
    images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exchange(dataset: Dataset, **_: Any) -> None:
        raise AdviceError("There was not enough time to measure.")

    monkeypatch.setattr(api, "exchange", exchange)
    rate = Exchange(n=80, fine_tuned=0.95, from_scratch=0.6, furthest=4.0, provenance="predicted", sentence="Labels.")
    given(images, exchange=rate)
    app = opened(images)
    app.button(key="exchange").click().run()
    settled(app)
    assert any("not enough time" in t.value for t in app.text)
    assert app.button(key="exchange") and app.selectbox(key="exchange-budget")


def test_prices_and_constraints_are_asked_with_the_question(images: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    allowed = inspect.signature(api.advise).parameters

    def advise(dataset: Dataset, **wishes: Any) -> None:
        assert wishes.keys() <= allowed.keys()
        asked.append(wishes)

    monkeypatch.setattr(api, "advise", advise)
    app = opened(images)
    for name, default in Prices().model_dump(exclude={"schema_version"}).items():
        assert app.number_input(key=f"wish-{name}").value == default
    app.number_input(key="wish-label").set_value(2.5)
    app.number_input(key="wish-months").set_value(6)
    app.checkbox(key="wish-weights_fixed").set_value(True)
    deadline = app.number_input(key="wish-deadline_seconds")
    assert deadline.label == "Longest training, in minutes"
    deadline.set_value(2.0)
    app.form_submit_button[0].click().run()
    settled(app)
    assert asked[-1]["prices"] == Prices(label=2.5, months=6)
    assert asked[-1]["constraints"] == Constraints(weights_fixed=True, deadline_seconds=120.0)


def test_a_target_and_limits_are_removed_by_emptying_their_fields(
    images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = Constraints(latency_ms=50.0, deadline_seconds=120.0)
    former = given(images, question=given(images).question.model_copy(update={"target": 0.95, "constraints": limits}))

    def advise(dataset: Dataset, target: float | None, constraints: Constraints, **wishes: Any) -> None:
        given(dataset, question=former.question.model_copy(update={"target": target, "constraints": constraints}))

    monkeypatch.setattr(api, "advise", advise)
    app = opened(images)
    assert [app.number_input(key=key).value for key in ("target", "wish-latency_ms", "wish-deadline_seconds")] == [
        95.0,
        50.0,
        2.0,
    ]
    for key in ("target", "wish-latency_ms", "wish-deadline_seconds"):
        app.number_input(key=key).set_value(None)
    app.form_submit_button[0].click().run()
    settled(app)
    advice = Advice.saved(images.files.advice)
    assert advice is not None and (advice.question.target, advice.question.constraints) == (None, Constraints())
    assert app.number_input(key="target").value is None
    assert opened(images).number_input(key="target").value is None  # after a reload


def test_a_target_of_at_most_one_is_a_share(images: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    former = given(images)

    def advise(dataset: Dataset, target: float | None, **wishes: Any) -> None:
        given(dataset, question=former.question.model_copy(update={"target": target}))

    monkeypatch.setattr(api, "advise", advise)
    app = opened(images)
    app.number_input(key="target").set_value(0.9)
    app.form_submit_button[0].click().run()
    settled(app)
    advice = Advice.saved(images.files.advice)
    assert advice is not None and advice.question.target == 0.9
    assert opened(images).number_input(key="target").value == 90.0


def test_a_question_without_an_answer_keeps_the_form_and_the_advice(
    images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = given(images)

    def advise(dataset: Dataset, budget: float, progress: Progress, **wishes: Any) -> None:
        question = Goal(budget_seconds=budget, **wishes)
        decide(priced(former.estimates, question, 80, None, "cpu"), question)

    monkeypatch.setattr(api, "advise", advise)
    app = opened(images)
    next(group for group in app.get("button_group") if group.label == "Allowed rungs").set_value(["fine-tune"])
    app.number_input(key="target").set_value(90.0)
    app.checkbox(key="wish-weights_fixed").set_value(True)
    app.form_submit_button[0].click().run()
    settled(app)
    for shown in (app, opened(images)):  # a reload too
        assert not shown.exception
        assert any("No rung can be recommended." in t.value and "Drop a constraint." in t.value for t in shown.text)
        assert former.headline in str(shown.html[0].value)
        assert shown.button(key="train")
        assert next(g for g in shown.get("button_group") if g.label == "Allowed rungs").value == ["fine-tune"]
        assert shown.number_input(key="target").value == 90.0
        assert shown.checkbox(key="wish-weights_fixed").value
    app.button(key="ask-drop").click().run()
    assert app.number_input(key="target").value is None and not app.checkbox(key="wish-weights_fixed").value
    assert not any("No rung can be recommended." in t.value for t in app.text)


def test_every_price_and_constraint_can_be_asked_for() -> None:
    for wishes in (Prices, Constraints):
        assert [wish.name for wish in wishes_of(wishes)] == list(wishes().model_dump(exclude={"schema_version"}))


def test_a_coin_toss_is_raced_at_one_click(
    images: Dataset, write_run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any(b.label == "Race the two" for b in opened(images).button)
    given(images, race=("frozen", "fine-tune"))
    run = write_run(images, "done")
    raced: list[dict[str, Any]] = []

    def race(dataset: Dataset, **wishes: Any) -> Race:
        assert wishes.keys() <= inspect.signature(original).parameters.keys()
        raced.append(wishes)
        return Race(("frozen", "fine-tune"), "frozen", run, (), "Frozen features are kept.")

    original = api.race
    monkeypatch.setattr(api, "race", race)
    app = opened(images)
    app.button(key="race").click().run()
    settled(app)
    assert (raced[0]["rungs"], raced[0]["budget"]) == (("frozen", "fine-tune"), 300.0)
    assert "Frozen features are kept." in [t.value for t in app.text]
    assert any(f"run={run}" in link.proto.query_string for link in app.page_link)


def test_a_race_that_fails_is_told(images: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    given(images, race=("frozen", "fine-tune"))

    def race(dataset: Dataset, **wishes: Any) -> Race:
        raise AdviceError("The race was inconclusive.")

    monkeypatch.setattr(api, "race", race)
    app = opened(images)
    app.button(key="race").click().run()
    settled(app)
    assert "The race was inconclusive." in [t.value for t in app.text]


def test_the_record_is_offered_in_three_forms_and_made_when_asked(
    images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(images)
    labels = {button.proto.label for button in app.get("download_button")}
    assert labels == {"Page to print (HTML)", "Markdown", "JSON"}
    advice, evidence = Advice.saved(images.files.advice), Evidence.saved(images.files.evidence)
    assert advice is not None and evidence is not None
    plan = Plan(
        run="", rung="frozen", dataset_folder=images.folder, dataset_name=images.name, fingerprint=images.fingerprint,
        kind="image", metric="accuracy", backbone="b", backbone_hash="h", input_size=64,
    )  # fmt: skip
    monkeypatch.setattr(api, "probe", lambda *_, **__: evidence)
    monkeypatch.setattr(api, "plan", lambda *_, **__: plan)
    read = DecisionRecord.model_validate_json(offers.record_bytes(images, advice, "json"))
    assert (read.advice, read.plan, read.subject.name) == (advice, plan, "digits")
    assert b"<!doctype html>" in offers.record_bytes(images, advice, "html")
    assert offers.record_bytes(images, advice, "md").startswith(b"# Decision record: digits")
