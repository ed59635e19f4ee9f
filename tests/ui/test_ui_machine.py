"""The Machine page: models to fetch, the check-up, the workspace by size with clear, and the endpoint's form."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from advisor.core.records import Dataset
from advisor.core.workspace import Workspace
from advisor.data.store import known_datasets
from advisor.llm.prompt_cache import PromptCache, cache_file
from advisor.ui import jobs
from advisor.ui.machine import device, stored, weights
from advisor.ui.machine.facts import table
from probes import calibrations
from probes.backbones.catalog import CATALOG
from probes.device import Calibration
from probes.feature_store import FeatureStore
from probes.notes import write_note
from tests.llm.test_endpoint import KEY, Server, server  # noqa: F401
from tests.ui.test_ui_pages import answer, finished_reading
from tests.ui.ui_records import opened

ENDPOINT = ("ADVISOR_LLM_BASE_URL", "ADVISOR_LLM_MODEL", "ADVISOR_LLM_API_KEY")


def texts(app: AppTest) -> str:
    return " ".join(text.value for text in app.text)


def with_features(home: Path) -> None:
    FeatureStore(home / "features", "a", 4).append(["item"], np.zeros((1, 4), dtype=np.float32))


def test_the_page_lists_installed_models_with_licences_and_offers_the_others() -> None:
    app = opened("machine")
    installed = app.dataframe[0].value
    assert "efficientnet-lite0" in installed["Name"].tolist()
    assert installed["Licence"].str.len().min() > 0
    n_missing = len(CATALOG) - len(installed)
    assert len(app.selectbox(key="fetch").options) == n_missing
    assert app.button(key="fetch-it").disabled, "nothing is chosen yet"
    assert "ready to use" in answer(app)


def test_a_description_holds_size_and_licence() -> None:
    for entry in CATALOG:
        assert entry.title in weights.described(entry) and entry.licence in weights.described(entry)


def test_weights_that_cannot_be_fetched_are_told_with_another_try(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    app = opened("machine")
    options = app.selectbox(key="fetch").options
    app.selectbox(key="fetch").select_index([o.startswith("DINOv2 small") for o in options].index(True)).run()
    app.button(key="fetch-it").click().run()
    finished_reading(app)
    assert "could not be fetched" in texts(app)
    app.button(key="another").click().run()
    assert app.selectbox(key="fetch").value is None


def test_a_kept_calibration_is_the_speed_of_the_device(workspace: Path) -> None:
    entry = next(entry for entry in CATALOG if entry.name == "efficientnet-lite0")
    measured = Calibration(device="cpu", items_per_second=212.4, reason="Measured.")
    for number, characters in enumerate((0, 64)):
        facts = {"weights": str(entry.sha256), "characters": characters}
        path = workspace / "features" / calibrations.FOLDER / f"{number}.json"
        write_note(path, {"facts": facts, "calibration": measured.model_dump()})  # as earlier versions kept it
    (workspace / "features" / calibrations.FOLDER / "damaged.json").write_text("{")
    speeds = device.speeds()
    assert sorted(speed.texts for speed in speeds) == [False, True]
    image = next(speed for speed in speeds if not speed.texts)
    assert device.told(image) == f"{entry.title} reads 212 images a second on the CPU in float32."
    assert "212 images or 212 texts a second" in answer(opened("machine"))


def test_the_speed_is_that_of_a_free_machine_and_names_the_size_of_the_images() -> None:
    busy = Calibration(device="cpu", items_per_second=20.0, free_seconds=0.004, reason="Measured.")
    speed = calibrations.Kept("of no known backbone", texts=False, calibration=busy, size=160)
    assert "reads 250 images of 160 px a second" in device.told(speed)
    assert "which reads 250 images a second" in device.answer([speed], "CPU", 1)


@pytest.mark.parametrize(
    ("seconds", "said"), [(1.0, "1 text a second"), (0.45, "2.2 texts a second"), (0.001, "1,000 texts a second")]
)
def test_slow_reading_is_told_in_the_right_number(seconds: float, said: str) -> None:
    slow = Calibration(device="cpu", items_per_second=1.0, free_seconds=seconds, reason="Measured.")
    assert said in device.told(calibrations.Kept("of no known backbone", texts=True, calibration=slow, size=None))


def test_the_page_says_where_the_workspace_is_and_how_to_keep_it_elsewhere(workspace: Path) -> None:
    app = opened("machine")
    code = [str(block.value) for block in app.code]
    assert str(workspace.resolve()) in code and any("ADVISOR_HOME=" in line for line in code)


def test_the_workspace_is_listed_by_size_with_what_each_takes(workspace: Path, images: Dataset) -> None:
    with_features(workspace)
    found = stored.stored()
    sizes = [one.n_bytes for one in found if one.kind is not stored.OTHER]
    assert sizes == sorted(sizes, reverse=True) and all(sizes)
    assert sum(one.n_bytes for one in found) == stored.room(workspace)
    assert next(one for one in found if one.kind is stored.DATASETS).counted == "1 dataset"
    shown = opened("machine")
    assert all(any(m.value.startswith(f"**{one.kind.title}**") for m in shown.markdown) for one in found)


def test_features_are_cleared_after_a_click_that_says_what_is_lost(workspace: Path) -> None:
    with_features(workspace)
    app = opened("machine")
    assert "computed again" in texts(app)
    app.button(key="clear-features").click().run()
    assert FeatureStore.used(workspace / "features") == 0
    assert "Features cleared" in texts(app)


def test_answers_of_language_models_are_cleared_alone(workspace: Path) -> None:
    with_features(workspace)
    answers = PromptCache(cache_file())
    answers.write({b"key": b"an answer"})
    app = opened("machine")
    app.button(key="clear-answers").click().run()
    assert answers.used() == 0 and FeatureStore.used(workspace / "features") > 0


def test_datasets_ask_twice_and_the_user_s_own_files_stay(images: Dataset) -> None:
    own = Path(images.source)
    before = sorted(own.rglob("*")) if own.is_dir() else []
    app = opened("machine")
    assert app.button(key="clear-datasets").disabled
    app.checkbox(key="sure-datasets").check().run()
    app.button(key="clear-datasets").click().run()
    assert not known_datasets()
    assert (sorted(own.rglob("*")) if own.is_dir() else []) == before
    assert "Datasets cleared" in texts(app)


def test_uploads_are_cleared_but_not_what_arrives(workspace: Path) -> None:
    uploads = Workspace.here().uploads
    for name in ("0a1b", stored.ARRIVING):
        (uploads / name).mkdir(parents=True)
        (uploads / name / "file").write_bytes(b"123")
    stored.clear_uploads()
    assert [path.name for path in uploads.iterdir()] == [stored.ARRIVING]


def test_a_link_out_of_the_workspace_is_not_followed(workspace: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").write_bytes(b"precious")
    Workspace.here().uploads.mkdir(parents=True)
    (Workspace.here().uploads / "link").symlink_to(outside)
    assert stored.room(Workspace.here().uploads) == 0
    stored.clear_uploads()
    assert (outside / "mine").read_bytes() == b"precious"


def test_runs_that_ended_are_deleted_with_their_models(write_run: Callable[..., str], images: Dataset) -> None:
    done = write_run(images, "done")
    runs = Workspace.here().runs
    stored.clear_runs()
    assert not (runs / done).exists()


def test_nothing_is_cleared_while_something_is_measured(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_features(workspace)
    waiting = jobs.Job("key", "Measuring", print)
    monkeypatch.setitem(jobs._jobs, "key", waiting)
    app = opened("machine")
    app.button(key="clear-features").click().run()
    assert FeatureStore.used(workspace / "features") > 0
    assert "Nothing was cleared" in texts(app)


def verdict_page() -> None:
    """Runs inside AppTest, so everything it needs is imported here."""
    from advisor.doctor import Check
    from advisor.ui.machine import checkup

    checkup.verdicts(
        [Check("Memory", "ok", "Enough."), Check("Weights", "note", "*Some* miss."), Check("Disk", "problem", "Full.")]
    )


def test_verdicts_stand_by_weight_and_what_is_well_is_folded() -> None:
    app = AppTest.from_function(verdict_page).run(timeout=30)
    shown = [text.value for text in app.text]
    assert shown == ["1 thing to look at.", "Disk: Full.", "Weights: *Some* miss.", "Memory: Enough."]
    assert [expander.label for expander in app.expander] == ["1 check passed"]


def test_an_endpoint_is_used_from_the_form_and_a_test_tells_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENDPOINT:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("ADVISOR_LLM_RETRIES", "0")
    app = opened("machine")
    app.text_input[0].set_value("no address")
    app.text_input[1].set_value("a-model")
    app.button(key="use-endpoint").click().run()
    assert "Give an address" in texts(app) and not os.environ["ADVISOR_LLM_BASE_URL"]
    app.text_input[0].set_value("http://127.0.0.1:9/v1")
    app.text_input[2].set_value("sk-secret")
    app.button(key="use-endpoint").click().run()
    assert "An endpoint is configured: a-model at 127.0.0.1:9." in texts(app)
    assert "sk-secret" not in texts(app)
    app.button(key="test-endpoint").click().run()
    assert any("127.0.0.1:9" in text.value for text in app.text[1:]) and "It answered" not in texts(app)


def test_facts_are_plain_text() -> None:
    assert "<b>" not in table({"Name": "<b>x</b>"}) and 'scope="row"' in table({"Name": "x"})


def test_every_kind_says_what_is_lost() -> None:
    assert all(kind.lost.endswith(".") and kind.clear for kind in stored.KINDS)
    assert {kind.name for kind in stored.KINDS if kind.twice} == {"datasets", "runs", "uploads"}


def test_an_endpoint_that_answers_is_told_with_its_time(
    server: Server,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in zip(ENDPOINT, (server.url, "a-model", KEY), strict=True):
        monkeypatch.setenv(name, value)
    server.text = "*ready*"
    app = opened("machine")
    app.button(key="test-endpoint").click().run()
    assert "It answered in" in texts(app) and "*ready*" in texts(app)
    assert KEY not in texts(app)


def test_prices_kept_here_are_those_that_a_new_question_starts_with(images: Dataset) -> None:
    images.files.advice.unlink()
    app = opened("machine")
    app.number_input(key="usual-hour").set_value(2.5).run()
    app.text_input(key="usual-currency").set_value("EUR").run()
    assert not app.exception
    asked = opened("advice", data=images.fingerprint[:16])
    assert asked.number_input(key="wish-hour").value == 2.5 and asked.text_input(key="wish-currency").value == "EUR"
    app.number_input(key="usual-hour").set_value(None).run()
    app.text_input(key="usual-currency").set_value("").run()
    assert not Workspace.here().prices.exists(), "emptied, they are gone"
    assert opened("advice", data=images.fingerprint[:16]).number_input(key="wish-hour").value is None
