"""A passage of a PDF is found on its page, however the lines are broken there."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.data.read.pdf_pages import page_of
from tests.data.test_dataset_documents import pdf_of

PAGES = (
    "The first chapter tells of the harbour and of the three ships that lay in it all winter long",
    "The second chapter tells how the ice broke and which of the captains was the first to leave",
)


@pytest.mark.parametrize("number", [1, 2])
def test_the_page_is_that_of_the_passage(tmp_path: Path, number: int) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(pdf_of(*PAGES))
    assert page_of(path, PAGES[number - 1].replace(" of ", "\nof ")) == number


def test_what_is_no_pdf_or_not_in_it_has_no_page(tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(pdf_of(*PAGES))
    assert page_of(path, "Nothing of this stands anywhere in the book that was just written") is None
    assert page_of(tmp_path / "gone.pdf", PAGES[0]) is None
    (tmp_path / "notes.md").write_text(PAGES[0])
    assert page_of(tmp_path / "notes.md", PAGES[0]) is None
    (tmp_path / "damaged.pdf").write_bytes(b"%PDF-1.4 nothing")
    assert page_of(tmp_path / "damaged.pdf", PAGES[0]) is None
