"""Each rung's estimate says what its number rests on, and its plan takes over what was found."""

from __future__ import annotations

from advisor.advice.outlook.classification import fine_tune, frozen, one, scratch
from advisor.advice.outlook.common import MILLISECONDS_OF_WORDS, TRAINING_SECONDS
from advisor.advice.outlook.forecast import forecast
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Estimate, Evidence, Goal, ProbeResult
from probes.measured import Measured
from tests.advice.completed_tasks import experience, situation


def probe(name: str, right: int, **settings: object) -> ProbeResult:
    """A probe that answered `right` of 200 items."""
    value = right / 200
    measured = Measured(value=value, low=value - 0.05, high=min(value + 0.05, 1.0), n=200, seconds=0.5)
    given = {"right": [right], "total": [200], "n_fit": 150, **settings}
    return ProbeResult(name=name, title=name, measured=measured, settings=given)


def evidence(*more: ProbeResult, n_sample: int = 200) -> Evidence:
    linear = probe("linear", 140, head="ridge", penalty=100.0, seconds_per_item=0.01)
    return Evidence(
        fingerprint="f", metric="accuracy", backbone="b", backbone_hash="h", device="cpu", device_reason="",
        input_size=128, n_train=200, n_sample=n_sample, n_test=50, n_test_per_class=(25, 25), seconds=1.0,
        results=(linear, *more),
    )  # fmt: skip


def test_frozen_stands_on_the_joined_depths_and_the_plan_pins_them() -> None:
    joined = probe("joined", 160, head="logistic", penalty=10.0, depths=["layer 4", "last features"])
    assert frozen(evidence()).settings == {"head": "ridge", "penalty": 100.0}
    made = frozen(evidence(joined))
    assert made.settings == {"head": "logistic", "penalty": 10.0, "depths": ["layer 4", "last features"]}
    assert "2 joined layers" in made.details


def test_a_run_with_more_labels_than_the_probes_saw_chooses_its_depths_anew() -> None:
    joined = probe("joined", 160, head="logistic", penalty=10.0, depths=["layer 4", "last features"])
    assert "depths" in frozen(evidence(joined, n_sample=190)).settings
    for made in (frozen(evidence(joined, n_sample=100)), fine_tune(evidence(joined, n_sample=100))):
        assert "depths" not in made.settings and made.settings["penalty"] == 10.0


def test_fine_tuning_starts_from_the_measured_head_races_its_rate_and_says_that_other_sets_foretell_it() -> None:
    joined = probe("joined", 160, head="logistic", penalty=10.0, depths=["layer 4", "last features"])
    made = fine_tune(evidence(joined))
    assert made.settings == {**frozen(evidence(joined)).settings, "learning_rate": "race"}
    assert "other datasets" in made.details


def test_scratch_counts_words_of_texts_and_is_quick_then() -> None:
    made = scratch(evidence(probe("tfidf", 150)))
    assert "TF-IDF" in made.details and made.milliseconds == MILLISECONDS_OF_WORDS
    assert "random weights" in scratch(evidence()).details


def made(goal: Goal) -> list[Estimate]:
    found = evidence(probe("zero-shot", 60), probe("knn", 120, k=5))
    known, s = experience(), situation(linear=0.7)
    values = forecast(s, known)
    return [one(rung, found, goal, s, values.get(rung), known) for rung in RUNG_NAMES]


def test_every_rung_has_a_number_with_its_interval_a_time_and_a_memory() -> None:
    for estimate in made(Goal()):
        assert estimate.available and estimate.value is not None
        assert estimate.low is not None and estimate.high is not None
        assert estimate.low < estimate.value < estimate.high
        assert estimate.peak_memory_bytes and estimate.n == 200
        if estimate.rung != "scratch":  # no step of it was timed
            assert estimate.train_seconds is not None and 0 < estimate.train_seconds <= TRAINING_SECONDS


def test_a_rung_that_was_not_allowed_has_none() -> None:
    left = {estimate.rung: estimate for estimate in made(Goal(rungs=("frozen",)))}
    assert left["frozen"].available and not left["scratch"].available and "allow" in left["scratch"].reason
