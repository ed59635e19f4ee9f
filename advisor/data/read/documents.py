"""The documents of a question answering set: files, rows of a table, or the contexts beside the questions."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.records import SetAside
from advisor.core.wording import counted, listed
from advisor.data.read.answers import nested
from advisor.data.read.columns import in_words
from advisor.data.read.document import Unreadable, letters
from advisor.data.read.document_text import read_document
from advisor.data.read.fingerprint import digest_text
from advisor.data.read.names import DOCUMENT_SUFFIXES, FOREIGN_DOCUMENT_SUFFIXES, suffix
from advisor.data.read.ocr import OFFER, Recogniser, recogniser
from advisor.data.read.qa_columns import document_columns
from advisor.data.read.tables import Table
from advisor.data.read.tree import Tree
from probes.progress import Progress, silent
from probes.retrieval.chunks import Document

COLUMNS = ("document", "title", "text", "place", "digest")
#: An image with fewer letters is a picture and no page.
LEAST_LETTERS = 20
#: Documents that show images by name, how much of each is looked at, and such names.
_SHOWING, _SHOWN_WITHIN = (".md", ".markdown", ".rst", ".html", ".htm", ".xhtml"), 2_000_000
_SHOWN = re.compile(r"([^/\\\"'()<>\[\]=\n]+\.(?:png|jpe?g|gif|webp|tiff?|bmp|avif))", re.IGNORECASE)
#: What comes with a downloaded set and is no document of it.
_BESIDE = re.compile(r"(readme|licen[cs]e|changelog|citation|notice|copying)\b", re.IGNORECASE)


@dataclass
class Documents:
    """Documents in the order they were found: (id, title, text, place). `set_aside` are those that give no text."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, title: str, text: str, place: str) -> None:
        """Keep a document, or set it aside when its id is taken by another text."""
        if not any(letter.isalnum() for letter in text):
            self.set_aside.append(SetAside(key=place, reason="The document is empty."))
        elif name not in self.texts:
            self.texts[name] = text
            self.rows.append((name, title, text, place))
        elif self.texts[name] != text:
            self.set_aside.append(SetAside(key=place, reason=f"Another document has the same id ({name})."))

    def table(self) -> pd.DataFrame:
        """The documents table (see `Dataset.documents`), one row each."""
        rows = [(*row, digest_text(f"{row[1]}\x1f{row[2]}")) for row in self.rows]
        return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def documents_of(table: pd.DataFrame) -> list[Document]:
    """The rows of a documents table as what the index takes."""
    columns = (table[name].astype(str) for name in ("document", "title", "text"))
    return [Document(*row) for row in zip(*columns, strict=True)]


def document_files(tree: Tree, beside_tables: bool = False) -> list[str]:
    """The files that are documents by their suffix; beside a table of documents a README is none of them."""
    files = [f for f in tree.files if suffix(f) in DOCUMENT_SUFFIXES | FOREIGN_DOCUMENT_SUFFIXES]
    if not beside_tables:
        return files
    return [f for f in files if not _BESIDE.match(f.rsplit("/", 1)[-1])]


def add_files(documents: Documents, tree: Tree, files: list[str], progress: Progress = silent) -> None:
    """Read document files; the id is the path below the tree's root, the title falls back to the file's name.

    Scans are read where text recognition is installed; what was not read, and what was recognised, is noted.
    """
    before, reader = len(documents.rows), recogniser()
    scans = scans_beside(tree, files)
    n, notes = len(files) + len(scans) * (reader is not None), _Notes()

    def tell(done: int) -> Progress:
        return lambda sentence, share: progress(f"{sentence} ({files[done]})", (done + share) / n)

    for number, file in enumerate(files):
        key = _key(file)
        if suffix(file) in FOREIGN_DOCUMENT_SUFFIXES:
            reason = f"Files of the format {suffix(file)} are not read. Save it as PDF, HTML or text."
            documents.set_aside.append(SetAside(key=key, reason=reason))
            continue
        try:
            read = read_document(tree.root / file, reader, tell(number))
        except Unreadable as error:
            documents.set_aside.append(SetAside(key=key, reason=str(error)))
        else:
            documents.add(key, read.title or _spoken(key), _clean(read.text), key)
            notes.add(key, read.notes)
        progress(f"Reading documents: {number + 1:,} of {n:,}", (number + 1) / n)
    if scans and reader is None:
        documents.notes.append(f"{counted(len(scans), 'image')} ({listed(scans, 2)}) not read as documents. {OFFER}")
    elif reader is not None:
        _add_scans(documents, tree, scans, reader, lambda s, share: progress(s, (len(files) + share * len(scans)) / n))
    if len(documents.rows) > before or files:
        documents.notes.append(f"{counted(len(documents.rows) - before, 'document')} read from files.")
    documents.notes += notes.sentences()


@dataclass
class _Notes:
    """What is said of files: a sentence for all of which the same is said, and only so many."""

    files_of: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, notes: tuple[str, ...]) -> None:
        for note in notes:
            self.files_of.setdefault(note, []).append(name)

    def sentences(self, most: int = 6) -> list[str]:
        shown = [note.replace("{}", listed(names, 3)) for note, names in list(self.files_of.items())[:most]]
        more = sum(map(len, list(self.files_of.values())[most:]))
        return [*shown, *([f"Much the same holds for {counted(more, 'further document')}."] if more else [])]


