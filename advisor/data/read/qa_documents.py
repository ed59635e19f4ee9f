"""Which document answers each question: its context, or the document that a column names; and who stays together."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from advisor.core.wording import capital, counted, listed
from advisor.data.read.answers import flat, nested
from advisor.data.read.columns import in_words
from advisor.data.read.documents import Documents, add_contexts, aliases, spelled
from advisor.data.read.listing import Listing
from advisor.data.read.names import DOCUMENT_SUFFIXES, FOREIGN_DOCUMENT_SUFFIXES, suffix, words_of
from advisor.data.read.qa_columns import QuestionColumns
from advisor.data.read.qa_layouts import other_contexts
from advisor.data.read.tables import Table

#: Questions of one document stay on one side of the split where there are so many documents, and none has more than
#: this share of the questions; otherwise a part would be empty or one document's.
MIN_GROUPS, MAX_GROUP_SHARE = 5, 0.34
#: So many filled cells of the column of documents must name one that is there; more where its own name says nothing.
MIN_NAMED, MIN_NAMED_BY_CELLS = 0.5, 0.8
_WORDS = frozenset(
    "doc docs document documents file filename source sources page article url uri link path pdf manual handbook "
    "dokument datei quelle documento fichier".split()
)


def with_document_column(
    table: Table, columns: QuestionColumns, documents: Documents, by_user: bool
) -> QuestionColumns:
    """The columns with the one that names documents: by its usual name, by a word in its name, or by its cells alone.

    As they are where the questions bring their contexts, or the user named the column.
    """
    if by_user or columns.context or not documents.rows:
        return columns
    known = aliases(documents)
    if columns.document and _share(table.frame[columns.document], known) >= MIN_NAMED:
        return columns
    taken = columns.used - {columns.title}
    shares = {c: _share(table.frame[c], known) for c in map(str, table.frame.columns) if c not in taken}
    fitting = {c: n for c, n in shares.items() if n >= (MIN_NAMED if _speaks_of_documents(c) else MIN_NAMED_BY_CELLS)}
    if not fitting:
        return columns
    best = max(fitting, key=lambda c: (_speaks_of_documents(c), fitting[c]))
    return replace(columns, document=best, title=None if columns.title == best else columns.title)


def _share(values: pd.Series, known: dict[str, str]) -> float:
    """The share of filled cells that name a document which is there; 0 where most cells are empty."""
    filled = values[values != ""]
    if 2 * len(filled) < len(values) or not len(filled):
        return 0.0
    return float(filled.map(lambda value: _named(value, known) != "").mean())


def _speaks_of_documents(column: str) -> bool:
    """Whether a word of a column's name says that it names documents.

    >>> _speaks_of_documents("Source file"), _speaks_of_documents("docName"), _speaks_of_documents("topic")
    (True, True, False)
    """
    return not _WORDS.isdisjoint(words_of(column))


def document_of(
    table: Table, columns: QuestionColumns, documents: Documents, prefix: str
) -> tuple[list[str], pd.Series, list[str]]:
    """(id of the document or "", reason why a row cannot be used, notes) of each question."""
    empty = pd.Series("", index=table.frame.index, dtype=object)
    if columns.context:
        titles = table.frame[columns.title] if columns.title else empty
        places = [f"{prefix}row {row}" for row in table.rows]
        names = add_contexts(documents, zip(titles, table.frame[columns.context], places, strict=True))
        add_contexts(documents, other_contexts(table, places))
        blank = pd.Series([not name for name in names], index=empty.index)
        return names, empty.mask(blank, "The context is empty."), [f"Documents from {in_words(columns.context)}."]
    if not columns.document:
        return empty.tolist(), empty, []
    known = aliases(documents)
    values = table.frame[columns.document]
    matched = values.map(lambda value: _named(value, known))
    filled = values != ""
    if not filled.any() or float((matched[filled] != "").mean()) < MIN_NAMED:
        some = listed(values[filled & (matched == "")].unique().tolist(), 2)
        note = f"Most documents that {in_words(columns.document)} names are not here ({some}), so it is not used."
        return empty.tolist(), empty, [note] if filled.any() else []
    missing = filled & (matched == "")
    reasons = empty.mask(missing, values.map(lambda value: f"Its document {value[:80]} is not among those read."))
    return matched.tolist(), reasons, [f"{capital(in_words(columns.document))} names the document that answers."]


def _named(value: str, known: dict[str, str]) -> str:
    """The document that a cell names, in any case and with another suffix; the first of a list that is there."""
    for name in _names_in(nested(value)):
        plain = spelled(name.replace("\\", "/").removeprefix("./"))
        ending = suffix(plain) if suffix(plain) in DOCUMENT_SUFFIXES | FOREIGN_DOCUMENT_SUFFIXES else ""
        stem = plain.removesuffix(ending)
        for alias in (plain, stem, plain.rsplit("/", 1)[-1], stem.rsplit("/", 1)[-1]):
            if alias in known:
                return known[alias]
    return ""


def _names_in(value: object) -> list[str]:
    """The names of documents in a cell: itself, a list, or dictionaries that name a file or a title (TriviaQA)."""
    if isinstance(value, dict):
        named = {str(key).lower(): one for key, one in value.items()}
        return [str(named[key]) for key in ("filename", "file", "doc_id", "id", "title", "url") if named.get(key)]
    if isinstance(value, (list, tuple)):
        return [name for one in value for name in _names_in(one)]
    return flat(value)


def set_groups(listing: Listing) -> list[str]:
    """Keep the questions of one document together (documents of the same text are one); what was decided."""
    assert listing.documents is not None
    texts = dict(zip(listing.documents["document"], listing.documents["text"], strict=True))
    first: dict[str, str] = {}
    for name, text in texts.items():
        first.setdefault(text, name)
    groups = listing.items["document"].map(lambda name: first[texts[name]] if name else None)
    counts = groups.value_counts()
    if not len(counts):
        return []
    if len(counts) < MIN_GROUPS or counts.iloc[0] > MAX_GROUP_SHARE * len(groups):
        return [
            f"{counts.index[0]} answers {counts.iloc[0]:,} of {counted(len(groups), 'question')}, so the split is by "
            f"question, and test questions come from documents that training has seen."
        ]
    listing.items["group"] = groups.astype(object).where(groups.notna(), None)
    return [] if (listing.items["part"] != "").any() else ["Questions of one document stay on one side of the split."]
