"""Backbones compared on the same items: who is compared, who is taken, and that the evidence follows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import api
from advisor.core.errors import BackboneError
from advisor.core.records import Backbones, BackboneTrial, Dataset, Evidence
from advisor.data import images
from advisor.evidence import backbones
from advisor.evidence.backbones import AT_HAND, NONE, certainty, contenders, settled, toll
from advisor.evidence.gather import gather
from probes.backbones import catalog
from probes.backbones.weights import WEIGHTS_FOLDER, weights_path
from probes.measured import Measured
from tests.probes import tiny_models

LITE0, LITE2 = "efficientnet-lite0", "efficientnet-lite2"


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Three hundred of the digits, fed small, so that a comparison takes seconds."""
    monkeypatch.setattr(images, "SMALL_INPUT_PX", 48)
    items = api.read("sample:digits").items
    for label, paths in items.groupby("label")["path"]:
        (tmp_path / "digits" / str(label)).mkdir(parents=True)
        for path in list(paths)[:30]:
            shutil.copy(path, tmp_path / "digits" / str(label))
    return api.read(tmp_path / "digits")


@pytest.fixture
def nothing_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WEIGHTS_FOLDER, raising=False)


def trial(name: str, value: float, lead: float | None = None, error: float = 0.01, ms: float = 10.0) -> BackboneTrial:
    """A trial on 400 items; `error` is the lead's standard error."""
    half = 1.6448536 * error
    number = Measured(value=value, low=value - 0.05, high=value + 0.05, n=400, seconds=1.0)
    return BackboneTrial(
        backbone=name, title=name, value=number, seconds_per_item=ms / 1000, stayed=True, sentence=f"{name}.",
        lead=None if lead is None else number.model_copy(
            update={"value": lead, "low": lead - half, "high": lead + half}),
    )  # fmt: skip


DEFAULT = trial("default", 0.8)


def test_a_clear_lead_is_taken_and_a_doubtful_one_is_not() -> None:
    assert settled([DEFAULT, trial("a", 0.83, 0.03)], 1.0).best == "a"
    doubtful = settled([DEFAULT, trial("a", 0.81, 0.01)], 1.0)
    assert doubtful.best == "default" and "may be noise." in doubtful.sentence and "pay" not in doubtful.sentence
    behind = settled([DEFAULT, trial("a", 0.79, -0.01)], 1.0)
    assert behind.best == "default" and "no other backbone did better" in behind.sentence


def test_the_more_are_tried_the_more_a_lead_must_show() -> None:
    narrow = trial("a", 0.818, 0.018)
    assert settled([DEFAULT, narrow], 1.0).best == "a"
    many = [trial(name, 0.7, -0.1) for name in "bcdefghi"]
    assert settled([DEFAULT, narrow, *many], 1.0).best == "default"
    assert certainty(9) > certainty(1) == pytest.approx(1.6449, abs=1e-3)


def test_slowness_must_pay_for_itself() -> None:
    lead = {"value": 0.818, "lead": 0.018}
    assert settled([DEFAULT, trial("a", ms=10.0, **lead)], 1.0).best == "a"
    slow = settled([DEFAULT, trial("a", ms=80.0, **lead)], 1.0)
    assert slow.best == "default" and "may not pay for its time" in slow.sentence and "noise" not in slow.sentence
    assert toll(trial("a", ms=80.0, **lead), DEFAULT) == pytest.approx(3 * backbones.TOLL)
    assert toll(trial("a", ms=1.0, **lead), DEFAULT) == 0.0


def test_no_backbone_is_taken_that_takes_longer_than_a_prediction_may() -> None:
    trials = [DEFAULT, trial("a", 0.9, 0.1, ms=50.0), trial("b", 0.86, 0.06, ms=12.0)]
    assert settled(trials, 1.0).best == "a"
    assert settled(trials, 1.0, latency_ms=20.0).best == "b"
    slow = settled(trials[:2], 1.0, latency_ms=20.0)
    assert slow.best == "default" and "takes longer than 20 ms" in slow.sentence


def test_it_says_why_nothing_could_be_compared() -> None:
    broken = BackboneTrial(backbone="w", title="w", stayed=False, sentence="w was not tried: it cannot be loaded.")
    assert settled([DEFAULT, broken], 1.0).sentence.endswith("w was not tried: it cannot be loaded.")


def test_of_those_that_dropped_out_none_is_taken() -> None:
    out = trial("a", 0.9, 0.1).model_copy(update={"stayed": False})
    assert settled([DEFAULT, out, trial("b", 0.84, 0.04)], 1.0).best == "b"


