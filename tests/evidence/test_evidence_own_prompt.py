"""A prompt of one's own: checked, measured on the evidence's sample, kept in the place of the one before."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from advisor.core.errors import AdviceError, BackboneError, ProbeError
from advisor.core.records import Dataset, Evidence
from advisor.data.reading import read
from advisor.evidence import prompts
from advisor.evidence.own_prompt import measure_own, prompts_of, template_of, with_own
from advisor.evidence.prompts import OWN, settings_of, worth_it
from advisor.llm.asking import PromptSetup
from probes.backbones import catalog
from probes.backbones.weights import weights_hash
from probes.prompting import ZERO_SHOT

TEMPLATE = "Topics: {labels}.\n\n{examples}\n\nMessage: {text}\nTopic:"
SPORT = ["The team won", "A late goal decided it", "The striker missed", "Our coach cheered"]
FOOD = ["The soup needs salt", "Bake the bread", "This cake is too sweet", "Chop the onions"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("own")
    more = ("today", "said my brother", "again", "on Sunday", "as ever")
    rows = [(f"{text} {end}.", name) for name, texts in (("sport", SPORT), ("cooking", FOOD)) for text in texts
            for end in more]  # fmt: skip
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(folder / "own.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(folder / "home"))
        return read(folder / "own.csv")


@pytest.fixture
def evidence(dataset: Dataset) -> Evidence:
    entry = catalog.default("text")
    return Evidence(
        fingerprint=dataset.fingerprint, metric=dataset.metric, backbone=entry.name, backbone_hash=weights_hash(entry),
        device="cpu", device_reason="", input_size=entry.input_size, n_train=30, n_sample=40, n_test=6,
        n_test_per_class=(3, 3), results=(), seconds=0.0,
    )  # fmt: skip


def test_an_edit_is_measured_and_takes_the_place_of_the_one_before(
    dataset: Dataset, evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "LEAST", 8)
    assert template_of(evidence) == ZERO_SHOT and prompts_of(evidence) == []
    first = measure_own(dataset, evidence, TEMPLATE, shots=4, seconds=0.01)
    ask = PromptSetup.of(first.settings["ask"])
    assert first.name == OWN and first.measured.n >= 8 and len(ask.examples) == 4 and len(ask.bias) == 2
    assert first.settings["prompt"].startswith("Topics: cooking, sport.")
    assert isinstance(worth_it(first), bool) and settings_of(first)["ask"] == first.settings["ask"]
    kept = with_own(evidence, first, tmp_path / "a.json", tmp_path / "b.json")
    assert Evidence.load(tmp_path / "b.json") == kept
    second = measure_own(dataset, kept, None, shots=0, seconds=0.01)
    again = PromptSetup.of(second.settings["ask"])
    assert again.template == TEMPLATE and again.examples == ()
    assert prompts_of(with_own(kept, second)) == [second]


def test_what_cannot_be_asked_is_said_before_anything_is_loaded(dataset: Dataset, evidence: Evidence) -> None:
    with pytest.raises(ProbeError, match=r"lacks \{examples\}"):
        measure_own(dataset, evidence, "{labels} {text}\nClass:")
    with pytest.raises(BackboneError, match="There is no backbone called"):
        measure_own(dataset, evidence, TEMPLATE, "no-such-model")
    images = dataset.model_copy(update={"kind": "image"})
    with pytest.raises(AdviceError, match="is image data"):
        measure_own(images, evidence, TEMPLATE)
