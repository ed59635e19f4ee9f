"""From advice to a plan: under another backbone the wishes stay, and a plan carries what was seen before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import advisor
from advisor import api
from advisor.advice.outlook.experience import Experience
from advisor.core.errors import AdviceError
from advisor.core.records import Advice, Constraints, Dataset, Plan, Prices
from probes.backbones.catalog import Entry
from probes.backbones.image import ImageBackbone

SECONDS = 8.0
OTHER = "efficientnet-lite2"
PRICES = Prices(point=3.0, label=2.0)
MUSTS = Constraints(deadline_seconds=900)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One workspace for the module: advice is costly."""
    folder = tmp_path_factory.mktemp("planning-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def workspace(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module's own workspace, in place of the fresh one every other test gets."""
    monkeypatch.setenv("ADVISOR_HOME", str(home))
    return home


@pytest.fixture(scope="module")
def digits(home: Path) -> Dataset:
    return advisor.read("sample:digits")


@pytest.fixture(scope="module")
def advice(digits: Dataset) -> Advice:
    return advisor.advise(digits, target=0.9, budget=SECONDS, prices=PRICES, constraints=MUSTS)


@pytest.mark.slow
def test_another_backbone_is_advised_on_with_the_same_wishes_and_the_kept_advice_stays(
    digits: Dataset, advice: Advice
) -> None:
    other = api.plan(digits, rung="fine-tune", backbone=OTHER)
    assert other.backbone == OTHER and other.promised is not None
    assert Advice.saved(digits.files.advice) == advice
    assert advice.question.target == 0.9 and advice.question.prices == PRICES
    again = api.plan(digits, rung="fine-tune")
    assert again.backbone != OTHER and again.promised != other.promised


def test_a_backbone_that_breaks_a_kept_constraint_is_refused(digits: Dataset, advice: Advice) -> None:
    musts = advice.question.constraints.model_copy(update={"local_only": True})
    local = advice.model_copy(update={"question": advice.question.model_copy(update={"constraints": musts})})
    with pytest.raises(AdviceError, match="No data may leave"):
        api.plan(digits, backbone="endpoint", advice=local)


@pytest.mark.slow
def test_a_plan_carries_what_was_seen_under_its_own_backbone_and_so_does_the_ledger(
    digits: Dataset, advice: Advice
) -> None:
    usual, other = api.plan(digits, rung="frozen"), api.plan(digits, rung="frozen", backbone=OTHER)
    assert usual.situation is not None and other.situation is not None
    assert usual.situation.linear != other.situation.linear and usual.situation.tuned_speed
    run = api.start(usual.model_copy(update={"budget_seconds": 20.0}))
    advisor.advise(digits, target=0.99, budget=SECONDS, backbone=OTHER)  # asked while the run is under way
    report = api.wait(run)
    assert advisor.train(digits, rung="frozen", budget=20, backbone=OTHER, advice=advice).rung == "frozen"
    lived = [task for task in Experience.here().tasks if task.local]
    assert [task.situation.linear for task in lived] == pytest.approx([_seen(usual), _seen(other)], rel=1e-5)
    assert lived[0].value("frozen") == pytest.approx(report.test.value, rel=1e-5)
    assert [task.outcomes["frozen"]["items"] for task in lived] == [0, 0]


def _seen(plan: Plan) -> float | None:
    assert plan.situation is not None
    return plan.situation.linear


def test_the_steps_are_timed_on_the_backbone_that_the_probes_have_loaded(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    load = ImageBackbone.load

    def counted(entry: Entry, *given: Any, **named: Any) -> ImageBackbone:
        loaded.append(entry.name)
        return load(entry, *given, **named)

    monkeypatch.setattr(ImageBackbone, "load", counted)
    for path in Path(digits.folder).glob("steps-*"):
        path.unlink()
    advice = advisor.advise(digits, budget=SECONDS + 1)  # a budget of which nothing is kept
    assert loaded.count("efficientnet-lite0") == 1 and advice.estimate("fine-tune").train_seconds
