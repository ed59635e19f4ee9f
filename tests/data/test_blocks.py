"""A passage's pieces: Markdown is read as it was meant, cut as passages are, and other texts keep their signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.data.blocks import blocks, is_markdown, sentences, statements

TABLE = "| set | frozen |\n|---|---|\n| trec6 | 82.6 |\n| news | 96.5 |"


def test_a_table_has_its_cells_and_a_head() -> None:
    (table,) = blocks(TABLE)
    assert table.rows == (("set", "frozen"), ("trec6", "82.6"), ("news", "96.5"))
    assert [one.searched for one in statements([table])] == ["set: trec6, frozen: 82.6", "set: news, frozen: 96.5"]


@pytest.mark.parametrize("cut", [1, 2])
def test_a_table_that_was_cut_from_its_head_stays_a_table(cut: int) -> None:
    found = blocks("\n".join(TABLE.split("\n")[cut:]) + "\n\nAnd so on.")
    assert [block.kind for block in found] == ["table", "paragraph"]
    assert found[0].rows == (("", ""), ("trec6", "82.6"), ("news", "96.5"))


def test_marks_go_and_words_stay() -> None:
    heading, paragraph, code = blocks("## What `k` is\n\nSee [the **docs**](x.md),\nor `a_b` <b>.\n\n```\nx = 1\n```")
    assert (heading.kind, heading.text, heading.level) == ("heading", "What k is", 2)
    assert paragraph.text == "See the docs, or a_b <b>."
    assert [paragraph.text[start:end] for start, end in paragraph.code] == ["a_b"]
    assert (code.kind, code.text) == ("code", "x = 1")


def test_another_format_keeps_its_signs() -> None:
    text = "# 3 *items*\n\n| x | y |"
    assert not is_markdown("notes.txt", text) and is_markdown("notes.md", "plain") and is_markdown("row 3", text)
    assert [block.text for block in blocks(text, markdown=False)] == ["# 3 *items*", "| x | y |"]


def test_a_sentence_does_not_end_at_an_abbreviation_or_a_number() -> None:
    text = "It took 0.4 seconds, e.g. on a CPU. Tunstall et al. (2022) say so (Mr. X too). Done?"
    assert sentences(text) == [
        "It took 0.4 seconds, e.g. on a CPU.",
        "Tunstall et al. (2022) say so (Mr. X too).",
        "Done?",
    ]


@given(st.text(alphabet="|-# `*\n[]()<>ab1.", max_size=80))
def test_anything_has_pieces_and_loses_no_letter(text: str) -> None:
    found = blocks(text)
    words = "".join(block.text + "".join(cell for row in block.rows for cell in row) for block in found)
    assert sum(words.count(letter) for letter in "ab1") <= sum(text.count(letter) for letter in "ab1")
    assert all(one.shown for one in statements(found) if one.searched)
    plain = blocks(text, markdown=False)
    assert "".join("".join(block.text.split()) for block in plain) == "".join(text.split())
