"""The ladder's rows agree with each other and with what is measured and carried out elsewhere."""

from __future__ import annotations

import pytest

from advisor.advice.outlook.classification import DRAFTS
from advisor.advice.outlook.signals import MEASURES
from advisor.core.errors import AdviceError
from advisor.core.kinds import kind_row
from advisor.core.ladder import BASE, FRESH, LADDER, RUNG_NAMES, TUNED, Rung, rung
from advisor.evidence import clip, prompts
from advisor.rungs import registry


def test_every_rung_has_one_row_in_the_order_of_the_ladder_and_is_in_every_registry() -> None:
    assert tuple(row.name for row in LADDER) == RUNG_NAMES and [row.place for row in LADDER] == list(range(len(LADDER)))
    assert tuple(DRAFTS) == tuple(registry.RUNGS) == RUNG_NAMES
    with pytest.raises(AdviceError, match=r"rag \(Retrieval\), frozen \(Frozen features\)"):
        rung("frosen")


@pytest.mark.parametrize("row", LADDER, ids=lambda row: row.name)
def test_a_rung_is_found_by_its_name_and_its_title_in_capitals_or_not(row: Rung) -> None:
    assert rung(row.title) is rung(row.title.upper()) is rung(row.name.upper()) is rung(row.name) is row


def test_the_three_rungs_that_are_spoken_of_by_their_part_are_the_only_ones_of_it() -> None:
    assert [row.name for row in LADDER if row.tunes] == [TUNED]
    assert [row.name for row in LADDER if not row.starts_pretrained] == [FRESH]
    assert {row.falls_back_to.get("classification", BASE) for row in LADDER} == {BASE}


@pytest.mark.parametrize("row", LADDER, ids=lambda row: row.name)
def test_what_is_measured_has_probes_and_a_value_to_start_from(row: Rung) -> None:
    assert {kind_row(kind).task for kind in row.measured_on} == set(row.probes)
    assert (row.name in MEASURES) == bool(row.measured_on)
    assert not row.changes_weights or row.trains


def test_the_prompts_of_the_probes_are_those_that_the_rows_name() -> None:
    asked = {name for row in LADDER for name in row.probes.get("classification", ()) if name.startswith("prompt-")}
    assert asked == {prompts.ZERO, prompts.FEW, prompts.OWN, prompts.NEAR, clip.NAME}
