"""Advice on images without the sentence encoder: no class names, everything else, and it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor import api
from advisor.data import images
from probes.backbones import catalog, weights
from tests.evidence.few_digits import few_digits


def test_advice_without_the_encoder_of_class_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "SMALL_INPUT_PX", 32)
    encoder, located = catalog.default("text"), weights._locate
    monkeypatch.setattr(weights, "_locate", lambda entry: None if entry == encoder else located(entry))
    dataset = api.read(few_digits(tmp_path / "digits", 12))
    advice = api.advise(dataset, budget=6.0)
    evidence = api.probe(dataset, budget=6.0)
    assert evidence.result("zero-shot") is None
    assert evidence.result("linear") is not None and evidence.result("knn") is not None
    said = [note for note in evidence.notes if "Class names alone were not measured" in note]
    assert len(said) == 1 and "advisor weights fetch" in said[0]
    prompting = advice.estimate("prompting")
    assert not prompting.available and prompting.reason
    assert advice.recommended != "prompting" and advice.estimate("frozen").available
