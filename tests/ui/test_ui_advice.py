"""The Advice page: the questions with an answer at once, the ladder, the picture, all quantities, the record."""

from __future__ import annotations

import inspect
import re
import time
from html import escape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from advisor import api
from advisor.advice import advise
from advisor.advice.record.decision import DecisionRecord
from advisor.advice.record.side_by_side import side_by_side, upkeep_words
from advisor.core.errors import AdviceError
from advisor.core.records import Advice, Constraints, Dataset, Evidence, Exchange, Goal, Plan, Prices
from advisor.core.records.wishes import wishes_of
from advisor.ui import jobs, offers, parts, rungs_table
from advisor.ui.charts import ladder
from tests.ui.ui_records import opened, spaced, unfolded

APP = Path(__file__).parents[2] / "app.py"


def at(dataset: Dataset) -> AppTest:
    """The app at the Advice page of a dataset."""
    return unfolded(opened("advice", data=dataset.fingerprint[:16]))


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


def answer(app: AppTest) -> str:
    """The headline under the questions."""
    return next(spaced(h.value) for h in app.html if parts.ANSWER in h.value)


def former(app: AppTest) -> str:
    """What is marked as the answer to an earlier question, its table with it; "" where nothing is."""
    return " ".join(spaced(h.value) for h in app.html if parts.PALE in h.value)


def kept(dataset: Dataset) -> Advice:
    """The advice as it is kept now."""
    return Advice.load(dataset.files.advice)


def with_costs(dataset: Dataset, **changes: Any) -> Advice:
    """The advice with a price of everything, in euros."""
    costs = {"prompting": 0.0, "rag": 50.0, "frozen": 100.0, "fine-tune": 150.0}
    estimates = tuple(
        e.model_copy(update={"costs": {"upkeep": costs[e.rung], "predictions": 8.0}, "price_per_1000": 0.0011})
        if e.rung in costs
        else e
        for e in given(dataset).estimates
    )
    question = Goal(prices=Prices(currency="EUR"))
    return given(dataset, **{"estimates": estimates, "question": question, **changes})


def test_upkeep_says_what_a_step_is_and_why_fine_tuning_is_a_part_of_one(images: Dataset) -> None:
    advice = with_costs(images)
    assert upkeep_words(advice) == ""
    tuned = advice.estimate("fine-tune").model_copy(update={"kept_chance": 0.6, "place": 2.6})
    estimates = tuple(tuned if e.rung == "fine-tune" else e for e in advice.estimates)
    priced = Goal(prices=Prices(currency="EUR", rung=50.0))
    assert upkeep_words(advice.model_copy(update={"estimates": estimates, "question": priced})) == (
        "Upkeep is 50 EUR for each step of the ladder above prompting. Fine-tuning counts as 2.6 steps: 60 % of its "
        "runs keep what was tuned, and the others serve frozen features, 2 steps up."
    )


def cell(advice: Advice, row: str, rung: str) -> str:
    """One cell of the table."""
    table = side_by_side(advice)
    column = next(i for i, title in enumerate(table.headings) if title.startswith(rung))
    return next(r[column] for r in table.rows if r[0] == row)


def test_the_picture_runs_along_costs_and_by_a_switch_along_time(images: Dataset) -> None:
    with_costs(images)
    app = at(images)
    switch = next(group for group in app.get("button_group") if group.label == "Along")
    assert switch.value == "cost"
    assert "Cost over 12 months, EUR" in app.get("plotly_chart")[0].proto.spec
    switch.set_value("time").run()
    assert "Training time on this device" in app.get("plotly_chart")[0].proto.spec


def test_without_prices_nothing_on_the_page_is_about_money(images: Dataset) -> None:
    app = at(images)
    assert not [group for group in app.get("button_group") if group.label == "Along"]
    assert "Training time on this device" in app.get("plotly_chart")[0].proto.spec
    said = [h.value for h in app.html if "money plays no part" not in h.value]  # the note above the empty prices
    words = [*(t.value for t in app.text), *said, app.get("plotly_chart")[0].proto.spec]
    for word in words:
        assert not re.search(r"\b(cost|costs|price|prices|worth|utility|upkeep)\b", word.lower()), word


