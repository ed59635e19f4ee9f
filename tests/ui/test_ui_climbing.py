"""The climb on the pages: what the button does, and what each step cost and brought, until it has ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from advisor.advice.climb_plan import outlined
from advisor.core.records import Advice, Climb, ClimbStep, Constraints, Dataset, Gain, Plan
from advisor.runs import begin, climbs, store, supervisor
from tests.ui.ui_records import opened, share, spaced

APP = Path(__file__).parents[2] / "app.py"
WriteRun = Callable[..., str]


@pytest.fixture(autouse=True)
def nobody_supervises(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs are records written by hand, and none is to be launched."""
    monkeypatch.setattr(supervisor, "ensure", lambda *_: False)


def words(app: AppTest) -> str:
    return "\n".join(spaced(part.value) for part in (*app.text, *app.html))


def advice_of(dataset: Dataset) -> Advice:
    return Advice.load(dataset.files.advice)


def climb_with(dataset: Dataset, steps: list[ClimbStep], **changes: Any) -> Climb:
    """A climb of the dataset with these steps, kept in the workspace; their runs are its own from then on."""
    outline = outlined(advice_of(dataset), dataset.name, 300.0)
    climb = outline.model_copy(update={"steps": tuple(steps), **changes})
    climbs.place(climb.climb).parent.mkdir(exist_ok=True)
    climb.save(climbs.place(climb.climb))
    for step in steps:
        path = store.directory(step.run) / "plan.json"
        Plan.load(path).model_copy(update={"climb": climb.climb}).save(path)
    return climb


def step_of(run: str, rung: Any = "frozen", **changes: Any) -> ClimbStep:
    ended = {"seconds": 12.0, "served": rung, "held_out": share(0.95), "reason": "Because."}
    return ClimbStep(rung=rung, run=run, budget_seconds=100.0, **(ended | changes))


def test_the_button_says_what_is_climbed_and_opens_the_first_run(
    images: Dataset, monkeypatch: pytest.MonkeyPatch, write_run: WriteRun
) -> None:
    run, begun = write_run(images, "queued"), []

    def start(dataset: Dataset, advice: Advice, *, budget: float) -> Climb:
        begun.append((dataset.fingerprint, budget))
        return climb_with(images, [step_of(run, seconds=None)])

    monkeypatch.setattr(begin, "start_climb", start)
    advice = advice_of(images)
    assert not [b for b in opened("advice", data=images.fingerprint[:16]).button if b.key == "climb"], "one rung"
    best = advice.question.model_copy(update={"tolerance": 0.0})
    advice.model_copy(update={"question": best}).save(images.files.advice)
    app = opened("advice", data=images.fingerprint[:16])
    button = app.button(key="climb")
    assert button.label.startswith("Climb: train frozen features, then fine-tuning")
    assert "too short" not in words(app), "the time to start from suffices"
    budget = float(str(app.selectbox(key="climb-budget").value))
    button.click().run()
    assert begun == [(images.fingerprint, budget)]
    assert app.query_params["run"] in (run, [run]) and "The climb" in [head.value for head in app.subheader]


def test_there_is_no_button_where_nothing_may_train(images: Dataset) -> None:
    advice = advice_of(images)
    goal = advice.question.model_copy(update={"rungs": ("prompting", "rag"), "constraints": Constraints()})
    advice.model_copy(update={"question": goal}).save(images.files.advice)
    assert not [b for b in opened("advice", data=images.fingerprint[:16]).button if b.key == "climb"]


def test_a_close_call_that_a_climb_leaves_out_can_be_raced(images: Dataset) -> None:
    advice = advice_of(images)
    advice.model_copy(update={"race": ("rag", "frozen")}).save(images.files.advice)
    app = opened("advice", data=images.fingerprint[:16])
    assert "Retrieval and frozen features are too close to call" in words(app) and app.button(key="race")


def test_the_run_page_shows_what_each_step_cost_and_brought(images: Dataset, write_run: WriteRun) -> None:
    runs = [write_run(images, "done"), write_run(images, "done")]
    gain = Gain(points=-1.5, low=-4.0, high=1.0, paired=True)
    second = step_of(
        runs[1], "fine-tune", served="frozen", dropped="it was not better", brought=gain, start=share(0.935)
    )
    sentence = "Frozen features are kept: 95.0 %."
    climb_with(
        images, [step_of(runs[0]), second], state="done", kept=runs[0], kept_rung="frozen", sentence=sentence
    )  # fmt: skip
    app = opened("run", run=runs[1])
    table = next(frame.value for frame in app.dataframe if "Brought" in frame.value)
    assert list(table["Brought"]) == ["", "-1.5 points (-4.0 to +1.0)"]
    assert list(table.iloc[:, -1]) == ["kept", "rolled back"] and list(table["Took"]) == ["12 s", "12 s"]
    assert sentence in words(app)
    below = "compared with the model that it started from, which reached 93.5 % on the same "
    assert below in words(app), "the value above is another one"
    assert any(f"run={runs[0]}" in link.proto.query_string for link in app.page_link), "the way to the kept run"
    shown = opened("advice", data=images.fingerprint[:16])
    assert f"Last climb: {sentence}" in words(shown)


def test_a_page_that_watches_goes_on_with_the_climb(images: Dataset, write_run: WriteRun) -> None:
    runs = [write_run(images, "running"), write_run(images, "running")]
    (store.directory(runs[1]) / "heartbeat").write_text("{}")
    climb_with(images, [step_of(runs[0], seconds=None)])
    app = opened("run", run=runs[0])
    assert app.title[0].value == "Training progress"
    climb_with(images, [step_of(runs[0]), step_of(runs[1], "fine-tune", seconds=None)])
    store.change(runs[0], "running", "done")
    app.run()
    assert app.title[0].value.startswith("Reached "), "who opens an ended run stays there"
    assert "under way" in str([frame.value for frame in app.dataframe if "Brought" in frame.value])


def test_a_damaged_climb_does_not_hide_the_run(images: Dataset, write_run: WriteRun) -> None:
    run = write_run(images, "done")
    climb = climb_with(images, [step_of(run)], state="done", kept=run)
    climbs.place(climb.climb).write_text("{")
    app = opened("run", run=run)
    assert app.title[0].value.startswith("Reached ") and not app.exception
