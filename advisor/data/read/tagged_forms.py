"""The forms that tagged sentences come in, each recognised by its beginning: one function a form, and one list."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.core.errors import DatasetError
from advisor.data.read.names import TAGGED_SUFFIXES, part_name, suffix, table_format
from advisor.data.read.tables import read_table
from probes.tagging.schemes import OUTSIDE, Span, is_tag, tags_of
from probes.tagging.words import words_in

#: Endings of files in columns, and lines and records that are looked at before a file is read.
COLUMN_SUFFIXES = TAGGED_SUFFIXES | {".tsv", ".txt"}
N_LOOKED = 400
#: The share of cells that must read like tags, and like the tag outside at least.
MOSTLY = 0.98
#: Names of the keys and columns that hold words, tags, spans, documents, sentences and parts.
WORDS = ("tokens", "words", "token", "word")
TAGS = ("tags", "ner_tags", "labels", "ner", "tag", "label", "iob", "bio", "entity", "entities")
SPANS = ("spans", "entities", "label", "labels", "annotations")
GROUPS = ("document", "doc", "doc_id", "document_id", "docid", "group", "article", "source_id")
SENTENCES = ("sentence", "sentence #", "sentence_id", "sent", "sent_id", "sentence id", "sid", "sentence_number")
PARTS = ("split", "part", "subset")
_START = re.compile(r"^-DOCSTART-|^#\s*newdoc", re.IGNORECASE)


@dataclass
class Raw:
    """One sentence as a file has it. ``n_cut``: spans that were fitted to words; ``problem``: why it cannot be used."""

    words: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    text: str = ""
    group: str = ""
    part: str = ""
    n_cut: int = 0
    problem: str = ""

    @classmethod
    def of(cls, words: Sequence[Any], tags: Sequence[Any], **facts: Any) -> Raw:
        """Words with their tags; a sentence without words, or with another number of tags, has a problem."""
        own, marks = [str(word) for word in words], [str(tag) or OUTSIDE for tag in tags]
        if not any(word.strip() for word in own):
            return cls(problem="The sentence is empty.")
        if len(own) != len(marks):
            return cls(problem=f"It has {len(own):,} words and {len(marks):,} tags.")
        return cls(own, marks, **facts)


#: From a file's first records to a reader of each; None where they are of another form.
Finder = Callable[[Sequence[dict[str, Any]]], Callable[[dict[str, Any]], Raw] | None]


@dataclass(frozen=True)
class Form:
    """A form: how it is called in a note, and a reader that gives None for a file of another form."""

    note: str
    read: Callable[[Path], list[Raw] | None]


def looks_tagged(values: Sequence[str]) -> bool:
    """Whether cells are tags: nearly all read like some, with spans among them and words outside.

    >>> looks_tagged(["O", "B-a", "I-a"]), looks_tagged(["O", "A"]), looks_tagged(["B-a"])
    (True, False, False)
    """
    marked = [value for value in values if value != OUTSIDE]
    return len(marked) not in (0, len(values)) and sum(map(is_tag, values)) >= MOSTLY * len(values)


def columns(path: Path) -> list[Raw] | None:
    """CoNLL: a word first and its tag last on each line, blank lines between sentences."""
    if suffix(path.name.removesuffix(".gz")) not in COLUMN_SUFFIXES and "." in path.name:
        return None
    try:
        with _opened(path) as stream:
            head = list(itertools.islice((line.rstrip("\n\r") for line in stream), N_LOOKED))
            split = _split_of(head)
            if split is None:
                return None
            stream.seek(0)
            return list(_sentences(stream, split))
    except (OSError, UnicodeDecodeError, EOFError):
        return None


def _opened(path: Path) -> Any:
    return gzip.open(path, "rt", encoding="utf-8-sig") if path.name.endswith(".gz") else path.open(encoding="utf-8-sig")


def _split_of(head: Sequence[str]) -> str | None:
    """What parts the columns: a tab where every line has as many, else spaces; None for no CoNLL."""
    lines = [line for line in head if line.strip() and not _START.match(line) and not line.startswith("# ")]
    if len(lines) < 3:
        return None
    for separator in ("\t", " "):
        cells = [line.split(separator) if separator == "\t" else line.split() for line in lines]
        widths = {len(row) for row in cells}
        if len(widths) == 1 and 2 <= widths.pop() <= 12 and looks_tagged([row[-1].strip() for row in cells]):
            return separator
    return None


def _sentences(lines: Any, separator: str) -> Iterator[Raw]:
    words, tags, document = [], [], 0
    for line in itertools.chain((line.rstrip("\n\r") for line in lines), [""]):
        if line.strip() and not _START.match(line) and not (line.startswith("# ") and len(line.split()) > 2):
            cells = line.split("\t") if separator == "\t" else line.split()
            words.append(cells[0].strip() or "_")
            tags.append(cells[-1].strip() if len(cells) > 1 else OUTSIDE)
            continue
        if words:
            yield Raw.of(words, tags, group=f"document {document}" if document else "")
            words, tags = [], []
        if _START.match(line):
            document += 1


def lists(path: Path) -> list[Raw] | None:
    """JSON lines, JSON and Parquet with two lists in each record: words, and their tags."""
    return _each(path, _words_and_tags)


def marked(path: Path) -> list[Raw] | None:
    """JSON lines, JSON and Parquet with a text and its marked spans in each record."""
    return _each(path, _text_and_spans)


def _each(path: Path, reader: Finder) -> list[Raw] | None:
    """The records of a file, one a sentence; None where its first ones are of another form."""
    form = table_format(path.name)
    if form not in ("json lines", "json", "parquet"):
        return None
    try:
        rows = _records(path, form)
        head = list(itertools.islice(rows, N_LOOKED))
    except (OSError, ValueError, RecursionError, EOFError):
        return None
    read = reader([row for row in head if isinstance(row, dict)])
    if read is None:
        return None
    return [
        read(row) if isinstance(row, dict) else Raw(problem="It is no JSON object.")
        for row in itertools.chain(head, rows)
    ]


def _records(path: Path, form: str) -> Iterator[Any]:
    if form == "parquet":
        import pyarrow.parquet

        return (row for batch in pyarrow.parquet.ParquetFile(path).iter_batches() for row in batch.to_pylist())
    if form == "json":
        with _opened(path) as stream:
            content = json.load(stream)
        return iter(content if isinstance(content, list) else [])

    def lines() -> Iterator[Any]:
        with _opened(path) as stream:
            for line in stream:
                if line.strip():
                    try:
                        yield json.loads(line)
                    except ValueError:
                        yield None

    return lines()


def _key(row: dict[str, Any], names: Sequence[str], fits: Callable[[Any], bool]) -> str:
    """The key of a record that has one of the names and a fitting value; "" for none."""
    by_name = {str(key).lower(): key for key in row}
    return next((by_name[name] for name in names if name in by_name and fits(row[by_name[name]])), "")


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _words_and_tags(head: Sequence[dict[str, Any]]) -> Callable[[dict[str, Any]], Raw] | None:
    """A reader of records with two lists."""
    if not head:
        return None
    words = _key(head[0], WORDS, _are_strings)
    tags = _key(head[0], TAGS, _are_strings)
    if not words or not tags:
        return None
    every = [tag for row in head for tag in (row.get(tags) or ()) if isinstance(tag, str)]
    same = all(len(row.get(words) or ()) == len(row.get(tags) or ()) for row in head[:20])
    if not looks_tagged(every) and not (same and every.count(OUTSIDE) >= 0.2 * len(every) and len(set(every)) > 1):
        return None
    return lambda row: Raw.of(row.get(words) or (), row.get(tags) or (), **_facts(row))


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    """The document and the part that a record names."""
    group, part = _key(row, GROUPS, lambda value: value not in (None, "")), _key(row, PARTS, lambda v: bool(v))
    return {"group": str(row[group]) if group else "", "part": (part_name(str(row[part])) or "") if part else ""}


def _text_and_spans(head: Sequence[dict[str, Any]]) -> Callable[[dict[str, Any]], Raw] | None:
    """A reader of records with a text and spans of its characters, as Prodigy, doccano and Label Studio write them."""
    if head and all(isinstance(row.get("data"), dict) and isinstance(row.get("annotations"), list) for row in head):
        head = [_of_label_studio(row) for row in head]
        inner = _text_and_spans(head)
        return None if inner is None else lambda row: inner(_of_label_studio(row))
    texts = [_key(row, ("text", "sentence", "content"), lambda value: isinstance(value, str)) for row in head]
    text = next((name for name in texts if name), "")
    spans = next((key for row in head if (key := _key(row, SPANS, lambda v: _offsets(v) not in (None, [])))), "")
    if not text or not spans:
        return None
    return lambda row: _of_spans(str(row.get(text) or ""), _offsets(row.get(spans)) or [], _facts(row))


def _of_label_studio(row: dict[str, Any]) -> dict[str, Any]:
    """A task of Label Studio as text and spans: those of its first annotation."""
    done = [one for one in row["annotations"] if isinstance(one, dict) and not one.get("was_cancelled")]
    results = done[0].get("result") or [] if done else []
    values = [one["value"] for one in results if isinstance(one, dict) and isinstance(one.get("value"), dict)]
    spans = [[v.get("start"), v.get("end"), (v.get("labels") or [""])[0]] for v in values if v.get("labels")]
    text = next((value for value in row["data"].values() if isinstance(value, str)), "")
    return {"text": text, "spans": spans}


def _offsets(value: Any) -> list[tuple[int, int, str]] | None:
    """(first character, character after the last, type) of each span; None for what is no list of spans."""
    if not isinstance(value, list):
        return None
    spans = []
    for one in value:
        if isinstance(one, dict):
            start, end = one.get("start", one.get("start_offset")), one.get("end", one.get("end_offset"))
            name = one.get("label", one.get("type", one.get("tag")))
        elif isinstance(one, list) and len(one) == 3:
            start, end, name = one
        else:
            return None
        if not (isinstance(start, int) and isinstance(end, int) and isinstance(name, str) and name):
            return None
        spans.append((start, end, name))
    return spans


def _of_spans(text: str, marked: Sequence[tuple[int, int, str]], facts: dict[str, Any]) -> Raw:
    """A text's words with the tags of its marked characters; of spans that overlap the longest is kept."""
    words = words_in(text)
    if not words:
        return Raw(problem="The sentence is empty.")
    spans: list[Span] = []
    taken: set[int] = set()
    n_cut = 0
    for start, end, name in sorted(marked, key=lambda one: (one[0] - one[1], one[0])):
        own = [place for place, word in enumerate(words) if word.start < end and word.end > start]
        if not own or taken & set(own):
            n_cut += 1
            continue
        n_cut += text[words[own[0]].start : words[own[-1]].end] != text[start:end].strip()
        taken.update(own)
        spans.append(Span(own[0], own[-1] + 1, name))
    return Raw.of([word.text for word in words], tags_of(spans, len(words)), text=text, n_cut=n_cut, **facts)


