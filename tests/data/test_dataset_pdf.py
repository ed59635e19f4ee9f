"""PDFs page by page: words, scans with stamps, letters without names, damage, forms, and recognition."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from advisor.data.read.document import Unreadable
from advisor.data.read.documents import Documents, add_files
from advisor.data.read.ocr import Line, Recogniser, blocks, recogniser
from advisor.data.read.pdf import read_pdf
from advisor.data.read.tree import walk
from tests.data.dataset_trees import write
from tests.data.test_dataset_documents import pdf_of

WORDS = "The warranty of the blue kettle lasts 24 months from the day of its delivery to the buyer"
SENTENCES = [
    "The warranty lasts 24 months from the day of delivery.",
    "Returns are accepted within 30 days; the shop pays the",
    "postage for damaged goods. A repair costs 12.50 euros.",
    "Write to service@example.org, or call 0800 123 456.",
]


def scan_of(*lines: str, size: tuple[int, int] = (1240, 1754), columns: int = 1, turned: int = 0) -> Image.Image:
    """A page with lines as a scanner sees it."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    n = -(-len(lines) // columns)
    for place, text in enumerate(lines):
        at = (90 + (place // n) * 580, 120 + (place % n) * 60)
        draw.text(at, text, fill="black", font=ImageFont.load_default(26))
    return image.rotate(turned, expand=True)


def scans(*images: Image.Image) -> bytes:
    sink = io.BytesIO()
    images[0].save(sink, "PDF", save_all=True, append_images=images[1:], resolution=150)
    return sink.getvalue()


def joined(*parts: bytes) -> bytes:
    writer = PdfWriter()
    for part in parts:
        writer.append(io.BytesIO(part))
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def stamped(content: bytes, *stamps: str) -> bytes:
    """The PDF with lines over each page; {} becomes its number."""
    writer = PdfWriter()
    writer.append(io.BytesIO(content))
    for number, page in enumerate(writer.pages, start=1):
        for text in stamps:
            page.merge_page(PdfReader(io.BytesIO(pdf_of(text.replace("{}", str(number))))).pages[0])
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def with_font(font: dict[str, object], codes: str, descendant: dict[str, object] | None = None) -> bytes:
    """One page whose letters are shown by codes (hex digits) of a font."""
    writer = PdfWriter()
    page = writer.add_blank_page(600, 800)
    made = DictionaryObject({NameObject(name): value for name, value in font.items()})
    if descendant is not None:
        below = DictionaryObject({NameObject(name): value for name, value in descendant.items()})
        made[NameObject("/DescendantFonts")] = ArrayObject([writer._add_object(below)])
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(made)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    content = DecodedStreamObject()
    content.set_data(f"BT /F1 12 Tf 50 700 Td <{codes}> Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(content)
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def glyph_numbers() -> bytes:
    """A subset font without a map to Unicode, as some programs write it: letters are glyph numbers."""
    kind, name = NameObject("/Font"), NameObject("/ABCDEF+Some")
    font = {"/Type": kind, "/Subtype": NameObject("/Type0"), "/BaseFont": name, "/Encoding": NameObject("/Identity-H")}
    below = {"/Type": kind, "/Subtype": NameObject("/CIDFontType2"), "/BaseFont": name, "/DW": NumberObject(600)}
    return with_font(dict(font), "".join(f"{ord(letter) - 29:04x}" for letter in WORDS), dict(below))


def glyph_names() -> bytes:
    names = ArrayObject([NumberObject(1), *(NameObject(f"/g{i}") for i in range(1, 90))])
    encoding = DictionaryObject({NameObject("/Type"): NameObject("/Encoding"), NameObject("/Differences"): names})
    font = {"/Type": NameObject("/Font"), "/Subtype": NameObject("/Type1"), "/BaseFont": NameObject("/ABCDEF+Other")}
    return with_font({**font, "/Encoding": encoding}, "".join(f"{1 + ord(letter) % 80:02x}" for letter in WORDS))


def test_a_book_of_text_and_scans_says_which_pages_were_not_read() -> None:
    content = joined(scans(*[scan_of(*SENTENCES)] * 7), pdf_of(WORDS, f"Also: {WORDS}", f"Last: {WORDS}"))
    read = read_pdf(content)
    assert read.text.count("kettle") == 3
    (note,) = read.notes
    assert note.startswith("7 of 10 pages of {} are images and were not read (pages 1 to 7).")
    assert "pip install 'transfer-advisor[ocr]'" in note


@pytest.mark.parametrize(
    "stamps",
    [
        ("Scanned by CamScanner",),
        ("Page {} of 6", "Proceedings of the Royal Society of Kettles, Volume 12, Number 3"),
        ("Downloaded by Some Reader from library.example.org on 2024-01-02 12:34:56. For personal use only.",),
        ("{}",),
    ],
)
def test_lines_on_every_page_do_not_make_a_scan_a_text(stamps: tuple[str, ...]) -> None:
    with pytest.raises(Unreadable, match="6 pages and next to no text: they are images"):
        read_pdf(stamped(scans(*[scan_of(*SENTENCES)] * 6), *stamps))
    mixed = joined(stamped(scans(*[scan_of(*SENTENCES)] * 6), *stamps), pdf_of(*[f"{i} {WORDS}" for i in range(4)]))
    assert "6 of 10 pages" in read_pdf(mixed).notes[0]


def test_a_single_page_with_a_stamp_of_its_own_is_a_scan() -> None:
    with pytest.raises(Unreadable, match="1 page and next to no text"):
        read_pdf(stamped(scans(scan_of(*SENTENCES)), "Received on 12 March 2021, registry of the county court"))


def test_pages_of_few_words_are_text_where_there_is_no_picture() -> None:
    read = read_pdf(pdf_of("Part 1", WORDS, "", "Part 2", WORDS))
    assert read.text.startswith("Part 1\n\n") and "Part 2" in read.text and read.notes == ()


def test_a_picture_beside_words_is_no_scan() -> None:
    figure = PdfReader(io.BytesIO(scans(scan_of("a chart", size=(600, 800)))))
    writer = PdfWriter()
    writer.append(io.BytesIO(pdf_of(WORDS + ", and what follows says how to ask for a repair under it.")))
    writer.pages[0].merge_page(figure.pages[0])
    sink = io.BytesIO()
    writer.write(sink)
    read = read_pdf(sink.getvalue())
    assert "kettle" in read.text and read.notes == ()


@pytest.mark.parametrize("content", [glyph_numbers(), glyph_names()], ids=["numbers", "names"])
def test_letters_without_names_are_said_and_not_read(content: bytes) -> None:
    with pytest.raises(Unreadable, match="1 page in a font without known letters"):
        read_pdf(content)
    read = read_pdf(joined(pdf_of(WORDS, f"More: {WORDS}"), content))
    assert "1 of 3 pages of {} has a font without known letters and was not read (page 3)" in read.notes[0]
    assert "kettle" in read.text and "7KH" not in read.text and "/g" not in read.text


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_forbids_printing_only_is_read_and_a_locked_one_is_not(algorithm: str) -> None:
    for password, locked in (("", False), ("secret", True)):
        writer = PdfWriter()
        writer.append(io.BytesIO(pdf_of(WORDS)))
        writer.encrypt(password, "owner", algorithm=algorithm)
        sink = io.BytesIO()
        writer.write(sink)
        if locked:
            with pytest.raises(Unreadable, match="locked with a password"):
                read_pdf(sink.getvalue())
        else:
            assert "kettle" in read_pdf(sink.getvalue()).text


def test_the_filled_fields_of_a_form_are_text() -> None:
    writer = PdfWriter()
    writer.append(io.BytesIO(pdf_of("Application for a refund, to be sent to the shop")))
    field = DictionaryObject(
        {
            NameObject("/T"): TextStringObject("reason"),
            NameObject("/FT"): NameObject("/Tx"),
            NameObject("/V"): TextStringObject("The kettle leaks"),
        }
    )
    form = DictionaryObject({NameObject("/Fields"): ArrayObject([writer._add_object(field)])})
    writer.root_object[NameObject("/AcroForm")] = writer._add_object(form)
    sink = io.BytesIO()
    writer.write(sink)
    assert read_pdf(sink.getvalue()).text.endswith("reason: The kettle leaks")


def test_one_broken_page_leaves_the_others() -> None:
    content = pdf_of(WORDS, f"Middle: {WORDS}", f"Last: {WORDS}")
    writer = PdfWriter()
    writer.append(io.BytesIO(content))
    writer.pages[1][NameObject("/Contents")] = NumberObject(5)
    writer.pages[1][NameObject("/Resources")] = NumberObject(7)
    sink = io.BytesIO()
    writer.write(sink)
    read = read_pdf(sink.getvalue())
    assert read.text.count("kettle") == 2
    assert read.notes == () or "1 of 3 pages of {} is damaged and was not read (page 2)." in read.notes


def test_hyphens_and_ligatures() -> None:
    lines = ") Tj 0 -14 Td (".join(["The war-", "ranty of the blue", "kettle and its sub-", "Saharan sister lasts."])
    assert "The warranty of the blue\nkettle and its sub-\nSaharan sister" in read_pdf(pdf_of(lines)).text


def test_notes_name_the_files_and_images_in_a_folder_of_documents(tmp_path: Path) -> None:
    mixed = joined(scans(scan_of(*SENTENCES)), pdf_of(WORDS))
    write(tmp_path / "a/mixed.pdf", mixed)
    write(tmp_path / "guide.md", "# Guide\n\n![The parts](img/parts%20list.png) and some more words.")
    for name in ("img/parts list.png", "letter.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        scan_of(*SENTENCES).save(tmp_path / name)
    documents = Documents()
    add_files(documents, walk(tmp_path), ["a/mixed.pdf", "guide.md"])
    said = " ".join(documents.notes)
    if recogniser() is None:
        assert "1 of 2 pages of a/mixed.pdf is an image and was not read (page 1)." in said
        assert "1 image (letter.png) not read as documents." in said
    else:
        assert "makes mistakes: 1 of 2 pages of a/mixed.pdf." in said and "makes mistakes: 1 image." in said
        assert {row[0] for row in documents.rows} == {"a/mixed.pdf", "guide.md", "letter.png"}


def test_columns_are_read_one_after_the_other() -> None:
    left = [Line(f"l{i}", 10, 20 * i, 200, 20 * i + 14) for i in range(4)]
    right = [Line(f"r{i}", 240, 20 * i + 3, 400, 20 * i + 17) for i in range(4)]
    head = Line("head", 10, -60, 400, -40)
    order = [one.text for block in blocks([*right, *left, head], 420) for one in block]
    assert order == ["head", "l0", "l1", "l2", "l3", "r0", "r1", "r2", "r3"]
    assert blocks([], 100) == []


@pytest.fixture
def reader() -> Recogniser:
    found = recogniser()
    if found is None:
        pytest.skip("text recognition is not installed: pip install 'transfer-advisor[ocr]'")
    return found


def errors(text: str, truth: str) -> float:
    """Edits of letters that turn a text into another, as a share; spaces are left out."""
    one, two = ("".join(part.split()) for part in (text, truth))
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, start=1):
        last, row[0] = row[0], i
        for j, b in enumerate(two, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1] / len(two)


@pytest.mark.slow
@pytest.mark.parametrize(("columns", "turned"), [(1, 0), (2, 0), (1, 180), (1, 90)])
def test_scans_are_recognised(reader: Recogniser, columns: int, turned: int) -> None:
    lines = [*SENTENCES, *(f"{i}. {line}" for i, line in enumerate(SENTENCES, start=1))]
    lines = [line[:38] for line in lines] if columns == 2 else lines
    read = read_pdf(joined(scans(scan_of(*lines, columns=columns, turned=turned)), pdf_of(WORDS)), reader)
    assert errors(read.text.removesuffix(WORDS), " ".join(lines)) < 0.02
    assert read.notes[0].startswith("Read by OCR (rapidocr") and read.notes[0].endswith(": 1 of 2 pages of {}.")


def test_pages_without_words_and_letters_without_outlines_are_not_made_up(reader: Recogniser) -> None:
    read = read_pdf(joined(scans(Image.new("RGB", (600, 800), "white")), pdf_of(WORDS)), reader)
    assert read.notes == ("OCR found no text in 1 of 2 pages of {} (page 1).",)
    with pytest.raises(Unreadable, match="1 page in a font without known letters"):
        read_pdf(glyph_numbers(), reader)


def test_what_was_recognised_is_kept_and_bounded(reader: Recogniser, workspace: Path) -> None:
    content = scans(*[scan_of(*SENTENCES, f"Page {i}") for i in range(3)])
    first = read_pdf(content, reader)
    (kept,) = (workspace / "recognised").iterdir()
    started = time.monotonic()
    assert read_pdf(content, recogniser()) == first
    seconds = time.monotonic() - started
    kept.write_bytes(b"no JSON")
    assert read_pdf(content, recogniser()) == first and seconds < 60
    reader.left = 2
    read = read_pdf(content, reader)
    assert "1 of 3 pages of {} is an image and was not read (page 3)." in read.notes[0] and "Page 1" in read.text
