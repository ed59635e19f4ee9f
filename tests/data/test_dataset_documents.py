from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.data.read.answers import answers_of
from advisor.data.read.document import Unreadable
from advisor.data.read.document_text import markdown, read_document
from advisor.data.read.html import html
from advisor.data.read.pdf import read_pdf
from tests.data.dataset_trees import write

PAGE = """<!doctype html><html><head><title> The  ladder </title><style>p {color: red}</style></head><body>
<nav>Home | About</nav><h1>Rungs</h1><p>Five <b>rungs</b>,
in order.<br>Second line.</p><script>document.title = "x"</script><ul><li>frozen<li>fine-tune</ul>
<table><tr><th>rung</th><th>cost</th></tr><tr><td>frozen</td><td>12&nbsp;euros</td></tr></table>
<h2>Code</h2><pre>a  = 1
b = 2</pre><!-- a comment --></body></html>"""


def pdf_of(*pages: str, password: str = "") -> bytes:
    """A PDF with one line of text a page, written by hand in the format's own words."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for text in pages:
        page = writer.add_blank_page(600, 800)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET".encode() if text else b"")
        page[NameObject("/Contents")] = writer._add_object(content)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def test_html_keeps_structure_and_drops_what_is_no_text() -> None:
    read = html(PAGE.encode())
    title, text = read.title, read.text
    assert title == "The ladder"
    assert text.startswith("# Rungs\n\nFive rungs, in order.\nSecond line.")
    assert "\n- frozen\n- fine-tune\n" in text and "| frozen | 12 euros" in text
    assert "\n## Code\n\na  = 1\nb = 2" in text
    assert not any(word in text for word in ("color", "document.title", "Home", "comment"))


def test_html_says_its_encoding() -> None:
    assert html('<meta charset="iso-8859-1"><p>Größe'.encode("latin-1")).text == "Größe"
    assert html("<p>Größe".encode()).text == "Größe"


def test_deep_html_ends() -> None:
    try:
        assert html(b"<div>" * 20_000 + b"word").text == "word"
    except Unreadable as error:
        assert "nested" in str(error)


def test_markdown_titles() -> None:
    read = markdown(b"---\ntitle: 'A guide'\ndate: x\n---\n# One\n\ntext")
    assert (read.title, read.text) == ("A guide", "# One\n\ntext")
    assert markdown(b"intro\n\n# One #\n").title == "One"
    assert markdown("\ufeff# Grün".encode()).title == "Grün"


def test_pdf_pages_follow_each_other() -> None:
    text = read_pdf(pdf_of("Frozen costs 12 euros a month.", "Fine-tuning costs more than that.")).text
    assert text == "Frozen costs 12 euros a month.\n\nFine-tuning costs more than that."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pdf_of("Secret words for nobody else.", password="x"), "password"),
        (pdf_of("", "", ""), "3 pages and no text"),
        (b"%PDF-1.7\nnothing", "damaged"),
        (pdf_of("Some words that are long enough.")[:200], "damaged"),
    ],
)
def test_pdfs_that_give_no_text_say_why(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read_pdf(content)


def test_files_that_cannot_be_opened_say_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="opened"):
        read_document(tmp_path / "gone.md")
    with pytest.raises(Unreadable, match="empty"):
        read_document(write(tmp_path / "a.txt", " \n"))
    with pytest.raises(Unreadable, match="no text"):
        read_document(write(tmp_path / "a.html", "<script>alert(1)</script>"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["md", "txt", "html", "pdf", "rst", "docx", "epub", "eml"]), st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_reason(tmp_path: Path, ending: str, content: bytes) -> None:
    path = write(tmp_path / f"a.{ending}", content)
    try:
        read = read_document(path)
    except Unreadable as error:
        assert str(error).endswith(".")
    else:
        assert any(letter.isalnum() for letter in read.text) and "\0" not in read.text + read.title


SKELETON = pdf_of("Some words that are long enough to be read.")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SKELETON) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_pdf_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    content = bytearray(SKELETON)
    for place, value in changes:
        content[place] = value
    try:
        read_pdf(bytes(content))
    except Unreadable as error:
        assert str(error).startswith("The PDF")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), min_size=1, max_size=4))
def test_a_json_list_of_answers_comes_back(answers: list[str]) -> None:
    found = answers_of(json.dumps(answers))
    wanted = [" ".join(answer.split()) for answer in answers]
    assert found is not None and set(found) <= set(wanted) and len(found) == len(set(found))
    assert {a for a in wanted if any(c.isalnum() for c in a)} <= set(found)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("['a', 'b']", ["a", "b"]),
        ('{"text": [], "answer_start": []}', []),
        ('[{"text": "a", "answer_start": 3}, {"text": "a", "answer_start": 9}]', ["a"]),
        ("[not a list", ["[not a list"]),
        ("[" * 5000, ["[" * 5000]),
        ('{"no": "answer"}', []),
        ("__import__('os')", ["__import__('os')"]),
        ("not in the documents", []),
    ],
)
def test_how_answers_are_spelled(cell: str, found: list[str]) -> None:
    assert answers_of(cell) == found