def test_costs_stand_where_they_are_and_what_is_free_at_the_edge(images: Dataset) -> None:
    advice = with_costs(images)
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
    app = at(images)
    assert sum(why in str(t.value) for t in app.text) == 1
    assert any("blocked" in m.value for m in app.markdown)
    assert "Fine-tuning (blocked)" in app.selectbox[0].options
    assert cell(advice, "Blocked", "Fine-tuning") == why


def test_the_table_has_every_quantity_of_every_rung(images: Dataset) -> None:
    question = Goal(target=0.9, prices=Prices(point=10.0, currency="EUR"))
    advice = with_costs(images, question=question)
    estimates = [e.model_copy(update={"p_target": 0.83, "labels_missing": 120, "labels_price": 12.0}) for e in
                 advice.estimates]  # fmt: skip
    advice = given(images, estimates=tuple(estimates))
    assert cell(advice, "Accuracy", "Frozen") == "95.0 %"
    assert cell(advice, "90 % interval", "Frozen") == "92.0 to 98.0 %"
    assert cell(advice, "Known by", "Fine-tuning") == "forecast from other datasets, n = 200"
    assert cell(advice, "Chance of 90.0 %", "Frozen") == "83 %"
    assert cell(advice, "Labels to add for an even chance", "Frozen") == "120"
    assert cell(advice, "Price of those labels", "Frozen") == "12 EUR"
    assert (cell(advice, "Training time", "Prompting"), cell(advice, "Training time", "Frozen")) == ("none", "20 s")
    assert (cell(advice, "Peak memory", "Frozen"), cell(advice, "Energy to train", "Frozen")) == ("1.2 GB", "0.36 Wh")
    assert cell(advice, "Price of 1,000 predictions", "Frozen") == "0.0011 EUR"
    assert cell(advice, "Cost: predictions", "Frozen") == "8 EUR"
    assert cell(advice, "Points less costs", "Frozen") == "93.0"
    assert cell(advice, "Accuracy", "From scratch") == "no number"
    (shown,) = [part.value for part in unfolded(at(images)).html if "Value and effort" in part.value]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", spaced(shown))
    assert cells == [escape(cell) for row in side_by_side(advice).rows for cell in row]


def test_the_answer_stands_above_its_ladder_and_what_would_change_it(images: Dataset) -> None:
    app = at(images)
    table = next(h.value for h in app.html if "<table" in h.value)
    assert given(images).headline in answer(app)
    rows = [re.sub(r"<[^>]*>", "|", row) for row in table.split("<tr")[1:]]
    assert "Accuracy, 90 % interval" in rows[0] and "Chance of beating frozen features" in rows[0]
    assert "✓" in rows[3] and "95.0 % (92.0 to 98.0)" in rows[3] and "20 s" in rows[3] and "4 ms" in rows[3]
    assert "no number" in rows[5] and "Cost" not in rows[0]
    lines = [text.value.replace("\u00a0", " ") for text in app.text]
    assert {*given(images).sentences} <= {*lines}, "a line for each sentence"
    assert given(images).flips[0].sentence in lines


def test_a_narrow_screen_has_the_headings_in_the_cells(images: Dataset) -> None:
    table = next(h.value for h in at(images).html if "<table" in h.value)
    assert "@media (max-width" in table
    for heading in ("Accuracy, 90 % interval", "Chance of beating frozen features", "Training", "Per prediction"):
        assert table.count(f'data-label="{heading}"') == 5


def test_the_exchange_rate_has_a_fold_of_its_own(images: Dataset) -> None:
    sentence = "From scratch needs about 3 times the labels."
    assert not any("worth in labels" in fold.label for fold in at(images).expander)
    exchange = Exchange(
        n=80, fine_tuned=0.95, from_scratch=0.6, furthest=4.0, provenance="predicted", sentence=sentence
    )
    given(images, exchange=exchange)
    app = at(images)
    assert any("worth in labels" in fold.label for fold in app.expander)
    assert sentence in [t.value for t in app.text]