@given(
    st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(0.001, 0.1), st.floats(0.1, 1000)), max_size=5),
    st.none() | st.floats(1, 100),
)
def test_the_choice_is_among_the_trials_and_says_so(
    leads: list[tuple[float, float, float]], latency_ms: float | None
) -> None:
    trials = [DEFAULT, *(trial(f"b{n}", 0.8, *numbers) for n, numbers in enumerate(leads))]
    found = settled(trials, 1.0, latency_ms)
    chosen = next(one for one in trials if one.backbone == found.best)
    assert found.sentence.startswith(f"Start from {chosen.title}")
    assert chosen is DEFAULT or (chosen.lead is not None and chosen.lead.low > 0)
    assert Backbones.model_validate(found.model_dump()) == found


@pytest.mark.usefixtures("nothing_of_ones_own")
def test_those_at_hand_are_compared_and_others_by_name(digits: Dataset) -> None:
    at_hand = [entry.name for entry in contenders(digits, AT_HAND)]
    assert LITE2 in at_hand and LITE0 not in at_hand
    assert contenders(digits, NONE) == []
    assert [entry.name for entry in contenders(digits, f"{LITE2}, {LITE0}")] == [LITE2]
    with pytest.raises(BackboneError, match="advisor weights fetch"):
        contenders(digits, "siglip2-base")
    with pytest.raises(BackboneError, match="dataset is image"):
        contenders(digits, "all-MiniLM-L6-v2")
    with pytest.raises(BackboneError, match="no backbone called"):
        contenders(digits, "efficientnet-lite9")


def test_own_folders_are_at_hand(digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_models.timm_folder(tmp_path / "mine" / "my-vit", *tiny_models.TIMM[3])
    tiny_models.encoder(tmp_path / "mine" / "my-texts")
    monkeypatch.setenv(WEIGHTS_FOLDER, str(tmp_path / "mine"))
    assert str(folder) in [entry.reference for entry in contenders(digits, AT_HAND)]
    assert str(tmp_path / "mine" / "my-texts") not in [entry.reference for entry in contenders(digits, AT_HAND)]


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_of_ones_own")
def test_a_weaker_backbone_of_ones_own_is_compared_and_the_default_stays(digits: Dataset, tmp_path: Path) -> None:
    folder = tiny_models.timm_folder(tmp_path / "my-vit", *tiny_models.TIMM[3])
    evidence = gather(digits, None, 600.0, backbones=str(folder))
    found = evidence.backbones
    assert found is not None and found.best == found.default == evidence.backbone == LITE0
    own = next(one for one in found.trials if one.backbone == str(folder))
    assert own.lead is not None and own.lead.high < 0 and own.value is not None
    assert own.value.n == own.lead.n and found.trials[0].lead is None
    assert "points below EfficientNet-Lite0" in own.sentence
    assert Evidence.load(digits.files.evidence).backbones == found
    assert gather(digits, None, 600.0, backbones=str(folder)) == evidence  # kept, with its comparison
    named = gather(digits, LITE0, 600.0)
    assert named.results == evidence.results


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_of_ones_own")
def test_the_better_backbone_carries_evidence_advice_and_plan(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = tiny_models.timm_folder(tmp_path / "weak", *tiny_models.TIMM[3])
    default = catalog.find(str(weak), "image")
    monkeypatch.setattr(backbones, "_default", lambda dataset: default)
    advice = api.advise(digits, budget=600.0, backbones=[LITE0])
    assert advice.backbone == LITE0 and advice.backbones is not None
    assert advice.backbones.default == str(weak) and advice.backbones.best == LITE0
    assert advice.backbones.sentence in advice.sentences
    plan = api.plan(digits, rung="frozen", advice=advice)
    assert (plan.backbone, plan.backbone_hash) == (LITE0, catalog.find(LITE0).sha256)
    assert weights_path(catalog.find(LITE0)).is_file()


@pytest.mark.usefixtures("nothing_of_ones_own")
def test_a_short_budget_compares_nothing_and_says_so(digits: Dataset) -> None:
    evidence = gather(digits, None, 10.0)
    assert evidence.backbones is None
    assert any(note.startswith("Backbones were not compared") for note in evidence.notes)
    alone = gather(digits, None, 10.0, backbones=NONE)
    assert not any(note.startswith("Backbones were not compared") for note in alone.notes)
