"""From advice to a plan: under another backbone the wishes stay, and a plan carries what was seen before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import advisor
from advisor import line
from advisor.errors import AdviceError
from advisor.records import Advice, Constraints, Dataset, Prices

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


def test_another_backbone_is_advised_on_with_the_same_wishes_and_the_kept_advice_stays(
    digits: Dataset, advice: Advice
) -> None:
    other = line.plan(digits, rung="fine-tune", backbone=OTHER)
    assert other.backbone == OTHER and other.promised is not None
    assert line.saved_advice(digits) == advice
    assert advice.question.target == 0.9 and advice.question.prices == PRICES
    again = line.plan(digits, rung="fine-tune")
    assert again.backbone != OTHER and again.promised != other.promised


def test_a_backbone_that_breaks_a_kept_constraint_is_refused(digits: Dataset, advice: Advice) -> None:
    musts = advice.question.constraints.model_copy(update={"local_only": True})
    local = advice.model_copy(update={"question": advice.question.model_copy(update={"constraints": musts})})
    with pytest.raises(AdviceError, match="No data may leave"):
        line.plan(digits, backbone="endpoint", advice=local)
