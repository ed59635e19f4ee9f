"""Frozen promises what it will stand on; scratch counts words where they are better."""

from __future__ import annotations

from typing import cast

from advisor.estimate.estimates import fine_tune, frozen, scratch
from advisor.estimate.pilots import Pilots
from advisor.records import Dataset, Evidence, ProbeResult
from probes.measured import Measured

NO_DATASET = cast(Dataset, None)  # these estimates look at the evidence only


def probe(name: str, right: int, **settings: object) -> ProbeResult:
    """A probe that answered `right` of 200 items."""
    value = right / 200
    measured = Measured(value=value, low=value - 0.05, high=min(value + 0.05, 1.0), n=200, seconds=0.5)
    given = {"right": [right], "total": [200], "n_fit": 150, **settings}
    return ProbeResult(name=name, title=name, measured=measured, settings=given)


def evidence(*more: ProbeResult) -> Evidence:
    linear = probe("linear", 140, head="ridge", penalty=100.0, seconds_per_item=0.01)
    return Evidence(
        fingerprint="f", metric="accuracy", backbone="b", backbone_hash="h", device="cpu", device_reason="",
        input_size=128, n_train=200, n_test=50, n_test_per_class=(25, 25), seconds=1.0, results=(linear, *more),
    )  # fmt: skip


def pilot(name: str, right: int, **settings: object) -> ProbeResult:
    return probe(name, right, n_train=100, items_per_second=50.0, input_size=128, **settings)


def test_frozen_is_promised_on_the_joined_depths_and_the_plan_pins_them() -> None:
    plain = frozen(NO_DATASET, evidence(), Pilots(results=()))
    joined = probe("joined", 160, head="logistic", penalty=10.0, depths=["layer 4", "last features"])
    made = frozen(NO_DATASET, evidence(joined), Pilots(results=()))
    assert plain.value is not None and made.value is not None and made.value > plain.value + 0.05
    assert made.settings == {"head": "logistic", "penalty": 10.0, "depths": ["layer 4", "last features"]}
    assert plain.settings == {"head": "ridge", "penalty": 100.0} and made.provenance == "measured"


def test_fine_tuning_is_never_expected_below_the_frozen_model_it_falls_back_on() -> None:
    pilots = Pilots(results=(pilot("fine-tune", 140, gain=-0.05, gain_error=0.03),))
    found = evidence(probe("joined", 190, head="ridge", penalty=1.0, depths=["layer 4"]))
    tuned, kept = fine_tune(NO_DATASET, found, pilots), frozen(NO_DATASET, found, pilots)
    assert tuned.value is not None and kept.value is not None and tuned.value >= kept.value - 0.02


def test_scratch_counts_words_where_they_beat_its_network_and_says_that_it_was_measured() -> None:
    pilots = Pilots(results=(pilot("scratch", 80),))
    network = scratch(NO_DATASET, evidence(probe("tfidf", 90)), pilots)
    words = scratch(NO_DATASET, evidence(probe("tfidf", 150)), pilots)
    assert "random weights" in network.details and "TF-IDF" in words.details
    assert words.provenance == "measured" and words.value is not None and network.value is not None
    assert words.value > network.value
    assert words.milliseconds_per_prediction < network.milliseconds_per_prediction  # type: ignore[operator]
    alone = scratch(NO_DATASET, evidence(probe("tfidf", 150)), Pilots(results=()))
    assert alone.available and not scratch(NO_DATASET, evidence(), Pilots(results=())).available


def test_too_few_labels_for_a_pilot_are_predicted_for_texts_and_left_out_for_images() -> None:
    none = Pilots(results=())
    texts, images = (Dataset.model_construct(kind=kind) for kind in ("text", "image"))
    tuned, kept = fine_tune(texts, evidence(), none), frozen(texts, evidence(), none)
    assert tuned.provenance == "predicted" and tuned.value is not None and kept.value is not None
    assert kept.value < tuned.value < 1 and tuned.high - tuned.low > kept.high - kept.low  # type: ignore[operator]
    assert not fine_tune(images, evidence(), none).available
