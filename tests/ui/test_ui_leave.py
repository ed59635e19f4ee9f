"""Take it elsewhere: a form is exported by another process, what came of it is said, and the missing extra is named."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from advisor.core.records import Dataset
from advisor.exports.records import Exported
from advisor.runs import store
from advisor.ui import jobs
from advisor.ui.zips import zipped
from tests.ui.test_ui_try_it import with_model
from tests.ui.ui_records import opened, unfolded


def test_a_form_is_exported_and_downloaded(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    app = unfolded(opened("run", run=run))
    app.button_group(key=f"export-form-{run}").set_value("safetensors").run()
    app.button(key=f"export-{run}").click().run()
    key = jobs.key_of("export", run, "safetensors")
    while jobs.pending(key) is not None:
        job = jobs.pending(key)
        assert job is None or job.error is None
        time.sleep(0.1)
    app.run()
    assert not app.exception
    place = store.directory(run) / "exports" / "safetensors"
    assert Exported.load(place / Exported.NAME).form == "safetensors"
    names = zipfile.ZipFile(BytesIO(zipped(place, "model"))).namelist()
    assert {"model/model.safetensors", "model/classes.json"} <= set(names)
    assert app.button(key=f"export-{run}").label == "Export again"


def test_the_missing_extra_is_named_before_anything_is_asked_for(
    texts: Dataset, write_run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advisor.exports.extra.NEEDED", ("no_such_package",))
    run = with_model(texts, write_run)
    app = unfolded(opened("run", run=run))
    assert any('pip install "transfer-advisor[export]"' in str(line.value) for line in app.text)
    assert app.button(key=f"export-{run}").disabled
    app.button_group(key=f"export-form-{run}").set_value("safetensors").run()
    assert not app.button(key=f"export-{run}").disabled


def test_what_came_of_checking_stands_beside_the_download(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    place = Path(store.directory(run)) / "exports" / "folder"
    place.mkdir(parents=True)
    Exported(run=run, form="folder", folder=str(place), files=(), remarks=("It was <b>compared</b>.",)).save(
        place / Exported.NAME
    )
    app = unfolded(opened("run", run=run))
    assert any("It was <b>compared</b>." in str(line.value) for line in app.text)
