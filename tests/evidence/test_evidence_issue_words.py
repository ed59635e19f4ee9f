from __future__ import annotations

import pytest

from advisor.evidence import image_probes, issue_wording
from probes import text_properties
from probes.labels import PlantedCheck
from probes.measured import Measured


def check(precision: float | None) -> PlantedCheck:
    def share(value: float) -> Measured:
        return Measured(value=value, low=max(0.0, value - 0.1), high=min(1.0, value + 0.1), n=50, seconds=1.0)

    return PlantedCheck(50, share(0.8), None if precision is None else share(precision))


@pytest.mark.parametrize(
    ("n_listed", "precision", "severity", "said"),
    [
        (30, 0.9, "warning", "about 9 in 10 of its entries were flipped (8 to 10)."),
        (30, 0.3, "note", "most of these labels may be right"),
        (5, 0.9, "note", "Here fewer labels are wrong than in that test"),
        (1, 0.9, "note", "1 of 500 labels looks wrong."),
        (5, None, "note", "the list caught 80 % of them."),
    ],
)
def test_suspect_labels_are_as_grave_as_their_list_is_good(
    n_listed: int, precision: float | None, severity: str, said: str
) -> None:
    found = issue_wording.suspect_labels([f"k{i}" for i in range(n_listed)], 500, check(precision), probe_error=0.2)
    assert found is not None and found.severity == severity and said in found.sentence
    assert found.n_items == n_listed
    assert issue_wording.mostly_hard([found]) is (precision == 0.3)


def test_a_sure_probe_does_not_call_wrong_labels_right() -> None:
    found = issue_wording.suspect_labels(["a"] * 25, 500, check(0.4), probe_error=0.06)
    assert found is not None and not found.mostly_hard
    assert "may be right" not in found.sentence and "wrong before the test" in found.sentence


def test_an_interval_of_one_number_is_not_written() -> None:
    sure = Measured(value=0.1, low=0.09, high=0.12, n=500, seconds=1.0)
    found = issue_wording.suspect_labels(["a"] * 50, 500, PlantedCheck(50, sure, sure), probe_error=0.2)
    assert found is not None and "about 1 in 10 of its entries were flipped. So most" in found.sentence


def test_nothing_listed_is_no_finding_and_few_items_are_said_to_be_few() -> None:
    assert issue_wording.suspect_labels([], 500, check(0.9)) is None
    assert issue_wording.lonely_labels([], 500) is None and issue_wording.outliers([], 500) is None
    few = issue_wording.suspect_labels(["a"], 40, None)
    assert few is not None and few.severity == "note" and not few.mostly_hard
    assert few.sentence.endswith("the reliability of this list could not be checked.")
    one = issue_wording.outliers(["a"], 40)
    assert one is not None and "1 of 40 items is unlike all others. Check that it belongs here." in one.sentence


def test_a_list_without_a_check_is_as_good_as_the_probe() -> None:
    unsure = issue_wording.suspect_labels(["a"], 40, None, probe_error=0.23)
    assert unsure is not None and issue_wording.mostly_hard([unsure])
    assert "errs on 23.0 % of the items" in unsure.sentence and unsure.sentence.endswith("hard items, not wrong ones.")
    sure = issue_wording.suspect_labels(["a"], 40, None, probe_error=0.1)
    assert sure is not None and not sure.mostly_hard and "errs" not in sure.sentence


@pytest.mark.parametrize(
    ("n_listed", "torn", "said"),
    [
        (1, 0, "1 of 40 items closely resembles another item and may be an edited or reworded copy of it."),
        (1, 1, "copy of it; it has a different label from it."),
        (3, 1, "copies of it; 1 of them has a different label from it."),
        (
            3,
            2,
            "3 of 40 items closely resemble another item and may be edited or reworded copies of it; 2 of them have",
        ),
    ],
)
def test_look_alikes_are_counted_in_the_right_number(n_listed: int, torn: int, said: str) -> None:
    found = issue_wording.look_alikes([f"k{i}" for i in range(n_listed)], torn, 40)
    assert found is not None and said in found.sentence


def test_the_technical_properties_are_measured_ones() -> None:
    measured = {*image_probes.GROUPS, *text_properties.GROUPS}
    assert measured >= issue_wording.TECHNICAL
