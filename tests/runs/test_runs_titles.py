"""A run is called by the model that it kept, on every page and in the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor.cli.main import app
from advisor.core import storage
from advisor.core.records import Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.runs import store, worker
from advisor.runs.reporter import Reporter
from advisor.training import few
from advisor.ui import places

APP = Path(__file__).parents[2] / "app.py"
TITLE = "Frozen features (instead of fine-tuning)"


def carried_out(plan: Plan) -> str:
    """The run of a plan, carried out by a worker in this process."""
    run = store.submit(plan)
    store.change(run, "queued", "running", attempt=True)
    folder = store.directory(run)
    reporter = Reporter(folder)
    reporter.end(*worker.work(folder, reporter, RunFiles(folder).stop.exists))
    store.change(run, "running", "done")
    return run


def page(name: str, run: str) -> str:
    """All words of a page that shows a run."""
    shown = AppTest.from_file(str(APP), default_timeout=60)
    shown.query_params["run"] = run
    shown.run()
    shown.query_params["run"] = run
    shown.switch_page(str(places.FOLDER / f"{name}.py")).run()
    assert not shown.exception
    return " ".join(str(element.value) for element in (*shown.html, *shown.text))


def test_a_run_that_went_back_to_the_frozen_model_is_called_frozen_features(
    plan_of: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(few, "FEW_IMAGES", 0)  # the usual way, in which a rate of nothing gains nothing
    plan = plan_of("fine-tune", 120.0, settings={"learning_rate": 1e-12, "steps": 3})
    run = carried_out(plan)
    status = store.status(run)
    assert (status.state, status.rung, status.kept, status.title) == ("done", "fine-tune", "frozen", TITLE)
    assert RunReport.load(store.directory(run) / "report.json").title == TITLE

    result = page("run", run)
    assert f"{TITLE}. Expected" in result or f"{TITLE}. It reached" in result
    assert (
        f"{TITLE} on {plan.dataset_name}, started from EfficientNet-Lite0, seed" in result
        and "Fine-tuning." not in result
    )
    assert f"{TITLE} on {plan.dataset_name}" in page("runs", run)

    monkeypatch.setenv("COLUMNS", "200")
    for command, words in ((["runs"], TITLE), (["runs", "show", run], f"{TITLE} on {plan.dataset_name}")):
        capfd.readouterr()
        app(command, standalone_mode=False)
        assert words in capfd.readouterr().out


@pytest.mark.parametrize(
    ("rung", "model", "kept"),
    [
        ("fine-tune", {"rung": "fine-tune", "fallback": "frozen"}, "frozen"),
        ("fine-tune", {"rung": "fine-tune", "head": {"type": "passages"}}, "rag"),
        ("fine-tune", {"rung": "fine-tune", "head": {"type": "adapter"}}, None),
        ("fine-tune", {"rung": "fine-tune", "head": {"type": "linear"}, "weights": "all"}, None),
        ("rag", {"rung": "rag", "head": {"type": "passages"}}, None),
        ("fine-tune", None, None),
    ],
)
def test_what_a_stopped_run_kept_is_read_from_its_model(
    plan_of: Callable[..., Plan], rung: str, model: dict[str, object] | None, kept: str | None
) -> None:
    run = store.submit(plan_of(rung))
    if model is not None:
        storage.write_json(store.directory(run) / "model.json", model)
    assert store.status(run).kept is None  # it has not ended: what it will keep is not known
    store.change(run, "queued", "stopped")
    assert store.status(run).kept == kept
