"""Sets with marked words and with several labels: marks come from markup that is not in the text any more."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from advisor import api
from benchmarks.ladder import generated, several_labels, tagged_texts
from benchmarks.ladder.tagged_texts import marked


def spans(pieces: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """A sentence with what is marked in it."""
    text, found = marked(pieces)
    return text, [(text[int(one["start"]) : int(one["end"])], str(one["label"])) for one in found]


def test_typefaces_of_a_manual_page_become_marks() -> None:
    roff = (
        '.PP\nWith \\fB\\-\\-all\\fR the file \\fI/etc/hosts\\fP is read.\nSee\n.BR tar (1).\n.PP\n.B \\-x\n'
        ".I NAME\ntakes one \\f[B]word\\f[R] only.\n"
    )  # fmt: skip
    found = [spans(one) for one in tagged_texts.sentences_of_roff(roff)]
    assert [one for one in found if one[0]] == [
        ("With --all the file /etc/hosts is read.", [("--all", "option"), ("/etc/hosts", "file")]),
        ("See tar(1).", [("tar", "command")]),
        ("-x NAME takes one word only.", [("-x", "option"), ("NAME", "argument"), ("word", "command")]),
    ]


def test_roles_and_code_of_a_documentation_string_become_marks() -> None:
    text, found = spans(tagged_texts.unmarked("Returns ``None`` as :class:`~a.b.Thing` does, see :func:`a.f`."))
    assert text == "Returns None as Thing does, see a.f."
    assert found == [("None", "code"), ("Thing", "class"), ("a.f", "function")]


def test_fields_of_a_copyright_file_become_marks() -> None:
    text = (
        "Files: *\nCopyright: 2001-2004, Ada Lovelace <ada@example.org>\n           (C) 1999 by A Company\nLicense: X\n"
        " You may use it under the Apache License, version 2.0.\n"
    )
    found = [spans(one) for one in tagged_texts.statements(text)]
    assert [one for one in found if one[0]] == [
        (
            "2001-2004 Ada Lovelace <ada@example.org>",
            [("2001-2004", "years"), ("Ada Lovelace", "holder"), ("ada@example.org", "address")],
        ),
        ("(C) 1999 by A Company", [("1999", "years"), ("A Company", "holder")]),
        (
            "You may use it under the Apache License, version 2.0.",
            [("Apache License", "licence"), ("2.0", "version")],
        ),
    ]


@pytest.mark.parametrize("name", sorted(tagged_texts.MAKERS))
def test_a_set_is_read_as_tagged_sentences_with_types_to_learn(name: str) -> None:
    folder = generated.generated(name)
    if folder is None:
        pytest.skip("its material is not on this machine")
    dataset = api.read(folder / "data.jsonl")
    assert dataset.kind == "tags" and len(dataset.items) > 500 and len(dataset.span_types) >= 4
    rows = [json.loads(line) for line in (folder / "data.jsonl").read_text(encoding="utf-8").splitlines()]
    assert max(Counter(row["document"] for row in rows).values()) <= tagged_texts.MOST_OF_ONE
    assert all(row["text"][one["start"] : one["end"]].strip() for row in rows for one in row["spans"])


@pytest.mark.parametrize("name", sorted(several_labels.MAKERS))
def test_a_set_is_read_as_items_with_several_labels(name: str) -> None:
    folder = generated.generated(name)
    if folder is None:
        pytest.skip("its material is not on this machine")
    path = folder / "data.jsonl"
    dataset = api.read(path if path.is_file() else folder, several_labels="each")
    assert dataset.kind in ("image-multilabel", "text-multilabel") and len(dataset.items) > 500
    counts = dataset.targets.sum(axis=1)
    assert len(dataset.classes) >= 5 and counts.max() > 1 and counts.min() >= 1


def test_labels_of_packages_are_the_frequent_ones() -> None:
    pairs = [(f"text {i}", ["often", "rare"] if i == 0 else ["often"]) for i in range(3)]
    more = [(f"other {i}", [f"label {i % 9}"]) for i in range(18)]
    kept = several_labels.frequent(pairs + more)
    assert ("text 0", ["often"]) in kept and len(kept) == len(pairs + more)


def test_nothing_is_made_without_material(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several_labels, "FACE", tmp_path / "none.ttf")
    assert not several_labels.spelt(tmp_path)
    assert not several_labels.written(tmp_path, [])
