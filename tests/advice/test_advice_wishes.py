"""Wishes are checked before anything is read or measured: in the API and in the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import advisor
from advisor import api
from advisor.advice.wishes import checked_rungs, checked_target
from advisor.cli.main import app
from advisor.core.errors import AdviceError
from advisor.core.records import Constraints, Prices

#: A dataset that cannot be read: whoever reads it before checking the wishes raises another error.
NOWHERE = "no/such/folder"


@pytest.mark.parametrize(
    ("target", "words"), [(95, "Did you mean 0.95?"), (1.5, "0.015"), (0, "such as 0.9"), (200, "such as 0.9")]
)
def test_a_target_that_is_no_share_is_refused_with_what_was_meant(target: float, words: str) -> None:
    with pytest.raises(AdviceError, match="is not a share") as caught:
        checked_target(target)
    assert words in str(caught.value)


@pytest.mark.parametrize("target", ["0.9", "90%", " 90 % ", 0.9])
def test_a_target_is_a_share_or_a_percentage_in_words(target: float | str) -> None:
    assert checked_target(target) == pytest.approx(0.9)


@pytest.mark.parametrize("target", ["much", "%", "", [0.9], True])
def test_a_target_that_is_no_number_is_named(target: Any) -> None:
    with pytest.raises(AdviceError, match="not a number") as caught:
        checked_target(target)
    assert repr(target) in str(caught.value)


@pytest.mark.parametrize("rungs", ["frozen", ["frozen"], "Frozen features", "FROZEN,"])
def test_a_rung_alone_is_one_rung(rungs: str | list[str]) -> None:
    assert checked_rungs(rungs) == ("frozen",)


def test_a_rung_is_allowed_by_the_title_that_pages_show() -> None:
    assert checked_rungs(["retrieval", "Fine-tuning"]) == ("rag", "fine-tune")


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: advisor.advise(NOWHERE, target="much"), "'much' is not a number"),
        (lambda: advisor.advise(NOWHERE, target=95), "Did you mean 0.95"),
        (lambda: api.labels_needed(NOWHERE, 95), "Did you mean 0.95"),
        (lambda: api.labels_needed(NOWHERE, 0.9, budget=1), "budget of 1 second is too short"),
        (lambda: advisor.advise(NOWHERE, budget=1), "budget of 1 second is too short"),
        (lambda: advisor.advise(NOWHERE, budget=1e9), "Give at most 7 days."),
        (lambda: advisor.advise(NOWHERE, prices=Prices(point=float("inf"))), "price point is inf"),
        (lambda: advisor.advise(NOWHERE, constraints=Constraints(latency_ms=float("inf"))), "limit latency_ms is inf"),
        (lambda: advisor.advise(NOWHERE, backbone="endpoint", constraints=Constraints(local_only=True)), "leave this"),
        (lambda: api.exchange(NOWHERE, budget=1), "budget of 1 second is too short"),
        (lambda: api.race(NOWHERE, rungs=["frozen"]), "two rungs"),
        (lambda: api.race(NOWHERE, budget=1), "budget of 1 second is too short"),
        (lambda: advisor.train(NOWHERE, budget=1), "budget of 1 second is too short"),
    ],
)
def test_the_api_checks_wishes_before_it_reads(ask: Callable[[], Any], words: str) -> None:
    with pytest.raises(AdviceError, match=words):
        ask()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("advise", "--target", "95"), "0.95"),
        (("advise", "--budget", "1"), "budget of 1 second is too short"),
        (("advise", "--rungs", "frozen,frosen"), "frosen"),
        (("probe", "--target", "95"), "0.95"),
        (("probe", "--budget", "1"), "budget of 1 second is too short"),
    ],
)
def test_the_command_checks_wishes_before_it_reads(workspace: Path, arguments: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(app, [arguments[0], NOWHERE, *arguments[1:]])
    assert done.exit_code == 1 and words in str(done.exception)
    assert list(workspace.iterdir()) == []


@pytest.mark.parametrize("wishes", [{"prices": {"hour": 2.0}}, {"constraints": {"no_gpu": True}}])
def test_a_plain_dictionary_of_wishes_is_refused_with_what_to_give(wishes: dict[str, Any]) -> None:
    with pytest.raises(AdviceError, match=r"dict\. Give (Prices|Constraints)\("):
        api.advise(api.read("sample:digits"), **wishes)
