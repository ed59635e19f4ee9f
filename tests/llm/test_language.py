"""Language models by name, hub name, folder or endpoint: what is said where one cannot be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.core.errors import BackboneError
from advisor.llm.endpoint import BASE_URL, MODEL
from advisor.llm.models import chat_model, entry_of, missing


def test_a_hub_name_that_is_not_here_says_how_to_fetch_it() -> None:
    fetch = r"not in the Hugging Face cache\. Run: advisor weights fetch organisation/model"
    with pytest.raises(BackboneError, match=fetch):
        chat_model("organisation/model")
    assert "organisation/model" in (missing("organisation/model") or "")
    with pytest.raises(BackboneError, match="There is no backbone called 'nothing'"):
        chat_model("nothing")


def test_a_folder_is_a_language_model_that_reads_to_its_own_limit(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    entry = entry_of(str(tmp_path))
    assert entry.kind == "language" and entry.input_size > 2000
    with pytest.raises(BackboneError, match="no weight file"):
        chat_model(str(tmp_path))


def test_an_endpoint_is_missing_until_it_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BASE_URL, raising=False)
    assert BASE_URL in (missing("endpoint") or "")
    monkeypatch.setenv(BASE_URL, "http://127.0.0.1:1/v1")
    monkeypatch.setenv(MODEL, "small")
    assert missing("endpoint") is None
    assert chat_model("endpoint").name == "small at 127.0.0.1:1"
