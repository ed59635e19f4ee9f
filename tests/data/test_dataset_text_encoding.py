from __future__ import annotations

import codecs
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.data.read.text_encoding import HOLE, decode, spoken
from tests.data.encoding_samples import CASES, encoded, table


@pytest.mark.parametrize("n", [1, 4, 40])
@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_languages_in_the_encodings_of_their_programs(language: str, encoding: str, n: int) -> None:
    text = table(language, n)
    decoded = decode(encoded(text, encoding))
    assert unicodedata.normalize("NFC", decoded.text) == unicodedata.normalize("NFC", text)
    assert (
        not decoded.note("a.csv")
        if encoded(text, encoding).isascii()
        else spoken(decoded.encoding) in decoded.note("a")
    )


@pytest.mark.parametrize("language", sorted({language for language, _ in CASES}))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_needs_no_note(language: str, encoding: str) -> None:
    text = table(language, 8)
    decoded = decode(text.encode(encoding))
    assert decoded.text == text
    assert decoded.note("a.csv") == ""


@pytest.mark.parametrize("text", ["10 €", "½ cup ± 3°C", "café", "It’s ok", "naïve", "Größe", "São Paulo", "CAFÉ!"])
def test_a_few_signs_are_windows_1252(text: str) -> None:
    assert decode(f"text,label\n{text},a\nplain words,b\n".encode("cp1252")).text.splitlines()[1] == f"{text},a"


@pytest.mark.parametrize("bom", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8])
def test_utf_8_wins_over_a_wrong_bom(bom: bytes) -> None:
    text = "text,label\nnaïve façade,a\nпривет,b\n"
    assert decode(bom + text.encode()).text == text


def test_a_bom_before_windows_1252() -> None:
    assert decode(codecs.BOM_UTF8 + "text\nça va déjà\n".encode("cp1252")).text == "text\nça va déjà\n"


def test_lines_of_another_alphabet_among_utf_8() -> None:
    russian, utf8 = "Очень доволен покупкой, рекомендую всем".encode("cp1251"), "Хороший телефон".encode()
    decoded = decode(b"\n".join([utf8, utf8, russian, utf8]))
    assert decoded.text.split("\n")[2] == "Очень доволен покупкой, рекомендую всем"
    assert "1 line read as Windows-1251" in decoded.note("a.csv")


def test_a_utf_8_line_with_a_lost_byte_keeps_its_letters() -> None:
    line = "Хороший телефон за свою цену".encode()
    text = decode(b"\n".join([line, line, line[:9] + line[10:], line])).text.split("\n")
    assert text[0] == text[1] == text[3] == "Хороший телефон за свою цену"
    assert HOLE in text[2] and text[2].endswith("телефон за свою цену")


@given(st.binary(max_size=400))
def test_any_bytes_become_text(content: bytes) -> None:
    decode(content).text.encode("utf-8")
