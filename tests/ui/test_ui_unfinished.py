"""A stopped run offers the model that it has kept, to try and to use; one without a model says so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from advisor.core.records import Dataset
from advisor.runs import store
from tests.ui.ui_records import opened, written

MODEL = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"


def stopped(dataset: Dataset, write_run: Callable[..., str], with_model: bool) -> str:
    """A run that was stopped, with or without a model, and without a report."""
    run = write_run(dataset, "stopped", "It was stopped before it finished.")
    folder = store.directory(run)
    if with_model:
        shutil.copytree(MODEL, folder, dirs_exist_ok=True)
        (folder / "outcome.json").write_text(json.dumps({"validation": {"value": 0.953, "n": 256.0}}))
    (folder / "report.json").unlink(missing_ok=True)
    return run


def test_a_stopped_run_with_a_model_can_be_used(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = stopped(texts, write_run, with_model=True)
    app = opened("run", run=run)
    assert app.title[0].value == "Stopped, with a model"
    assert "95.3 % accuracy on 256 validation items" in written(app)
    app.text_area(key=f"try-text-{run}").set_value("Fry the onions in butter")
    app.button(key=f"predict-{run}").click().run()
    assert not app.exception
    assert any("cooking" in str(line.value) for line in app.html)
    assert f'advisor.load("{run}")' in app.code[0].value


def test_a_stopped_run_without_a_model_offers_none(texts: Dataset, write_run: Callable[..., str]) -> None:
    app = opened("run", run=stopped(texts, write_run, with_model=False))
    assert app.title[0].value == "Stopped, without a model" and not app.exception
    assert not app.text_area
