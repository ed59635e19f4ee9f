"""Passages on a page: clean text with the likely sentence marked, and no mark-up of their own."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from advisor.ui import passages

TABLE = "## What it brought\n\n| set | gain |\n|---|---|\n| trec6 | +9.5 |\n| news | +0.8 |\n\nSee `report.json`."


def test_a_table_is_drawn_as_one_and_its_likely_row_is_marked() -> None:
    drawn = passages.html_of(TABLE, "a.md", "trec6 | +9.5")
    assert "|" not in drawn and "##" not in drawn and "`" not in drawn
    assert drawn.count("<tr") == 3 and drawn.count("<th") == 2
    marked = next(row for row in drawn.split("<tr") if "background" in row)
    assert "trec6" in marked and ">+9.5<" in marked
    assert "<code>report.json</code>" in drawn


def test_a_sentence_is_marked_across_the_names_in_it() -> None:
    drawn = passages.html_of("One. Two is `x`. Three.", "a.md", "Two is x.", "x")
    assert drawn.count("<mark") == 3
    assert drawn.count("</mark>") == 3 and "<strong>" in drawn
    assert "One. <" in drawn and drawn.index("One.") < drawn.index("<mark")


def test_the_words_of_an_answer_lead_to_their_sentence_or_row() -> None:
    assert passages.holding(TABLE, "+9.5", "a.md") == "trec6 | +9.5"
    assert passages.holding("One. It is Two.", "two") == "It is Two."
    assert passages.holding(TABLE, "") == passages.holding(TABLE, "nothing") == ""


def test_a_heading_that_stands_above_the_passage_is_not_repeated() -> None:
    assert "What it brought" not in passages.html_of(TABLE, "a.md", title="Fine-tuning: What it brought")
    assert "What it brought" in passages.html_of(TABLE, "a.md", title="Fine-tuning")


class Elements(HTMLParser):
    """The elements that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        assert {name for name, _ in attrs} <= {"style"}


@given(st.text(alphabet="<>&\"'|-# `*\n[]()!ab=/", max_size=60), st.sampled_from(["a.md", "a.txt", "row 1"]))
def test_no_document_brings_elements_of_its_own(text: str, document: str) -> None:
    browser = Elements()
    browser.feed(passages.html_of(f"<script>x</script> {text} <img src=x>", document, text, text))
    ours = {"blockquote", "p", "mark", "strong", "code", "pre", "table", "tr", "th", "td"}
    assert browser.names <= ours