def rows(path: Path) -> list[Raw] | None:
    """A table of one word a row: columns of words, of tags and of the sentence."""
    if table_format(path.name) not in ("comma", "tab", "parquet"):
        return None
    try:
        with _opened(path) as stream:
            header = stream.readline().lower()
        if not any(name in header for name in WORDS) or not any(name in header for name in (*TAGS, "pos")):
            return None
        frame = read_table(path).frame
    except (OSError, UnicodeDecodeError, EOFError, DatasetError):
        return None
    by_name = {str(column).strip().lower(): column for column in frame.columns}
    word = next((by_name[name] for name in WORDS if name in by_name), None)
    sentence = next((by_name[name] for name in SENTENCES if name in by_name), None)
    tag = next((c for c in (by_name.get(n) for n in TAGS) if c and looks_tagged(frame[c][:N_LOOKED].tolist())), None)
    if word is None or tag is None or sentence is None:
        return None
    group = next((by_name[name] for name in GROUPS if name in by_name), None)
    part = next((by_name[name] for name in PARTS if name in by_name), None)
    ids = frame[sentence].replace("", None).ffill().fillna("")
    ids = ids if group is None else frame[group] + "\x1f" + ids
    found = []
    for _, own in frame.groupby(ids.to_numpy(), sort=False):
        first = own.iloc[0]
        facts = _facts({"group": first[group] if group else "", "split": first[part] if part else ""})
        found.append(Raw.of(own[word].tolist(), own[tag].tolist(), **facts))
    return found


FORMS: tuple[Form, ...] = (
    Form("records with a list of words and one of tags", lists),
    Form("texts with marked spans", marked),
    Form("a table with a word in each row", rows),
    Form("columns of words and tags (CoNLL)", columns),
)
