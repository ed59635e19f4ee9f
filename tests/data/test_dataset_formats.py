"""Web pages in many encodings, Word documents, books and e-mails; and what is said of formats that are not read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import docx as word
import pytest

from advisor.data.read.document import DocumentText, Unreadable
from advisor.data.read.document_text import read_document
from advisor.data.read.documents import Documents, add_files, document_files
from advisor.data.read.html import declared_in, html
from advisor.data.read.office import docx, epub, mail
from advisor.data.read.tree import walk
from tests.data.dataset_trees import write

GERMAN = "Die Gewährleistung für den blauen Kessel beträgt zwei Jahre – ab Übergabe der „Ware“."
RUSSIAN = "Гарантия на синий чайник действует два года со дня доставки товара покупателю, и магазин её соблюдает."
JAPANESE = "青いやかんの保証期間は商品の配達日から二年間です。修理の費用は十二ユーロです。"
CHINESE = "蓝色水壶的保修期为自商品交付之日起两年。维修费用为十二欧元。请联系客户服务部门，我们会尽快处理您的申请。"


@pytest.mark.parametrize(
    ("text", "written", "declared"),
    [
        (GERMAN, "utf-8", "iso-8859-1"),
        (RUSSIAN, "utf-8", "windows-1251"),
        (JAPANESE, "utf-8", "shift_jis"),
        (GERMAN, "cp1252", "iso-8859-1"),
        (GERMAN, "cp1252", "us-ascii"),
        (GERMAN, "cp1252", "utf-8"),
        (GERMAN, "cp1252", ""),
        (GERMAN, "cp1252", "no-such-encoding"),
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "cp1251", ""),
        (RUSSIAN, "cp1251", "iso-8859-1"),
        (RUSSIAN, "koi8_r", "koi8-r"),
        (JAPANESE, "cp932", "x-sjis"),
        (JAPANESE, "cp932", ""),
        (JAPANESE, "euc_jp", "euc-jp"),
        (CHINESE, "gb18030", "gb2312"),
        (CHINESE, "gb18030", "iso-8859-1"),
        (CHINESE, "gb18030", ""),
        (GERMAN, "utf-16", "utf-8"),
        (RUSSIAN, "utf-16-le", ""),
        (GERMAN, "utf-8-sig", "windows-1252"),
    ],
)
def test_pages_are_read_in_the_encoding_of_their_bytes(text: str, written: str, declared: str) -> None:
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">' if declared else ""
    page = f"<html><head>{meta}<title>{text[:20]}</title></head><body><p>{text}</p><p>{text}</p></body></html>"
    read = html(page.encode(written))
    assert read.text == f"{text}\n\n{text}" and read.title == text[:20]


def test_an_xml_declaration_counts_and_what_was_assumed_is_said() -> None:
    page = f'<?xml version="1.0" encoding="windows-1251"?><html><body>{RUSSIAN}</body></html>'
    assert html(page.encode("cp1251")).text == RUSSIAN
    assert declared_in(b'<meta charset = "Windows-1251">') == "cp1251" and declared_in(b"<p>charset=utf-8") == ""
    (note,) = html(f"<p>{RUSSIAN}".encode("cp1251")).notes
    assert "{}" in note and "Windows-1251" in note
    assert html(f"<p>{RUSSIAN}".encode()).notes == ()


def test_entities_are_letters_and_scripts_are_not() -> None:
    read = html(b"<p>Gr&ouml;&szlig;e &lt; 5&nbsp;km &#8211; &#x4e2d;<script>var a = 1;</script><style>p {}</style>")
    assert read.text == "Größe < 5 km – 中"


def word_document() -> bytes:
    document = word.Document()
    document.core_properties.title = "Warranty"
    document.add_heading("Kettles", 1)
    document.add_paragraph("The blue kettle is covered for 24 months.")
    document.add_paragraph("Not the filter", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for place, text in enumerate(["part", "price", "lid", "12 euros"]):
        table.cell(place // 2, place % 2).text = text
    document.add_heading("Returns", 2)
    document.add_paragraph("Within 30 days.")
    sink = io.BytesIO()
    document.save(sink)
    return sink.getvalue()


def test_a_word_document_keeps_its_structure() -> None:
    read = docx(word_document())
    assert read.title == "Warranty"
    assert read.text == (
        "# Kettles\n\nThe blue kettle is covered for 24 months.\n\n- Not the filter\n\n"
        "| part | price\n| lid | 12 euros\n\n## Returns\n\nWithin 30 days."
    )


def packed(**files: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return sink.getvalue()


def test_a_book_is_read_chapter_by_chapter() -> None:
    package = (
        "<package><metadata><dc:title>On kettles</dc:title></metadata><manifest><item id='b' href='two.xhtml'/>"
        "<item id='a' href='one.xhtml'/><item id='c' href='gone.xhtml'/></manifest><spine><itemref idref='a'/>"
        "<itemref idref='b'/><itemref idref='c'/></spine></package>"
    )
    container = "<container><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>"
    book = packed(
        **{"META-INF__container_xml": container, "OEBPS__book_opf": package},
        OEBPS__one_xhtml="<html><body><h1>First</h1><p>Boil it.</p></body></html>",
        OEBPS__two_xhtml="<html><body><h1>Second</h1><p>Pour it.</p></body></html>",
    )
    read = epub(book)
    assert (read.title, read.text) == ("On kettles", "# First\n\nBoil it.\n\n# Second\n\nPour it.")


def test_an_email_is_its_text_and_its_attachments_are_said() -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "Your kettle – repair", "shop@example.org"
    message.set_content("The repair costs 12 euros.\nRegards")
    message.add_alternative("<p>The repair costs <b>12</b> euros.", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")
    read = mail(message.as_bytes())
    assert (read.title, read.text) == ("Your kettle – repair", "The repair costs 12 euros.\nRegards")
    assert read.notes == ("{} has an attachment (bill.pdf), which was not read.",)


@pytest.mark.parametrize("read", [docx, epub])
@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04",
        b"no zip",
        packed(a_txt="x"),
        b"\xd0\xcf\x11\xe0" + b"\0" * 600,
        packed(a_txt="x").replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\x74"),  # of a later ZIP
    ],
)
def test_damaged_and_locked_documents_say_so(read: Callable[[bytes], DocumentText], content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"damaged|locked"):
        read(content)


@pytest.mark.parametrize("codec", ["zlib", "undefined", "unicode_escape", "raw_unicode_escape", "idna", "rot13", "hex"])
def test_codecs_that_are_no_encodings_are_not_believed(codec: str) -> None:
    page = f'<meta charset="{codec}"><p>{RUSSIAN} \\ud800</p>'.encode("cp1251")
    assert declared_in(page) == ""
    assert RUSSIAN in html(page).text
    written = f"Content-Type: text/plain; charset={codec}\n\nA kettle \\ud800\n".encode()
    try:
        assert mail(written).text.encode("utf-8")
    except Unreadable as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize("piece", ["<!--", "<a ", "<a b='", '<a b="', "<p><a ", "<![CDATA[", "<script", "</", "<?"])
@pytest.mark.parametrize("end", ["", ">", "-->", "'>"])
def test_unfinished_elements_are_text_and_take_no_minutes(piece: str, end: str) -> None:
    try:
        assert html((f"<p>Boil it.</p>{piece * 20_000}{end}").encode()).text.startswith("Boil it.")
    except Unreadable as error:
        assert "nested" in str(error)


def test_a_page_that_the_parser_rejects_is_a_sentence() -> None:
    with pytest.raises(Unreadable, match="damaged"):
        html(b"<p>Boil it.</p><![<p>")


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: message/rfc822\n\n" * 3000 + b"Boil it.",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(2000)),
    ],
)
def test_an_email_in_an_email_a_thousand_times_is_a_sentence(content: bytes) -> None:
    with pytest.raises(Unreadable, match="nested too deeply"):
        mail(content)


def test_a_cell_of_millions_of_columns_takes_no_memory() -> None:
    document = word.Document()
    document.add_table(1, 1).cell(0, 0)._tc.grid_span = 30_000_000
    sink = io.BytesIO()
    document.save(sink)
    with pytest.raises(Unreadable, match="spans 30,000,000 columns"):
        docx(sink.getvalue())


def test_a_document_that_unpacks_to_gigabytes_is_refused() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        for _ in range(60):
            part.write(b" " * 10_000_000)
    with pytest.raises(Unreadable, match=r"unpacks to 0\.6 GB"):
        docx(sink.getvalue())


def test_formats_that_are_not_read_are_named_with_the_next_step(tmp_path: Path) -> None:
    for name in ("slides.pptx", "sheet.xlsx", "old.doc", "note.rtf", "open.odt", "book.mobi"):
        write(tmp_path / name, "x")
    write(tmp_path / "guide.docx", word_document())
    tree, documents = walk(tmp_path), Documents()
    add_files(documents, tree, document_files(tree))
    assert [row[0] for row in documents.rows] == ["guide.docx"] and len(documents.set_aside) == 6
    assert all(entry.reason.endswith("Save it as PDF, HTML or text.") for entry in documents.set_aside)
    assert read_document(tmp_path / "guide.docx").title == "Warranty"
