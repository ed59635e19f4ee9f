"""A page says why its number is another than that of a finished run."""

from __future__ import annotations

from collections.abc import Callable

from advisor.core.records import Dataset
from tests.ui.ui_records import opened, spaced


def notes(dataset: Dataset) -> str:
    """The quiet remarks of the Evidence page."""
    return " ".join(spaced(line.value) for line in opened("evidence", data=dataset.fingerprint[:16]).html)


def test_the_evidence_names_what_a_finished_run_reached(images: Dataset, write_run: Callable[..., str]) -> None:
    assert "the forecasts on Advice are for the test part" in notes(images)
    write_run(images, "done")
    assert "Finished runs reached on the locked test part: frozen features 94.0 % accuracy." in notes(images)


def test_search_and_reading_of_questions_name_their_own_items(questions: Dataset) -> None:
    said = notes(questions)
    assert "The search is measured on" in said and "cross-validated" not in said