def scans_beside(tree: Tree, files: list[str]) -> list[str]:
    """The images in a folder of documents that no document shows: they may be scans of pages."""
    if not tree.images:
        return []
    shown: set[str] = set()
    for file in files:
        if suffix(file) in _SHOWING:
            with contextlib.suppress(OSError), (tree.root / file).open("rb") as stream:
                content = stream.read(_SHOWN_WITHIN).decode("utf-8", "replace")
                shown |= {unquote(name).lower() for name in _SHOWN.findall(content)}
    return [file for file in tree.images if file.rsplit("/", 1)[-1].lower() not in shown]


def _add_scans(documents: Documents, tree: Tree, scans: list[str], reader: Recogniser, progress: Progress) -> None:
    """Documents from images of pages; an image with hardly a word is a picture and is left out."""
    n_read, wordless = 0, []
    for number, file in enumerate(scans):
        progress(f"Recognising text: image {number + 1:,} of {len(scans):,}", number / len(scans))
        try:
            text = reader.image(tree.root / file)
        except (OSError, DatasetError):  # an image that cannot be opened has no words
            text = ""
        if text is None:
            documents.notes.append(
                f"{counted(len(scans) - number, 'image')} from {file} on not read: {reader.name} has read as many "
                f"pages as one dataset may have. Give the documents in parts."
            )
            break
        if letters(text) < LEAST_LETTERS:
            wordless.append(file)
            continue
        documents.add(_key(file), _spoken(_key(file)), _clean(text), _key(file))
        n_read += 1
    if n_read:
        documents.notes.append(f"Read by OCR ({reader.name}), which makes mistakes: {counted(n_read, 'image')}.")
    if wordless:
        documents.notes.append(
            f"{counted(len(wordless), 'image')} ({listed(wordless, 2)}) with hardly any text left out."
        )


def _key(file: str) -> str:
    return file.encode("utf-8", "replace").decode()


def add_rows(documents: Documents, table: Table, prefix: str = "") -> bool:
    """Read the documents of a table, False when it holds none; the id is its column of ids, else its row."""
    columns = document_columns(table)
    if columns is None:
        return False
    text, key, title = columns
    keys = table.frame[key].tolist() if key else [""] * len(table.frame)
    titles = table.frame[title].tolist() if title else [""] * len(table.frame)
    for row, name, heading, body in zip(table.rows, keys, titles, table.frame[text], strict=True):
        place = f"{prefix}row {row}"
        documents.add(name or place, heading, passage(body), place)
    documents.set_aside += [SetAside(key=prefix + entry.key, reason=entry.reason) for entry in table.set_aside]
    documents.notes.append(f"Documents from {table.path.name}, {in_words(text)}{f', ids from {key}' if key else ''}.")
    return True


def add_contexts(documents: Documents, contexts: Iterable[tuple[str, str, str]]) -> list[str]:
    """Make documents of (title, text, place); the id of each, the same for the same text, "" without a letter."""
    known = {text: name for name, _, text, _ in documents.rows}
    names = []
    for title, text, place in contexts:
        body = passage(text)
        if letters(body) and body not in known:
            known[body] = f"{title or 'document'} {len(known) + 1}"
            documents.add(known[body], title, body, place)
        names.append(known.get(body, ""))
    return names


def passage(cell: str) -> str:
    """A cell's text; several passages in one cell (a list, or a dictionary with one) as paragraphs."""
    value = nested(cell)
    if isinstance(value, dict):
        lists = [v for v in value.values() if isinstance(v, (list, tuple))]
        value = next((v for v in lists if all(isinstance(x, str) for x in v)), list(value.values()))
    if isinstance(value, (list, tuple)):
        return _clean("\n\n".join(str(x).strip() for x in value if isinstance(x, str)))
    return _clean(cell)


def aliases(documents: Documents) -> dict[str, str]:
    """What a question may call a document, as `spelled`, to its id; names that different documents share are left out.

    The id, the path without suffix, the file's name with and without suffix, and the title.
    """
    id_of: dict[str, str] = {}
    for level in (_exact, _stem, _file, _base, _title):
        names: dict[str, list[str]] = {}
        for name, title, _, _ in documents.rows:
            if alias := level(name, title):
                names.setdefault(spelled(alias), []).append(name)
        own = {a: owners[0] for a, owners in names.items() if len({documents.texts[name] for name in owners}) == 1}
        id_of = {**own, **id_of}
    return id_of


def spelled(name: str) -> str:
    """A name in the one spelling that is compared: composed letters, in lower case.

    >>> spelled("U\u0308bersicht.PDF") == spelled("\u00fcbersicht.pdf")
    True
    """
    return unicodedata.normalize("NFC", name).lower()


def _exact(name: str, title: str) -> str:
    return name


def _stem(name: str, title: str) -> str:
    return name[: -len(suffix(name))] if suffix(name) in DOCUMENT_SUFFIXES else ""


def _file(name: str, title: str) -> str:
    return name.rsplit("/", 1)[-1]


def _base(name: str, title: str) -> str:
    return (_stem(name, title) or name).rsplit("/", 1)[-1]


def _title(name: str, title: str) -> str:
    return title


def _spoken(file: str) -> str:
    """A file's name as a title.

    >>> _spoken("a/getting_started-now.txt")
    'getting started now'
    """
    name = file.rsplit("/", 1)[-1]
    return re.sub(r"[-_]+", " ", name[: len(name) - len(suffix(name))]).strip()


def _clean(text: str) -> str:
    """The text with plain line ends, and without characters that cannot be written as UTF-8."""
    return text.replace("\r\n", "\n").encode("utf-8", "replace").decode().strip()