def test_the_exchange_rate_can_be_measured_again_after_a_failure(
    images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exchange(dataset: Dataset, **_: Any) -> None:
        raise AdviceError("There was not enough time to measure.")

    monkeypatch.setattr(api, "exchange", exchange)
    rate = Exchange(n=80, fine_tuned=0.95, from_scratch=0.6, furthest=4.0, provenance="predicted", sentence="Labels.")
    given(images, exchange=rate)
    app = at(images)
    app.button(key="exchange").click().run()
    settled(app)
    assert any("not enough time" in t.value for t in app.text)
    assert app.button(key="exchange") and app.selectbox(key="exchange-budget")


@pytest.fixture
def measured(images: Dataset, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The dataset with what its advice was measured from; whoever measures again fails."""
    evidence = Evidence.saved(images.files.evidence)
    monkeypatch.setattr(advise, "kept", lambda *_: evidence)
    monkeypatch.setattr(advise, "model_of", lambda *_: None)
    monkeypatch.setattr(advise, "gather", lambda *_: pytest.fail("nothing is measured"))
    return images


def need(app: AppTest) -> Any:
    """What the user needs."""
    return next(group for group in app.get("button_group") if group.label == "What do you need?")


def test_another_need_is_answered_at_once_and_kept(measured: Dataset) -> None:
    app = at(measured)
    assert need(app).value == "nearly" and app.number_input(key="tolerance").value == 1.0
    need(app).set_value("best").run()
    assert kept(measured).question.tolerance == 0.0 and kept(measured).recommended == "fine-tune"
    assert kept(measured).headline in answer(app)
    need(app).set_value("target").run()
    assert kept(measured).question.target is None, "none is given yet"
    app.number_input(key="target").set_value(0.9).run()
    assert kept(measured).question.target == 0.9 and kept(measured).recommended == "frozen"
    assert app.number_input(key="target").value == 90.0
    assert "Frozen features are enough" in answer(app) and "90.0 %" in answer(app)
    assert at(measured).number_input(key="target").value == 90.0  # after a reload
    app.number_input(key="target").set_value(None).run()
    assert kept(measured).question.target == 0.9 and need(app).value == "target"
    need(app).set_value("nearly").run()
    app.number_input(key="tolerance").set_value(0.2).run()
    assert (kept(measured).question.target, kept(measured).question.tolerance) == (None, 0.2)
    assert kept(measured).recommended == "fine-tune"
    assert need(at(measured)).value == "nearly"


def test_a_target_that_is_not_given_yet_is_asked_for_before_anything_is_answered(measured: Dataset) -> None:
    app = at(measured)
    headline = kept(measured).headline
    need(app).set_value("target").run()
    assert "Give the target" in answer(app) and headline not in answer(app)
    assert f"Your previous answer: {headline}" in former(app)
    assert app.button(key="train").proto.type == "secondary"
    app.number_input(key="target").set_value(90.0).run()
    assert "Give the target" not in answer(app) and app.button(key="train").proto.type == "primary"


def test_what_rests_on_too_few_items_is_measured_longer_and_not_recommended(measured: Dataset) -> None:
    few = {"n": 8, "low": 0.3, "high": 0.99}
    advice = given(measured, estimates=[e.model_copy(update=few) for e in kept(measured).estimates])
    app = at(measured)
    assert app.button(key="longer").proto.type == "primary" and app.button(key="train").proto.type == "secondary"
    assert "✓" not in rungs_table.table(advice)
    options = app.selectbox(key=f"rung-{advice.recommended}").options
    assert "Frozen features (leading so far)" in options and not any("recommended" in option for option in options)


def test_a_measured_rung_shows_the_time_its_run_took_and_is_opened_before_it_is_trained_again(
    measured: Dataset,
) -> None:
    advice = kept(measured)
    run = {"run": "r1", "run_seconds": 26.0}
    shown = rungs_table.table(advice.model_copy(update={"estimates": tuple(
        e.model_copy(update=run) if e.rung == "frozen" else e for e in advice.estimates
    )}))  # fmt: skip
    assert "26 s, measured" in shown


def test_no_tolerance_is_asked_for_and_keeps_the_question_and_the_answer(measured: Dataset) -> None:
    app = at(measured)
    question = kept(measured).question
    for points in (0.0, -1.0, None):
        app.number_input(key="tolerance").set_value(points).run()
        assert "points" in answer(app) and "previous answer" in former(app) and need(app).value == "nearly"
        assert app.button(key="train").proto.type == "secondary" and kept(measured).question == question
    app.number_input(key="tolerance").set_value(2.0).run()
    assert kept(measured).question.tolerance == 2.0


def test_a_target_that_no_model_can_reach_is_refused_in_words_and_a_share_is_read_as_percent(
    measured: Dataset,
) -> None:
    app = at(measured)
    need(app).set_value("target").run()
    app.number_input(key="target").set_value(150.0).run()
    assert "No model reaches 150 %" in answer(app) and app.button(key="train").proto.type == "secondary"
    assert f"Your previous answer: {kept(measured).headline}" in former(app) and "<table" in former(app)
    assert app.number_input(key="target").value == 150.0, "the form stays"
    app.number_input(key="target").set_value(0.9).run()
    assert app.number_input(key="target").value == 90.0
    assert kept(measured).question.target == 0.9 and former(app) == ""
    assert "A target needs no tolerance" in " ".join(spaced(h.value) for h in app.html)


def test_folds_stay_open_when_a_setting_changes(measured: Dataset) -> None:
    app = at(measured)
    before = {fold.label: fold.proto.expanded for fold in app.expander}
    assert before and all(before.values())
    need(app).set_value("target").run()
    app.number_input(key="target").set_value(90.0).run()
    after = {fold.label: fold.proto.expanded for fold in app.expander}
    assert all(after[label] for label in before if label in after)


def test_advice_in_the_words_of_a_former_version_is_decided_anew_when_it_is_opened(measured: Dataset) -> None:
    estimates = tuple(e.model_copy(update={"kept_chance": None, "usual_gain": None}) for e in given(measured).estimates)
    given(measured, estimates=estimates, headline="Frozen features pay most here.")
    assert "are recommended" in answer(at(measured)) or "is recommended" in answer(at(measured))
    assert kept(measured).estimate("fine-tune").kept_chance is not None


def test_costs_are_empty_until_they_are_given_and_then_spoken_of(measured: Dataset) -> None:
    app = at(measured)
    for name, default in Prices().model_dump(exclude={"schema_version", "currency"}).items():
        assert app.number_input(key=f"wish-{name}").value == default
    assert app.text_input(key="wish-currency").value == ""
    app.number_input(key="wish-hour").set_value(2.0).run()
    app.number_input(key="wish-predictions_per_month").set_value(5000).run()
    app.text_input(key="wish-currency").set_value("EUR").run()
    assert kept(measured).question.prices == Prices(hour=2.0, predictions_per_month=5000, currency="EUR")
    assert "0.16 EUR less for training" in kept(measured).estimate("frozen").reason
    assert "0.13 EUR over 12 months of predictions" in " ".join(kept(measured).sentences)
    table = next(h.value for h in app.html if "<table" in h.value)
    assert "Cost, EUR" in table and "0.14" in table
    app.number_input(key="wish-hour").set_value(None).run()
    app.number_input(key="wish-predictions_per_month").set_value(None).run()
    app.text_input(key="wish-currency").set_value("").run()
    assert kept(measured).question.prices == Prices() and "Cost" not in next(
        h.value for h in app.html if "<table" in h.value
    )


def test_a_currency_is_text_and_no_markup_wherever_it_stands(measured: Dataset) -> None:
    app = at(measured)
    app.number_input(key="wish-hour").set_value(2.0).run()
    app.text_input(key="wish-currency").set_value("<b>$*$_").run()
    assert not app.exception and kept(measured).question.prices.currency == "<b>$*$_"
    table = next(h.value for h in app.html if "<table" in h.value)
    assert "Cost, &lt;b&gt;$*$_" in table and "<b>" not in table
    assert "<b>" not in app.get("plotly_chart")[0].proto.spec.replace("<b>Frozen features</b>", "").replace(
        "<b>Fine-tuning</b>", ""
    ).replace("<b>Retrieval</b>", "").replace("<b>Prompting</b>", "")
    assert not any("$*$" in m.value for m in app.markdown)


def test_limits_hold_at_once_and_are_removed_by_emptying_their_fields(measured: Dataset) -> None:
    app = at(measured)
    deadline = app.number_input(key="wish-deadline_seconds")
    assert deadline.label == "Longest training, in minutes"
    deadline.set_value(2.0).run()
    assert kept(measured).question.constraints == Constraints(deadline_seconds=120.0)
    assert kept(measured).estimate("fine-tune").blocked
    app.number_input(key="wish-deadline_seconds").set_value(None).run()
    assert kept(measured).question.constraints == Constraints() and not kept(measured).estimate("fine-tune").blocked


def test_a_need_without_an_answer_is_told_and_the_former_advice_stays(measured: Dataset) -> None:
    narrow = tuple(
        e if e.rung == "fine-tune" else e.model_copy(update={"available": False, "reason": "Excluded."})
        for e in given(measured).estimates
    )
    former = given(measured, estimates=narrow, recommended="fine-tune", runner_up=None)
    app = at(measured)
    app.checkbox(key="wish-weights_fixed").set_value(True).run()
    assert any("No rung can be recommended." in t.value and "Drop a constraint." in t.value for t in app.text)
    assert kept(measured) == former and former.headline in " ".join(spaced(h.value) for h in app.html)
    assert app.checkbox(key="wish-weights_fixed").value
    app.checkbox(key="wish-weights_fixed").set_value(False).run()
    assert not any("No rung can be recommended." in t.value for t in app.text)


def test_other_rungs_are_measured_anew_with_what_is_asked_above(
    images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    allowed = inspect.signature(api.advise).parameters

    def advise(dataset: Dataset, **wishes: Any) -> None:
        assert wishes.keys() <= allowed.keys()
        asked.append(wishes)
        raise AdviceError("No rung can be recommended.")

    monkeypatch.setattr(api, "advise", advise)
    former = given(images, question=Goal(target=0.9, prices=Prices(label=2.5)))
    app = at(images)
    next(group for group in app.get("button_group") if group.label == "Allowed rungs").set_value(["fine-tune"])
    app.form_submit_button[0].click().run()
    settled(app)
    assert (asked[0]["target"], asked[0]["tolerance"], asked[0]["prices"]) == (0.9, 1.0, Prices(label=2.5))
    assert asked[0]["rungs"] == ("fine-tune",)
    for shown in (app, at(images)):  # a reload too
        assert any("No rung can be recommended." in t.value for t in shown.text)
        assert former.headline in " ".join(spaced(h.value) for h in shown.html)
        assert next(g for g in shown.get("button_group") if g.label == "Allowed rungs").value == ["fine-tune"]
    app.button(key="ask-drop").click().run()
    assert not any("No rung can be recommended." in t.value for t in app.text)


def test_every_price_and_constraint_can_be_asked_for() -> None:
    for wishes in (Prices, Constraints):
        assert [wish.name for wish in wishes_of(wishes)] == list(wishes().model_dump(exclude={"schema_version"}))


def test_the_record_is_offered_in_three_forms_and_made_when_asked(
    images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = at(images)
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


def test_the_answer_so_far_stands_below_the_bar_until_the_measurement_ends(images: Dataset) -> None:
    advice = given(images)
    advice.model_copy(update={"headline": "Frozen features look best."}).save(images.files.advice_so_far)
    key = jobs.key_of("advise", images.fingerprint)
    jobs._jobs[key] = jobs.Job(key, "Measuring", lambda progress: None)
    try:
        app = at(images)
    finally:
        del jobs._jobs[key]
        images.files.advice_so_far.unlink()
    drawn = " ".join(spaced(part.value) for part in app.html)
    assert "So far: Frozen features look best." in drawn and "<table" in drawn
    assert not [button for button in app.button if button.key == "train"]
