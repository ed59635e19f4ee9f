"""The prompt on the Evidence page: seen as the model gets it, changed, and refused where it cannot be asked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from advisor import api
from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.llm.asking import PromptSetup
from probes.prompting import ZERO_SHOT
from tests.ui.ui_records import opened, sentences, share

APP = Path(__file__).parents[2] / "app.py"
CHANGED = ZERO_SHOT.replace("Classify the text", "Sort the text")


@pytest.fixture
def prompted(texts: Dataset) -> Dataset:
    """Texts with hostile names whose evidence has a zero-shot prompt."""
    evidence = Evidence.saved(texts.files.evidence)
    assert evidence is not None
    ask = PromptSetup(None, ZERO_SHOT, tuple(texts.classes)).as_dict()
    settings: dict[str, Any] = {"ask": ask, "raw": 0.5, "gain": -0.1, "gain_error": 0.02, "language_model": "m"}
    zero = ProbeResult(name="prompt-zero", title="Zero-shot prompt", measured=share(0.6, 40), settings=settings)
    made = evidence.model_copy(update={"results": (*evidence.results, zero)})
    made.save(Path(texts.folder) / "evidence.json")
    return texts


def at(dataset: Dataset) -> AppTest:
    """The Evidence page."""
    return opened("evidence", data=dataset.fingerprint[:16])


def test_the_prompt_is_shown_as_the_model_gets_it_and_never_as_markdown(prompted: Dataset) -> None:
    app = at(prompted)
    shown = app.code[0].value
    assert all(name in shown for name in prompted.classes)
    assert "<script>alert(0)</script>" in shown
    assert all("<script" not in text for text in (*sentences(app), *(str(element.value) for element in app.markdown)))
    table = next(t.value for t in app.dataframe if "Prompt" in t.value)
    assert table["Gain over no language model"].tolist() == ["\u221210.0 ± 2.0 points"]
    assert table["Raw"].tolist() == ["50.0 %"]


def test_a_template_without_its_text_is_refused_with_the_reason(prompted: Dataset) -> None:
    app = at(prompted)
    app.text_area[0].set_value(ZERO_SHOT.replace("{text}", "")).run()
    assert any("lacks {text}" in text.value for text in app.text)
    assert not [button for button in app.button if button.key == "measure-prompt"]


def test_a_changed_prompt_is_measured_with_what_was_typed(prompted: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(api, "prompt", lambda *given, **more: asked.append((given, more)))
    app = at(prompted)
    app.text_area[0].set_value(CHANGED).run()
    assert "Sort the text" in app.code[0].value
    app.button(key="measure-prompt").click().run()
    while not asked:  # the job has a thread of its own
        time.sleep(0.02)
    assert asked[0][0][1] == CHANGED
    assert asked[0][1]["shots"] == 0
    assert asked[0][1]["budget"] == 60.0


def test_a_prompt_of_another_version_is_told_and_not_an_error(prompted: Dataset) -> None:
    evidence = Evidence.saved(prompted.files.evidence)
    assert evidence is not None
    evidence.results[-1].settings["ask"]["tilt"] = evidence.results[-1].settings["ask"].pop("bias")
    evidence.save(prompted.files.evidence)
    app = at(prompted)
    assert any("another version of the program" in str(element.value) for element in app.html)
